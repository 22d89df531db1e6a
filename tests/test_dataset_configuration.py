"""Configurations that begin anywhere: with or without a data set, with imported, learnt and included sets."""

import json

import pytest
from changed_configuration import (
    DEMO,
    EVALUATION,
    GREEDY,
    REMOVE,
    SOURCE,
    STUDENT,
    TEXT_JUDGE,
    assert_refused,
    changed,
    validate,
)
from conftest import ROOT
from forget_rows import forget
from synthesis import configuration
from synthesis.configuration_dataset import STAGES
from synthesis.errors import InputError
from synthesis.plan import Plan

# What is left of the demo without a data set.
NO_DATASET = [(stage, REMOVE) for stage in (*STAGES, "score_responses")]
STUDENTS = {"small": {**STUDENT, "pairs": "arithmetic"}}
STUDENTS_ALONE = [
    *NO_DATASET,
    ("train_student", STUDENTS),
    ("train_generator", {}),
    ("optimize_generator", {}),
    ("answer_benchmark", REMOVE),
]
IMPORTED = {"imported": {"problems": "arithmetic"}, "total": 40, "shard_size": 40}
EXTENDED = [("find_duplicates.against", ["arithmetic"]), ("assemble_dataset.include", ["word_problems"])]


@pytest.mark.parametrize("stage", STAGES)
def test_a_data_set_takes_all_of_its_stages(stage):
    given = next(name for name in STAGES if name != stage)
    assert_refused([(stage, REMOVE)], [f"{stage} is missing, although {given} is there", "add it, or take out all"])


SCORED = {"scorers": {"head": {"method": "regression", "model": "smollm2"}}}
REFUSED = {
    "a student of a data set that is not made": (
        [*NO_DATASET, ("train_student", {"small": STUDENT})],
        ["train_student.small learns from the data set of this run", "train_student.small.pairs", "generate_questions"],
    ),
    "a scorer without questions": (
        [*NO_DATASET, ("train_student", STUDENTS), ("score_difficulty", SCORED)],
        ["score_difficulty is for runs that make a data set", "take score_difficulty out"],
    ),
    "a comparison without questions": (
        [*NO_DATASET, ("train_student", STUDENTS), ("tabulate_generators", {"questions": 1, "shares": {}})],
        ["tabulate_generators is for runs that make a data set", "generate_questions is missing"],
    ),
    "nothing to do": (
        [
            *NO_DATASET,
            *((stage, REMOVE) for stage in ("train_student", "answer_benchmark", "train_generator")),
            ("optimize_generator", REMOVE),
        ],
        ["there is nothing to do", "train_student with pairs", "answer_benchmark"],
    ),
    "a set that only one of two is used of": (
        [*STUDENTS_ALONE, ("merge_problems", REMOVE)],
        ["merge_problems is missing although nothing else uses problems.word_problems", "take word_problems out"],
    ),
    "unknown imported set": (
        [(SOURCE, {**IMPORTED, "imported": {"problems": "arithmetics"}})],
        ["sources.smollm2.imported.problems is 'arithmetics'", "under problems", "did you mean arithmetic?"],
    ),
    "questions of a set with several solutions": (
        [(SOURCE, IMPORTED), ("problems.arithmetic.several_solutions", True)],
        ["sources.smollm2.imported.problems is arithmetic", "several_solutions", "define the set a second time"],
    ),
    "unknown pairs": (
        [("train_student", {"small": {**STUDENT, "pairs": "metamath"}})],
        ["train_student.small.pairs is 'metamath'", "use one of: arithmetic, word_problems"],
    ),
    "unknown set to compare with": (
        [("find_duplicates.against", ["arithmetic", "x"])],
        ["find_duplicates.against[1] is 'x'", "under problems"],
    ),
    "a threshold for equal texts": (
        [("find_duplicates.threshold", 0.8)],
        ["find_duplicates.threshold has no effect on the method exact", "write `method: near`, or remove it"],
    ),
    "a threshold that would join half of all questions": (
        [("find_duplicates", {"method": "near", "threshold": 0.2})],
        ["find_duplicates.threshold", "0.5"],
    ),
    "unknown set to include": (
        [("assemble_dataset.include", ["x"])],
        ["assemble_dataset.include[0] is 'x'", "under problems"],
    ),
    "a file and a set": (
        [(SOURCE, {**IMPORTED, "imported": {"problems": "arithmetic", "file": "a.jsonl"}})],
        ["imported needs exactly one of file, problems; it has file and problems", "remove all but one"],
    ),
    "neither a file nor a set": (
        [(SOURCE, {**IMPORTED, "imported": {}})],
        ["imported needs exactly one of file, problems; it has none of them", "add one"],
    ),
    "the column of a set": (
        [(SOURCE, {**IMPORTED, "imported": {"problems": "arithmetic", "column": "question"}})],
        ["sources.smollm2.imported.column has no effect", "problems.arithmetic.columns", "remove it"],
    ),
    "an included set with the name of a source": (
        [("problems.smollm2", DEMO["problems"]["arithmetic"]), ("assemble_dataset.include", ["smollm2"])],
        ["assemble_dataset.include[0] is smollm2", "a source of generate_questions too", "another name"],
    ),
    "pairs with the name of the data set": (
        [
            ("problems.dataset", DEMO["problems"]["arithmetic"]),
            ("train_student", {"small": {**STUDENT, "pairs": "dataset"}}),
        ],
        ["train_student.small.pairs is dataset", "the run's own data set", "another name"],
    ),
}


