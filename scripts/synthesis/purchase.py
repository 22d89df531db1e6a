"""The one way in which a stage buys rows: look in the store, buy what is missing, read everything back.

A row that a server does not answer is neither stored nor booked, so the next start asks for it again.
"""

import contextlib
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, fields
from pathlib import Path

from synthesis import budget, engines, gpu_claims, program, retries, servers
from synthesis.engines import Completion, Failure, Machine
from synthesis.errors import InputError
from synthesis.finish_reasons import CONTEXT_OVERFLOW, TRANSPORT_FAILURE
from synthesis.identity import bought_as
from synthesis.ledger import read_json
from synthesis.requests import Request
from synthesis.store import COMPLETIONS, SCORES, Store


def add_arguments(parser: ArgumentParser, model_required: bool = True) -> None:
    """The arguments of every program that buys rows: the model, the store and what the machine offers."""
    parser.add_argument("--model", type=Path, required=model_required, help="manifest of the model")
    parser.add_argument("--store", type=Path, required=True, help="the store of paid rows")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs of this job; 0 runs on the CPU")
    parser.add_argument("--batch-rows", type=int, default=16, help="most rows of a batch")
    parser.add_argument("--batch-tokens", type=int, default=16384, help="most padded tokens of a batch")
    parser.add_argument("--max-num-seqs", type=int, default=256, help="most rows that vLLM writes at the same time")
    parser.add_argument("--gpu-memory-percent", type=int, default=90, help="share of each GPU's memory for vLLM")
    retries.add_arguments(parser)
    parser.add_argument("--chunk-rows", type=int, default=1000, help="rows after which a chunk is published")
    parser.add_argument("--chunk-seconds", type=float, default=120, help="seconds after which a chunk is published")


def stage_store(root: Path, rule: str, manifest: dict, shaping: dict, code_version: str) -> Store:
    """The store of a rule's rows under the fingerprint of its model, the settings that shape a sample, and its code.

    `code_version` is `<rows>.<output>`; only the first number, which stands for the rows themselves, counts here.
    Rules that buy the same kind of rows share one store (see `identity.BOUGHT_AS`).
    """
    stage = bought_as(rule)
    rows = SCORES if "method" in shaping else COMPLETIONS
    version = code_version.partition(".")[0]
    identity = {"model": engines.model_identity(manifest, shaping), "settings": shaping, "code_version": version}
    return Store(root, stage, identity, rows)


def buy(options: Namespace, job: program.Job, requests: list[Request], shaping: dict, further=None) -> list[dict]:
    """Return the stored row of each request, in the order of the requests, buying those the store lacks.

    `shaping` are the settings that shape one sample: sampling settings for a completion, `{"method": ...}` for a
    score. `further`, if given, gets the last requests with their rows and returns what else to ask, until it returns
    nothing; the rows of all requests come back in the order in which they were asked. The model is loaded at most
    once, and only if something is missing. Interrupted at any point, what was finished stays.
    Rows that a server did not answer have the finish reason `transport_failure`, an empty text and no attempt. Raises
    InputError if they are more than the model's `max_failed_rows`.
    """
    manifest = read_json(options.model)
    store = stage_store(options.store, job.ledger.rule, manifest, shaping, options.code_version)
    store.note_use(options.run)
    job.ledger.model = manifest["model"]
    buyer = _Buyer(options, job, store, shaping, manifest)
    rows = []
    while requests:
        found = buyer.rows(requests)
        rows += found
        requests = further(requests, found) if further else []
    _book(job, store.rows, rows, buyer.missing, len(buyer.failures))
    return rows


