rule tabulate_funnel:
    input:
        stages=PLAN.stage_files(PLAN.every_stage()),
    output:
        table="<results>/tables/funnel.csv",
        page=report(
            "<results>/pages/funnel.html",
            caption="report/funnel_table.rst",
            category=category("Funnel"),
            labels={"what": "table of the rows kept and rejected by each stage"},
        ),
        ledger="<results>/ledger/tabulate_funnel/all.json",
    log:
        "<logs>/tabulate_funnel/all.log",
    benchmark:
        "<benchmarks>/tabulate_funnel/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        run=RUN,
        stages=PLAN.stage_arguments(PLAN.every_stage(), "--stage"),
        code=code_version("tabulate_funnel"),
    shell:
        "python scripts/tabulate_funnel.py --run {params.run} --code-version {params.code} {params.stages}"
        " --output {output.table} --page {output.page} --ledger {output.ledger} --log {log}"


rule plot_funnel:
    input:
        table="<results>/tables/funnel.csv",
        style=FIGURE_STYLE,
    output:
        svg=report(
            "<results>/figures/funnel.svg",
            caption="report/funnel_figure.rst",
            category=category("Funnel"),
            labels={"what": "figure of the rows kept and rejected by each stage"},
        ),
        pdf="<results>/figures/funnel.pdf",
        png="<results>/figures/funnel.png",
        ledger="<results>/ledger/plot_funnel/all.json",
    log:
        "<logs>/plot_funnel/all.log",
    benchmark:
        "<benchmarks>/plot_funnel/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("plot_funnel"),
    shell:
        "python scripts/plot_funnel.py --run {params.run} --code-version {params.code} --funnel {input.table}"
        " --style {input.style} --figure {output.svg} {output.pdf} {output.png} --ledger {output.ledger} --log {log}"


rule check_funnel:
    input:
        stages=PLAN.stage_files(PLAN.every_stage()),
        dataset=PLAN.dataset_files("data"),
        included=PLAN.included_problems(),
    output:
        checks="<results>/check_funnel/check_funnel.json",
        page=report(
            "<results>/pages/check_funnel.html",
            caption="report/checks.rst",
            category=category("Funnel"),
            labels={"what": "checks that no row was lost or doubled"},
        ),
        ledger="<results>/ledger/check_funnel/all.json",
    log:
        "<logs>/check_funnel/all.log",
    benchmark:
        "<benchmarks>/check_funnel/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        run=RUN,
        settings=PLAN.check_settings(),
        stages=PLAN.stage_arguments(PLAN.every_stage(), "--stage"),
        code=code_version("check_funnel"),
    shell:
        "python scripts/check_funnel.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} {params.stages} --dataset {input.dataset} --included {input.included}"
        " --output {output.checks} --page {output.page} --ledger {output.ledger} --log {log}"


rule sample_rejections:
    input:
        stages=PLAN.stage_files(PLAN.every_stage()),
        judgements=PLAN.stage_files(PLAN.judge_stages(), ".judgements"),
        overlaps=PLAN.all_files("filter_questions", ".overlaps"),
        problems=PLAN.compared_problems(),
    output:
        rows="<results>/sample_rejections/sample_rejections.parquet",
        page=report(
            "<results>/pages/sample_rejections.html",
            caption="report/sampled_rows.rst",
            category=category("Funnel"),
            labels={"what": "rejected rows by stage and reason, and kept ones"},
        ),
        ledger="<results>/ledger/sample_rejections/all.json",
    log:
        "<logs>/sample_rejections/all.log",
    benchmark:
        "<benchmarks>/sample_rejections/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        run=RUN,
        stages=PLAN.stage_arguments(PLAN.every_stage(), "--stage"),
        judgements=PLAN.stage_arguments(
            PLAN.judge_stages(), "--judgements", "judgements"
        ),
        overlaps=compact_files("overlaps"),
        code=code_version("sample_rejections"),
    shell:
        "python scripts/sample_rejections.py --run {params.run} --code-version {params.code} {params.stages}"
        " {params.judgements} --overlaps {params.overlaps} --problems {input.problems} --output {output.rows} --page {output.page}"
        " --ledger {output.ledger} --log {log}"


rule sample_pairs:
    input:
        stages=PLAN.stage_files(PLAN.pair_stages()),
        difficulty=PLAN.difficulty_files(),
    output:
        rows="<results>/sample_pairs/sample_pairs.parquet",
        page=report(
            "<results>/pages/sample_pairs.html",
            caption="report/sampled_pairs.rst",
            category=category("Data set"),
            labels={"what": "pairs to read, each beside the lowest other reward"},
        ),
        ledger="<results>/ledger/sample_pairs/all.json",
    log:
        "<logs>/sample_pairs/all.log",
    benchmark:
        "<benchmarks>/sample_pairs/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        run=RUN,
        stages=PLAN.stage_arguments(PLAN.pair_stages(), "--stage"),
        difficulty=PLAN.stage_arguments(
            PLAN.difficulty_stages(), "--difficulty", "difficulty"
        ),
        code=code_version("sample_pairs"),
    shell:
        "python scripts/sample_pairs.py --run {params.run} --code-version {params.code} {params.stages}"
        " {params.difficulty} --output {output.rows} --page {output.page} --ledger {output.ledger} --log {log}"


rule tabulate_reward_distribution:
    input:
        stages=PLAN.stage_files(PLAN.reward_stages()),
        ledgers=PLAN.choice_ledgers(),
    output:
        table="<results>/tables/rewards.csv",
        histogram="<results>/tables/rewards_histogram.csv",
        page=report(
            "<results>/pages/rewards.html",
            caption="report/rewards_table.rst",
            category=category("Rewards"),
            labels={"what": "means and counts of the rewards"},
        ),
        ledger="<results>/ledger/tabulate_reward_distribution/all.json",
    log:
        "<logs>/tabulate_reward_distribution/all.log",
    benchmark:
        "<benchmarks>/tabulate_reward_distribution/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        run=RUN,
        stages=PLAN.stage_arguments(PLAN.reward_stages(), "--stage"),
        ledgers=compact_files("ledgers"),
        code=code_version("tabulate_reward_distribution"),
    shell:
        "python scripts/tabulate_reward_distribution.py --run {params.run} --code-version {params.code}"
        " {params.stages} --ledgers {params.ledgers} --table {output.table} --histogram {output.histogram}"
        " --page {output.page} --ledger {output.ledger} --log {log}"


rule plot_rewards:
    input:
        histogram="<results>/tables/rewards_histogram.csv",
        style=FIGURE_STYLE,
    output:
        svg=report(
            "<results>/figures/rewards.svg",
            caption="report/rewards_figure.rst",
            category=category("Rewards"),
            labels={"what": "figure of the rewards of chosen and rejected responses"},
        ),
        pdf="<results>/figures/rewards.pdf",
        png="<results>/figures/rewards.png",
        ledger="<results>/ledger/plot_rewards/all.json",
    log:
        "<logs>/plot_rewards/all.log",
    benchmark:
        "<benchmarks>/plot_rewards/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("plot_rewards"),
    shell:
        "python scripts/plot_rewards.py --run {params.run} --code-version {params.code}"
        " --histogram {input.histogram} --style {input.style} --figure {output.svg} {output.pdf} {output.png}"
        " --ledger {output.ledger} --log {log}"
