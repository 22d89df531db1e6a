"""Training of a reward model on right and wrong responses, by real processes on a real two-layer model."""

import time
from pathlib import Path

import pytest
import torch
import train_reward_model
from conftest import ROOT
from safetensors.torch import load_file
from synthesis import engines, response_scores, schema
from synthesis.errors import InputError
from synthesis.prompts import load_prompt
from synthesis.response_pairs import ranking_rows, read_solved
from synthesis.training import launch
from synthesis.training.base_model import load
from test_grade_answers import answered
from tiny_model import CONTEXT
from training_bench import Bench, losses, problem_rows, train_in_two_processes
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from trl.trainer.reward_trainer import DataCollatorForPreference

PROMPT = ROOT / "tests/configs/short_prompt.yaml"
SETTINGS = {"epochs": 12, "learning_rate": 0.0003, "global_batch": 8}
LORA = {"rank": 4, "alpha": 8, "dropout": 0}


def right(number: int) -> tuple[str, str]:
    return f"We count the {number} apples. The answer is \\boxed{{{number}}}.", "correct"


def wrong(number: int) -> tuple[str, str]:
    return f"Who knows? The answer is {number + 1}" + " or more" * (number % 5), "wrong"


def make_bench(folder: Path, samples=lambda number: [wrong(number), right(number)], pairs=1, held_out=0.25) -> Bench:
    """Forty problems; `samples` gives the (text, verdict) of each problem's responses, in two shards."""
    bench = Bench(folder, train_reward_model, "--problems", problem_rows(40), schema.PROBLEMS, **SETTINGS)
    files = {name: [folder / f"{number}.{name}.parquet" for number in range(2)] for name in ("answers", "grades")}
    for shard in range(2):
        rows = [(f"id{n}", sample, *found) for n in range(shard, 40, 2) for sample, found in enumerate(samples(n))]
        answers = [answered(name, sample, text) for name, sample, text, _ in rows]
        grades = [{"problem_id": name, "sample": n, "verdict": verdict, "answer": None} for name, n, _, verdict in rows]
        schema.write(files["answers"][shard], answers, schema.PROBLEM_ANSWERS)
        schema.write(files["grades"][shard], grades, schema.GRADES)
    bench.given += ["--answers", *files["answers"], "--grades", *files["grades"], "--prompt", PROMPT]
    bench.given += ["--solver", "solver", "--pairs-per-problem", pairs, "--held-out", held_out, "--seed", 3]
    return bench


def rows_of(bench: Bench, pairs: int = 1) -> list[dict]:
    answers, grades = ([bench.folder / f"{n}.{name}.parquet" for n in range(2)] for name in ("answers", "grades"))
    solved = read_solved(bench.folder / "rows.parquet", answers, grades)
    return ranking_rows(solved, load_prompt(PROMPT), pairs, 3, 0.25)


def asked(questions: list[dict], responses: list[dict]) -> list:
    """The request of a score for each response."""
    found = response_scores.requests({"method": "reward"}, 3, questions, responses, load_prompt(PROMPT))
    return [request for (request,) in found]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    bench = make_bench(tmp_path_factory.mktemp("reward"))
    return bench, bench.train()


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    bench = make_bench(tmp_path_factory.mktemp("adapted"))
    return bench, bench.train(lora=LORA)


def test_right_responses_to_problems_it_has_not_seen_get_higher_rewards(trained):
    _, report = trained
    assert report["rows"] + report["rows_held_out"] == 40
    assert report["rows_held_out"] > 5 and report["rows_too_long"] == 0
    assert losses(report)[-1] < losses(report)[0] - 0.3
    assert report["log"][-1]["accuracy"] == report["held_out_accuracy"] == 1.0
    assert report["held_out_margin"] > 0.5


def engine_rewards(bench: Bench, rows: list[dict], name: str, batch_rows: int) -> torch.Tensor:
    """The rewards that the engine gives to the `name` (chosen or rejected) responses, in the order of the rows."""
    questions = [
        {"question_id": row["row_id"], "source": "own", "index": n, "question": problem_of(bench, row)["problem"]}
        for n, row in enumerate(rows)
    ]
    responses = [{"question_id": row["row_id"], "sample": 0, "response": row[name]} for row in rows]
    engine = engines.load(bench.manifest(), engines.Machine(threads=2, batch_rows=batch_rows))
    requests = asked(questions, responses)
    found = {request.row_id: score.score for part in engine.score(requests, "reward") for request, score in part}
    return torch.tensor([found[row["row_id"]] for row in rows])


