"""Parts of a configuration that don't fit together, and what is allowed."""

import pytest
from changed_configuration import (
    COMPARISON,
    DEMO,
    EVALUATION,
    FILTER,
    GREEDY,
    HUB,
    JUDGE,
    REMOVE,
    SOURCE,
    STUDENT,
    TEXT_JUDGE,
    assert_refused,
    changed,
    validate,
)
from synthesis import configuration_checks
from synthesis.filters import contamination

# What is changed, and what the sentence must hold (the key and the repair)
NOT_FITTING = {
    "run in the folder of the store": ([("run", "store")], ["run is store", "results/store/", "another name"]),
    "run in the folder of comparisons": ([("run", "comparisons")], ["run is comparisons", "another name"]),
    "run in the folder of SLURM's logs": ([("run", "slurm_logs")], ["run is slurm_logs", "another name"]),
    "prompt of a user who does not exist": (
        [("generate_responses.prompt", "~nobody_of_this_name/a.yaml")],
        ["generate_responses.prompt is ~nobody_of_this_name/a.yaml", "home folder is not known", "the whole path"],
    ),
    "unknown model that answers": (
        [("generate_responses.model", "smollm")],
        ["generate_responses.model is 'smollm'", "under models", "did you mean smollm2?"],
    ),
    "unknown model that writes": (
        [(f"{SOURCE}.empty_prefix.model", "gpt")],
        ["generate_questions.sources.smollm2.empty_prefix.model is 'gpt'", "use one of: smollm2"],
    ),
    "unknown model that judges": (
        [(f"{JUDGE}.model", "smollm")],
        ["judge_questions.judges[0].model is 'smollm'", "did you mean smollm2?"],
    ),
    "unknown model that scores": (
        [("score_responses.model", "x")],
        ["score_responses.model is 'x'", "use one of: smollm2"],
    ),
    "unknown benchmark": (
        [(f"{FILTER}.2.contamination.benchmarks", ["arithmetic"])],
        ["filters[2].contamination.benchmarks[0] is 'arithmetic'", "under benchmarks", "did you mean arithmetic_test?"],
    ),
    "unknown problems": (
        [("merge_problems.problems", ["arithmetic", "word_problem"])],
        ["merge_problems.problems[1] is 'word_problem'", "under problems", "did you mean word_problems?"],
    ),
    "stand-in engine with a model": (
        [("models.smollm2.engine", "stand_in")],
        ["models.smollm2 mixes the engine stand_in with the source package", "`engine: transformers`"],
    ),
    "stand-in source with an engine": (
        [("models.smollm2.source", {"stand_in": {}})],
        ["models.smollm2 mixes the engine transformers with the source stand_in", "`source: {stand_in: {}}`"],
    ),
    "size unknown": (
        [("models.smollm2.parameters", None)],
        ["models.smollm2.parameters is null, which is for servers", "write the count"],
    ),
    "code of a moving branch": (
        [("models.smollm2.source", HUB), ("models.smollm2.trust_remote_code", True)],
        ["models.smollm2.trust_remote_code", "models.smollm2.source.hub.revision", "40 hexadecimal digits", "'main'"],
    ),
    "benchmark of a reserved name": (
        [("benchmarks.held_out", DEMO["benchmarks"]["arithmetic_test"])],
        ["benchmarks.held_out", "choose another name"],
    ),
    "problems that nothing merges": (
        [("merge_problems", REMOVE), (f"{FILTER}.2", REMOVE)],
        ["merge_problems is missing", "problems.arithmetic", "add it, or take arithmetic out", "`problems: {}`"],
    ),
    "held-out problems without problems": (
        [("merge_problems", REMOVE), ("problems", {})],
        ["filters[2].contamination.held_out is true", "without merge_problems", "write false"],
    ),
    "held-out problems of a share of 0": (
        [("merge_problems.held_out", 0)],
        ["filters[2].contamination.held_out is true", "merge_problems.held_out is 0", "a share above 0"],
    ),
    "contamination by nothing": (
        [(f"{FILTER}.2.contamination", {"words": 13, "benchmarks": []})],
        ["filters[2].contamination compares with nothing", "name benchmarks"],
    ),
    "evaluation on an unknown benchmark": (
        [("answer_benchmark", {**EVALUATION, "benchmarks": ["arithmetic"]})],
        ["answer_benchmark.benchmarks[0] is 'arithmetic'", "did you mean arithmetic_test?"],
    ),
    "evaluation of an unknown model": (
        [("answer_benchmark", {**EVALUATION, "models": ["smollm"]})],
        ["answer_benchmark.models[0] is 'smollm'", "did you mean smollm2?"],
    ),
    "averages without an evaluation": (
        [("tabulate_evaluation", {"averages": {"all": ["arithmetic_test"]}}), ("answer_benchmark", REMOVE)],
        ["tabulate_evaluation has nothing to tabulate without answer_benchmark"],
    ),
    "average over a benchmark that is not answered": (
        [
            ("answer_benchmark", EVALUATION),
            ("tabulate_evaluation", {"averages": {"mean of two": ["arithmetic_test", "arithmetic"]}}),
        ],
        [
            "tabulate_evaluation.averages.mean of two[1] is 'arithmetic'",
            "no benchmark of answer_benchmark",
            "did you mean",
        ],
    ),
    "student of an unknown model": (
        [("train_student", {"small": {**STUDENT, "model": "smollm"}})],
        ["train_student.small.model is 'smollm'", "did you mean smollm2?"],
    ),
    "batch of a student that GPUs can't share": (
        [("train_student", {"small": {**STUDENT, "launch": {"gpus": 3}}})],
        ["train_student.small.training.global_batch is 8", "a multiple of 3"],
    ),
    "student of fewer pairs than a step takes": (
        [("train_student", {"small": {**STUDENT, "sizes": ["all", 8, 7]}})],
        ["train_student.small.sizes has 7, but 7 pairs in 1 epochs do not fill", "global_batch of 8", "raise the size"],
    ),
    "GPUs of a student that nodes can't share": (
        [("train_student", {"small": {**STUDENT, "launch": {"gpus": 8, "nodes": 3}}})],
        ["train_student.small.launch.gpus is 8", "3 nodes can't share", "a multiple of 3"],
    ),
    "missing prompt of a student": (
        [("train_student", {"small": {**STUDENT, "prompt": "config/prompts/none.yaml"}})],
        ["train_student.small.prompt is config/prompts/none.yaml, which does not exist"],
    ),
    "evaluation of nothing": (
        [("train_student", {}), ("answer_benchmark", {**EVALUATION, "models": []})],
        ["answer_benchmark.models is empty", "name models"],
    ),
    "evaluation on held-out problems of a share of 0": (
        [
            ("answer_benchmark", {**EVALUATION, "benchmarks": ["held_out"]}),
            ("merge_problems.held_out", 0),
            (f"{FILTER}.2.contamination.held_out", False),
        ],
        ["answer_benchmark.benchmarks has held_out", "merge_problems.held_out a share above 0"],
    ),
    "comparison of untuned generators": (
        [("tabulate_generators", COMPARISON), (f"{SOURCE}.empty_prefix.model", "smollm2")],
        ["tabulate_generators has nothing to compare", "name one of train_generator"],
    ),
    "comparison of more questions than a source has": (
        [("tabulate_generators", COMPARISON), (f"{SOURCE}.total", 39)],
        ["tabulate_generators.questions is 40", f"raise {SOURCE}.total or lower tabulate_generators.questions"],
    ),
    "comparison of more questions than there are raw ones": (
        [("tabulate_generators", {**COMPARISON, "questions": 50})],
        [
            "tabulate_generators.questions is 50",
            "optimize_generator.smollm2_optimized.sample_raw_questions.total is 40",
        ],
    ),
    "comparison by an unknown judge": (
        [("tabulate_generators", {**COMPARISON, "shares": {"solvable": {"judge": "solvable"}}})],
        ["tabulate_generators.shares.solvable.judge is 'solvable'", "did you mean solvability?"],
    ),
    "comparison by a pattern that is none": (
        [("tabulate_generators", {**COMPARISON, "shares": {"maths": {"rules": {"require": ["("]}}}})],
        ["tabulate_generators.shares.maths.rules.require[0] is '('", "no regular expression"],
    ),
    "seed problems without a scorer": (
        [("tabulate_generators", {**COMPARISON, "seed_problems": 5})],
        ["tabulate_generators.seed_problems is set, but there is no scorer of all questions; add a scorer"],
    ),
    "rewrites without a measure": (
        [("tabulate_generators", {"questions": 40, "shares": {}, "rewrites": 5})],
        ["tabulate_generators.rewrites is set, but nothing measures them"],
    ),
    "rewrites of no optimised generator": (
        [
            ("tabulate_generators", {**COMPARISON, "rewrites": 5}),
            ("optimize_generator", REMOVE),
            (f"{SOURCE}.empty_prefix.model", "smollm2_tuned"),
        ],
        ["tabulate_generators.rewrites is set, but no generator under optimize_generator has rewrites; remove it."],
    ),
    "share under the name of a column": (
        [("tabulate_generators", {**COMPARISON, "shares": {"copied": {"judge": "solvability"}}})],
        ["tabulate_generators.shares.copied has the name of a column", "another name"],
    ),
    "equal answers to a benchmark": (
        [("answer_benchmark", {**EVALUATION, "samples": 2})],
        ["answer_benchmark.sampling.temperature is 0", "all 2 samples", "`samples: 1`"],
    ),
    "answers to a benchmark longer than the context": (
        [("answer_benchmark", {**EVALUATION, "sampling": {"temperature": 0, "max_tokens": 2048}})],
        ["answer_benchmark needs at least", "models.smollm2.context is 2048", "lower answer_benchmark.sampling"],
    ),
    "missing prompt of the evaluation": (
        [("answer_benchmark", {**EVALUATION, "prompt": "config/prompts/none.yaml"})],
        ["answer_benchmark.prompt is config/prompts/none.yaml, which does not exist"],
    ),
    "too many shards": (
        [(f"{SOURCE}.total", 1_000_001), (f"{SOURCE}.shard_size", 10)],
        ["generate_questions.sources.smollm2.shard_size", "100000 shards", "write at least 11"],
    ),
    "selection for no source": (
        [("select_questions.sources.smollm", {"method": "none", "shortfall": "warn"})],
        ["select_questions.sources.smollm is no source of generate_questions", "did you mean smollm2?"],
    ),
    "source without selection": (
        [("select_questions.sources", {})],
        ["select_questions.sources has no entry smollm2", "add `smollm2: {method: none, shortfall: warn}`"],
    ),
    "cap above the total": (
        [("select_questions.sources.smollm2.cap", 65)],
        ["select_questions.sources.smollm2.cap is 65", "64", "raise generate_questions.sources.smollm2.total"],
    ),
    "two filters of a name": (
        [(f"{FILTER}.1.name", "rules")],
        ["filter_questions.filters has 2 entries with the name rules", "its own name"],
    ),
    "two judges of a name": (
        [("judge_questions.judges", [DEMO["judge_questions"]["judges"][0]] * 2)],
        ["judge_questions.judges has 2 entries with the name solvability", "its own name"],
    ),
    "limits that cross": (
        [(f"{FILTER}.0.rules.min_characters", 601)],
        ["filters[0].rules.min_characters is above max_characters", "lower it"],
    ),
    "required pattern that is none": (
        [(f"{FILTER}.0.rules.require", [r"\d", "(a"])],
        ["filters[0].rules.require[1] is '(a'", "no regular expression", "correct it"],
    ),
    "forbidden pattern that is none": (
        [(f"{FILTER}.0.rules.forbid", ["[z"])],
        ["filters[0].rules.forbid[0] is '[z'", "no regular expression"],
    ),
    "language that is no candidate": (
        [(f"{FILTER}.1.language.keep", ["en", "sv"])],
        ["filters[1].language.keep[1] is 'sv'", "filters[1].language.candidates lacks", "add it there"],
    ),
    "text verdict without sampling": (
        [(JUDGE, TEXT_JUDGE)],
        ["judge_questions.judges[0].sampling is missing", "add temperature and max_tokens"],
    ),
    "probability verdict with sampling": (
        [(f"{JUDGE}.sampling", GREEDY)],
        ["judge_questions.judges[0].sampling has no effect", "remove it"],
    ),
    "one word for both verdicts": (
        [(f"{JUDGE}.verdict.probability.no", "Yes")],
        ["judge_questions.judges[0].verdict.probability", "same word", "give two words"],
    ),
    "prompt that is not there": (
        [("generate_responses.prompt", "config/prompts/response_shrt.yaml")],
        [
            "generate_responses.prompt is config/prompts/response_shrt.yaml",
            "did you mean config/prompts/response_short.yaml?",
        ],
    ),
    "prompt that is none": (
        [("score_responses.prompt", "config/demo.yaml")],
        ["score_responses.prompt: config/demo.yaml", "system, user and examples only"],
    ),
    "judge's prompt that is not there": (
        [(f"{JUDGE}.prompt", "nowhere/judge.yaml")],
        ["judge_questions.judges[0].prompt is nowhere/judge.yaml", "correct the path"],
    ),
    "questions that are not there": (
        [(SOURCE, {"imported": {"file": "config/examples/question.jsonl"}, "total": 64, "shard_size": 1})],
        ["generate_questions.sources.smollm2.imported.file", "did you mean config/examples/questions.jsonl?"],
    ),
    "problems that are not there": (
        [("problems.arithmetic.source", {"file": {"path": "none.jsonl"}})],
        ["problems.arithmetic.source.file.path is none.jsonl", "correct the path"],
    ),
    "benchmark that is not there": (
        [("benchmarks.arithmetic_test.source", {"file": {"path": "none.csv.gz"}})],
        ["benchmarks.arithmetic_test.source.file.path is none.csv.gz", "correct the path"],
    ),
    "template that is not there": (
        [("models.smollm2.chat_template", "chat.jinja")],
        ["models.smollm2.chat_template is chat.jinja", "correct the path"],
    ),
    "equal questions": (
        [(f"{SOURCE}.empty_prefix.sampling.temperature", 0)],
        ["sources.smollm2.empty_prefix.sampling.temperature is 0", "64 questions", "above 0"],
    ),
    "equal responses": (
        [("generate_responses.sampling.temperature", 0)],
        ["generate_responses.sampling.temperature is 0", "3 samples", "`samples: 1`"],
    ),
    "response longer than the context": (
        [("generate_responses.sampling.max_tokens", 2048)],
        ["generate_responses needs", "models.smollm2.context is 2048", "lower generate_responses.sampling.max_tokens"],
    ),
    "question longer than the context": (
        [(f"{SOURCE}.empty_prefix.system", "one two"), (f"{SOURCE}.empty_prefix.sampling.max_tokens", 2047)],
        [
            "sources.smollm2.empty_prefix needs at least",
            "lower generate_questions.sources.smollm2.empty_prefix",
        ],
    ),
    "judgement longer than the context": (
        [(JUDGE, {**TEXT_JUDGE, "sampling": {"temperature": 0, "max_tokens": 2000}})],
        ["judge_questions.judges[0] needs", "lower judge_questions.judges[0].sampling.max_tokens", "longer context"],
    ),
    "scorer that can't read the responses": (
        [("models.scorer", {**DEMO["models"]["smollm2"], "context": 64}), ("score_responses.model", "scorer")],
        ["score_responses needs", "models.scorer.context is 64", "longer context"],
    ),
    "prompt longer than the context": (
        [("models.judge", {**DEMO["models"]["smollm2"], "context": 16}), (f"{JUDGE}.model", "judge")],
        ["judge_questions.judges[0] needs", "models.judge.context is 16", "shorten judge_questions.judges[0].prompt"],
    ),
    "day that never was": ([("prices.date", "2026-02-30")], ["prices.date is '2026-02-30'", "correct it"]),
    "budget without prices": (
        [("budget", {"usd": 5}), ("prices.cpu_core_hour", None)],
        ["budget.usd can't be watched", "give prices.cpu_core_hour, prices.gpu_hour", "write budget.gpu_hours"],
    ),
    "budget in another currency": (
        [("budget", {"usd": 5}), ("prices.currency", "EUR")],
        ["budget.usd is 5, but prices.currency is 'EUR'", "prices in USD", "write budget.gpu_hours"],
    ),
}


