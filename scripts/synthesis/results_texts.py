"""Tables of results for readers, from the rows of the tidy table alone: as CSV, Markdown and LaTeX."""

import unicodedata
from math import floor, log10
from typing import NamedTuple

from synthesis import markdown_text
from synthesis.published_values import printed
from synthesis.results import other_currency, why_empty

PAPER, OURS, DIFFERENCE = "paper", "ours", "difference"
INTERVAL = " ({} to {})"
# What stands where a paper prints nothing, and where nothing of ours is set beside it.
NOTHING = "–"
# Units of what is counted; their numbers have no decimals.
COUNTED = ("pairs", "samples", "problems", "questions", "tokens", "rows")
# Units from 0 to 100, of which a decimal is all that matters.
POINTS = ("percent", "points", "score 0 to 100")
SIGNIFICANT_DIGITS = 3
# Letters that pdfLaTeX knows in formulas alone.
_GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ"
_SIGNS = {
    **{"≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "±": r"\pm", "×": r"\times", "·": r"\cdot", "−": "-"},
    **{"→": r"\rightarrow", "←": r"\leftarrow", "∞": r"\infty", "∈": r"\in"},
}


def _greek(letter: str) -> str:
    name = unicodedata.name(letter).rpartition(" ")[2].replace("LAMDA", "LAMBDA")
    return f"\\{name.capitalize() if letter.isupper() else name.lower()}"


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "\n": " ",
        "–": "--",
        # Behind the end of a row these would be its options.
        "[": "{[}",
        "*": "{*}",
        **{sign: f"${command}$" for sign, command in (_SIGNS | {letter: _greek(letter) for letter in _GREEK}).items()},
    }
)


class Wide(NamedTuple):
    """A table as readers see it: (group, kind) of each column but the first, and the rows by their labels."""

    heads: list[tuple[str, str]]
    rows: dict[str, list[str]]


def wide(rows: list[dict[str, str]], interval: str = INTERVAL) -> Wide:
    """The tidy rows of one table, with the paper's value, ours and the difference beside each other in each column.

    `interval` is how the ends of an interval stand behind our value. A kind of column without any value is left out,
    but for ours where a cell asks for a value, which then says why it has none.
    """
    columns = list(dict.fromkeys(row["column"] for row in rows))
    heads = []
    for column in columns:
        cells = [row for row in rows if row["column"] == column]
        kinds = [PAPER] * any(cell["published"] for cell in cells)
        kinds += [OURS] * (not kinds or any(cell["ours_run"] for cell in cells))
        kinds += [DIFFERENCE] * any(cell["difference"] for cell in cells)
        heads += [(column, kind) for kind in kinds]
    by_place = {(row["row"], row["column"]): row for row in rows}
    labels = dict.fromkeys(row["row"] for row in rows)
    lines = {label: [shown(by_place[label, column], kind, interval) for column, kind in heads] for label in labels}
    return Wide([(f"{column}{_unit(rows, column)}", kind) for column, kind in heads], lines)


def _unit(rows: list[dict[str, str]], column: str) -> str:
    """The unit of a column behind its name, unless that says it already."""
    unit = next(row["unit"] for row in rows if row["column"] == column)
    if not unit or unit in column:
        return ""
    return " (%)" if unit == "percent" else f" ({unit})"


def shown(cell: dict[str, str], kind: str, interval: str = INTERVAL) -> str:
    """The text of a row of the tidy table for a kind of column (`PAPER`, `OURS` or `DIFFERENCE`).

    Numbers have the digits that matter; intervals and deviations stand behind them.
    """
    if kind == PAPER:
        if not cell["published"]:
            return NOTHING
        deviation = f" ± {cell['published_deviation']}" if cell["published_deviation"] else ""
        return f"{printed(cell['published'])}{deviation}"
    if kind == DIFFERENCE:
        return _number(cell["difference"], cell["unit"], "+") if cell["difference"] else ""
    if not cell["ours"]:
        return why_empty(cell) or NOTHING
    currency = f" {other}" if (other := other_currency(cell)) else ""
    ends = [_number(cell[name], cell["unit"]) for name in ("ours_low", "ours_high") if cell[name]]
    told = interval.format(*ends) if len(ends) == 2 else ""
    return f"{_number(cell['ours'], cell['unit'])}{currency}{told}"