@pytest.mark.parametrize(("edits", "fragments"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_together_is_refused(edits, fragments):
    assert_refused(edits, fragments)


ALLOWED = {
    "students of pairs alone": [
        *STUDENTS_ALONE,
        ("merge_problems", REMOVE),
        ("problems.word_problems", REMOVE),
        ("answer_benchmark", {**EVALUATION, "benchmarks": ["arithmetic_test"]}),
    ],
    "a generator alone": [*NO_DATASET, ("train_student", {}), ("optimize_generator", {}), ("answer_benchmark", REMOVE)],
    "students of both": [("train_student", {"ours": STUDENT, **STUDENTS})],
    "questions of a set": [(SOURCE, IMPORTED)],
    "a set extended": EXTENDED,
    "several solutions": [("problems.arithmetic.several_solutions", True)],
}


@pytest.mark.parametrize("edits", ALLOWED.values(), ids=ALLOWED)
def test_what_makes_sense_is_allowed(edits):
    Plan(validate(changed(*edits)))


def plan(*edits) -> Plan:
    return Plan(validate(changed(*edits)))


def test_what_only_students_need_is_no_part_of_the_card_or_of_the_data_sets_cost():
    baseline = {"source": {"file": {"path": "config/examples/pairs.jsonl"}}, "columns": {"problem": "question"}}
    base = {**DEMO["models"]["smollm2"], "chat_template": "config/templates/problem_solution.jinja"}
    student = {**STUDENT, "model": "base", "pairs": "baseline", "prompt": "config/prompts/response.yaml"}
    added = [("problems.baseline", baseline), ("models.base", base), ("train_student", {"small": student})]
    before, after = plan(("train_student", {})), plan(*added)
    assert after.card_settings() == before.card_settings()
    assert after.data_files() == before.data_files()
    assert after.prompts() == before.prompts() != []
    assert after.ledgers() == before.ledgers()
    assert any("fetch_problems/baseline-" in path for path in after.other_ledgers())
    assert "<results>/ledger/select_subset/baseline/1000.json" in after.other_ledgers()


@pytest.mark.parametrize("needs", ["nothing", "filter", "merging"])
def test_benchmarks_that_only_the_evaluation_uses_are_no_part_of_the_data_sets_cost(needs):
    config = changed(("answer_benchmark", {**EVALUATION, "benchmarks": ["arithmetic_test"]}))
    if needs != "merging":
        del config["merge_problems"]
        config["problems"] = {}
        config["train_generator"], config["optimize_generator"] = {}, {}
        config["generate_questions"]["sources"]["smollm2"]["empty_prefix"]["model"] = "smollm2"
        config["filter_questions"]["filters"] = [
            {**item, "contamination": {"words": 13, "benchmarks": ["arithmetic_test"]}}
            for item in config["filter_questions"]["filters"]
            if "contamination" in item and needs == "filter"
        ]
    found = Plan(validate(config))
    of_dataset, after = (
        [path for path in paths if "fetch_benchmark/arithmetic_test-" in path]
        for paths in (found.ledgers(), found.other_ledgers())
    )
    assert (len(of_dataset), len(after)) == ((0, 1) if needs == "nothing" else (1, 0))


def test_the_card_needs_no_prompt_of_the_evaluation_or_of_a_measurement():
    other = plan(("answer_benchmark.prompt", "config/prompts/response.yaml"))
    judge = {**TEXT_JUDGE, "labels": {"file": "config/examples/solvability.jsonl"}}
    del judge["name"]
    measured = plan(("measure_judge", {"m": {**judge, "sampling": GREEDY}}))
    assert other.prompts() == measured.prompts() == plan().prompts() != []


@pytest.mark.parametrize("name", ["demo", "pairs", "extended"])
def test_every_ledger_is_counted_once_with_and_without_a_data_set(name):
    plan = Plan(validate(configuration.load(ROOT / f"config/{name}.yaml")))
    found = [*plan.ledgers(), *plan.other_ledgers()]
    assert len(found) == len(set(found))
    assert bool(plan.ledgers()) == plan.makes_dataset() == (name != "pairs")


def test_a_run_without_a_data_set_has_no_rows_of_it_to_forget(tmp_path):
    with pytest.raises(InputError, match="the run has no generate_responses, so there is nothing to forget"):
        forget(validate(configuration.load(ROOT / "config/pairs.yaml")), "generate_responses", None, tmp_path)
    without = [
        ("score_responses", [("select_responses.method", "first"), ("score_responses", REMOVE)]),
        ("judge_questions", [("judge_questions.judges", [])]),
        ("score_difficulty", []),
    ]
    for stage, edits in without:
        with pytest.raises(InputError, match=f"the run has no {stage}, so there is nothing to forget"):
            forget(validate(changed(*edits)), stage, None, tmp_path)


def test_the_settings_of_runs_that_use_none_of_this_are_as_they_were():
    """Else their questions and data sets would be made again."""
    demo = plan()
    assert demo.duplicate_settings() == '{"method":"exact","sources":["smollm2"]}'
    assert demo.filter_settings() == demo.settings("filter_questions")
    assert demo.questions_for_duplicates() == []
    assert "include" not in demo.dataset_settings()
    assert demo.compared_problems() == demo.included_problems() == []


def test_near_duplicates_take_the_defaults_and_the_questions():
    """A threshold is no reason to filter again, but another length of shingles is."""
    near = plan(("find_duplicates", {"method": "near", "threshold": 0.9}))
    expected = {"method": "near", "threshold": 0.9, "ngram": 3, "permutations": 128, "sources": ["smollm2"]}
    assert json.loads(near.duplicate_settings()) == expected
    assert json.loads(near.filter_settings())["signatures"] == {"ngram": 3, "permutations": 128}
    assert near.questions_for_duplicates() == near.all_files("generate_questions")
    other = plan(("find_duplicates", {"method": "near", "ngram": 5}))
    assert json.loads(other.filter_settings())["signatures"] == {"ngram": 5, "permutations": 128}
