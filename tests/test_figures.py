"""What all figures share: the style sheet alone decides how they look, and their bytes are the same each time."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT
from figure_texts import assert_texts_stand_apart, figure_bytes, figure_paths, texts
from matplotlib import colors, rcParams
from matplotlib.figure import Figure
from synthesis import csv_tables, figures
from synthesis.errors import InputError

STYLE = ROOT / figures.STYLE


def style_with(folder, line: str):
    path = folder / "style.mplstyle"
    path.write_text(STYLE.read_text() + line + "\n")
    return path


def drawn():
    figure = Figure(figsize=(figures.COLUMN, 2))
    panel = figure.subplots()
    panel.plot([1, 2, 3], color=figures.BLUE, label="sought 95 % ± 2")
    panel.legend()
    return figure


DRAW = """
import sys
from pathlib import Path
sys.path[:0] = ["tests", "scripts"]
from test_figures import STYLE, drawn
from synthesis import figures
figures.prepare("trial", STYLE)
figures.write(drawn(), [Path(sys.argv[1]) / f"figure.{kind}" for kind in ("svg", "pdf", "png")])
"""


def test_other_processes_at_other_times_write_the_same_bytes(tmp_path):
    found = []
    for seed in ("1", "2"):
        settings = {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": seed, "MPLCONFIGDIR": str(tmp_path / "own")}
        (tmp_path / "own").mkdir(exist_ok=True)
        # A user's own settings of Matplotlib change nothing.
        (tmp_path / "own/matplotlibrc").write_text(f"font.size: {10 * int(seed)}\nlines.linewidth: {seed}\n")
        command = [sys.executable, "-c", DRAW, str(tmp_path / seed)]
        subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=True)
        found.append(figure_bytes(tmp_path / seed))
    assert found[0] == found[1]
    svg, pdf, png = found[0]
    assert b"date" not in svg and b"CreationDate" not in pdf
    # TrueType, which journals ask for, not Type 3.
    assert b"/Type0" in pdf or b"/TrueType" in pdf
    assert b"/Type3" not in pdf
    # A column at 300 pixels an inch.
    assert int.from_bytes(png[16:20]) == 990
    # Letters are outlines; what they spell stands beside them.
    assert b"<text" not in svg and b"sought 95 % " in svg


def test_the_style_sheet_decides_on_colours_and_sizes(tmp_path):
    figures.prepare("trial", STYLE)
    assert colors.to_hex(figures.BLUE).upper() == "#0072B2" and len(figures.COLOURS) == len(rcParams["axes.prop_cycle"])
    assert 7 <= min(rcParams[name] for name in ("font.size", "xtick.labelsize", "legend.fontsize")) <= 9
    changed = STYLE.read_text().replace("0072B2", "ff0000").replace("font.size: 7.5", "font.size: 20")
    (tmp_path / "changed.mplstyle").write_text(changed)
    figures.prepare("trial", tmp_path / "changed.mplstyle")
    assert colors.to_hex(figures.BLUE) == "#ff0000" and rcParams["font.size"] == 20
    figures.prepare("trial", STYLE)
    assert rcParams["font.size"] < 9


@pytest.mark.parametrize("line", ["font.size: big", "no.such.key: 1", "axes.grid: perhaps", "font.family: serif"])
def test_a_style_sheet_that_is_wrong_is_refused(tmp_path, line):
    with pytest.raises(
        InputError, match=r"style\.mplstyle is no style sheet that Matplotlib understands; correct it\."
    ):
        figures.prepare("trial", style_with(tmp_path, line))


def test_a_style_sheet_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.mplstyle can't be read"):
        figures.prepare("trial", tmp_path / "none.mplstyle")


def test_nothing_half_written_is_left(tmp_path):
    figures.prepare("trial", STYLE)
    paths = figure_paths(tmp_path)
    figure = drawn()
    figures.write(figure, paths[:1])
    before = paths[0].read_bytes()
    figure.savefig = None
    with pytest.raises(TypeError):
        figures.write(figure, paths)
    assert paths[0].read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["figure.svg"]


@pytest.mark.usefixtures("figure_style")
def test_a_figure_without_data_says_why_in_lines_that_fit():
    sentence = (
        "no student was trained on data sets of several sizes, so there is no curve that says what more pairs are for"
    )
    for width in (figures.COLUMN, figures.TWO_COLUMNS):
        found = assert_texts_stand_apart(figures.empty(sentence, width))
        assert " ".join(found[0][0].split()) == sentence


@pytest.mark.usefixtures("figure_style")
def test_panels_share_the_width_and_those_without_use_are_hidden():
    figure, panels = figures.grid(5, 3, 1.5)
    assert len(panels) == 5 and figure.get_size_inches().tolist() == [figures.TWO_COLUMNS, 3]
    assert [panel.get_visible() for panel in figure.axes] == [True] * 5 + [False]
    assert texts(figure)


def plot_rules() -> dict[str, str]:
    """The text of every rule that draws."""
    found = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for block in re.split(r"^(?=rule )", path.read_text(), flags=re.MULTILINE):
            if named := re.match(r"rule (plot_\w+):", block):
                found[named[1]] = block
    return found


@pytest.mark.parametrize("rule", plot_rules())
def test_every_figure_has_the_style_three_forms_a_caption_and_a_line_in_the_docs(rule):
    text = plot_rules()[rule]
    assert "style=FIGURE_STYLE" in text
    stems = re.findall(r'"<results>/figures/(\S+)\.svg"', text)
    assert stems
    for stem in stems:
        assert all(f'"<results>/figures/{stem}.{kind}"' in text for kind in ("pdf", "png")), stem
        assert f"| `{stem}` |" in (ROOT / "docs/figures.md").read_text(), stem
    captions = re.findall(r'caption="(report/\S+\.rst)"', text)
    assert len(captions) >= len(stems)
    assert all((ROOT / "rules" / caption).read_text().strip() for caption in captions)
    # Figures are drawn from tables alone.
    inputs = text.partition("    output:")[0]
    assert not re.search(r"parquet|json|PLAN\.(all_files|stage_files)", inputs)


def test_a_table_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv is missing"):
        csv_tables.read(tmp_path / "none.csv")
