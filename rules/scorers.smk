rule scorers:
    input:
        PLAN.fail_rate_files(),
        PLAN.scorer_manifests(),


rule sample_fail_rates:
    input:
        model=PLAN.solver_model,
        prompt=PLAN.solver_prompt,
        problems="<results>/merge_problems/train.parquet",
        before=PLAN.solved_before,
    output:
        answers="<results>/sample_fail_rates/{sampled}/{shard}.parquet",
        ledger="<results>/ledger/sample_fail_rates/{sampled}/{shard}.json",
    log:
        "<logs>/sample_fail_rates/{sampled}/{shard}.log",
    benchmark:
        "<benchmarks>/sample_fail_rates/{sampled}/{shard}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("sample_fail_rates")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "sample_fail_rates", STORE),
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
        settings=PLAN.solver_settings,
        code=code_version("sample_fail_rates"),
    shell:
        purchase(
            "python scripts/sample_fail_rates.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
            " --code-version {params.code} --model {input.model} --problems {input.problems}"
            " --prompt {input.prompt:q} --shard {wildcards.shard} --output {output.answers}"
        )


rule grade_fail_rates:
    input:
        problems="<results>/merge_problems/train.parquet",
        answers="<results>/sample_fail_rates/{sampled}/{shard}.parquet",
    output:
        grades="<results>/grade_fail_rates/{sampled}/{shard}.grades.parquet",
        rates="<results>/grade_fail_rates/{sampled}/{shard}.parquet",
        ledger="<results>/ledger/grade_fail_rates/{sampled}/{shard}.json",
    log:
        "<logs>/grade_fail_rates/{sampled}/{shard}.log",
    benchmark:
        "<benchmarks>/grade_fail_rates/{sampled}/{shard}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        run=RUN,
        code=code_version("grade_fail_rates"),
    shell:
        "python scripts/grade_fail_rates.py --run {params.run} --code-version {params.code}"
        " --problems {input.problems} --answers {input.answers} --grades {output.grades} --output {output.rates}"
        " --threads {threads} --ledger {output.ledger} --log {log}"


rule train_difficulty_scorer:
    input:
        model=PLAN.base_manifest("train_difficulty_scorer"),
        labels=PLAN.label_file,
        rates=PLAN.label_rates,
        problems=PLAN.label_problems,
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
        **training_gpus(PLAN, "train_difficulty_scorer", STORE),
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
            " {params.labels}"
        )


rule train_reward_model:
    input:
        model=PLAN.base_manifest("train_reward_model"),
        problems="<results>/merge_problems/train.parquet",
        prompt=PLAN.ranking_prompt,
        answers=PLAN.ranking_files("sample_fail_rates"),
        grades=PLAN.ranking_files("grade_fail_rates", ".grades"),
    output:
        manifest="<results>/train_reward_model/{trained}/manifest.json",
        report="<results>/train_reward_model/{trained}/training.json",
        ledger="<results>/ledger/train_reward_model/{trained}.json",
    log:
        "<logs>/train_reward_model/{trained}.log",
    benchmark:
        "<benchmarks>/train_reward_model/{trained}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 8
    resources:
        **PLAN.launch_resources("train_reward_model"),
        **training_gpus(PLAN, "train_reward_model", STORE),
        runtime=720,
        checkpoint_seconds=900,
    params:
        run=RUN,
        store=STORE,
        seed=config["seed"],
        answers=compact_files("answers"),
        grades=compact_files("grades"),
        pairs=PLAN.ranking_arguments,
        settings=PLAN.training_settings("train_reward_model"),
        code=code_version("train_reward_model"),
    shell:
        training(
            "python scripts/train_reward_model.py --run {params.run} --model-name {wildcards.trained}"
            " --settings {params.settings:q} --code-version {params.code} --model {input.model} --seed {params.seed}"
            " --problems {input.problems} --prompt {input.prompt:q} --answers {params.answers}"
            " --grades {params.grades} {params.pairs}"
        )
