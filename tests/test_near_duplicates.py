"""Near-duplicates: compared with a search through all pairs; how many are found; shards and growth change nothing."""

import random
from functools import cache
from itertools import combinations, pairwise
from types import SimpleNamespace

import filter_questions
import find_duplicates
import numpy
import pytest
from published_sets import published, read
from question_files import question, reasons, row_counts, start, write_problems, write_questions
from synthesis import funnel, minhash, near_duplicates, schema
from synthesis.layout import shards
from synthesis.mixing import mixed
from synthesis.shingles import shingles
from synthesis.text import normalise, tokens

NEAR = {"threshold": 0.75, "ngram": 3, "permutations": 128}
SOURCES = ["alpha", "beta"]
NAMES = ["Anna", "Ben", "Carla", "Dan", "Eve", "Fritz"]
THINGS = ["apples", "books", "coins", "dogs", "eggs", "flowers"]


@cache
def runs(text: str, n: int = 3) -> set[tuple[str, ...]]:
    """The set that `shingles` stands for, of texts instead of numbers."""
    found = tokens(normalise(text))
    return {tuple(found[start : start + n]) for start in range(len(found) - n + 1)} or ({tuple(found)} - {()})


def jaccard(one: str, other: str, n: int = 3) -> float:
    mine, theirs = runs(one, n), runs(other, n)
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0


def edited(text: str, edits: int, draw: random.Random) -> str:
    """A text with so many words replaced, added or taken out."""
    found = text.split()
    for _ in range(edits):
        place = draw.randrange(len(found))
        found[place : place + draw.randrange(2)] = draw.choice([[], ["zebra"], ["unlikely"], ["maybe", "seven"]])
        found = found or ["zebra"]
    return " ".join(found)


def templated(count: int, seed: int) -> list[str]:
    """Word problems of few templates, copies with edits among them, very short ones, and one without a word."""
    draw, found = random.Random(seed), ["?.", "", "Why"]
    while len(found) < count:
        name, thing, other = draw.choice(NAMES), draw.choice(THINGS), draw.choice(NAMES)
        first, second = draw.randrange(2, 99), draw.randrange(2, 99)
        text = draw.choice(
            [
                f"{name} has {first} {thing} and buys {second} more of them at the market for {other}, who waits at "
                f"home with {draw.randrange(9)} friends. How many {thing} does {name} have in the end of the day?",
                f"What is {first} + {second}?",
                f"A train of {first} waggons leaves the town at {second} past noon and {name} sits in it with {thing}. "
                f"When does {name} meet {other}, who left {draw.randrange(99)} minutes later on a bicycle?",
                edited(draw.choice(found[3:] or ["a b c d e"]), draw.randrange(3), draw),
            ]
        )
        found.append(text)
    return found


def decisions(texts: list[str], settings: dict) -> dict[int, int]:
    """What is dropped for what, by the rule itself: compared with all earlier kept texts that agree in a band."""
    sets = shingles(texts, settings["ngram"])
    keys = minhash.band_keys(minhash.signatures(sets, settings["permutations"]), settings["threshold"])
    kept, dropped = [], {}
    for row, text in enumerate(texts):
        agree = (keys[kept] == keys[row]).any(axis=1) & (sets.sizes[kept] > 0) & (sets.sizes[row] > 0)
        others = numpy.array(kept, int)[agree].tolist()
        similar, other = min(
            ((-jaccard(text, texts[other], settings["ngram"]), other) for other in others), default=(0, -1)
        )
        if -similar >= settings["threshold"]:
            dropped[row] = other
        else:
            kept.append(row)
    return dropped


