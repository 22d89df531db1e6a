"""How the rows of a training are cut into batches and steps, told without loading any model."""

import math

from synthesis.errors import InputError


def batches(global_batch: int, rows_per_device: int, sharers: int) -> tuple[int, int]:
    """Rows that a process takes at once, at most `rows_per_device`, and how often it does so for one step.

    Raises InputError if the processes can't share the global batch evenly.
    """
    share, rest = divmod(global_batch, sharers)
    if rest:
        raise InputError(
            f"global_batch is {global_batch}, which {sharers} processes can't share evenly; write a multiple of "
            f"{sharers}, or use another number of GPUs."
        )
    per_device = max(size for size in range(1, min(share, rows_per_device) + 1) if share % size == 0)
    return per_device, share // per_device


def steps(rows: int, epochs: float, global_batch: int) -> int:
    """Optimiser steps in all. What does not fill a last batch is left out; `order` begins anew in each epoch.

    Raises InputError if the rows do not fill one batch.
    """
    count = whole_batches(rows, epochs, global_batch)
    if not count:
        raise InputError(
            f"{rows} rows in {epochs} epochs do not fill one global_batch of {global_batch}; lower global_batch, or "
            "give more rows."
        )
    return count


def whole_batches(rows: int, epochs: float, global_batch: int) -> int:
    """How many batches so many rows fill; 0 if there are too few."""
    return math.floor(rows * epochs / global_batch)
