"""The table of docs/reruns.md: which rules run after a change, what they buy and reuse, and that no GPU is in vain.

All tests change one finished run, one after the other; each measures what its own change adds. Each also works alone.
"""

import base64
import copy
import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow.parquet as pq
import pytest
from synthesis.ledger import journaled
from test_graph import job_counts
from workflow import ABOUT_THE_RUN, Clone

pytestmark = pytest.mark.workflow

QUESTIONS = {"filter_questions", "find_duplicates", "judge_questions", "score_difficulty", "select_questions"}
RESPONSES = {"generate_responses", "filter_responses", "score_responses", "select_responses"}
DATASET = {"assemble_dataset", "write_dataset_card", "tabulate_costs", "plot_costs", "tabulate_contamination"}
DATASET |= {"tabulate_funnel", "plot_funnel", "check_funnel", "sample_rejections", "sample_pairs", "plot_rewards"}
DATASET |= {"tabulate_reward_distribution"}
EVALUATION = {
    "answer_benchmark",
    "grade_answers",
    "tabulate_evaluation",
    "tabulate_costs",
    "plot_costs",
    "plot_pass_at_k",
}
BOOKS = {"tabulate_costs", "plot_costs", "write_dataset_card"}

MACHINE = "#!/bin/sh\nfor number in 1 2 3 4 5 6 7 8; do echo Made-up GPU; done\n"
NOTHING = "Nothing to be done"
PROMPT = "config/prompts/solvability_probability.yaml"
BASE = {"engine": "transformers", "license": "mit", "parameters": 1000, "dtype": "float32", "context": 256}
STUDENT = {
    "model": "base",
    "prompt": "config/prompts/response_short.yaml",
    "sizes": ["all"],
    "seeds": [1],
    "training": {"epochs": 1, "learning_rate": 0.001, "global_batch": 8, "max_tokens": 256, "precision": "float32"},
}
WITHOUT_ANNA = {"name": "without_anna", "rules": {"forbid": ["^Anna"]}}


@dataclass
class Made:
    """What a start made: its jobs by rule, and the rows of its paid jobs by stage."""

    jobs: dict[str, list[str]] = field(default_factory=dict)
    bought: Counter = field(default_factory=Counter)
    reused: Counter = field(default_factory=Counter)


class Trial:
    """A finished run on a machine with 8 GPUs, its configuration, and the rows that its stages asked for so far."""

    def __init__(self, clone: Clone):
        self.clone = clone
        self.results = clone.folder / "results/trial"
        self.config = small_config(clone)
        self.asked: dict[str, set] = {}

    def change(self, settings: dict) -> None:
        """Set keys of the configuration, joined by dots, and write it."""
        for place, value in settings.items():
            *path, last = place.split(".")
            branch = self.config
            for name in path:
                branch = branch[int(name)] if isinstance(branch, list) else branch[name]
            branch[int(last) if isinstance(branch, list) else last] = value
        self.clone.write_config(self.config)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in one of the clone's files."""
        text = (self.clone.folder / path).read_text()
        assert old in text
        (self.clone.folder / path).write_text(text.replace(old, new))

    def raise_version(self, stage: str, number: str) -> None:
        """Raise one of a stage's two code versions, as `make sign` does."""
        path = self.clone.folder / "scripts/code_versions.json"
        versions = json.loads(path.read_text())
        versions[stage][number] += 1
        path.write_text(json.dumps(versions))

    def run(self, *arguments: str) -> Made:
        """Start the workflow and check that jobs with something to buy, and only they, asked for a GPU."""
        before = self.clone.attempts()
        self.clone.run(*arguments)
        made = Made()
        for path in sorted(path for path, attempt in self.clone.attempts().items() if before.get(path) != attempt):
            ledger = json.loads((self.clone.folder / path).read_text())
            made.jobs.setdefault(ledger["rule"], []).append(ledger["job"])
            if "bought" in ledger["rows"]:
                made.bought[ledger["rule"]] += ledger["rows"]["bought"]
                made.reused[ledger["rule"]] += ledger["rows"]["reused"]
                assert self._asked_gpus(path) == bool(ledger["rows"]["bought"]), path
        attempts = journaled(self.clone.folder / "results/store", "trial")
        assert all(attempt["rows"] and attempt["gpus"] == 1 for attempt in attempts)
        return made

    def _asked_gpus(self, ledger: str) -> int:
        """The GPUs that Snakemake handed out for the job with this ledger."""
        note = self.clone.folder / ".snakemake/metadata" / base64.b64encode(ledger.encode()).decode()
        words = json.loads(note.read_text())["shellcmd"].split()
        return int(words[words.index("--gpus") + 1])

    def rows(self, stage: str, jobs: list[str]) -> set[tuple]:
        """The rows that jobs of a paid stage asked for, with the text that a scorer of responses read."""
        if stage == "score_responses":
            texts = {
                (row["question_id"], row["sample"]): row["response"] for row in self._read("generate_responses", jobs)
            }
            found = [(row["question_id"], row["sample"]) for row in self._read(stage, jobs)]
            return {(*key, texts[key]) for key in found}
        found = self._read(stage, jobs)
        return {(row.get("question_id") or row["problem_id"], row.get("sample")) for row in found}

    def _read(self, stage: str, jobs: list[str]) -> list[dict]:
        paths = [self.results / stage / f"{job}.parquet" for job in jobs]
        return [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]


