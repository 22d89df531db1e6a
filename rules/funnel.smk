rule tabulate_funnel:
    input:
        stages=PLAN.stage_files(PLAN.every_stage()),
    output:
        table="<results>/tables/funnel.csv",
        page=report(
            "<results>/pages/funnel.html",
            caption="report/funnel_table.rst",
            category="Funnel",
            labels={"what": "table of the rows kept and rejected by each stage"},
        ),
        ledger="<results>/ledger/tabulate_funnel/all.json",
    log:
        "<logs>/tabulate_funnel/all.log",
    benchmark:
        "<benchmarks>/tabulate_funnel/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        run=RUN,
        stages=PLAN.stage_arguments(PLAN.every_stage(), "--stage"),
        code=code_version("tabulate_funnel"),
    shell:
        "python scripts/tabulate_funnel.py --run {params.run} --code-version {params.code} {params.stages}"
        " --output {output.table} --page {output.page} --ledger {output.ledger} --log {log}"


rule plot_funnel:
    input:
        "<results>/tables/funnel.csv",
    output:
        svg=report(
            "<results>/figures/funnel.svg",
            caption="report/funnel_figure.rst",
            category="Funnel",
            labels={"what": "figure of the rows kept and rejected by each stage"},
        ),
        png="<results>/figures/funnel.png",
        ledger="<results>/ledger/plot_funnel/all.json",
    log:
        "<logs>/plot_funnel/all.log",
    benchmark:
        "<benchmarks>/plot_funnel/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("plot_funnel"),
    shell:
        "python scripts/plot_funnel.py --run {params.run} --code-version {params.code} --funnel {input}"
        " --svg {output.svg} --png {output.png} --ledger {output.ledger} --log {log}"


rule check_funnel:
    input:
        stages=PLAN.stage_files(PLAN.every_stage()),
        dataset=PLAN.dataset_files("data"),
        included=PLAN.included_problems(),
    output:
        checks="<results>/check_funnel/check_funnel.json",
        page=report(
            "<results>/pages/check_funnel.html",
            caption="report/checks.rst",
            category="Funnel",
            labels={"what": "checks that no row was lost or doubled"},
        ),
        ledger="<results>/ledger/check_funnel/all.json",
    log:
        "<logs>/check_funnel/all.log",
    benchmark:
        "<benchmarks>/check_funnel/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        run=RUN,
        settings=PLAN.check_settings(),
        stages=PLAN.stage_arguments(PLAN.every_stage(), "--stage"),
        code=code_version("check_funnel"),
    shell:
        "python scripts/check_funnel.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} {params.stages} --dataset {input.dataset} --included {input.included}"
        " --output {output.checks} --page {output.page} --ledger {output.ledger} --log {log}"
