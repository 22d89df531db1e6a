"""What the pages say of the rules, their files and their columns: nothing is missing there."""

import re

import pytest
from conftest import ROOT
from synthesis import evaluation, evaluation_averages, evaluation_tables

pytestmark = pytest.mark.graph


def page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def rules() -> dict[str, str]:
    """The text of each rule that runs a program, by name."""
    parts = [
        part
        for path in (ROOT / "rules").glob("*.smk")
        for part in re.split(r"^rule ", path.read_text(), flags=re.M)[1:]
    ]
    return {part.partition(":")[0]: part for part in parts if "    shell:" in part}


def outputs() -> set[str]:
    """The files that rules write below the folder of a run, with their wildcards; of a figure the first form."""
    sections = [
        re.search(r"^    output:\n(.*?)^    log:", text, re.DOTALL | re.MULTILINE)[1] for text in rules().values()
    ]
    found = {path for section in sections for path in re.findall(r'"<results>/([^"]+)"', section)}
    return {path for path in found if not path.endswith((".pdf", ".png"))}


def test_the_diagram_has_every_rule_and_no_other():
    diagram = re.search(r"```mermaid\nflowchart TD\n(.*?)```", page("README.md"), re.DOTALL)[1]
    without_labels = re.sub(r"-- .*? -->|-\. .*? \.->", "-->", diagram)
    assert set(re.findall(r"\w+", without_labels)) == set(rules())


def test_the_table_of_rules_has_every_rule():
    table = page("README.md").partition("| rule | what it does | jobs |")[2].partition("\n\n")[0]
    named = {
        name
        for line in table.splitlines()
        for name in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line else "")
    }
    assert named == set(rules())


def test_every_file_of_a_run_is_listed():
    listed = page("README.md").partition("\n## Outputs")[2].partition("\n## ")[0]
    for path in outputs():
        folder, name = path.split("/")[0], path.split("/")[-1]
        # Tables and figures by their names, all others by their folders.
        named = folder in ("tables", "figures") and "{" not in name
        assert re.search(rf"[`/]{re.escape(name)}`" if named else rf"`{folder}/", listed), path


def test_every_page_is_named_for_further_reading():
    listed = page("README.md").partition("\n## Further reading")[2]
    for path in sorted((ROOT / "docs").glob("*.md")):
        assert f"[docs/{path.name}](docs/{path.name})" in listed, path.name


def test_wherever_the_table_of_changes_has_costs_their_figure_is_drawn_again():
    table = page("docs/reruns.md").partition("| change | rules that run |")[2].partition("\n\n")[0]
    cells = [line.split("|")[2] for line in table.splitlines() if line.count("|") > 3]
    assert len(cells) > 40
    assert any("`tabulate_costs`" in cell for cell in cells)
    for cell in cells:
        assert ("`tabulate_costs`" in cell) <= ("`plot_costs`" in cell), cell


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("evaluation.csv", evaluation.COLUMNS),
        ("evaluation_pass_at_k.csv", evaluation_tables.PASS_COLUMNS),
        ("evaluation_seeds.csv", evaluation_tables.SEED_COLUMNS),
        ("evaluation_averages.csv", evaluation_averages.COLUMNS),
        ("evaluation_paired.csv", evaluation_tables.PAIRED_COLUMNS),
        ("evaluation_averages_paired.csv", evaluation_averages.PAIRED_COLUMNS),
    ],
)
def test_every_column_of_the_evaluation_is_explained(file, columns):
    sections = re.split(r"^## ", page("docs/evaluation.md"), flags=re.MULTILINE)
    (section,) = [section for section in sections if f"`{file}`" in section.partition("\n")[0]]
    assert not [column for column in columns if f"`{column}`" not in section]
