"""PyTorch's pickled weight files to safetensors, without running the model's code."""

import pickle
import zipfile
from pathlib import Path

from synthesis.errors import InputError


def convert(weights: list[Path], folder: Path) -> None:
    """Write the tensors of pickled weight files into `folder` as safetensors, under the same names.

    Only tensors are unpickled (`weights_only`), so a file can't run code. A tensor that two names share is written
    once; Transformers ties it again. Raises InputError for a file that holds anything else.
    """
    import torch
    from huggingface_hub import save_torch_state_dict

    tensors = {}
    for path in weights:
        try:
            # Files from before PyTorch 1.6 are no zip archives and can't be mapped into memory.
            mapped = zipfile.is_zipfile(path)
            tensors.update(torch.load(path, map_location="cpu", weights_only=True, mmap=mapped))
        except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
            raise InputError(
                f"{path.name} of the model holds more than tensors or is damaged; use a repository with safetensors."
            ) from error
    save_torch_state_dict(tensors, folder, metadata={"format": "pt"})
