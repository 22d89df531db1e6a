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


rule generate_probe_responses:
    input:
        model=PLAN.optional_manifest("check_agreement"),
        prompt=PLAN.optional_prompt("check_agreement"),
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        verdicts="<results>/filter_responses/{source}/{shard}.parquet",
    output:
        responses="<results>/generate_probe_responses/{source}/{shard}.parquet",
        ledger="<results>/ledger/generate_probe_responses/{source}/{shard}.json",
    log:
        "<logs>/generate_probe_responses/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/generate_probe_responses/{source}/{shard}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("generate_probe_responses")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "generate_probe_responses", STORE),
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
        settings=PLAN.probe_settings(),
        code=code_version("generate_probe_responses"),
    shell:
        purchase(
            "python scripts/generate_probe_responses.py --run {params.run} --seed {params.seed}"
            " --settings {params.settings:q} --code-version {params.code} --model {input.model}"
            " --prompt {input.prompt:q} --questions {input.questions} --verdicts {input.verdicts}"
            " --output {output.responses}"
        )


rule check_agreement:
    input:
        verdicts="<results>/filter_responses/{source}/{shard}.parquet",
        probe="<results>/generate_probe_responses/{source}/{shard}.parquet",
    output:
        verdicts="<results>/check_agreement/{source}/{shard}.parquet",
        ledger="<results>/ledger/check_agreement/{source}/{shard}.json",
    log:
        "<logs>/check_agreement/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/check_agreement/{source}/{shard}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        run=RUN,
        settings=PLAN.agreement_settings(),
        code=code_version("check_agreement"),
    shell:
        "python scripts/check_agreement.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --verdicts {input.verdicts} --probe-responses {input.probe}"
        " --output {output.verdicts} --threads {threads} --ledger {output.ledger} --log {log}"


rule score_responses:
    input:
        model=PLAN.optional_manifest("score_responses"),
        prompt=PLAN.optional_prompt("score_responses"),
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        responses="<results>/generate_responses/{source}/{shard}.parquet",
        verdicts=PLAN.scored_verdicts(),
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
        seed=config["seed"],
        settings=PLAN.optional_settings("score_responses"),
        code=code_version("score_responses"),
    shell:
        purchase(
            "python scripts/score_responses.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
            " --code-version {params.code} --model {input.model} --prompt {input.prompt:q}"
            " --questions {input.questions} --responses {input.responses} --verdicts {input.verdicts}"
            " --output {output.rewards}"
        )


# Planned only where select_responses takes a vote.
rule group_answers:
    input:
        verdicts="<results>/filter_responses/{source}/{shard}.parquet",
        agreements=PLAN.agreements(),
    output:
        groups="<results>/group_answers/{source}/{shard}.parquet",
        ledger="<results>/ledger/group_answers/{source}/{shard}.json",
    log:
        "<logs>/group_answers/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/group_answers/{source}/{shard}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        run=RUN,
        code=code_version("group_answers"),
    shell:
        "python scripts/group_answers.py --run {params.run} --code-version {params.code} --verdicts {input.verdicts}"
        " --agreements {input.agreements} --output {output.groups} --threads {threads} --ledger {output.ledger} --log {log}"


rule select_responses:
    input:
        verdicts="<results>/filter_responses/{source}/{shard}.parquet",
        agreements=PLAN.agreements(),
        rewards=PLAN.rewards(),
        groups=PLAN.answer_groups(),
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
        " --agreements {input.agreements} --rewards {input.rewards} --groups {input.groups} --output {output.verdicts}"
        " --ledger {output.ledger} --log {log}"
