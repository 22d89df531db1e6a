rule report:
    input:
        PLAN.report_files(),


rule tabulate_costs:
    input:
        ledgers=PLAN.ledgers(),
        others=PLAN.other_ledgers(),
        published=PLAN.published_costs(),
    output:
        table="<results>/tables/costs.csv",
        phases="<results>/tables/costs_by_phase.csv",
        resources="<results>/tables/costs_by_resource.csv",
        page=report(
            "<results>/pages/costs.html",
            caption="report/costs.rst",
            category=category("Costs"),
            labels={"what": "hours, tokens and money by stage"},
        ),
        ledger="<results>/ledger/tabulate_costs/all.json",
    log:
        "<logs>/tabulate_costs/all.log",
    benchmark:
        "<benchmarks>/tabulate_costs/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        store=STORE,
        ledgers=compact_files("ledgers"),
        settings=PLAN.optional_settings("tabulate_costs"),
        prices=PLAN.settings("prices"),
        attempts=journal_digest(STORE, RUN),
        code=code_version("tabulate_costs"),
    shell:
        "python scripts/tabulate_costs.py --run {params.run} --settings {params.settings:q}"
        " --prices {params.prices:q} --code-version {params.code} --ledgers {params.ledgers}"
        " --other-ledgers {input.others} --store {params.store} --output {output.table} --phases {output.phases}"
        " --resources {output.resources} --page {output.page} --ledger {output.ledger} --log {log}"


rule plot_costs:
    input:
        table="<results>/tables/costs_by_phase.csv",
        style=FIGURE_STYLE,
    output:
        svg=report(
            "<results>/figures/costs.svg",
            caption="report/costs_figure.rst",
            category=category("Costs"),
            labels={"what": "figure of the costs by step, beside the published ones"},
        ),
        pdf="<results>/figures/costs.pdf",
        png="<results>/figures/costs.png",
        ledger="<results>/ledger/plot_costs/all.json",
    log:
        "<logs>/plot_costs/all.log",
    benchmark:
        "<benchmarks>/plot_costs/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("plot_costs"),
    shell:
        "python scripts/plot_costs.py --run {params.run} --code-version {params.code} --costs {input.table}"
        " --style {input.style} --figure {output.svg} {output.pdf} {output.png} --ledger {output.ledger} --log {log}"


rule tabulate_trainings:
    input:
        PLAN.training_reports(),
    output:
        table="<results>/tables/trainings.csv",
        curves="<results>/tables/training_curves.csv",
        page=report(
            "<results>/pages/trainings.html",
            caption="report/trainings.rst",
            category=category("Training"),
            labels={"what": "table of all trainings"},
        ),
        ledger="<results>/ledger/tabulate_trainings/all.json",
    log:
        "<logs>/tabulate_trainings/all.log",
    benchmark:
        "<benchmarks>/tabulate_trainings/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        settings=PLAN.training_names(),
        code=code_version("tabulate_trainings"),
    shell:
        "python scripts/tabulate_trainings.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --reports {input} --output {output.table} --curves {output.curves}"
        " --page {output.page} --ledger {output.ledger} --log {log}"


rule plot_trainings:
    input:
        curves="<results>/tables/training_curves.csv",
        style=FIGURE_STYLE,
    output:
        losses=report(
            "<results>/figures/training_losses.svg",
            caption="report/training_losses.rst",
            category=category("Training"),
            labels={"what": "figure of the losses of all trainings"},
        ),
        losses_pdf="<results>/figures/training_losses.pdf",
        losses_png="<results>/figures/training_losses.png",
        accuracies=report(
            "<results>/figures/training_accuracies.svg",
            caption="report/training_accuracies.rst",
            category=category("Training"),
            labels={"what": "figure of the trainings on pairs"},
        ),
        accuracies_pdf="<results>/figures/training_accuracies.pdf",
        accuracies_png="<results>/figures/training_accuracies.png",
        ledger="<results>/ledger/plot_trainings/all.json",
    log:
        "<logs>/plot_trainings/all.log",
    benchmark:
        "<benchmarks>/plot_trainings/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("plot_trainings"),
    shell:
        "python scripts/plot_trainings.py --run {params.run} --code-version {params.code}"
        " --curves {input.curves} --style {input.style}"
        " --losses-figure {output.losses} {output.losses_pdf} {output.losses_png}"
        " --accuracies-figure {output.accuracies} {output.accuracies_pdf} {output.accuracies_png}"
        " --ledger {output.ledger} --log {log}"


rule write_settings:
    input:
        ledgers=PLAN.ledgers() + PLAN.other_ledgers(),
        requirements="requirements.in",
        files=PLAN.named_files(),
    output:
        configuration="<results>/settings/configuration.yaml",
        jobs="<results>/settings/jobs.csv",
        files="<results>/settings/files.csv",
        versions="<results>/settings/versions.csv",
        hardware="<results>/settings/hardware.csv",
        page=report(
            "<results>/pages/settings.html",
            caption="report/settings.rst",
            category=category("Settings"),
            labels={"what": "configuration, versions and hardware"},
        ),
        ledger="<results>/ledger/write_settings/all.json",
    log:
        "<logs>/write_settings/all.log",
    benchmark:
        "<benchmarks>/write_settings/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        settings=PLAN.whole_configuration(),
        store=STORE,
        ledgers=compact_files("ledgers"),
        code=code_version("write_settings"),
    shell:
        "python scripts/write_settings.py --run {params.run} --settings {params.settings:q}"
        " --code-version {params.code} --ledgers {params.ledgers} --store {params.store}"
        " --requirements {input.requirements} --named-files {input.files:q}"
        " --configuration {output.configuration} --jobs {output.jobs} --files {output.files}"
        " --versions {output.versions} --hardware {output.hardware}"
        " --page {output.page} --ledger {output.ledger} --log {log}"


rule write_overview:
    input:
        configuration="<results>/settings/configuration.yaml",
        versions="<results>/settings/versions.csv",
        hardware="<results>/settings/hardware.csv",
        costs="<results>/tables/costs.csv",
        funnel=PLAN.overview_tables("funnel"),
        checks=PLAN.overview_tables("checks"),
        averages=PLAN.overview_tables("averages"),
        paired=PLAN.overview_tables("paired"),
        results=PLAN.overview_tables("results"),
    output:
        page=report(
            "<results>/pages/overview.html",
            caption="report/overview.rst",
            category=category("Overview"),
            labels={"what": "the run on one page"},
        ),
        landing="<results>/write_overview/landing.html",
        ledger="<results>/ledger/write_overview/all.json",
    log:
        "<logs>/write_overview/all.log",
    benchmark:
        "<benchmarks>/write_overview/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        code=code_version("write_overview"),
    shell:
        "python scripts/write_overview.py --run {params.run} --code-version {params.code}"
        " --configuration {input.configuration} --versions {input.versions} --hardware {input.hardware}"
        " --costs {input.costs} --funnel {input.funnel} --checks {input.checks} --averages {input.averages}"
        " --paired {input.paired} --results {input.results} --page {output.page} --landing {output.landing}"
        " --ledger {output.ledger} --log {log}"
