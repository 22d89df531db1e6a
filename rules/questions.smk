# This target and those of the phases after it name every file of their phase, so that one that somebody removed, or
# whose rows were forgotten, is made again, although nothing after it is older.
rule questions:
    input:
        PLAN.stage_files(PLAN.question_stages()),
        PLAN.difficulty_files(),


rule generate_questions:
    input:
        model=PLAN.question_model,
        file=PLAN.question_file,
    output:
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        ledger="<results>/ledger/generate_questions/{source}/{shard}.json",
    log:
        "<logs>/generate_questions/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/generate_questions/{source}/{shard}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("generate_questions")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "generate_questions", STORE),
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
        start=PLAN.start,
        stop=PLAN.stop,
        settings=PLAN.source_settings,
        code=code_version("generate_questions"),
        origin=PLAN.origin_argument,
    shell:
        purchase(
            "python scripts/generate_questions.py --run {params.run} --seed {params.seed} --source {wildcards.source}"
            " --start {params.start} --stop {params.stop} --settings {params.settings:q} {params.origin}"
            " --code-version {params.code} --output {output.questions}"
        )


rule filter_questions:
    input:
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        held_out=PLAN.held_out_of_filters(),
        benchmarks=PLAN.resources("benchmarks", PLAN.benchmarks_of_filters()),
    output:
        verdicts="<results>/filter_questions/{source}/{shard}.parquet",
        signatures="<results>/filter_questions/{source}/{shard}.signatures.parquet",
        overlaps="<results>/filter_questions/{source}/{shard}.overlaps.parquet",
        ledger="<results>/ledger/filter_questions/{source}/{shard}.json",
    log:
        "<logs>/filter_questions/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/filter_questions/{source}/{shard}.tsv"
    conda:
        "../envs/filter.yaml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        run=RUN,
        settings=PLAN.filter_settings(),
        code=code_version("filter_questions"),
    shell:
        "python scripts/filter_questions.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --questions {input.questions} --held-out {input.held_out}"
        " --benchmarks {input.benchmarks} --output {output.verdicts} --signatures {output.signatures}"
        " --overlaps {output.overlaps}"
        " --threads {threads} --ledger {output.ledger} --log {log}"


rule find_duplicates:
    input:
        signatures=PLAN.all_files("filter_questions", ".signatures"),
        questions=PLAN.questions_for_duplicates(),
        problems=PLAN.compared_problems(),
    output:
        verdicts=PLAN.all_files("find_duplicates"),
        clusters="<results>/find_duplicates/all.clusters.parquet",
        ledger="<results>/ledger/find_duplicates/all.json",
    log:
        "<logs>/find_duplicates/all.log",
    benchmark:
        "<benchmarks>/find_duplicates/all.tsv"
    conda:
        "../envs/filter.yaml"
    resources:
        mem_mb=16000,
        runtime=120,
    params:
        run=RUN,
        inputs=compact_files("signatures"),
        questions=compact_files("questions"),
        outputs=compact_files("verdicts", of="output"),
        settings=PLAN.duplicate_settings(),
        code=code_version("find_duplicates"),
    shell:
        "python scripts/find_duplicates.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --inputs {params.inputs} --questions {params.questions}"
        " --against {input.problems} --outputs {params.outputs} --clusters {output.clusters}"
        " --ledger {output.ledger} --log {log}"


rule judge_questions:
    input:
        model=PLAN.judge_model,
        prompt=PLAN.judge_prompt,
        questions="<results>/generate_questions/{source}/{shard}.parquet",
        verdicts=PLAN.verdicts_before_judge,
    output:
        verdicts="<results>/judge_questions/{judge}/{source}/{shard}.parquet",
        judgements="<results>/judge_questions/{judge}/{source}/{shard}.judgements.parquet",
        ledger="<results>/ledger/judge_questions/{judge}/{source}/{shard}.json",
    log:
        "<logs>/judge_questions/{judge}/{source}/{shard}.log",
    benchmark:
        "<benchmarks>/judge_questions/{judge}/{source}/{shard}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("judge_questions")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "judge_questions", STORE),
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
        settings=PLAN.judge_settings,
        code=code_version("judge_questions"),
    shell:
        purchase(
            "python scripts/judge_questions.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
            " --code-version {params.code} --model {input.model} --prompt {input.prompt:q}"
            " --questions {input.questions} --verdicts {input.verdicts} --output {output.verdicts}"
            " --judgements {output.judgements}"
        )


rule select_questions:
    input:
        questions=PLAN.all_files("generate_questions"),
        stages=PLAN.stage_files(PLAN.verdict_stages()),
        scores=PLAN.selecting_files(),
    output:
        verdicts=PLAN.all_files("select_questions"),
        thresholds="<results>/select_questions/thresholds.json",
        ledger="<results>/ledger/select_questions/all.json",
    log:
        "<logs>/select_questions/all.log",
    benchmark:
        "<benchmarks>/select_questions/all.tsv"
    conda:
        "../envs/filter.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        run=RUN,
        questions=compact_files("questions"),
        outputs=compact_files("verdicts", of="output"),
        settings=PLAN.settings("select_questions"),
        stages=PLAN.stage_arguments(PLAN.verdict_stages(), "--verdicts"),
        scores=compact_files("scores"),
        code=code_version("select_questions"),
    shell:
        "python scripts/select_questions.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --questions {params.questions} {params.stages}"
        " --scores {params.scores} --outputs {params.outputs} --thresholds {output.thresholds} --ledger {output.ledger} --log {log}"