class _Buyer:
    """Buys the missing rows of one job, in one round or several; `missing` and `failures` count them all."""

    def __init__(self, options, job, store, shaping, manifest):
        self.options, self.job, self.store, self.shaping, self.manifest = options, job, store, shaping, manifest
        self.asked = self.missing = 0
        self.failures: dict[Request, str] = {}
        self._engine = None

    def rows(self, requests: list[Request]) -> list[dict]:
        """The rows of requests, bought where the store lacks them."""
        places = {request.place: request for request in requests}
        missing = [places[place] for place in self.store.missing(places)]
        self.asked += len(requests)
        if missing:
            self._buy(missing, self.asked - len(missing))
        _check_failures(self.failures, self.asked, self.manifest)
        found = self.store.read(places)
        return [
            _unanswered(request, self.manifest) if request in self.failures else found[request.place.key]
            for request in requests
        ]

    def _buy(self, missing: list[Request], present: int) -> None:
        self.missing += len(missing)
        watch = budget.Watch(self.options.store, self.options.run)
        if self._engine is None:
            retries.check_progress(self.options, self.job, present)
            self._engine = self._loaded(watch)
        self._compute(missing, watch)

    def _loaded(self, watch):
        """The engine with the model, on a GPU that no other job uses."""
        options, job, attempt, manifest = self.options, self.job, self.job.attempt, self.manifest
        watch.check()
        # To the program's end, since only then an engine's memory is free for sure.
        names = job.held.enter_context(gpu_claims.claimed(options.gpus, lambda: job.step("waiting for a free GPU")))
        watch.check_if_due()
        attempt.use_gpus(options.gpus, names)
        attempt.model, attempt.engine = manifest["model"], manifest["engine"]
        attempt.journal_in(options.store)
        job.step(f"loading {manifest['model']}")
        capacity = Machine(**{field.name: getattr(options, field.name) for field in fields(Machine)})
        before = attempt.wall_seconds
        engine = engines.load(options.model, capacity)
        attempt.versions = {manifest["engine"]: engine.version}
        attempt.save()  # brings wall_seconds up to date
        attempt.load_seconds = round(attempt.wall_seconds - before, 3)
        attempt.save()
        return engine

    def _compute(self, missing: list[Request], watch) -> None:
        options, job, rows, engine = self.options, self.job, self.store.rows, self._engine
        job.step("writing" if rows is COMPLETIONS else "scoring", len(missing))
        results = (
            engine.generate(missing, self.shaping)
            if rows is COMPLETIONS
            else engine.score(missing, self.shaping["method"])
        )
        origin = {"engine": self.manifest["engine"], "engine_version": engine.version}
        # The engine is told of an error here, so that nothing it has under way goes on.
        with (
            contextlib.closing(results),
            self.store.writer(job.attempt.attempt, options.chunk_rows, options.chunk_seconds) as writer,
        ):
            for finished in results:
                for request, result in finished:
                    if isinstance(result, Failure):
                        self.failures[request] = result.message
                        program.log.warning("row %s, sample %d: %s", request.row_id, request.sample, result.message)
                    else:
                        _take(writer, job.attempt, request, {**asdict(result), **origin}, rows)
                        job.advance()
                writer.publish_if_due()
                watch.check_if_due()


def _check_failures(failures: dict[Request, str], asked: int, manifest: dict) -> None:
    """Raise InputError if more rows failed than the model's server may leave unanswered."""
    if failures and len(failures) > (most := servers.settings(manifest)["max_failed_rows"]):
        raise InputError(
            f"the server of model {manifest['model']} left {len(failures)} of the job's {asked} rows unanswered "
            f"({next(iter(failures.values()))}), more than models.{manifest['model']}.server.max_failed_rows, which is "
            f"{most}; the others are stored, so run again to ask for these alone."
        )


def _unanswered(request: Request, manifest: dict) -> dict:
    """What stands in the place of a completion's row that is not in the store."""
    return {
        **request.place.key._asdict(),
        **asdict(Completion("", TRANSPORT_FAILURE, 0, 0)),
        "index": request.index,
        "attempt": "",
        "engine": manifest["engine"],
        "engine_version": "",
    }


def _take(writer, attempt, request: Request, values: dict, kind) -> None:
    """Give a finished row to the writer and book it for the attempt."""
    writer.add(request.place, values)
    read, written = _tokens(kind, values)
    attempt.rows += 1
    attempt.prompt_tokens += read
    attempt.completion_tokens += written


def _tokens(kind, row: dict) -> tuple[int, int]:
    """Tokens that the model read and wrote for a row; a score is made by reading alone, an overflow by neither.

    A text that the server kept back was written and is billed.
    """
    if row["finish_reason"] == CONTEXT_OVERFLOW:
        return 0, 0
    read, written = row["prompt_tokens"], row["completion_tokens"]
    return (read, written) if kind is COMPLETIONS else (read + written, 0)


def _book(job: program.Job, kind, rows: list[dict], missing: int, failed: int) -> None:
    """Book the job's rows and tokens, and which attempt each row came from; one that failed came from none."""
    job.rows(asked=len(rows), bought=missing - failed, reused=len(rows) - missing)
    if failed:
        job.rows(failed=failed)
    counts = [_tokens(kind, row) for row in rows]
    job.ledger.tokens = {"prompt": sum(read for read, _ in counts), "completion": sum(written for _, written in counts)}
    for origin in filter(None, (row["attempt"] for row in rows)):
        job.ledger.rows_by_attempt[origin] = job.ledger.rows_by_attempt.get(origin, 0) + 1
