rule train_difficulty_scorer:
    input:
        model=PLAN.base_manifest("train_difficulty_scorer"),
        labels=PLAN.label_file,
    output:
        manifest="<results>/train_difficulty_scorer/{trained}/manifest.json",
        report="<results>/train_difficulty_scorer/{trained}/training.json",
        ledger="<results>/ledger/train_difficulty_scorer/{trained}.json",
    log:
        "<logs>/train_difficulty_scorer/{trained}.log",
    benchmark:
        "<benchmarks>/train_difficulty_scorer/{trained}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 8
    resources:
        **PLAN.launch_resources("train_difficulty_scorer"),
        gpu=gpus_for(PLAN, "train_difficulty_scorer", STORE),
        gres=gpus_of_each_node(PLAN, "train_difficulty_scorer", STORE),
        mem_mb=64000,
        runtime=720,
        checkpoint_seconds=900,
    params:
        run=RUN,
        store=STORE,
        seed=config["seed"],
        labels=PLAN.label_arguments,
        settings=PLAN.training_settings("train_difficulty_scorer"),
        code=code_version("train_difficulty_scorer"),
    shell:
        training(
            "python scripts/train_difficulty_scorer.py --run {params.run} --model-name {wildcards.trained}"
            " --settings {params.settings:q} --code-version {params.code} --model {input.model} --seed {params.seed}"
            " --labels {input.labels:q} {params.labels}"
        )


rule score_difficulty:
    input:
        model=PLAN.optional_manifest("score_difficulty"),
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        verdicts=PLAN.verdicts_before_difficulty,
    output:
        verdicts="<results>/score_difficulty/{source}/{shard}.parquet",
        ledger="<results>/ledger/score_difficulty/{source}/{shard}.json",
    log:
        "<logs>/score_difficulty/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/score_difficulty/{source}/{shard}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: 8
    resources:
        gpu=gpus_for(PLAN, "score_difficulty", STORE),
        mem_mb=32000,
        runtime=240,
        batch_rows=64,
        batch_tokens=16384,
        chunk_rows=1000,
        chunk_seconds=120,
    params:
        run=RUN,
        store=STORE,
        code=code_version("score_difficulty"),
    shell:
        purchase(
            "python scripts/score_difficulty.py --run {params.run} --code-version {params.code} --model {input.model}"
            " --questions {input.questions} --verdicts {input.verdicts} --output {output.verdicts}"
        )
