"""Web pages of the report: one file each, without scripts and without anything loaded from elsewhere.

Snakemake's report shows a page where it offers a CSV or Markdown file for download only. All text is escaped: what a
model or a configuration wrote never becomes markup.
"""

from collections.abc import Collection
from html import escape

from synthesis import math_text
from synthesis.canonical import digest

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1e293b; margin: 1.5rem; }
.text { max-width: 70rem; overflow-wrap: break-word; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.1rem; margin-top: 1.8rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
table { display: block; overflow-x: auto; } /* One that is too wide for the window moves alone. */
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top; white-space: pre-line; }
thead th { border-bottom: 1px solid #64748b; background: #f1f5f9; vertical-align: bottom; }
tbody tr { border-bottom: 1px solid #e2e8f0; }
.number { text-align: right; white-space: nowrap; } 
.total { font-weight: bold; border-top: 1px solid #64748b; }
.muted { color: #94a3b8; font-style: italic; } .quoted { background: #f8f5ec; color: #57534e; }
.lines { white-space: pre; } .lines, .quoted { padding-left: .3rem; padding-right: .35rem; }
/* Stays while the rest of its row moves. */
.label { position: sticky; left: 0; background: #fff; min-width: 7rem; max-width: 14rem; }
code { background: #f1f5f9; overflow-wrap: break-word; } pre { background: #f1f5f9; padding: .7rem; }
pre code { white-space: pre-wrap; }
details { margin: .3rem 0; padding-left: .8rem; border-left: 2px solid #e2e8f0; }
summary { cursor: pointer; padding: .2rem 0; overflow-wrap: anywhere; } summary:hover { background: #f1f5f9; }
.card { margin: .6rem 0; padding: .4rem .8rem; border: 1px solid #cbd5e1; border-radius: .3rem; }
.fact { display: inline-block; margin-right: 1.2rem; overflow-wrap: anywhere; }
.texts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.texts { gap: .3rem 1.5rem; margin-top: .3rem; }
.texts div { min-width: 0; white-space: pre-wrap; overflow-wrap: anywhere; overflow-x: auto; }
.texts .wide { grid-column: 1 / -1; }
math { max-width: 100%; } math[display="block"] { overflow-x: auto; overflow-y: hidden; margin: .3rem 0; }
.boxed { border: 1px solid #1e293b; padding: .15em .25em; }
.struck { background: linear-gradient(transparent 47%, currentColor 47%, currentColor 53%, transparent 53%); }
.crossed { background: linear-gradient(to top right, transparent 47%, #64748b 48%, #64748b 52%, transparent 53%); }
.name { color: #475569; font-size: .85em; } .texts .name { display: block; }
@media (max-width: 40rem) {
  body { margin: .8rem; font-size: 13px; } details { padding-left: .4rem; } th, td { padding: .2rem .3rem; }
}
"""

# Even a slip in the escaping could then neither run a script nor load anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, *parts: str) -> str:
    """A whole page of parts that are HTML already, under a title that is plain text."""
    head = (
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>"
    )
    body = "\n".join(part for part in parts if part)
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def heading(text: str, level: int = 1) -> str:
    """A heading from plain text; level 1 is the page's own."""
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str) -> str:
    """A paragraph from plain text; empty for an empty text."""
    return f'<p class="text">{escape(text)}</p>' if text else ""


def code(text: str) -> str:
    """A block of plain text with its line ends and blanks; long lines are broken."""
    return f"<pre><code>{escape(text)}</code></pre>"


def details(summary: str, *parts: str, opened: bool = False) -> str:
    """Parts that are HTML already, shown when the reader opens the summary, which is plain text."""
    return f"<details{' open' * opened}><summary>{escape(summary)}</summary>\n{chr(10).join(parts)}\n</details>"


def card(
    facts: dict[str, str], texts: dict[str, str], mathematics: bool = False, wide: frozenset[str] = frozenset()
) -> str:
    """A frame with facts in a line, and below it texts of any length, side by side where there is room.

    Both are plain texts by their names. Line ends of the texts stay. With `mathematics` the formulas of the texts are
    rendered, see `math_text`. Texts named in `wide` have a line of their own.
    """
    spelled = math_text.to_html if mathematics else escape
    shown = [f'<span class="fact">{_name(name)} {escape(fact)}</span>' for name, fact in facts.items()]
    below = [f"<div{_WIDE * (name in wide)}>{_name(name)}{spelled(text)}</div>" for name, text in texts.items()]
    return f'<div class="card">{chr(10).join(shown)}<div class="texts">{chr(10).join(below)}</div></div>'


_WIDE = ' class="wide"'


def _name(text: str) -> str:
    return f'<span class="name">{escape(text)}</span>'


def table(
    rows: list[dict],
    numbers: set,
    total: bool = False,
    sums: Collection[int] = frozenset(),
    classes: dict | None = None,
    muted: Collection[str] = frozenset(),
) -> str:
    """A table from rows of texts by column, in the order of the first row.

    Columns in `numbers` are aligned right. A column may be a pair (group, name): neighbours of one group share a
    heading. With `total` the last row is set in bold, as are the rows whose numbers from 0 are in `sums`. `classes`
    gives cells of a column a class of the style, and cells whose text is in `muted` are set in grey.
    """
    import pandas as pd

    columns = list(rows[0])
    paired = isinstance(columns[0], tuple)
    frame = pd.DataFrame([list(row.values()) for row in rows], dtype=object)
    frame.columns = pd.MultiIndex.from_tuples(columns) if paired else pd.Index(columns, dtype=object)
    bold, given = {*sums, *([len(rows) - 1] if total else [])}, classes or {}

    def kinds(place: int, name) -> str:
        found = [given.get(name), "number" if name in numbers else None, "total" if place in bold else None]
        return " ".join(filter(None, [*found, "muted" if rows[place][name] in muted else None]))

    described = [[kinds(place, name) for name in columns] for place in range(len(rows))]
    styled = frame.style.hide(axis="index").format(escape="html").format_index(escape="html", axis=1)
    styled.set_td_classes(pd.DataFrame(described, columns=frame.columns))
    # The classes of the headings: `set_td_classes` reaches the cells only.
    right = [place for place, name in enumerate(columns) if name in numbers]
    level = 1 if paired else 0
    rules = [{"selector": f"th.level{level}.col{place}", "props": "text-align: right"} for place in right]
    rules += [{"selector": "th.level0", "props": "text-align: center"}] if paired else []
    # Of all texts, so that tables of the same columns on one page have names of their own.
    name = digest([list(map(str, part)) for part in (columns, *(row.values() for row in rows))])[:8]
    return styled.set_table_styles(rules).to_html(uuid=name, cell_ids=False)


def from_markdown(text: str) -> str:
    """HTML of a text in Markdown with tables; HTML in the text is shown as it stands and not obeyed."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