def write_signed(folder, texts: dict[str, list[str]], size: int, settings: dict = NEAR) -> list:
    """Shards of so many questions, run through `filter_questions`; returns their signature files."""
    paths = []
    near = {name: settings[name] for name in ("ngram", "permutations")}
    for source, all_texts in texts.items():
        for shard in shards(len(all_texts), size):
            rows = [question(index, all_texts[index], source) for index in range(shard.start, shard.stop)]
            file = write_questions(folder / f"questions/{source}/{shard.name}.parquet", rows)
            paths.append(folder / f"filter/{source}/{shard.name}.signatures.parquet")
            files = ["--questions", file, "--output", folder / f"filter/{source}/{shard.name}.parquet"]
            settings = {"filters": [], "signatures": near}
            files += ["--signatures", paths[-1], "--overlaps", folder / "overlaps.parquet"]
            assert start(filter_questions, folder, settings, *files) == 0
    return paths


def run(folder, inputs: list, against=(), **settings) -> int:
    places = [f"{path.parent.name}/{path.name.partition('.')[0]}.parquet" for path in inputs]
    files = ["--inputs", *inputs, "--questions", *(folder / "questions" / place for place in places)]
    files += ["--against", *against, "--outputs", *(folder / "out" / place for place in places)]
    settings = {"method": "near", "sources": SOURCES, **NEAR, **settings}
    return start(find_duplicates, folder, settings, *files, "--clusters", folder / "clusters.parquet")


def verdicts(folder) -> dict[str, str]:
    found = {}
    for path in sorted((folder / "out").glob("*/*.parquet")):
        found |= reasons(path)
    return found


def clusters(folder) -> list[dict]:
    return schema.read(folder / "clusters.parquet", schema.DUPLICATES)


def test_shingles_are_the_runs_of_words():
    texts = ["One two, one TWO: one two three!", "a b", "B", "", "?.", "x² + 1 = 0 for all x", "你好世界吗"]
    for n in (1, 2, 3, 5):
        found = shingles(texts, n)
        sets = [found.values[a:b].tolist() for a, b in zip(found.offsets, found.offsets[1:], strict=False)]
        assert [len(numbers) for numbers in sets] == [len(runs(text, n)) for text in texts]
        assert all(numbers == sorted(set(numbers)) for numbers in sets)
        for one, other in combinations(range(len(texts)), 2):
            assert len({*sets[one]} & {*sets[other]}) == len(runs(texts[one], n) & runs(texts[other], n))
    alone = shingles(texts[:1], 3).values.tolist()
    assert alone == shingles(texts, 3).values[: len(alone)].tolist(), "other texts change nothing"


def test_a_short_text_is_one_shingle_and_equals_no_part_of_a_longer_one():
    short, same, longer = (set(shingles([text], 3).values.tolist()) for text in ("a b", "A, b.", "x a b"))
    assert len(short) == 1 and short == same and short.isdisjoint(longer)


def test_signatures_are_the_same_on_every_machine():
    """Frozen: signatures of a run are made over months, maybe on several machines, and are compared."""
    found = minhash.signatures(shingles(["How many apples does Tom have?", "a"], 3), 16)
    assert found[:, :4].tolist() == [
        [758343827, 2450277414, 1344529590, 3634442387],
        [3646279731, 3426993761, 3509101813, 3245176281],
    ]
    keys = minhash.band_keys(found, 0.75)
    assert keys[:, 0].tolist() == [12690850966680641705, 12021697376344990829]


def test_another_version_of_the_algorithm_is_refused(monkeypatch):
    monkeypatch.setattr(minhash, "RMinHash", SimpleNamespace(ALGORITHM_VERSION=3))
    with pytest.raises(minhash.InputError, match=r"signatures of version 3, .* are of version 2; install"):
        minhash.signatures(shingles(["a"], 3), 16)


