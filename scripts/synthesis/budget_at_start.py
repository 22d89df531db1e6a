"""The budget when a run starts: what is spent of it, and an end before any job if it is spent and something is left."""

import sys
from collections.abc import Iterable

from synthesis import budget, pending
from synthesis.plan import Plan


def check(plan: Plan, store: str, ready: Iterable) -> None:
    """Print what the run has spent of its budget; raise InputError if it is over it and has something to buy.

    `ready` are Snakemake's jobs that can start now. What the others will ask is not known before those have run, so
    each job checks the budget again. A run that finds all its rows in the store is never stopped.
    """
    run = plan.config["run"]
    watch = budget.Watch(store, run)
    account = watch.account()
    if account.limits:
        print(f"budget of the run {run}: {account} spent", file=sys.stderr, flush=True)
    if account.over() and any(
        pending.surely_buys(plan, job.rule.name, store, job.wildcards, job.input) for job in ready
    ):
        watch.check()
