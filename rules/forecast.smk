rule forecast:
    input:
        "<results>/tables/forecast.csv",


# Nothing of this run is an input: a forecast must not start what it forecasts.
rule forecast_cost:
    input:
        pilot=PLAN.pilot_table,
    output:
        table="<results>/tables/forecast.csv",
        text="<results>/tables/forecast.md",
        ledger="<results>/ledger/forecast_cost/all.json",
    log:
        "<logs>/forecast_cost/all.log",
    benchmark:
        "<benchmarks>/forecast_cost/all.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        store=STORE,
        settings=PLAN.whole_configuration(),
        code=code_version("forecast_cost"),
    shell:
        "python scripts/forecast_cost.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --results results --resources resources --store {params.store}"
        " --output {output.table} --text {output.text} --ledger {output.ledger} --log {log}"