@pytest.mark.parametrize(("threshold", "cut"), [(0.5, (42, 3)), (0.75, (21, 6)), (0.9, (10, 12)), (1.0, (1, 128))])
def test_bands_find_the_pairs_at_the_threshold_and_are_as_long_as_that_allows(threshold, cut):
    count, rows = minhash.bands(threshold, 128)
    assert (count, rows) == cut
    assert 1 - (1 - threshold**rows) ** count >= 0.95
    assert rows == 128 or 1 - (1 - threshold ** (rows + 1)) ** (128 // (rows + 1)) < 0.95


def check_against_all_pairs(texts: list[str], settings: dict) -> int:
    """Check the search against the rule; returns how many texts it dropped."""
    sets = shingles(texts, settings["ngram"])
    has_words = numpy.flatnonzero(sets.sizes)
    signatures = minhash.signatures(sets, settings["permutations"])[has_words]
    buckets = near_duplicates.buckets(minhash.band_keys(signatures, settings["threshold"]))
    read = lambda rows: shingles([texts[number] for number in has_words[rows]], settings["ngram"])  # noqa: E731
    found, similarity = near_duplicates.find(buckets, numpy.arange(len(has_words)), 0, settings["threshold"], read)
    dropped = {int(has_words[row]): int(has_words[other]) for row, other in enumerate(found.tolist()) if other >= 0}
    kept = numpy.flatnonzero(found < 0)
    assert set(found[found >= 0].tolist()) <= set(kept.tolist()), "only kept rows are named"
    for place, (row, other) in zip(numpy.flatnonzero(found >= 0), dropped.items(), strict=True):
        exact = jaccard(texts[row], texts[other], settings["ngram"])
        assert similarity[place] == exact >= settings["threshold"]
    assert dropped == decisions(texts, settings)
    return len(dropped)


@pytest.mark.parametrize("compare", ["the smaller group", "bands", "shingles"])
@pytest.mark.parametrize(
    ("threshold", "ngram", "permutations"), [(0.75, 3, 128), (0.5, 1, 32), (0.9, 2, 64), (1, 3, 16)]
)
def test_the_search_decides_as_the_rule_does_over_all_pairs(monkeypatch, threshold, ngram, permutations, compare):
    if compare != "the smaller group":
        few = lambda self, row: int((self._posted is self._asked) != (compare == "bands"))  # noqa: E731
        monkeypatch.setattr(near_duplicates.KeptRows, "count", few)
    texts = templated(600, seed=ngram)
    assert check_against_all_pairs(texts, {"threshold": threshold, "ngram": ngram, "permutations": permutations}) > 10


def test_one_template_of_many_questions_is_searched_by_its_rare_shingles(monkeypatch):
    """Thousands of kept questions agree in a band; of these only those with a rare shingle in common are compared."""
    common = "in a town by the sea there lives a man who sells fish and bread to all who come along the road on a day"
    texts = [f"{common} {number} x {number + 5000} y {number + 10000}" for number in range(3000)]
    texts += [f"{text} z" for text in texts[:20]]
    compared = []
    original = near_duplicates.Search._jaccard
    monkeypatch.setattr(
        near_duplicates.Search,
        "_jaccard",
        lambda self, row, others: compared.append(len(others)) or original(self, row, others),
    )
    sets = shingles(texts, 3)
    assert jaccard(texts[0], texts[1]) < 0.8 <= jaccard(texts[0], texts[3000])
    buckets = near_duplicates.buckets(minhash.band_keys(minhash.signatures(sets, 128), 0.8))
    assert numpy.bincount(buckets[buckets >= 0]).max() > 500
    found, _ = near_duplicates.find(
        buckets, numpy.arange(3020), 0, 0.8, lambda rows: shingles([texts[r] for r in rows], 3)
    )
    assert found.tolist() == [-1] * 3000 + list(range(20))
    assert sum(compared) < 3000


def test_a_row_is_compared_with_kept_rows_alone(tmp_path):
    """A chain: the second is near the first, the third near the second but not the first, so the third stays."""
    base = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    second = base + " seventeen eighteen nineteen"
    third = second + " twenty thirty forty"
    assert jaccard(base, second) >= 0.75 and jaccard(second, third) >= 0.75 > jaccard(base, third)
    paths = write_signed(tmp_path, {"alpha": [base, second, third, second.upper()], "beta": []}, 10)
    assert run(tmp_path, paths) == 0
    near = "near_duplicate_of:alpha-0"
    assert verdicts(tmp_path) == {"alpha-0": "", "alpha-1": near, "alpha-2": "", "alpha-3": near}
    same = {"kind": "near", "kept_id": "alpha-0", "jaccard": jaccard(base, second)}
    assert clusters(tmp_path) == [{"question_id": f"alpha-{number}", **same} for number in (1, 3)]
    counts = {"in": 4, "out": 2, "rejected_duplicate_of": 0, "rejected_near_duplicate_of": 2}
    assert row_counts(find_duplicates, tmp_path) == counts


def test_texts_without_words_are_compared_as_a_whole(tmp_path):
    paths = write_signed(tmp_path, {"alpha": ["?.", ", ;", "", "Why", "why?", ", ;", ""], "beta": []}, 10)
    assert run(tmp_path, paths) == 0
    kept = [name for name, reason in verdicts(tmp_path).items() if not reason]
    assert kept == ["alpha-0", "alpha-1", "alpha-2", "alpha-3"]
    found = {row["question_id"]: (row["kept_id"], row["kind"]) for row in clusters(tmp_path)}
    expected = {"alpha-4": ("alpha-3", "near"), "alpha-5": ("alpha-1", "exact"), "alpha-6": ("alpha-2", "exact")}
    assert found == expected


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    return {source: templated(300, seed) for seed, source in enumerate(SOURCES)}


def test_shards_change_nothing(tmp_path, texts):
    found = []
    for size in (7, 50, 1000):
        folder = tmp_path / str(size)
        paths = write_signed(folder, texts, size)
        random.Random(size).shuffle(paths)
        assert run(folder, paths) == 0
        found.append((verdicts(folder), sorted(map(str, clusters(folder)))))
    assert found[0] == found[1] == found[2]
    kinds = {funnel.kind(reason) for reason in found[0][0].values()}
    assert kinds == {"", "duplicate", "near_duplicate"}


def test_growth_in_step_changes_no_old_decision(tmp_path, texts):
    found = []
    for count in (60, 150, 300):
        folder = tmp_path / str(count)
        assert run(folder, write_signed(folder, {name: part[:count] for name, part in texts.items()}, 50)) == 0
        found.append(verdicts(folder))
    for small, large in pairwise(found):
        assert {name: large[name] for name in small} == small
        assert any(reason.startswith("near") for reason in small.values())


def test_the_rule_holds_over_sources_and_no_row_is_lost(tmp_path, texts):
    assert run(tmp_path, write_signed(tmp_path, texts, 50)) == 0
    order = [(source, index) for index in range(300) for source in SOURCES]
    all_texts = [texts[source][index] for source, index in order]
    names = [f"{source}-{index}" for source, index in order]
    first = {}
    unique = [row for row, text in enumerate(all_texts) if first.setdefault(normalise(text), row) == row]
    chosen = [all_texts[row] for row in unique]
    dropped = decisions(chosen, NEAR)
    near = {unique[row]: unique[other] for row, other in dropped.items()}
    expected = {}
    for row, text in enumerate(all_texts):
        same = first[normalise(text)]
        expected[names[row]] = f"duplicate_of:{names[same]}" if same != row else ""
        if same in near:
            expected[names[row]] = f"near_duplicate_of:{names[near[same]]}"
    assert verdicts(tmp_path) == expected


def test_a_question_nearly_a_problem_names_its_set_whatever_else_there_is(tmp_path, texts):
    problem = texts["alpha"][10] + " Say it in words."
    copies = {"alpha": [texts["alpha"][10], *texts["alpha"][:10]], "beta": [problem.upper(), *texts["beta"][:10]]}
    known = [write_problems(tmp_path / "published.parquet", ["What else?", problem, "?"])]
    assert jaccard(problem, texts["alpha"][10]) >= 0.75
    assert run(tmp_path, write_signed(tmp_path, copies, 5), known) == 0
    found = verdicts(tmp_path)
    assert found["alpha-0"] == "near_duplicate_of:published/published-1"
    assert found["beta-0"] == "duplicate_of:published/published-1"
    kinds = {row["question_id"]: row["kind"] for row in clusters(tmp_path) if row["kept_id"].startswith("published/")}
    assert (kinds["alpha-0"], kinds["beta-0"]) == ("near", "exact")


def test_empty_shards_pass(tmp_path):
    assert run(tmp_path, write_signed(tmp_path, {"alpha": ["x"], "beta": []}, 5)) == 0
    assert verdicts(tmp_path) == {"alpha-0": ""} and clusters(tmp_path) == []
    paths = [tmp_path / f"filter/{source}/00007.signatures.parquet" for source in SOURCES]
    for path in paths:
        schema.write(path, [], schema.near_signatures(128))
        write_questions(tmp_path / f"questions/{path.parent.name}/00007.parquet", [])
    assert run(tmp_path, paths) == 0


def test_files_that_do_not_fit_end_in_one_sentence(tmp_path, capsys):
    (path,) = write_signed(tmp_path, {"alpha": ["a b c d", "a b c d e f g", "A b, c d."]}, 5)
    assert run(tmp_path, [path], permutations=64) == 1
    assert "signatures of another length than find_duplicates.permutations (64) says; delete" in capsys.readouterr().err
    write_questions(tmp_path / "questions/alpha/00000.parquet", [question(0, "a b c d")])
    assert run(tmp_path, [path]) == 1
    assert "names question alpha-2, which" in capsys.readouterr().err
    schema.write(path, [{"question_id": "alpha-0", "index": 0, "exact": "x"}], schema.SIGNATURES)
    assert run(tmp_path, [path]) == 1
    assert "has no column near" in capsys.readouterr().err
    assert not (tmp_path / "out").exists() and not (tmp_path / "clusters.parquet").exists()


def test_mixed_numbers_are_those_of_every_machine():
    assert mixed(numpy.array([0, 1])).tolist() == [0, 0xE220A8397B1DCDAF]


@pytest.fixture(scope="module")
def real() -> list[str]:
    """Questions of three published sets."""
    files = {"gsm8k/train.jsonl.gz": "question", "math/train_problem_answer_only.jsonl.gz": "problem"}
    files["scalequest_samples/samples.jsonl"] = "query"
    return [text for path, column in files.items() for text in read(path, column)]


@published
def test_the_rule_holds_on_real_questions(real):
    """Compared with every pair of 3000 questions, with copies that have one to three words changed."""
    draw = random.Random(5)
    texts = draw.sample(real, 2500)
    texts += [edited(draw.choice(texts), draw.randrange(1, 4), draw) for _ in range(500)]
    draw.shuffle(texts)
    assert check_against_all_pairs(texts, NEAR) > 100


@published
@pytest.mark.parametrize(("low", "high", "least"), [(0.9, 0.93, 0.99), (0.8, 0.83, 0.95), (0.75, 0.78, 0.95)])
def test_planted_copies_of_real_questions_are_found(real, low, high, least):
    draw, pairs = random.Random(7), []
    while len(pairs) < 1000:
        text = draw.choice(real)
        copy = edited(text, draw.randrange(1, 6), draw)
        if low <= jaccard(text, copy) < high:
            pairs.append((text, copy))
    keys = [
        minhash.band_keys(minhash.signatures(shingles(list(side), 3), 128), 0.75) for side in zip(*pairs, strict=True)
    ]
    assert (keys[0] == keys[1]).any(axis=1).mean() >= least
