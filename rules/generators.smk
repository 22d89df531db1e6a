rule generators:
    input:
        PLAN.trained_manifests(),


rule train_generator:
    input:
        model=PLAN.base_manifest("train_generator"),
        problems="<results>/merge_problems/train.parquet",
    output:
        manifest="<results>/train_generator/{trained}/manifest.json",
        report="<results>/train_generator/{trained}/training.json",
        ledger="<results>/ledger/train_generator/{trained}.json",
    log:
        "<logs>/train_generator/{trained}.log",
    benchmark:
        "<benchmarks>/train_generator/{trained}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 8
    resources:
        **PLAN.launch_resources("train_generator"),
        **training_gpus(PLAN, "train_generator", STORE),
        runtime=720,
        checkpoint_seconds=900,
    params:
        run=RUN,
        store=STORE,
        settings=PLAN.training_settings("train_generator"),
        code=code_version("train_generator"),
    shell:
        training(
            "python scripts/train_generator.py --run {params.run} --model-name {wildcards.trained}"
            " --settings {params.settings:q} --code-version {params.code} --model {input.model}"
            " --problems {input.problems}"
        )
