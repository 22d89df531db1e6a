# Judges on labelled questions, which need nothing of a data set: a judge can be measured before it is paid for.
rule measurements:
    input:
        PLAN.measured_verdicts(),
        PLAN.measurement_tables(),


rule measure_judge:
    input:
        model=PLAN.measured_model,
        prompt=PLAN.measured_prompt,
        labels=PLAN.measured_labels,
        before=PLAN.measured_before,
    output:
        verdicts="<results>/measure_judge/{measured}.parquet",
        judgements="<results>/measure_judge/{measured}.judgements.parquet",
        ledger="<results>/ledger/measure_judge/{measured}.json",
    log:
        "<logs>/measure_judge/{measured}.log",
    benchmark:
        "<benchmarks>/measure_judge/{measured}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: PLAN.threads("measure_judge")
    resources:
        **PLAN.engine_resources(),
        gpu=gpus_for(PLAN, "measure_judge", STORE),
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
        text=PLAN.measured_column(0),
        label=PLAN.measured_column(1),
        settings=PLAN.measured_settings,
        code=code_version("measure_judge"),
    shell:
        purchase(
            "python scripts/measure_judge.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
            " --code-version {params.code} --model {input.model} --prompt {input.prompt:q} --labels {input.labels:q}"
            " --text-column {params.text:q} --label-column {params.label:q} --output {output.verdicts}"
            " --judgements {output.judgements}"
        )


rule tabulate_judges:
    input:
        verdicts=PLAN.measured_verdicts(),
    output:
        table="<results>/tables/judges.csv",
        agreement="<results>/tables/measured_judges_agreement.csv",
        roc="<results>/tables/judges_roc.csv",
        page=report(
            "<results>/pages/judges.html",
            caption="report/judges.rst",
            category=category("Judges"),
            labels={"what": "measured judges"},
        ),
        ledger="<results>/ledger/tabulate_judges/all.json",
    log:
        "<logs>/tabulate_judges/all.log",
    benchmark:
        "<benchmarks>/tabulate_judges/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        seed=config["seed"],
        settings=PLAN.measurement_names(),
        code=code_version("tabulate_judges"),
    shell:
        "python scripts/tabulate_judges.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
        " --code-version {params.code} --verdicts {input.verdicts} --output {output.table}"
        " --agreement {output.agreement} --roc {output.roc} --page {output.page} --ledger {output.ledger} --log {log}"


rule plot_judges:
    input:
        roc="<results>/tables/judges_roc.csv",
        style=FIGURE_STYLE,
    output:
        svg=report(
            "<results>/figures/judges_roc.svg",
            caption="report/judges_roc.rst",
            category=category("Judges"),
            labels={"what": "ROC curves of measured judges"},
        ),
        pdf="<results>/figures/judges_roc.pdf",
        png="<results>/figures/judges_roc.png",
        ledger="<results>/ledger/plot_judges/all.json",
    log:
        "<logs>/plot_judges/all.log",
    benchmark:
        "<benchmarks>/plot_judges/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("plot_judges"),
    shell:
        "python scripts/plot_judges.py --run {params.run} --code-version {params.code} --roc {input.roc}"
        " --style {input.style} --figure {output.svg} {output.pdf} {output.png} --ledger {output.ledger} --log {log}"


rule tabulate_agreement:
    input:
        verdicts=PLAN.agreeing_verdicts(),
    output:
        table="<results>/tables/judge_agreement.csv",
        page=report(
            "<results>/pages/judge_agreement.html",
            caption="report/judge_agreement.rst",
            category=category("Judges"),
            labels={"what": "agreement of the run's judges"},
        ),
        ledger="<results>/ledger/tabulate_agreement/all.json",
    log:
        "<logs>/tabulate_agreement/all.log",
    benchmark:
        "<benchmarks>/tabulate_agreement/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        run=RUN,
        seed=config["seed"],
        verdicts=PLAN.agreement_arguments,
        code=code_version("tabulate_agreement"),
    shell:
        "python scripts/tabulate_agreement.py --run {params.run} --seed {params.seed} --code-version {params.code}"
        " {params.verdicts} --output {output.table} --page {output.page} --ledger {output.ledger} --log {log}"
