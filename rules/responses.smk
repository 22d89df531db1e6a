rule responses:
    input:
        PLAN.stage_files(PLAN.every_stage()),


rule generate_responses:
    input:
        model=PLAN.stage_manifest("generate_responses"),
        prompt=config["generate_responses"]["prompt"],
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        verdicts="<results>/select_questions/{source}/{shard}.parquet",
    output:
        responses="<results>/generate_responses/{source}/{shard}.parquet",
        ledger="<results>/ledger/generate_responses/{source}/{shard}.json",
    log:
        "<logs>/generate_responses/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/generate_responses/{source}/{shard}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("generate_responses")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "generate_responses", STORE),
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
        settings=PLAN.settings("generate_responses"),
        code=code_version("generate_responses"),
    shell:
        purchase(
            "python scripts/generate_responses.py --run {params.run} --seed {params.seed}"
            " --settings {params.settings:q} --code-version {params.code} --model {input.model}"
            " --prompt {input.prompt:q} --questions {input.questions} --verdicts {input.verdicts}"
            " --output {output.responses}"
        )


rule filter_responses:
    input:
        "<results>/generate_responses/{source}/{shard}.parquet",
    output:
        verdicts="<results>/filter_responses/{source}/{shard}.parquet",
        ledger="<results>/ledger/filter_responses/{source}/{shard}.json",
    log:
        "<logs>/filter_responses/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/filter_responses/{source}/{shard}.tsv"
    conda:
        "../envs/filter.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        run=RUN,
        settings=PLAN.settings("filter_responses"),
        code=code_version("filter_responses"),
    shell:
        "python scripts/filter_responses.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --responses {input} --output {output.verdicts}"
        " --ledger {output.ledger} --log {log}"


rule score_responses:
    input:
        model=PLAN.optional_manifest("score_responses"),
        prompt=PLAN.optional_prompt("score_responses"),
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        responses="<results>/generate_responses/{source}/{shard}.parquet",
        verdicts="<results>/filter_responses/{source}/{shard}.parquet",
    output:
        rewards="<results>/score_responses/{source}/{shard}.parquet",
        ledger="<results>/ledger/score_responses/{source}/{shard}.json",
    log:
        "<logs>/score_responses/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/score_responses/{source}/{shard}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("score_responses")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "score_responses", STORE),
        mem_mb=32000,
        runtime=240,
        batch_rows=16,
        batch_tokens=16384,
        chunk_rows=1000,
        chunk_seconds=120,
    params:
        run=RUN,
        store=STORE,
        settings=PLAN.optional_settings("score_responses"),
        code=code_version("score_responses"),
    shell:
        purchase(
            "python scripts/score_responses.py --run {params.run} --settings {params.settings:q}"
            " --code-version {params.code} --model {input.model} --prompt {input.prompt:q}"
            " --questions {input.questions} --responses {input.responses} --verdicts {input.verdicts}"
            " --output {output.rewards}"
        )


rule select_responses:
    input:
        verdicts="<results>/filter_responses/{source}/{shard}.parquet",
        rewards=PLAN.rewards(),
        responses="<results>/generate_responses/{source}/{shard}.parquet",
    output:
        verdicts="<results>/select_responses/{source}/{shard}.parquet",
        ledger="<results>/ledger/select_responses/{source}/{shard}.json",
    log:
        "<logs>/select_responses/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/select_responses/{source}/{shard}.tsv"
    conda:
        "../envs/filter.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        run=RUN,
        settings=PLAN.settings("select_responses"),
        code=code_version("select_responses"),
    shell:
        "python scripts/select_responses.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --responses {input.responses} --verdicts {input.verdicts}"
        " --rewards {input.rewards} --output {output.verdicts} --ledger {output.ledger} --log {log}"
