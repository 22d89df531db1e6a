rule evaluation:
    input:
        PLAN.evaluation_files("answer_benchmark"),
        PLAN.evaluation_files("grade_answers"),
        PLAN.evaluation_tables(),


rule answer_benchmark:
    input:
        model=PLAN.evaluated_manifest,
        prompt=PLAN.evaluation_prompt,
        problems=PLAN.evaluated_problems,
    output:
        answers="<results>/answer_benchmark/{model}/{benchmark}.parquet",
        ledger="<results>/ledger/answer_benchmark/{model}/{benchmark}.json",
    log:
        "<logs>/answer_benchmark/{model}/{benchmark}.log",
    benchmark:
        "<benchmarks>/answer_benchmark/{model}/{benchmark}.tsv"
    wildcard_constraints:
        model="|".join(PLAN.evaluated_models()) or "none",
        benchmark="|".join(PLAN.evaluated_benchmarks()) or "none",
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("answer_benchmark")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "answer_benchmark", STORE),
        mem_mb=32000,
        runtime=240,
        batch_rows=32,
        batch_tokens=16384,
        chunk_rows=1000,
        chunk_seconds=120,
    params:
        run=RUN,
        store=STORE,
        seed=config["seed"],
        settings=PLAN.evaluation_settings,
        code=code_version("answer_benchmark"),
    shell:
        purchase(
            "python scripts/answer_benchmark.py --run {params.run} --seed {params.seed}"
            " --settings {params.settings:q} --code-version {params.code} --model {input.model}"
            " --benchmark {wildcards.benchmark} --problems {input.problems} --prompt {input.prompt:q}"
            " --output {output.answers}"
        )


rule grade_answers:
    input:
        problems=PLAN.evaluated_problems,
        answers="<results>/answer_benchmark/{model}/{benchmark}.parquet",
    output:
        grades="<results>/grade_answers/{model}/{benchmark}.parquet",
        ledger="<results>/ledger/grade_answers/{model}/{benchmark}.json",
    log:
        "<logs>/grade_answers/{model}/{benchmark}.log",
    benchmark:
        "<benchmarks>/grade_answers/{model}/{benchmark}.tsv"
    wildcard_constraints:
        model="|".join(PLAN.evaluated_models()) or "none",
        benchmark="|".join(PLAN.evaluated_benchmarks()) or "none",
    conda:
        "../envs/evaluate.yaml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        run=RUN,
        settings=PLAN.grading_settings,
        code=code_version("grade_answers"),
    shell:
        "python scripts/grade_answers.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --problems {input.problems} --answers {input.answers} --output {output.grades}"
        " --threads {threads} --ledger {output.ledger} --log {log}"


rule tabulate_evaluation:
    input:
        grades=PLAN.evaluation_files("grade_answers"),
        answers=PLAN.evaluation_files("answer_benchmark"),
    output:
        table="<results>/tables/evaluation.csv",
        seeds="<results>/tables/evaluation_seeds.csv",
        paired="<results>/tables/evaluation_paired.csv",
        pass_at_k="<results>/tables/evaluation_pass_at_k.csv",
        averages="<results>/tables/evaluation_averages.csv",
        averages_paired="<results>/tables/evaluation_averages_paired.csv",
        page=report(
            "<results>/pages/evaluation.html",
            caption="report/evaluation.rst",
            category=category("Evaluation"),
            labels={"what": "right answers by model and benchmark"},
        ),
        ledger="<results>/ledger/tabulate_evaluation/all.json",
    log:
        "<logs>/tabulate_evaluation/all.log",
    benchmark:
        "<benchmarks>/tabulate_evaluation/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        seed=config["seed"],
        settings=PLAN.evaluation_names(),
        code=code_version("tabulate_evaluation"),
    shell:
        "python scripts/tabulate_evaluation.py --run {params.run} --seed {params.seed}"
        " --settings {params.settings:q} --code-version {params.code} --grades {input.grades} --answers {input.answers}"
        " --output {output.table}"
        " --seeds {output.seeds} --paired {output.paired} --pass-at-k {output.pass_at_k}"
        " --averages {output.averages} --averages-paired {output.averages_paired}"
        " --page {output.page} --ledger {output.ledger} --log {log}"
