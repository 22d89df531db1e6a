rule merge_problems:
    input:
        problems=PLAN.resources("problems", PLAN.merged_problems()),
        benchmarks=PLAN.resources("benchmarks", config["benchmarks"]),
    output:
        train="<results>/merge_problems/train.parquet",
        held_out="<results>/merge_problems/held_out.parquet",
        ledger="<results>/ledger/merge_problems/all.json",
    log:
        "<logs>/merge_problems/all.log",
    benchmark:
        "<benchmarks>/merge_problems/all.tsv"
    conda:
        "../envs/filter.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        run=RUN,
        seed=config["seed"],
        settings=PLAN.optional_settings("merge_problems"),
        code=code_version("merge_problems"),
    shell:
        "python scripts/merge_problems.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
        " --code-version {params.code} --problems {input.problems} --benchmarks {input.benchmarks}"
        " --train {output.train} --held-out {output.held_out} --ledger {output.ledger} --log {log}"
