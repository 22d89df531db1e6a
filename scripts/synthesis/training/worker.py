"""One training process, started through `accelerate launch`; trains what a plan (a JSON file) says.

The plan's keys: `kind` (what is learnt: `questions`, `answers`, `preferences`, `labels` or `rankings`), `model`
(folder), `trust_remote_code`, `dtype` of the finished model, `rows` (Parquet file), `settings` (what shapes the model),
`rows_per_device`, `gradient_checkpointing`, `parallelism` (`data` or `fsdp`), `gpus`, `checkpoints` (folder),
`resume_from` (a checkpoint or null), `checkpoint_seconds`, `output` (folder of the finished model), `report` (file for
what the training says of itself).
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from synthesis.errors import InputError
from synthesis.training.messages import tell


def main() -> int:
    """Train; returns 0, or 1 after a mistake that the user can repair was told."""
    threading.Thread(target=_obey_starter, daemon=True).start()
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        train(plan)
    except InputError as error:
        tell(mistake=str(error))
        return 1
    return 0


def _obey_starter() -> None:
    """Stop at a word of the program that started this process as at SIGTERM, and end at once when it is gone.

    When it is gone, its end of our standard input is closed.
    """
    while os.read(0, 4096):
        os.kill(os.getpid(), signal.SIGTERM)
    os._exit(1)


def train(plan: dict) -> None:
    """Train what the plan says. Raises InputError for what the user can repair, such as too little memory."""
    import torch

    from synthesis.training import preference, ranking, regression, supervised

    kinds = {
        "questions": supervised,
        "answers": supervised,
        "preferences": preference,
        "labels": regression,
        "rankings": ranking,
    }
    try:
        kinds[plan["kind"]].train(plan)
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"the training ran out of memory ({str(error).partition('.')[0]}); lower launch.rows_per_device, set "
            "launch.gradient_checkpointing to true, or use more GPUs with `parallelism: fsdp`."
        ) from error


if __name__ == "__main__":
    raise SystemExit(main())
