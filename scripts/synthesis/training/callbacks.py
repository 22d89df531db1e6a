"""What happens between the optimiser's steps: progress, checkpoints by the clock, an orderly end."""

import json
import signal
import time
from pathlib import Path

import torch
from transformers import TrainerCallback

from synthesis import schema
from synthesis.training.messages import tell
from synthesis.training.model_store import CHECKPOINT_COMPLETE


class Progress(TrainerCallback):
    """Tells the program that started the training how far it is."""

    def on_train_begin(self, args, state, control, **_):
        """Say where the training begins and how many steps it takes."""
        if state.is_world_process_zero:
            tell(step=state.global_step, steps=state.max_steps)

    def on_step_end(self, args, state, control, **_):
        """Count a step."""
        if state.is_world_process_zero:
            tell(step=state.global_step)


class Checkpoints(TrainerCallback):
    """Writes a checkpoint after so many seconds, and a last one when the training is told to stop.

    All processes have to agree on the step, so they ask one another after each one.
    """

    def __init__(self, seconds: float, accelerator, sharded: bool):
        self._seconds, self._accelerator, self._sharded = seconds, accelerator, sharded
        self._last = time.monotonic()
        self._told_to_stop = False
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, _number, _frame):
        self._told_to_stop = True

    def on_step_end(self, args, state, control, **_):
        """Decide whether to save, and whether to stop after it."""
        due = time.monotonic() - self._last >= self._seconds
        save, stop = self._agreed(due or self._told_to_stop, self._told_to_stop)
        # The last step needs no checkpoint: the model itself comes next.
        control.should_save = save and state.global_step < state.max_steps
        control.should_training_stop |= stop
        return control

    def _agreed(self, *wishes: bool) -> list[bool]:
        if self._accelerator.num_processes == 1:
            return list(wishes)
        counts = torch.tensor([float(wish) for wish in wishes], device=self._accelerator.device)
        return [count > 0 for count in self._accelerator.reduce(counts, "sum").tolist()]

    def on_save(self, args, state, control, **_):
        """Mark the checkpoint as complete once every process has written its part."""
        self._accelerator.wait_for_everyone()
        if state.is_world_process_zero:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            content = {"sharded": self._sharded}
            schema.write_text(folder / CHECKPOINT_COMPLETE, json.dumps(content) + "\n")
        self._last = time.monotonic()
