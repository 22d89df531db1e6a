"""The model that a training begins with, and how the trained one is written."""

import json
import shutil
from pathlib import Path

import peft
import transformers
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from synthesis import model_files
from synthesis.precision import DTYPES, device


def load(plan: dict, head: str = "language"):
    """Tokenizer and model of the plan's base model: a causal language model, or one with a head of `one_number`.

    A new head is drawn from the training's seed.

    Weights that are trained are float32, whatever the precision of the computation. The frozen ones under an adapter
    are as precise as the computation or as the saved model, whichever is more, so that saving rounds none of them
    further. Raises InputError for a GPU that PyTorch can't use.
    """
    device(plan["gpus"])
    transformers.utils.logging.disable_progress_bar()
    settings = plan["settings"]
    frozen = "lora" in settings and settings["precision"] != "float32"
    options = {"trust_remote_code": plan["trust_remote_code"]}
    tokenizer = AutoTokenizer.from_pretrained(plan["model"], **options)
    options |= {"dtype": DTYPES[plan["dtype"] if frozen else "float32"], "use_safetensors": True}
    if head == "language":
        return tokenizer, AutoModelForCausalLM.from_pretrained(plan["model"], **options)
    transformers.set_seed(settings["seed"])
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model = AutoModelForSequenceClassification.from_pretrained(plan["model"], num_labels=1, **options)
    model.config.pad_token_id = tokenizer.pad_token_id
    return tokenizer, model


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
