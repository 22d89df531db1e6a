rule write_rating_sheet:
    input:
        data=PLAN.rated_data(),
        problems=PLAN.rated_problems(),
    output:
        sheet="<results>/write_rating_sheet/sheet.csv",
        key="<results>/write_rating_sheet/key.csv",
        ledger="<results>/ledger/write_rating_sheet/all.json",
    log:
        "<logs>/write_rating_sheet/all.log",
    benchmark:
        "<benchmarks>/write_rating_sheet/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        seed=config["seed"],
        settings=PLAN.rating_settings("items", "sets"),
        code=code_version("write_rating_sheet"),
    shell:
        "python scripts/write_rating_sheet.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
        " --code-version {params.code} --data {input.data} --problems {input.problems} --sheet {output.sheet}"
        " --key {output.key} --ledger {output.ledger} --log {log}"


rule tabulate_ratings:
    input:
        key=PLAN.rating_key(),
        sheets=PLAN.filled_sheets(),
        published=PLAN.published_ratings(),
    output:
        table="<results>/tables/ratings.csv",
        agreement="<results>/tables/rating_agreement.csv",
        page=report(
            "<results>/pages/ratings.html",
            caption="report/ratings.rst",
            category=category("Ratings"),
            labels={"what": "questions rated by people, and how far they agree"},
        ),
        ledger="<results>/ledger/tabulate_ratings/all.json",
    log:
        "<logs>/tabulate_ratings/all.log",
    benchmark:
        "<benchmarks>/tabulate_ratings/all.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        run=RUN,
        seed=config["seed"],
        settings=PLAN.rating_settings("sets", "published"),
        code=code_version("tabulate_ratings"),
    shell:
        "python scripts/tabulate_ratings.py --run {params.run} --seed {params.seed} --settings {params.settings:q}"
        " --code-version {params.code} --key {input.key:q} --sheets {input.sheets:q} --published {input.published:q}"
        " --output {output.table} --agreement {output.agreement} --page {output.page} --ledger {output.ledger}"
        " --log {log}"