@pytest.mark.parametrize(("edits", "fragments"), NOT_FITTING.values(), ids=NOT_FITTING)
def test_what_does_not_fit_together_is_refused_with_its_key_and_a_repair(edits, fragments):
    assert_refused(edits, fragments)


def test_the_reserved_name_is_the_one_that_the_filter_uses():
    assert configuration_checks.HELD_OUT == contamination.HELD_OUT


def test_the_stand_in_is_refused_unless_a_test_allows_it(monkeypatch):
    edits = [("models.smollm2.engine", "stand_in"), ("models.smollm2.source", {"stand_in": {}})]
    monkeypatch.delenv("SYNTHESIS_ALLOW_STAND_IN", raising=False)
    fragments = [
        "models.smollm2.engine is stand_in",
        "no real data",
        "SYNTHESIS_ALLOW_STAND_IN=1",
        "write transformers",
    ]
    assert_refused(edits, fragments)
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    validate(changed(*edits))


ALLOWED = {
    "evaluation of students alone": [
        ("train_student", {"small": STUDENT}),
        ("answer_benchmark", {**EVALUATION, "models": []}),
    ],
    "no judges": [("judge_questions.judges", [])],
    "text judge": [(JUDGE, {**TEXT_JUDGE, "sampling": GREEDY})],
    "no filters": [(FILTER, [])],
    "no problems": [
        ("problems", {}),
        ("merge_problems", REMOVE),
        (f"{FILTER}.2.contamination.held_out", False),
        ("train_generator", {}),
        ("optimize_generator", {}),
        ("answer_benchmark", REMOVE),
        (f"{SOURCE}.empty_prefix.model", "smollm2"),
    ],
    "no system turn": [(f"{SOURCE}.empty_prefix.system", "")],
    "the template's system turn": [(f"{SOURCE}.empty_prefix.system", None)],
    "one question without temperature": [
        (f"{SOURCE}.empty_prefix.sampling", GREEDY),
        (f"{SOURCE}.total", 1),
        ("select_questions.sources.smollm2.cap", 1),
    ],
    "one sample without temperature": [("generate_responses.samples", 1), ("generate_responses.sampling", GREEDY)],
    "unknown price": [("prices.cpu_core_hour", None)],
    "prices of GPUs": [("prices.gpu_hour", {"NVIDIA H100 80GB HBM3": 2}), ("budget", {"usd": 100})],
    "budget of hours without a price": [
        ("prices.cpu_core_hour", None),
        ("prices.currency", "EUR"),
        ("budget", {"gpu_hours": 10}),
    ],
    "code of a commit": [
        ("models.smollm2.source", {"hub": {"repo": "a/b", "revision": "0" * 40}}),
        ("models.smollm2.trust_remote_code", True),
    ],
    "local model": [("models.smollm2.source", {"path": {"folder": "/models/x"}})],
    "problems of every source": [
        ("problems.arithmetic", {"source": {"file": {"path": "config/examples/questions.jsonl"}}, "limit": 3}),
        ("problems.word_problems", {"source": {"hub": {**HUB["hub"], "split": "train"}}, "columns": {"answer": None}}),
        (
            "benchmarks.arithmetic_test",
            {"source": {"url": {"url": "https://example.org/a.tsv", "sha256": "0" * 64, "header": ["q", "a"]}}},
        ),
    ],
    "answers of any form": [("filter_responses.answer", [])],
}


