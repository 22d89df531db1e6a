"""Writes the artifacts of a small finished run, for the tests of what comes after it."""

from pathlib import Path

from synthesis import schema

SAMPLES = 2
STAGES = [
    "generate_questions",
    "filter_questions",
    "find_duplicates",
    "judge_questions/solvability",
    "select_questions",
    "generate_responses",
    "filter_responses",
    "score_responses",
    "select_responses",
]
FILTERS = ["rules", "language"]
SETTINGS = {
    "files": 1,
    "exports": [],
    "question_models": {"smollm2": "smollm2", "imported": None},
    "response_model": "teacher",
    "reward_model": "scorer",
}


def question_id(source: str, index: int) -> str:
    """A readable stand-in for an id."""
    return f"{source}-{index}"


# Why question number `index % 10` of a source is rejected, and by which stage; the others reach the responses.
REJECTED = {
    1: ("filter_questions", "too_short"),
    3: ("filter_questions", "language:de"),
    4: ("find_duplicates", "duplicate_of:{source}-0"),
    6: ("judge_questions/solvability", "unsolvable"),
    8: ("select_questions", "over_cap"),
}


def write_run(results: Path, sources: dict[str, list[int]] | None = None) -> Path:
    """Write every stage's files; `sources` maps a source to the sizes of its shards (default: 10 and 5 rows, 10 rows).

    Of each answered question, sample 0 is rejected by the filter if the index ends in 2, else it loses on reward.
    """
    sources = sources if sources is not None else {"smollm2": [10, 5], "imported": [10]}
    for source, sizes in sources.items():
        start = 0
        for number, size in enumerate(sizes):
            _write_shard(results, source, f"{number:05d}", range(start, start + size))
            start += size
    return results


def _write_shard(results, source, shard, indices):
    def write(stage, rows, columns):
        schema.write(results / stage / source / f"{shard}.parquet", rows, columns)

    tokens = {"prompt_tokens": 4, "completion_tokens": 9}
    questions = [
        {
            "question_id": question_id(source, index),
            "source": source,
            "index": index,
            "question": f"What is {index} + {index}?\u2028({source})",
            "finish_reason": "stop",
            **tokens,
        }
        for index in indices
    ]
    write("generate_questions", questions, schema.QUESTIONS)
    left = list(questions)
    for stage in STAGES[1:5]:
        verdicts = [_question_verdict(stage, source, row) for row in left]
        if stage == "filter_questions":
            write(stage, [{**row, **_reasons(row["reason"])} for row in verdicts], schema.filter_verdicts(FILTERS))
        else:
            write(stage, verdicts, schema.QUESTION_VERDICTS)
        left = [row for row, verdict in zip(left, verdicts, strict=True) if verdict["keep"]]
    responses = [
        {
            "question_id": row["question_id"],
            "sample": sample,
            "response": f"{row['index']} + {row['index']} = {2 * row['index']}, try {sample}",
            "finish_reason": "stop",
            **tokens,
        }
        for row in left
        for sample in range(SAMPLES)
    ]
    write("generate_responses", responses, schema.RESPONSES)
    filtered = [_filtered(row) for row in responses]
    write("filter_responses", filtered, schema.FILTERED_RESPONSES)
    kept = [row for row in filtered if row["keep"]]
    rewards = [{**_key(row), "reward": float(row["sample"]), "finish_reason": "stop", "tokens": 9} for row in kept]
    write("score_responses", rewards, schema.REWARDS)
    write("select_responses", [_selected(row) for row in rewards], schema.RESPONSE_VERDICTS)


def _key(row):
    return {name: row[name] for name in ("question_id", "sample")}


def _question_verdict(stage, source, row):
    rejecting, reason = REJECTED.get(row["index"] % 10, ("", ""))
    reason = reason.format(source=source) if rejecting == stage else ""
    return {"question_id": row["question_id"], "keep": not reason, "reason": reason, "score": None}


def _reasons(reason):
    """The columns of the filters; one that is too short is of no language either."""
    language = reason if reason.startswith("language") else "language:unknown" if reason else ""
    return {"rules_reason": reason if reason == "too_short" else "", "language_reason": language}


def _filtered(row):
    index = int(row["question_id"].rpartition("-")[2])
    rejected = index % 10 == 2 and row["sample"] == 0
    return {
        **_key(row),
        "keep": not rejected,
        "reason": "no_answer" if rejected else "",
        "score": None,
        "answer": None if rejected else str(2 * index),
    }


def _selected(row):
    best = row["sample"] == SAMPLES - 1
    reason = "" if best else "lower_reward"
    return {**_key(row), "keep": best, "reason": reason, "score": row["reward"]}


def stage_arguments(results: Path, stages: list[str] = STAGES) -> list[str]:
    """The `--stage` arguments of a run written by `write_run`; sources in the order smollm2, imported, others."""
    found = []
    for stage in stages:
        paths = sorted(
            (path for path in (results / stage).glob("*/*.parquet")),
            key=lambda path: (path.parent.name != "smollm2", path.parent.name, path.name),
        )
        found += ["--stage", stage, *map(str, paths)]
    return found


def write_published(path: Path) -> Path:
    """Write a set of three problems to include, one of them without a solution; its name is that of the file."""
    rows = [
        {
            "problem_id": f"{path.stem}-{number}",
            "source": path.stem,
            "problem": f"Is {number} odd?",
            "answer": answer,
            "solution": answer and f"I think so: {answer}",
        }
        for number, answer in enumerate(["no", "yes", None])
    ]
    schema.write(path, rows, schema.PROBLEMS)
    return path


def common_arguments(folder: Path, rule: str) -> list[str]:
    """The arguments that every program takes."""
    return ["--run", "trial", "--ledger", str(folder / f"ledger/{rule}/all.json")]
