"""The page on which readers look at drawn pairs, each beside the other response with the lowest reward."""

from itertools import groupby

from synthesis import web_pages
from synthesis.sampled_pairs import AT_RANDOM, HIGHEST, LOWEST
from synthesis.sampled_rows import CHARACTERS

_HEADINGS = {
    AT_RANDOM: "Drawn at random",
    HIGHEST: "Chosen responses with the highest rewards",
    LOWEST: "Chosen responses with the lowest rewards",
}
_WIDE = frozenset(["question"])


def page(run: str, rows: list[dict]) -> str:
    """The page for rows of `schema.SAMPLED_PAIRS`, whose order it keeps."""
    title = f"Pairs of the data set of run {run}"
    about = (
        "Each question with the response that stands in the data set and, where several were scored, that other one "
        "which has the lowest reward. Mathematics is rendered where it can be read as TeX; the rest is shown as it was "
        f"written. A text of more than {CHARACTERS:,} characters is cut."
    )
    parts = [web_pages.heading(title), web_pages.paragraph(about)]
    for drawn, found in groupby(rows, lambda row: row["drawn"]):
        cards = [_card(row) for row in found]
        parts.append(web_pages.details(f"{_HEADINGS[drawn]}: {len(cards):,}", *cards, opened=drawn == AT_RANDOM))
    return web_pages.page(title, *parts, "" if rows else web_pages.paragraph("The data set has no pair of its own."))


def _card(row: dict) -> str:
    facts = {"row": row["question_id"], "source": row["source"], "reward": _number(row["reward"])}
    facts |= {f"difficulty by {name}": _number(score) for name, score in dict(row["difficulty"]).items()}
    texts = {"question": row["question"], _named("chosen response", row["reward"]): row["response"]}
    if row["worst_response"] is not None:
        texts[_named("other response with the lowest reward", row["worst_reward"])] = row["worst_response"]
    return web_pages.card({name: text for name, text in facts.items() if text}, texts, mathematics=True, wide=_WIDE)


def _named(name: str, reward: float | None) -> str:
    return name if reward is None else f"{name}, reward {_number(reward)}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