def small_config(clone: Clone) -> dict:
    """The small run as one shard of 20 questions, half of which are difficult enough, and a model that is evaluated."""
    config = clone.config()
    config["benchmarks"]["more"] = {"source": {"file": {"path": "more.jsonl"}}}
    config["generate_questions"]["sources"]["writer"] |= {"total": 20, "shard_size": 20}
    config["score_difficulty"] = {"scorers": {"head": {"method": "regression", "model": "writer"}}}
    quantile = {"method": "quantile", "share": 0.5, "calibration_shards": 4, "shortfall": "warn"}
    config["select_questions"]["sources"]["writer"] = quantile
    prompt = "config/prompts/response_short.yaml"
    evaluation = {"models": ["writer"], "benchmarks": ["test"], "prompt": prompt, "samples": 1}
    config["answer_benchmark"] = {**evaluation, "sampling": {"temperature": 0, "max_tokens": 64}}
    return config


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """The finished run, whose clone was moved since."""
    folder = tmp_path_factory.mktemp("changes")
    (folder / "bin").mkdir()
    (folder / "bin/nvidia-smi").write_text(MACHINE)
    (folder / "bin/nvidia-smi").chmod(0o755)
    clone = Clone(folder / "first")
    clone.environment = {"CUDA_VISIBLE_DEVICES": "0,1,2,3,4,5,6,7"}
    clone.environment["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
    (clone.folder / "more.jsonl").write_text(json.dumps({"problem": "How much is 3 + 4?", "answer": "7"}) + "\n")
    trial = Trial(clone)
    trial.change({})
    made = trial.run()
    assert not made.reused.total()
    for stage, rows in made.bought.items():
        trial.asked[stage] = trial.rows(stage, made.jobs[stage])
        assert len(trial.asked[stage]) == rows > 0
    clone.folder = clone.folder.rename(folder / "moved")
    trial.results = clone.folder / "results/trial"
    return trial


def check(trial: Trial, made: Made, rules: set[str], anew: set[str], added: set[str]) -> None:
    """Check the rules that ran beside `ABOUT_THE_RUN`, and the rows that each paid stage bought and reused.

    The stages in `anew` buy all of their rows, those in `added` the ones nobody asked for before, and others none.
    """
    assert set(made.jobs) - ABOUT_THE_RUN == rules
    bought, reused = {}, {}
    for stage in made.reused:
        rows, known = trial.rows(stage, made.jobs[stage]), trial.asked.get(stage, set())
        new = rows if stage in anew else rows - known
        trial.asked[stage] = rows if stage in anew else rows | known
        bought[stage], reused[stage] = len(new), len(rows - new)
    assert (dict(made.bought), dict(made.reused)) == (bought, reused)
    assert {stage for stage, rows in bought.items() if rows} == anew | added


# The stage whose kept rows each paid stage gets; the first one gets none and makes all its rows.
BEFORE = {
    "generate_questions": "generate_questions",
    "judge_questions": "find_duplicates",
    "score_difficulty": "judge_questions",
    "generate_responses": "select_questions",
    "score_responses": "filter_responses",
}


def test_a_paid_stage_buys_what_the_stages_before_it_kept_and_each_row_once(trial):
    """By the verdicts on one side, by the store and the journal of all attempts on the other."""
    reached = []
    for stage, before in BEFORE.items():
        samples = trial.config["generate_responses"]["samples"] if stage == "generate_responses" else 1
        kept = Counter(
            (row["question_id"], row.get("sample", sample))
            for row in trial.clone.rows(before)
            if row.get("keep", True)
            for sample in range(samples)
        )
        stored = trial.clone.rows(f"../store/{stage}")
        assert Counter((row["row_id"], row["sample"]) for row in stored) == kept, stage
        assert set(kept.values()) == {1}
        assert trial.clone.bought()[stage] == len(kept)
        reached.append(len(kept) / samples)
    # Else the run shows nothing: each stage before has rejected some.
    questions, judged, scored, answered, _ = reached
    assert questions > judged > scored > answered


def test_a_moved_copied_and_unpacked_run_is_up_to_date(trial, tmp_path):
    """The fixture moved it; the code is that of a fresh clone."""
    subprocess.run(["cp", "-a", trial.clone.folder, tmp_path / "copied"], check=True)
    archived = ["results", "resources", ".snakemake", "trial.yaml", "more.jsonl"]
    subprocess.run(["tar", "-cf", "../run.tar", *archived], cwd=tmp_path / "copied", check=True)
    unpacked = copy.copy(trial.clone)
    unpacked.folder = Clone(tmp_path / "unpacked").folder
    subprocess.run(["tar", "-xf", "../run.tar"], cwd=unpacked.folder, check=True)
    assert NOTHING in unpacked.run("-n")


def test_on_a_cluster_it_is_up_to_date_too(trial):
    elsewhere = copy.copy(trial.clone)
    elsewhere.profile = ("--profile", "slurm", "--software-deployment-method", "env-modules")
    assert NOTHING in elsewhere.run("-n")


def test_new_dates_and_comments_change_nothing(trial):
    for path in trial.clone.folder.glob("scripts/**/*.py"):
        path.touch()
    trial.edit("scripts/generate_responses.py", "def work(", "# A remark.\ndef work(")
    trial.edit("scripts/plot_funnel.py", "def work(", "# A remark.\ndef work(")
    assert NOTHING in trial.clone.run()


def planned(trial: Trial, config: dict, *targets: str) -> set[str]:
    """The rules that the trial plans under another configuration, beside the targets and `ABOUT_THE_RUN`."""
    counts = job_counts(trial.clone.run("-n", *targets, config=trial.clone.write_config(config, "planned.yaml")))
    return set(counts) - {"total", *(targets or ["all"])} - ABOUT_THE_RUN


def test_one_more_student_plans_itself_and_its_evaluation(trial):
    config = copy.deepcopy(trial.config)
    config["models"]["base"] = {**BASE, "source": {"hub": {"repo": "maker/base", "revision": "main"}}}
    config["train_student"] = {"small": STUDENT}
    trained = {"fetch_model", "select_subset", "train_student", "tabulate_trainings", "plot_trainings"}
    assert planned(trial, config) == trained | EVALUATION | {"plot_scaling_curves"}


def test_averages_of_the_evaluation_plan_its_tables_alone(trial):
    config = copy.deepcopy(trial.config)
    config["tabulate_evaluation"] = {"averages": {"twice": ["test", "test"]}}
    assert planned(trial, config) == {"tabulate_evaluation", "plot_pass_at_k"}


def test_seed_problems_and_what_they_are_compared_with_plan_all_that_may_hold_them(trial):
    after = {"merge_problems", "tabulate_difficulty", "plot_difficulty"} | QUESTIONS | RESPONSES | DATASET
    config = copy.deepcopy(trial.config)
    config["benchmarks"]["new"] = config["benchmarks"]["more"]
    assert planned(trial, config) == {"fetch_benchmark"} | after
    path = trial.clone.folder / "tests/data/problems.jsonl"
    before, date = path.read_text(), path.stat().st_mtime_ns
    path.write_text(before.partition("\n")[2])
    assert planned(trial, trial.config) == {"fetch_problems"} | after
    path.write_text(before)
    os.utime(path, ns=(date, date))


def test_the_target_of_a_phase_makes_a_removed_file_again(trial, tmp_path):
    lost = {"judge_questions": "solvability/writer/00000.parquet", "answer_benchmark": "writer/test.parquet"}
    for stage, name in lost.items():
        (trial.results / stage / name).rename(tmp_path / stage)
    assert set(lost) <= planned(trial, trial.config, "questions", "evaluation")
    for stage, name in lost.items():
        (tmp_path / stage).rename(trial.results / stage / name)


@dataclass(frozen=True)
class Line:
    """A line of the table: how the trial is changed, what runs, which stages buy all their rows or added ones."""

    change: Callable[[Trial], None]
    rules: set[str]
    anew: set[str] = frozenset()
    added: set[str] = frozenset()
    start: tuple[str, ...] = ()


# What the lines before have shown to come after the chosen responses, or after the answers, is left out.
SHORT = ("responses",)
TO_ANSWERS = ("dataset", "--until", "generate_responses")
ANSWERS = {"generate_responses", "score_responses"}
TABLE = {
    "colour of the figures": Line(
        lambda trial: trial.edit("config/figures.mplstyle", "0072B2", "0000FF"),
        {"plot_funnel", "plot_difficulty", "plot_rewards", "plot_costs", "plot_pass_at_k"},
    ),
    "price": Line(lambda trial: trial.change({"prices.cpu_core_hour": 2.0}), BOOKS),
    "budget": Line(lambda trial: trial.change({"budget": {"gpu_hours": 1000, "usd": 1000}}), set()),
    "title, licences, terms, size of a model": Line(
        lambda trial: trial.change(
            {
                "write_dataset_card.title": "Another",
                "models.writer.license": "mit",
                "models.writer.terms": "https://example.org/terms",
                "models.writer.parameters": 2,
                "problems.seeds.license": "mit",
                "problems.seeds.terms": "see its page",
            }
        ),
        {"write_dataset_card"},
    ),
    "another export": Line(
        lambda trial: trial.change({"assemble_dataset.exports": ["messages"]}),
        {"assemble_dataset", "check_funnel", "tabulate_contamination"} | BOOKS,
    ),
    "one more benchmark": Line(
        lambda trial: trial.change({"answer_benchmark.benchmarks": ["test", "more"]}),
        EVALUATION,
        added={"answer_benchmark"},
    ),
    "temperature of the answers": Line(
        lambda trial: trial.change({"generate_responses.sampling.temperature": 0.9}),
        RESPONSES | DATASET,
        anew={"generate_responses"},
        added={"score_responses"},
    ),
    "`output` number": Line(
        lambda trial: trial.raise_version("score_responses", "output"),
        {"score_responses", "select_responses"},
        start=SHORT,
    ),
    "`rows` number": Line(
        lambda trial: trial.raise_version("generate_responses", "rows"),
        RESPONSES,
        anew={"generate_responses"},  # the texts, and so the rewards, stay the same
        start=SHORT,
    ),
    "one more sample": Line(
        lambda trial: trial.change({"generate_responses.samples": 3}), RESPONSES, added=ANSWERS, start=SHORT
    ),
    "filter of answers that keeps the same": Line(
        lambda trial: trial.change({"filter_responses.finished": False}),
        RESPONSES - {"generate_responses"},
        start=SHORT,
    ),
    "--forcerun": Line(lambda trial: None, RESPONSES, start=(*SHORT, "--forcerun", "generate_responses")),
    "difficulty quantile": Line(
        lambda trial: trial.change({"select_questions.sources.writer.share": 0.75}),
        {"select_questions", "generate_responses"},
        added={"generate_responses"},
        start=TO_ANSWERS,
    ),
    "judge's prompt": Line(
        lambda trial: trial.edit(PROMPT, "Is this a math problem", "Is this a problem"),
        {"judge_questions", "score_difficulty", "select_questions", "generate_responses"},
        anew={"judge_questions"},
        added={"score_difficulty", "generate_responses"},
        start=TO_ANSWERS,
    ),
    "judge's threshold": Line(
        lambda trial: trial.change({"judge_questions.judges.0.verdict.probability.threshold": 0.1}),
        {"judge_questions", "score_difficulty", "select_questions", "generate_responses"},
        added={"score_difficulty", "generate_responses"},
        start=TO_ANSWERS,
    ),
    "one more filter": Line(
        lambda trial: trial.change(
            {"filter_questions.filters": [*trial.config["filter_questions"]["filters"], WITHOUT_ANNA]}
        ),
        QUESTIONS | {"generate_responses"},
        added={"generate_responses"},  # to questions that are among the most difficult now
        start=TO_ANSWERS,
    ),
    "filter that keeps more": Line(
        lambda trial: trial.change({"filter_questions.filters.0.rules": {"min_characters": 20, "finished": True}}),
        QUESTIONS | {"generate_responses"},
        added={"judge_questions", "score_difficulty", "generate_responses"},
        start=TO_ANSWERS,
    ),
    "size of the shards": Line(
        lambda trial: trial.change({"generate_questions.sources.writer.shard_size": 5}),
        {"generate_questions"} | QUESTIONS | {"generate_responses"},
        start=TO_ANSWERS,
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_table_of_changes(trial, name):
    line = TABLE[name]
    line.change(trial)
    check(trial, trial.run(*line.start), line.rules, line.anew, line.added)


def test_a_larger_total_leaves_the_old_shards_as_they_are(trial):
    trial.change({"generate_questions.sources.writer.shard_size": 5})
    trial.run(*TO_ANSWERS)
    content = {path: path.read_bytes() for path in trial.results.rglob("writer/*.parquet")}
    stages = ("generate_questions", "filter_questions")
    dates = {path: path.stat().st_mtime_ns for stage in stages for path in trial.results.glob(f"{stage}/writer/*")}
    trial.change({"generate_questions.sources.writer.total": 30})
    made = trial.run(*TO_ANSWERS)
    paid = {"generate_questions", "judge_questions", "score_difficulty", "generate_responses"}
    check(trial, made, paid | QUESTIONS, set(), added=paid)
    assert made.bought["generate_questions"] == 10
    assert made.jobs["generate_questions"] == made.jobs["filter_questions"] == ["writer/00004", "writer/00005"]
    assert len(dates) == 4 * 4
    assert all(path.stat().st_mtime_ns == date for path, date in dates.items())
    assert all(path.read_bytes() == before for path, before in content.items())


def test_forgotten_rows_and_no_others_are_bought_again(trial):
    trial.change({"generate_questions.sources.writer.shard_size": 5})
    trial.run(*TO_ANSWERS)
    job = "writer/00000"
    before = trial.rows("generate_responses", [job])
    trial.clone.make("forget", "CONFIG=trial.yaml", "STAGE=generate_responses", f"SHARD={job}")
    made = trial.run(*TO_ANSWERS)
    assert made.jobs == {"generate_responses": [job]}
    assert (made.bought["generate_responses"], made.reused["generate_responses"]) == (len(before), 0)
    assert trial.rows("generate_responses", [job]) == before


def test_what_is_different_for_one_benchmark_is_made_for_it_alone(trial):
    trial.change({"answer_benchmark.benchmarks": ["test", "more"]})
    trial.run("evaluation")
    sampled = {"samples": 2, "sampling": {"temperature": 0.6, "max_tokens": 64}}
    trial.change({"answer_benchmark.per_benchmark": {"more": sampled}})
    made = trial.run("evaluation")
    assert made.jobs["answer_benchmark"] == made.jobs["grade_answers"] == ["writer/more"]
    assert (made.bought["answer_benchmark"], made.reused["answer_benchmark"]) == (2, 0)
    trial.change({"answer_benchmark.per_benchmark": {"more": {**sampled, "answer_forms": ["boxed"]}}})
    made = trial.run("evaluation")
    assert "answer_benchmark" not in made.jobs and made.jobs["grade_answers"] == ["writer/more"]
    # Said of a model, it goes before what is said of a benchmark; the answers without any of it are still there.
    greedy = {"samples": 1, "sampling": {"temperature": 0, "max_tokens": 64}}
    trial.change({"answer_benchmark.per_model": {"writer": greedy}})
    made = trial.run("evaluation")
    assert made.jobs["answer_benchmark"] == ["writer/more"]
    assert (made.bought["answer_benchmark"], made.reused["answer_benchmark"]) == (0, 1)
    for exceptions in ("per_benchmark", "per_model"):
        del trial.config["answer_benchmark"][exceptions]
    trial.change({"answer_benchmark.benchmarks": ["test"]})
