rule fetch:
    input:
        PLAN.resources("models", PLAN.fetched_models()),
        PLAN.resources("problems", config["problems"]),
        PLAN.resources("benchmarks", config["benchmarks"]),


rule fetch_model:
    input:
        PLAN.chat_template,
    output:
        manifest="<resources>/models/{model}-{digest}/manifest.json",
        ledger="<resources>/ledger/fetch_model/{model}-{digest}.json",
    log:
        "<logs>/fetch_model/{model}-{digest}.log",
    benchmark:
        "<benchmarks>/fetch_model/{model}-{digest}.tsv"
    conda:
        "../envs/fetch.yaml"
    threads: 2
    resources:
        network=1,
        mem_mb=PLAN.fetching_memory,
        runtime=240,
    params:
        settings=PLAN.item_settings("models", "model"),
        code=code_version("fetch_model"),
    shell:
        "python scripts/fetch_model.py --run resources --model {wildcards.model} --settings {params.settings:q}"
        " --code-version {params.code} --folder $(dirname {output.manifest})/files --manifest {output.manifest}"
        " --threads {threads} --ledger {output.ledger} --log {log}"


rule fetch_problems:
    input:
        PLAN.local_file("problems", "problems"),
    output:
        problems="<resources>/problems/{problems}-{digest}/{problems}.parquet",
        ledger="<resources>/ledger/fetch_problems/{problems}-{digest}.json",
    log:
        "<logs>/fetch_problems/{problems}-{digest}.log",
    benchmark:
        "<benchmarks>/fetch_problems/{problems}-{digest}.tsv"
    conda:
        "../envs/fetch.yaml"
    resources:
        network=1,
        mem_mb=4000,
        runtime=60,
    params:
        settings=PLAN.item_settings("problems", "problems"),
        code=code_version("fetch_problems"),
    shell:
        "python scripts/fetch_problems.py --run resources --problems {wildcards.problems}"
        " --settings {params.settings:q} --code-version {params.code} --output {output.problems}"
        " --ledger {output.ledger} --log {log}"


rule fetch_benchmark:
    input:
        PLAN.local_file("benchmarks", "benchmark"),
    output:
        benchmark="<resources>/benchmarks/{benchmark}-{digest}/{benchmark}.parquet",
        ledger="<resources>/ledger/fetch_benchmark/{benchmark}-{digest}.json",
    log:
        "<logs>/fetch_benchmark/{benchmark}-{digest}.log",
    benchmark:
        "<benchmarks>/fetch_benchmark/{benchmark}-{digest}.tsv"
    conda:
        "../envs/fetch.yaml"
    resources:
        network=1,
        mem_mb=4000,
        runtime=60,
    params:
        settings=PLAN.item_settings("benchmarks", "benchmark"),
        code=code_version("fetch_benchmark"),
    shell:
        "python scripts/fetch_benchmark.py --run resources --benchmark {wildcards.benchmark}"
        " --settings {params.settings:q} --code-version {params.code} --output {output.benchmark}"
        " --ledger {output.ledger} --log {log}"