def _number(text: str, unit: str, sign: str = "") -> str:
    """One of our numbers: a count whole, a share in per cent with one decimal, all else with three digits that matter.

    Large amounts have a decimal too, as papers print it.
    """
    number = float(text)
    if unit in COUNTED:
        decimals = 0
    elif unit in POINTS or not number:
        decimals = 1
    else:
        decimals = max(1, SIGNIFICANT_DIGITS - 1 - floor(log10(abs(number))))
    # What rounds to zero has no sign.
    shown = round(number, decimals) or 0.0
    return f"{shown:{sign if shown else ''},.{decimals}f}"


def csv_rows(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The tidy rows of one table side by side for a spreadsheet: unrounded, with units in the heads.

    The ends of intervals and notes on ours stand apart; an amount of another currency than the column's bears it.
    Columns without any text are left out.
    """
    table: dict[str, dict[str, str]] = {}
    for cell in rows:
        line = table.setdefault(cell["row"], {"row": cell["row"]})
        name = f"{cell['column']}{_unit(rows, cell['column'])}"
        line |= {
            f"{name}, {PAPER}": cell["published"],
            f"{name}, {OURS}": " ".join(filter(None, [cell["ours"] or why_empty(cell), other_currency(cell)])),
            f"{name}, {OURS} low": cell["ours_low"],
            f"{name}, {OURS} high": cell["ours_high"],
            f"{name}, {OURS} note": cell["ours_note"],
            f"{name}, {DIFFERENCE}": cell["difference"],
        }
    used = {name for line in table.values() for name, text in line.items() if text}
    return [{name: text for name, text in line.items() if name in used} for line in table.values()]


def markdown(caption: str, rows: list[dict[str, str]]) -> str:
    """A table in Markdown below its caption."""
    found = wide(rows)
    head = ["", *(f"{group}, {kind}" for group, kind in found.heads)]
    lines = [[label, *cells] for label, cells in found.rows.items()]
    escaped = [[markdown_text.plain(text) for text in line] for line in (head, *lines)]
    columns = len(found.heads)
    rule = ["---", *["---:"] * columns]
    body = "\n".join(f"| {' | '.join(line)} |" for line in (escaped[0], rule, *escaped[1:]))
    return f"{markdown_text.plain(caption)}\n\n{body}\n"


def latex(name: str, caption: str, rows: list[dict[str, str]]) -> str:
    """A table in LaTeX for the package booktabs, with its caption above it."""
    found = wide(rows)
    groups, rules, start = [], [], 2
    for group in dict.fromkeys(group for group, _ in found.heads):
        width = sum(1 for head in found.heads if head[0] == group)
        groups.append(rf"\multicolumn{{{width}}}{{c}}{{{_escaped(group)}}}")
        rules.append(rf"\cmidrule(lr){{{start}-{start + width - 1}}}")
        start += width
    lines = [
        "% Needs \\usepackage{booktabs}; for letters beyond Latin and Greek, LuaLaTeX or XeLaTeX and a font.",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_escaped(caption)}}}",
        rf"\label{{tab:{name.replace('_', '-')}}}",
        rf"\begin{{tabular}}{{l{'r' * len(found.heads)}}}",
        r"\toprule",
        rf" & {' & '.join(groups)} \\",
        " ".join(rules),
        rf" & {' & '.join(kind for _, kind in found.heads)} \\",
        r"\midrule",
        *(rf"{' & '.join(map(_escaped, [label, *cells]))} \\" for label, cells in found.rows.items()),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """A text without any markup of LaTeX; dashes and letters of formulas as LaTeX writes them."""
    return text.translate(_LATEX)
