"""Training of a reward model with TRL: of two responses to one question, the better one shall get the higher number.

The loss is that of Bradley and Terry's model, as in Ouyang et al. (2022, arXiv 2203.02155).
"""

import torch
import trl
from datasets import Dataset

from synthesis import schema
from synthesis.training import arguments, texts
from synthesis.training.base_model import load, save
from synthesis.training.trainer import adapter, check_fitting, report, run


class RankingTrainer(trl.RewardTrainer):
    """TRL's trainer, whose predictions are the two rewards of each pair: (pairs, 2), the chosen response first."""

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None):
        """Loss and rewards of a batch; see `transformers.Trainer.prediction_step`."""
        with torch.no_grad(), self.compute_loss_context_manager():
            loss, outputs = self.compute_loss(model, self._prepare_inputs(inputs), return_outputs=True)
        return loss.detach(), torch.stack(outputs.logits.squeeze(-1).chunk(2), dim=1), None


def train(plan: dict) -> None:
    """Fit the plan's model to its pairs and leave the model and a report where the plan says.

    The report tells, for held-out pairs, the share in which the chosen response gets the higher reward, and by how
    much on average. Raises InputError if no pair fits into `max_tokens`, or if too few pairs are left for one step.
    """
    settings = plan["settings"]
    tokenizer, model = load(plan, head="one_number")
    rows = schema.read(plan["rows"], schema.TRAINING_RANKINGS)
    examples = [row for row in _examples(tokenizer, rows) if _length(row) <= settings["max_tokens"]]
    trained, held_out = (_dataset(examples, part) for part in (False, True))
    check_fitting(len(trained), len(rows), settings["max_tokens"])
    common = arguments.common(plan, len(trained), model)
    trainer = RankingTrainer(
        model,
        args=trl.RewardConfig(**common, max_length=None),
        train_dataset=trained.select(arguments.order(len(trained), common["max_steps"], settings)),
        processing_class=tokenizer,
        peft_config=adapter(settings, "SEQ_CLS"),
    )
    run(trainer, plan)
    measured = {}
    if len(held_out):
        margins = torch.tensor(trainer.predict(held_out).predictions).diff(dim=1).neg()
        measured = {
            "held_out_accuracy": (margins > 0).float().mean().item(),
            "held_out_margin": margins.mean().item(),
        }
    save(trainer, plan)
    counts = {"rows": len(trained), "rows_held_out": len(held_out), "rows_too_long": len(rows) - len(examples)}
    report(trainer, plan, {**counts, **measured})


def _examples(tokenizer, rows: list[dict]) -> list[dict]:
    """The pairs as token ids, cut where an engine cuts the conversations that it scores."""
    found = {}
    for name in ("chosen", "rejected"):
        conversations = (
            [*((turn["role"], turn["content"]) for turn in row["messages"]), ("assistant", row[name])] for row in rows
        )
        found[name] = [context + answer for context, answer in texts.answer_parts(tokenizer, conversations)]
    return [
        {"chosen_ids": chosen, "rejected_ids": rejected, "held_out": row["held_out"]}
        for row, chosen, rejected in zip(rows, found["chosen"], found["rejected"], strict=True)
    ]


def _length(row: dict) -> int:
    return max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def _dataset(examples: list[dict], held_out: bool) -> Dataset:
    names = ("chosen_ids", "rejected_ids")
    kept = [{name: row[name] for name in names} for row in examples if row["held_out"] is held_out]
    return Dataset.from_list(kept) if kept else Dataset.from_dict({name: [] for name in names})