@pytest.mark.parametrize("edits", ALLOWED.values(), ids=ALLOWED)
def test_what_makes_sense_is_allowed(edits):
    validate(changed(*edits))


def test_a_tilde_is_the_home_folder_wherever_a_path_stands(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.yaml").write_text("user: '{question}'\n")
    for name in ("a.jsonl", "a.jinja"):
        (tmp_path / name).touch()
    places = {
        "generate_responses.prompt": "a.yaml",
        "score_responses.prompt": "a.yaml",
        f"{JUDGE}.prompt": "a.yaml",
        "models.smollm2.chat_template": "a.jinja",
        "models.smollm2.source": {"path": {"folder": "model"}},
        "problems.arithmetic.source": {"file": {"path": "a.jsonl"}},
        "benchmarks.arithmetic_test.source": {"file": {"path": "a.jsonl"}},
        SOURCE: {"imported": {"file": "a.jsonl"}, "total": 64, "shard_size": 1},
    }

    def below(folder, value):
        if isinstance(value, str):
            return f"{folder}/{value}"
        return {key: below(folder, item) if isinstance(item, str | dict) else item for key, item in value.items()}

    with_tilde = validate(changed(*((place, below("~", value)) for place, value in places.items())))
    assert with_tilde == validate(changed(*((place, below(tmp_path, value)) for place, value in places.items())))