def problem_of(bench: Bench, row: dict) -> dict:
    problems = {item["problem_id"]: item for item in schema.read(bench.folder / "rows.parquet", schema.PROBLEMS)}
    return problems[row["row_id"].partition("-")[0]]


@pytest.mark.parametrize("batch_rows", [1, 7])
@pytest.mark.parametrize("kind", ["trained", "adapted"])
def test_the_engine_gives_the_rewards_of_the_trainer(request, kind, batch_rows):
    """The trainer measures its own model in its own process, padded on the right and with the adapter beside it."""
    bench, report = request.getfixturevalue(kind)
    held_out = [row for row in rows_of(bench) if row["held_out"]]
    assert len(held_out) == report["rows_held_out"]
    margins = engine_rewards(bench, held_out, "chosen", batch_rows) - engine_rewards(
        bench, held_out, "rejected", batch_rows
    )
    assert margins.mean().item() == pytest.approx(report["held_out_margin"], abs=1e-5)
    assert (margins > 0).float().mean().item() == report["held_out_accuracy"]


def test_each_reward_is_that_of_the_model_on_the_trainers_batches(trained):
    bench, _ = trained
    rows = rows_of(bench)[:6]
    [folder] = bench.folder.glob("store/train_reward_model/*/model")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder)

    def ids(row, name):
        [user] = row["messages"]
        text = f"<|im_start|>user\n{user['content']}<|im_end|>\n<|im_start|>assistant\n"
        return tokenizer(text)["input_ids"] + tokenizer(f"{row[name]}<|im_end|>")["input_ids"]

    pairs = [{"chosen_ids": ids(row, "chosen"), "rejected_ids": ids(row, "rejected")} for row in rows]
    with torch.inference_mode():
        batch = DataCollatorForPreference(tokenizer.pad_token_id)(pairs)
        chosen, rejected = model(**batch).logits.squeeze(-1).chunk(2)
    assert engine_rewards(bench, rows, "chosen", 4).tolist() == pytest.approx(chosen.tolist(), abs=1e-5)
    assert engine_rewards(bench, rows, "rejected", 4).tolist() == pytest.approx(rejected.tolist(), abs=1e-5)


def test_an_adapter_learns_with_its_head(adapted):
    bench, report = adapted
    assert losses(report)[-1] < losses(report)[0] - 0.05
    [folder] = bench.folder.glob("store/train_reward_model/*/model")
    plan = {"model": bench.folder / "base/files", "settings": bench.settings, "gpus": 0, "trust_remote_code": False}
    _, begun = load(plan, head="one_number")
    saved = load_file(folder / "model.safetensors")
    assert not torch.allclose(saved["score.weight"], begun.score.weight)
    assert torch.equal(saved["model.embed_tokens.weight"], begun.model.embed_tokens.weight)


def test_a_reward_model_can_not_score_by_likelihood(trained):
    bench, _ = trained
    engine = engines.load(bench.manifest(), engines.Machine(threads=2))
    questions = [{"question_id": "a", "source": "own", "index": 0, "question": "What?"}]
    requests = asked(questions, [{"question_id": "a", "sample": 0, "response": "This."}])
    with pytest.raises(InputError, match="log_likelihood does not fit a model with a head that scores texts"):
        list(engine.score(requests, "log_likelihood"))


@pytest.mark.parametrize("parallelism", ["data", "fsdp"])
def test_two_processes_give_the_losses_of_one(trained, tmp_path, monkeypatch, parallelism):
    train_in_two_processes(monkeypatch, parallelism)
    report = make_bench(tmp_path).train("writer", "--parallelism", parallelism, "--rows-per-device", 2)
    assert report["processes"] == 2
    assert losses(report) == pytest.approx(losses(trained[1]), abs=1e-4)
    assert report["held_out_margin"] == pytest.approx(trained[1]["held_out_margin"], abs=1e-3)
    assert report["held_out_accuracy"] == trained[1]["held_out_accuracy"]


