"""What the files with published costs and ratings lack that the configuration names: sources, tables, rows, columns."""

from collections.abc import Iterator
from pathlib import Path

from synthesis import published_values
from synthesis.configuration_sentences import key, shown, suggestion
from synthesis.errors import InputError
from synthesis.rating_criteria import WORDS

COSTS, RATINGS = "tabulate_costs", "rate_questions"


def published_costs(config: dict) -> Iterator[str]:
    """What the file with published costs lacks: the source, the table or the rows that lines are named after."""
    settings = config.get(COSTS, {})
    published = settings.get("published")
    if not published:
        return
    sentences, found = _published_table(published, key(COSTS, "published"))
    yield from sentences
    rows = dict.fromkeys(value.row for value in found)
    for name in settings.get("lines", {}):
        if found and name not in rows:
            yield f"{key(COSTS, 'lines', name)} is no row of the published table; {suggestion(name, rows)}"


def published_ratings(config: dict) -> Iterator[str]:
    """What the file with published ratings lacks: the source, the table, or a column of a criterion."""
    published = config.get(RATINGS, {}).get("published")
    if not published:
        return
    sentences, found = _published_table(published, key(RATINGS, "published"))
    yield from sentences
    if found and not any(value.column in WORDS.values() for value in found):
        yield (
            f"{key(RATINGS, 'published', 'table')} is {shown(published['table'])}, which has none of the columns "
            f"{', '.join(WORDS.values())}; name a table of ratings, or remove {key(RATINGS, 'published')}."
        )


def _published_table(published: dict, place: str) -> tuple[list[str], list[published_values.PublishedValue]]:
    """What is wrong with the names of a published table, in sentences, and the values of the table."""
    try:
        values = published_values.read(Path(published["file"]))
    except InputError as error:
        return [f"{place}.file: {error}"], []
    sources = dict.fromkeys(value.source for value in values)
    tables = dict.fromkeys(value.table for value in values if value.source == published["source"])
    for name, known in (("source", sources), ("table", tables)):
        if published[name] not in known:
            told = f"{place}.{name} is {shown(published[name])}, which {published['file']} lacks"
            return [f"{told}; {suggestion(published[name], known)}"], []
    return [], published_values.of_table(values, published["table"], published["source"])
