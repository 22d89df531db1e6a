"""What all trainers share: the adapter, the run itself and the report."""

import json
from importlib import metadata
from pathlib import Path

import peft

from synthesis import schema
from synthesis.errors import InputError
from synthesis.training.callbacks import Checkpoints, Progress

# Exit code of processes that were told to stop and left a checkpoint.
STOPPED = 143

LIBRARIES = ("torch", "transformers", "trl", "accelerate", "peft")

# What a report keeps of each step, as far as the trainer logs it.
LOGGED = ("step", "loss", "learning_rate", "grad_norm", "rewards/accuracies", "rewards/margins", "accuracy", "margin")


def adapter(settings: dict, task: str = "CAUSAL_LM") -> peft.LoraConfig | None:
    """The low-rank adapter that is trained, or None if all weights are. A new head (`SEQ_CLS`) is trained in full."""
    if "lora" not in settings:
        return None
    lora = settings["lora"]
    return peft.LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora.get("modules", "all-linear"),
        task_type=task,
    )


def check_fitting(fitting: int, rows: int, max_tokens: int) -> None:
    """Raise InputError if no row fits."""
    if not fitting:
        raise InputError(f"none of the {rows} rows fits into max_tokens: {max_tokens}; raise it.")


def run(trainer, plan: dict) -> None:
    """Train to the end, from the plan's checkpoint if it has one. Exits with `STOPPED` if told to stop before."""
    for weight in trainer.model.parameters():
        # PEFT leaves a new head beside an adapter in the precision of the frozen weights.
        weight.data = weight.data.float() if weight.requires_grad else weight.data
    trainer.add_callback(Progress())
    trainer.add_callback(Checkpoints(plan["checkpoint_seconds"], trainer.accelerator, trainer.is_fsdp_enabled))
    trainer.train(resume_from_checkpoint=plan["resume_from"])
    if trainer.state.global_step < trainer.state.max_steps:
        # Where one process ends, the others are killed, so all wait until the checkpoint is complete.
        trainer.accelerator.wait_for_everyone()
        raise SystemExit(STOPPED)


def report(trainer, plan: dict, counts: dict) -> None:
    """Write what the training says of itself: counts, steps, versions, and one entry of the log for each step."""
    if not trainer.is_world_process_zero():
        return
    entries = [entry for entry in trainer.state.log_history if "loss" in entry]
    content = {
        **counts,
        "steps": trainer.state.max_steps,
        "processes": trainer.args.world_size,
        "versions": {name: metadata.version(name) for name in LIBRARIES},
        "log": [{name: entry[name] for name in LOGGED if name in entry} for entry in entries],
    }
    schema.write_text(Path(plan["report"]), json.dumps(content, indent=1) + "\n")
