"""The model that a training begins with, and how the trained one is written."""

import json
import os
import shutil
from pathlib import Path

import peft
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from transformers.initialization import no_init_weights

from synthesis import model_files
from synthesis.precision import DTYPES, device


def load(plan: dict, head: str = "language"):
    """Tokenizer and model of the plan's base model: a causal language model, or one with a head of `one_number`.

    A new head is drawn from the training's seed.

    Weights that are trained are float32, whatever the precision of the computation. The frozen ones under an adapter
    are as precise as the computation or as the saved model, whichever is more, so that saving rounds none of them
    further. Where one process reads alone (see `one_process_reads`), the model of the others has undefined weights,
    until they get them with their parts. Raises InputError for a GPU that PyTorch can't use.
    """
    device(plan["gpus"])
    transformers.utils.logging.disable_progress_bar()
    options = {"trust_remote_code": plan["trust_remote_code"]}
    tokenizer = AutoTokenizer.from_pretrained(plan["model"], **options)
    options["dtype"] = _dtype(plan)
    if head == "language":
        return tokenizer, _read(AutoModelForCausalLM, plan, **options)
    transformers.set_seed(plan["settings"]["seed"])
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model = _read(AutoModelForSequenceClassification, plan, num_labels=1, **options)
    model.config.pad_token_id = tokenizer.pad_token_id
    return tokenizer, model


def one_process_reads(plan: dict, model) -> bool:
    """Whether the first process alone reads the weights and Accelerate sends the others their parts.

    Then the machine's memory holds the weights once, not once for each process. The whole model is needed in every
    process for the reference of preferences, which TRL computes before the model is sharded. Accelerate sends no
    buffers, and nothing whose dtype differs between the file and a model made from its configuration.
    """
    if plan["parallelism"] != "fsdp" or plan["kind"] == "preferences":
        return False
    buffers = model.state_dict().keys() - dict(model.named_parameters(remove_duplicate=False)).keys()
    more_precise = model._keep_in_fp32_modules or model._keep_in_fp32_modules_strict
    return not buffers and (_dtype(plan) == torch.float32 or not more_precise)


def _dtype(plan: dict) -> torch.dtype:
    """That of the weights in the training; see `load`."""
    settings = plan["settings"]
    frozen = "lora" in settings and settings["precision"] != "float32"
    return DTYPES[plan["dtype"] if frozen else "float32"]


def _read(kind, plan: dict, **options):
    """The base model as one of `kind`, a class of Transformers, with its weights if this process has to read them."""
    if os.environ.get("RANK", "0") != "0":
        model = _without_weights(kind, plan["model"], **options)
        if one_process_reads(plan, model):
            return model
    return kind.from_pretrained(plan["model"], use_safetensors=True, **options)


def _without_weights(kind, folder: str, dtype: torch.dtype, trust_remote_code: bool, **changes):
    """A model whose weights are allocated but never written, so that they take no memory.

    They are not on the meta device, because Accelerate tells an optimiser's weights apart by their addresses.
    """
    config = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code, **changes)
    with no_init_weights():
        model = kind.from_config(config, dtype=dtype, trust_remote_code=trust_remote_code)
    model.tie_weights()
    return model


def save(trainer, plan: dict) -> None:
    """Write the trained model into the plan's folder: weights in the plan's dtype, all else as the base model has it.

    An adapter is merged into its base model. Every process calls this; the first one writes.
    """
    sharded = trainer.is_fsdp_enabled
    model = trainer.model if sharded else trainer.accelerator.unwrap_model(trainer.model)
    weights = trainer.accelerator.get_state_dict(model) if sharded else None
    if not trainer.is_world_process_zero():
        return
    if sharded and "lora" in plan["settings"]:
        model, weights = _whole(model.peft_config, weights, plan), None
    if "lora" in plan["settings"]:
        model = model.merge_and_unload()
    folder, dtype = Path(plan["output"]), DTYPES[plan["dtype"]]
    if weights:
        weights = {name: weight.to(dtype) for name, weight in weights.items()}
    else:
        model.to(dtype)
    model.save_pretrained(folder, state_dict=weights)
    _complete(folder, Path(plan["model"]), plan)


def _whole(adapters: dict[str, peft.PeftConfig], weights: dict, plan: dict) -> peft.PeftModel:
    """A model with its adapter that is not sharded, since PEFT merges no parts, from the weights of a sharded one."""
    [(name, adapter)] = adapters.items()
    _, base = load(plan, head="one_number" if adapter.task_type == peft.TaskType.SEQ_CLS else "language")
    model = peft.get_peft_model(base, adapter, name)
    model.load_state_dict(weights)
    return model


def _complete(folder: Path, base: Path, plan: dict) -> None:
    """Take the files beside the weights from the base model, and say the dtype in config.json."""
    config = model_files.read_json_object(folder / model_files.CONFIG)
    (folder / model_files.CONFIG).write_text(json.dumps({**config, "dtype": plan["dtype"]}, indent=2) + "\n")
    (folder / "generation_config.json").unlink(missing_ok=True)
    names = [path.name for path in base.iterdir() if path.is_file()]
    for name in model_files.matching(names, model_files.description_patterns(plan["trust_remote_code"])):
        if name not in (model_files.CONFIG, model_files.SAFETENSORS_INDEX):
            shutil.copyfile(base / name, folder / name)
