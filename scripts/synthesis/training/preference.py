"""Direct preference optimisation with TRL: of two questions that open the same way, one is preferred.

The loss is that of Rafailov et al. (2023, arXiv 2305.18290), as ScaleQuest uses it on questions.
"""

from pathlib import Path

import trl
from datasets import Dataset

from synthesis import model_files, schema
from synthesis.training import arguments, texts
from synthesis.training.base_model import load, save
from synthesis.training.trainer import adapter, check_fitting, report, run


class TokenPairsTrainer(trl.DPOTrainer):
    """TRL's trainer on pairs that are token ids already, so that texts are cut exactly where sampling cuts them."""

    def _prepare_dataset(self, dataset, *_):
        return dataset


def train(plan: dict) -> None:
    """Optimise the plan's model on its pairs and leave the model and a report where the plan says.

    The reference is the model as it begins; its log-probabilities are computed once. The report tells the accuracy on
    held-out pairs: the share in which the trained model raised the chosen question more than the rejected one.
    Raises InputError if no pair fits into `max_tokens`, or if too few pairs are left for one step.
    """
    settings = plan["settings"]
    tokenizer, model = load(plan)
    pairs = schema.read(plan["rows"], schema.TRAINING_PREFERENCES)
    examples = [row for row in _examples(tokenizer, settings["system"], pairs) if _fits(row, settings["max_tokens"])]
    count = sum(not row["held_out"] for row in examples)
    check_fitting(count, len(pairs), settings["max_tokens"])
    common = arguments.common(plan, count, model)
    # TRL averages the means of batches, in which a pair of a last, smaller batch would weigh more.
    common["per_device_eval_batch_size"] = 1
    args = trl.DPOConfig(**common, beta=settings["beta"], precompute_ref_log_probs=True, max_length=None)
    with args.main_process_first(local=False):
        trained, held_out = (_dataset(examples, part, Path(plan["checkpoints"])) for part in (False, True))
    trainer = TokenPairsTrainer(
        model,
        args=args,
        train_dataset=trained,
        eval_dataset=held_out,
        processing_class=tokenizer,
        peft_config=adapter(settings),
    )
    # Only now, so that the reference reads each pair once, however many epochs follow.
    trainer.train_dataset = trainer.train_dataset.select(arguments.order(len(trained), common["max_steps"], settings))
    run(trainer, plan)
    measured = trainer.evaluate() if held_out else {}
    save(trainer, plan)
    counts = {
        "rows": len(trained),
        "rows_held_out": len(held_out or []),
        "rows_too_long": len(pairs) - len(examples),
        "held_out_accuracy": measured.get("eval_rewards/accuracies"),
        "held_out_margin": measured.get("eval_rewards/margins"),
    }
    report(trainer, plan, counts)


def _examples(tokenizer, system: str | None, pairs: list[dict]) -> list[dict]:
    questions = [question for pair in pairs for question in (pair["chosen"], pair["rejected"])]
    parts = texts.question_parts(tokenizer, system, questions)
    return [
        {"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected, "held_out": pair["held_out"]}
        for pair, (prompt, chosen), (_, rejected) in zip(pairs, parts[::2], parts[1::2], strict=True)
    ]


def _dataset(examples: list[dict], held_out: bool, folder: Path) -> Dataset | None:
    """The pairs of one part, from a folder that all processes see: beside it TRL shares the reference's results."""
    names = ("prompt_ids", "chosen_ids", "rejected_ids")
    rows = [{name: row[name] for name in names} for row in examples if row["held_out"] is held_out]
    if not rows:
        return None
    path = folder / ("held_out" if held_out else "trained")
    if not path.exists():
        with model_files.staging(path) as staged:
            Dataset.from_list(rows).save_to_disk(staged / "pairs")
            (staged / "pairs").rename(path)
    return Dataset.load_from_disk(path)


def _fits(row: dict, max_tokens: int) -> bool:
    return len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"])) <= max_tokens
