"""What every trainer is told, whichever kind it is."""

import os

import torch

from synthesis.training.base_model import one_process_reads
from synthesis.training.batching import batches, steps


def processes() -> int:
    """How many processes train together, over all nodes, as the launcher tells each of them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def common(plan: dict, rows: int, model) -> dict:
    """Arguments of `transformers.TrainingArguments` and its relatives, for `rows` rows (or packs) in each epoch.

    One optimiser step takes `global_batch` rows whatever the number of processes, so accumulation is derived.
    """
    settings = plan["settings"]
    per_device, accumulation = batches(settings["global_batch"], plan["rows_per_device"], processes())
    return {
        "output_dir": plan["checkpoints"],
        "max_steps": steps(rows, settings["epochs"], settings["global_batch"]),
        "learning_rate": settings["learning_rate"],
        "lr_scheduler_type": settings["scheduler"],
        "warmup_steps": settings["warmup"],
        "weight_decay": settings["weight_decay"],
        "per_device_train_batch_size": per_device,
        # What is measured after the last step must not need more memory than the steps did.
        "per_device_eval_batch_size": per_device,
        "gradient_accumulation_steps": accumulation,
        "gradient_checkpointing": plan["gradient_checkpointing"],
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "bf16": settings["precision"] == "bfloat16",
        "seed": settings["seed"],
        # The rows come in the order of `order`, the same for any number of processes.
        "train_sampling_strategy": "sequential",
        "use_cpu": not plan["gpus"],
        "dataloader_pin_memory": bool(plan["gpus"]),
        "ddp_find_unused_parameters": False,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": "none",
        # `Checkpoints` says when to save. The older one stays until the newer one is complete.
        "save_strategy": "no",
        "save_total_limit": 2,
        **_sharding(plan, model),
    }


def _sharding(plan: dict, model) -> dict:
    if plan["parallelism"] != "fsdp":
        return {}
    sharding = {
        "version": 2,
        "state_dict_type": "SHARDED_STATE_DICT",
        "cpu_ram_efficient_loading": one_process_reads(plan, model),
    }
    return {"fsdp": True, "fsdp_config": sharding}


def order(rows: int, step_count: int, settings: dict) -> list[int]:
    """The numbers of the rows that so many steps are made on: one permutation after another, by the training's seed."""
    count = step_count * settings["global_batch"]
    generator = torch.Generator().manual_seed(settings["seed"])
    found = []
    while len(found) < count:
        found += torch.randperm(rows, generator=generator).tolist()
    return found[:count]
