rule students:
    input:
        PLAN.student_manifests(),


rule select_subset:
    input:
        PLAN.pair_files,
    output:
        subset="<results>/select_subset/{pairs}/{size}.parquet",
        ledger="<results>/ledger/select_subset/{pairs}/{size}.json",
    log:
        "<logs>/select_subset/{pairs}/{size}.log",
    benchmark:
        "<benchmarks>/select_subset/{pairs}/{size}.tsv"
    conda:
        "../envs/filter.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("select_subset"),
    shell:
        "python scripts/select_subset.py --run {params.run} --code-version {params.code} --pairs {input}"
        " --size {wildcards.size} --output {output.subset} --ledger {output.ledger} --log {log}"


rule train_student:
    input:
        model=PLAN.base_manifest("train_student"),
        pairs=PLAN.student_pair_files,
        subset=PLAN.student_subset,
        prompt=PLAN.student_prompt,
    output:
        manifest="<results>/train_student/{student}/{size}/{training_seed}/manifest.json",
        report="<results>/train_student/{student}/{size}/{training_seed}/training.json",
        ledger="<results>/ledger/train_student/{student}/{size}/{training_seed}.json",
    log:
        "<logs>/train_student/{student}/{size}/{training_seed}.log",
    benchmark:
        "<benchmarks>/train_student/{student}/{size}/{training_seed}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 8
    resources:
        **PLAN.launch_resources("train_student"),
        **training_gpus(PLAN, "train_student", STORE),
        runtime=2880,
        checkpoint_seconds=900,
    params:
        run=RUN,
        store=STORE,
        settings=PLAN.training_settings("train_student"),
        code=code_version("train_student"),
    shell:
        training(
            "python scripts/train_student.py --run {params.run}"
            " --model-name {wildcards.student}-{wildcards.size}-{wildcards.training_seed}"
            " --settings {params.settings:q} --code-version {params.code} --model {input.model}"
            " --pairs {input.pairs} --subset {input.subset} --prompt {input.prompt:q}"
        )
