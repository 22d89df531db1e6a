"""Supervised fine-tuning with TRL: on bare questions, or on answers to questions."""

import trl
from datasets import Dataset

from synthesis import schema
from synthesis.training import arguments, texts
from synthesis.training.base_model import load, save
from synthesis.training.trainer import adapter, check_fitting, report, run


def train(plan: dict) -> None:
    """Fine-tune the plan's model on its rows and leave the model and a report where the plan says.

    Raises InputError if no row fits into `max_tokens`, or if too few rows are left for one step.
    """
    settings = plan["settings"]
    tokenizer, model = load(plan)
    parts = _parts(plan, tokenizer)
    examples = [texts.example(*part) for part in parts if sum(map(len, part)) <= settings["max_tokens"]]
    check_fitting(len(examples), len(parts), settings["max_tokens"])
    rows = Dataset.from_list(examples)
    if settings["packing"]:
        rows = trl.pack_dataset(rows, settings["max_tokens"], "bfd")
    common = arguments.common(plan, len(rows), model)
    # Rows come as tokens, cut and packed already; batches without padding keep the rows of a pack apart.
    prepared = {"max_length": None, "dataset_kwargs": {"skip_prepare_dataset": True}}
    trainer = trl.SFTTrainer(
        model,
        args=trl.SFTConfig(**common, **prepared, padding_free=settings["packing"]),
        train_dataset=rows.select(arguments.order(len(rows), common["max_steps"], settings)),
        processing_class=tokenizer,
        peft_config=adapter(settings),
    )
    run(trainer, plan)
    save(trainer, plan)
    counts = {
        "rows": len(examples),
        "rows_too_long": len(parts) - len(examples),
        "sequences": len(rows),
        "tokens": sum(len(row["input_ids"]) for row in examples),
        "tokens_in_loss": sum(label >= 0 for row in examples for label in row["labels"]),
    }
    report(trainer, plan, counts)


def _parts(plan: dict, tokenizer) -> list[tuple[list[int], list[int]]]:
    """What stands before and what is learnt, as token ids, for each row of the plan."""
    if plan["kind"] == "questions":
        rows = schema.read(plan["rows"], schema.TRAINING_QUESTIONS)
        return texts.question_parts(tokenizer, plan["settings"]["system"], [row["question"] for row in rows])
    rows = schema.read(plan["rows"], schema.TRAINING_CONVERSATIONS)
    conversations = ([(turn["role"], turn["content"]) for turn in row["messages"]] for row in rows)
    return texts.answer_parts(tokenizer, conversations)
