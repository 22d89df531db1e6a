"""GGUF, the quantised one-file format of llama.cpp, to a Transformers folder with safetensors."""

import json
import struct
from pathlib import Path

from synthesis.errors import InputError
from synthesis.model_files import CONFIG


def convert(file: Path, folder: Path) -> None:
    """Write the model and tokenizer of a GGUF file into `folder` as config, float32 safetensors and tokenizer.

    Raises InputError if Transformers can't read the file: damaged, or an architecture it has no reader for.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        loaded = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    # What Transformers' reader raises for a damaged file or an unknown architecture; it has no error of its own.
    except (ValueError, KeyError, IndexError, struct.error, NotImplementedError) as error:
        raise InputError(f"{file.name} can't be read as a GGUF model ({error}); give another file.") from error
    # The loaded object counts as quantised and refuses to be saved; its weights are plain float32 by now.
    if hasattr(loaded.config, "quantization_config"):
        del loaded.config.quantization_config
    model = AutoModelForCausalLM.from_config(loaded.config)
    model.load_state_dict(loaded.state_dict())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for name in (CONFIG, "generation_config.json"):
        _forget_version(folder / name)


def _forget_version(path: Path) -> None:
    """Drop the converter's version: the same weights must be the same model under another release."""
    if path.is_file():
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("transformers_version", None)
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
