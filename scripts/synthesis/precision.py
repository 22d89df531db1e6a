"""What models compute on and with, for engines and training alike."""

import torch

from synthesis.errors import InputError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def device(gpus: int) -> torch.device:
    """The device to compute on. Raises InputError if the job got a GPU that PyTorch can't use."""
    if gpus and not torch.cuda.is_available():
        build = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "is a build for CPUs only"
        raise InputError(
            f"this job got {gpus} GPU, but PyTorch {torch.__version__} can't use it: it {build}; install a build that "
            "fits the GPU's driver, or set CUDA_VISIBLE_DEVICES to an empty value to compute on the CPU."
        )
    return torch.device("cuda" if gpus else "cpu")