def test_a_killed_training_goes_on_to_the_same_losses(trained, tmp_path):
    bench = make_bench(tmp_path)
    process = bench.start("--checkpoint-seconds", 0)
    while not bench.checkpoints():
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert losses(bench.train()) == pytest.approx(losses(trained[1]), abs=1e-4)
    assert len(bench.ledger()["rows_by_attempt"]) == 2


# Which pairs there are


def test_pairs_are_of_distinct_texts_in_the_order_of_the_samples(tmp_path):
    def samples(number):
        first, second = right(number)[0], f"Indeed {number}."
        return [
            ("", "no_answer"),
            (first, "correct"),
            ("The same", "wrong"),
            ("The same", "wrong"),
            (first, "correct"),
            ("Slow", "timed_out"),
            ("Odd", "unreadable_reference"),
            ("No idea", "no_answer"),
            (second, "correct"),
            ("A third", "wrong"),
        ]

    bench = make_bench(tmp_path, samples)
    for pairs, count in ((1, 1), (2, 2), (5, 2)):
        rows = [row for row in rows_of(bench, pairs) if row["row_id"].startswith("id4-")]
        assert [(row["row_id"], row["chosen"], row["rejected"]) for row in rows] == [
            ("id4-0", right(4)[0], "The same"),
            ("id4-1", "Indeed 4.", "No idea"),
        ][:count]
    [turn] = rows_of(bench)[0]["messages"]
    assert problem_rows(1)[0]["problem"] in turn["content"]


def test_all_pairs_of_a_problem_are_held_out_together(tmp_path):
    bench = make_bench(tmp_path, lambda number: [right(number), right(number + 50), wrong(number), wrong(number + 50)])
    parts = {}
    for row in rows_of(bench, 2):
        parts.setdefault(row["row_id"].partition("-")[0], []).append(row["held_out"])
    assert {len(part) for part in parts.values()} == {2}
    assert all(len(set(part)) == 1 for part in parts.values())
    assert {part[0] for part in parts.values()} == {True, False}


def test_pairs_that_are_too_long_are_left_out_and_counted(tmp_path):
    def samples(number):
        return [right(number), ("no " * CONTEXT, "wrong") if number == 2 else wrong(number)]

    report = make_bench(tmp_path, samples, held_out=0).train(epochs=1)
    assert (report["rows"], report["rows_held_out"], report["rows_too_long"]) == (39, 0, 1)
    assert "held_out_accuracy" not in report


@pytest.mark.parametrize(
    ("samples", "held_out", "counts"),
    [
        (
            lambda number: [right(number)],
            0,
            "40 have only right responses, 0 only wrong ones and 0 neither, and 0 pairs",
        ),
        (
            lambda number: [right(number) if number < 5 else ("Hm", "timed_out") if number < 7 else wrong(number)] * 2,
            0,
            "5 have only right responses, 33 only wrong ones and 2 neither, and 0 pairs",
        ),
        (lambda number: [right(number), wrong(number)], 0.99999, "0 neither, and 40 pairs are held out"),
    ],
)
def test_without_pairs_no_training_starts(tmp_path, monkeypatch, capsys, samples, held_out, counts):
    monkeypatch.setattr(launch, "run", lambda *_: pytest.fail("a training was started"))
    bench = make_bench(tmp_path, samples, held_out=held_out)
    assert train_reward_model.main(bench.arguments("reward")) == 1
    said = capsys.readouterr().err
    assert "train_reward_model.reward has no pair of a right and a wrong response to train on: of the 40 " in said
    assert counts in said and "raise sample_fail_rates.solver.samples" in said


def test_an_answer_without_a_grade_is_refused(tmp_path, capsys):
    bench = make_bench(tmp_path)
    schema.write(tmp_path / "1.grades.parquet", [], schema.GRADES)
    assert train_reward_model.main(bench.arguments()) == 1
    assert "sample 0 of problem id1, which has no grade" in capsys.readouterr().err
