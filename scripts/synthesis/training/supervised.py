"""Supervised fine-tuning with TRL: on bare questions, or on answers to questions."""

import json
from importlib import metadata
from pathlib import Path

import peft
import trl
from datasets import Dataset

from synthesis import schema
from synthesis.errors import InputError
from synthesis.training import arguments, texts
from synthesis.training.base_model import load, save
from synthesis.training.callbacks import Checkpoints, Progress

# Exit code of processes that were told to stop and left a checkpoint.
STOPPED = 143


def train(plan: dict) -> None:
    """Fine-tune the plan's model on its rows and leave the model and a report where the plan says.

    Raises InputError if no row fits into `max_tokens`, or if too few rows are left for one step.
    """
    settings = plan["settings"]
    tokenizer, model = load(plan)
    examples, too_long = _examples(plan, tokenizer)
    rows = Dataset.from_list(examples)
    if settings["packing"]:
        rows = trl.pack_dataset(rows, settings["max_tokens"], "bfd")
    common = arguments.common(plan, len(rows))
    order = arguments.order(len(rows), common["max_steps"] * settings["global_batch"], settings["seed"])
    # Rows come as tokens, cut and packed already; batches without padding keep the rows of a pack apart.
    prepared = {"max_length": None, "dataset_kwargs": {"skip_prepare_dataset": True}}
    trainer = trl.SFTTrainer(
        model,
        args=trl.SFTConfig(**common, **prepared, padding_free=settings["packing"]),
        train_dataset=rows.select(order),
        processing_class=tokenizer,
        peft_config=_adapter(settings["lora"]) if "lora" in settings else None,
    )
    run(trainer, plan)
    save(trainer, plan)
    tokens = {
        "tokens": sum(len(row["input_ids"]) for row in examples),
        "tokens_in_loss": sum(label >= 0 for row in examples for label in row["labels"]),
    }
    report(trainer, plan, {"rows": len(examples), "rows_too_long": too_long, "sequences": len(rows), **tokens})


def _adapter(settings: dict) -> peft.LoraConfig:
    return peft.LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings["dropout"],
        target_modules=settings.get("modules", "all-linear"),
        task_type="CAUSAL_LM",
    )


def run(trainer, plan: dict) -> None:
    """Train to the end, from the plan's checkpoint if it has one. Exits with `STOPPED` if told to stop before."""
    trainer.add_callback(Progress())
    trainer.add_callback(Checkpoints(plan["checkpoint_seconds"], trainer.accelerator))
    trainer.train(resume_from_checkpoint=plan["resume_from"])
    if trainer.state.global_step < trainer.state.max_steps:
        raise SystemExit(STOPPED)


def report(trainer, plan: dict, counts: dict) -> None:
    """Write what the training says of itself: counts, steps, and one entry of the log for each step."""
    if not trainer.is_world_process_zero():
        return
    names = ("step", "loss", "learning_rate", "grad_norm")
    log = [{name: entry[name] for name in names} for entry in trainer.state.log_history if "loss" in entry]
    versions = {name: metadata.version(name) for name in ("torch", "transformers", "trl", "accelerate", "peft")}
    steps, processes = trainer.state.max_steps, trainer.args.world_size
    content = {**counts, "steps": steps, "processes": processes, "versions": versions, "log": log}
    schema.write_text(Path(plan["report"]), json.dumps(content, indent=1) + "\n")


def _examples(plan: dict, tokenizer) -> tuple[list[dict], int]:
    """The rows that fit into `max_tokens` as tokens and labels, and how many do not fit."""
    settings = plan["settings"]
    if plan["kind"] == "questions":
        rows = schema.read(plan["rows"], schema.TRAINING_QUESTIONS)
        parts = texts.question_parts(tokenizer, settings["system"], [row["question"] for row in rows])
    else:
        rows = schema.read(plan["rows"], schema.TRAINING_CONVERSATIONS)
        conversations = ([(turn["role"], turn["content"]) for turn in row["messages"]] for row in rows)
        parts = texts.answer_parts(tokenizer, conversations)
    fitting = [part for part in parts if len(part[0]) + len(part[1]) <= settings["max_tokens"]]
    if not fitting:
        raise InputError(f"none of the {len(parts)} rows fits into max_tokens: {settings['max_tokens']}; raise it.")
    return [texts.example(*part) for part in fitting], len(parts) - len(fitting)
