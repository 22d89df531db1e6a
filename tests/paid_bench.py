"""A folder with a model, a store and questions, and calls of the programs that buy rows on them."""

import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import generate_responses
import pyarrow.parquet as pq
from synthesis import schema
from synthesis.verdicts import response_verdict, verdict
from tiny_model import CONTEXT, make_tiny_model

SCRIPTS = Path(__file__).parent.parent / "scripts"
PROMPTS = Path(__file__).parent.parent / "config" / "prompts"
SAMPLING = {"temperature": 1.0, "max_tokens": 60}
# What differs between two purchases of the same row.
_ORIGIN = ("attempt", "engine_version")


def served(**settings) -> dict:
    """What the manifest of a model on a server has beside the usual parts, for a server without keys.

    `settings` are those of `server` that differ. The address is that of OPENAI_BASE_URL unless they name another.
    """
    usual = {"model": "tiny", "url": None, "key_variable": None, "concurrency": 4, "timeout_seconds": 60}
    server = {**usual, "retries": 3, "max_failed_rows": 0, **settings}
    return {"server": server, "source": {"path": {}}, "files": ["tokenizer.json"]}


@dataclass(frozen=True)
class PaidJob:
    """A program with its arguments, which buys so many `rows` in a bench's folder; `content` is its output's schema."""

    folder: Path
    rule: str
    arguments: list[str]
    rows: int
    content: object

    @property
    def output(self) -> Path:
        """The declared output."""
        return Path(self.arguments[self.arguments.index("--output") + 1])

    @property
    def ledger(self) -> Path:
        """What the program writes last."""
        return Path(self.arguments[self.arguments.index("--ledger") + 1])

    def main(self) -> int:
        """Run the program in this process."""
        return importlib.import_module(self.rule).main(self.arguments)

    def command(self) -> list[str]:
        """The command line that runs the program."""
        return [sys.executable, str(SCRIPTS / f"{self.rule}.py"), *self.arguments]

    def chunks(self) -> list[Path]:
        """The visible chunks of its stage."""
        return sorted(self.folder.glob(f"store/{self.rule}/*/*/[0-9]*.parquet"))

    def stored(self) -> list[dict]:
        """All rows in visible chunks, also those that stand there twice, without what names their purchase."""
        rows = [row for path in self.chunks() for row in pq.read_table(path, partitioning=None).to_pylist()]
        rows = [{name: value for name, value in row.items() if name not in _ORIGIN} for row in rows]
        return sorted(rows, key=lambda row: (row["index"], row["row_id"], row["sample"]))

    def written(self) -> list[dict]:
        """The rows of its output."""
        return schema.read(self.output, self.content)


class Bench:
    """A folder with a model, a store and questions, and calls of the programs on them.

    Parts of the model's manifest that an engine asks for beside the usual ones go by name.
    """

    def __init__(self, folder: Path, engine: str = "stand_in", **manifest):
        self.folder = folder
        self.engine = engine
        self.manifest("model", engine, **manifest)

    def manifest(self, name: str, engine: str, content: str = "content", **manifest) -> Path:
        """Write a model's manifest, and the two-layer model unless its files are there or nothing reads them."""
        files = self.folder / name / "files"
        if engine != "stand_in" and not files.exists():
            make_tiny_model(files, heads=2 if engine == "vllm" else 4)
        settings = {"model": name, "engine": engine, "content_sha256": content, "dtype": "float32", "context": CONTEXT}
        path = self.folder / name / "manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        settings |= {"folder": "files", "trust_remote_code": False, "revision": None, **manifest}
        path.write_text(json.dumps(settings))
        return path

    def questions(self, texts: list[str], name: str = "questions.parquet") -> Path:
        rows = [
            {
                "question_id": f"id{index}",
                "source": "own",
                "index": index,
                "question": text,
                "finish_reason": "imported",
                "prompt_tokens": 0,
                "completion_tokens": 0,
            }
            for index, text in enumerate(texts)
        ]
        schema.write(self.folder / name, rows, schema.QUESTIONS)
        return self.folder / name

    def selection(self, kept: list[int], name: str = "selection.parquet") -> Path:
        schema.write(self.folder / name, [verdict(f"id{index}") for index in kept], schema.QUESTION_VERDICTS)
        return self.folder / name

    def arguments(
        self, rule, settings, output, *more, code_version="1.1", model="model", run="trial", chunk_rows=1000
    ) -> list[str]:
        fixed = ["--run", run, "--settings", json.dumps(settings), "--code-version", code_version]
        fixed += ["--ledger", self.folder / f"ledger/{rule}/{output}.json", "--log", self.folder / f"{output}.log"]
        fixed += ["--store", self.folder / "store", "--model", self.folder / model / "manifest.json"]
        fixed += ["--output", self.folder / f"{output}.parquet", "--chunk-rows", chunk_rows]
        return [str(argument) for argument in (*fixed, *more)]

    def ledger(self, rule: str, output: str) -> dict:
        return json.loads((self.folder / f"ledger/{rule}/{output}.json").read_text())

    def respond(
        self, kept, *, settings=None, questions="questions.parquet", output="responses", **options
    ) -> list[dict]:
        settings = settings or {"samples": 2, "sampling": {"temperature": 0.7, "max_tokens": 8}}
        more = ["--seed", 3, "--questions", self.folder / questions, "--prompt", PROMPTS / "response_short.yaml"]
        more += ["--verdicts", self.selection(kept)]
        assert not generate_responses.main(self.arguments("generate_responses", settings, output, *more, **options))
        return schema.read(self.folder / f"{output}.parquet", schema.RESPONSES)

    def bought(self, rule="generate_responses", output="responses") -> int:
        return self.ledger(rule, output)["rows"]["bought"]

    def questions_job(self, count: int, *more, sampling=SAMPLING, **options) -> PaidJob:
        """A job that writes so many questions from the empty user turn."""
        settings = {"empty_prefix": {"system": None, "sampling": sampling}}
        range_ = ["--seed", 5, "--source", "writer", "--start", 0, "--stop", count]
        arguments = self.arguments("generate_questions", settings, "questions", *range_, *more, **options)
        return PaidJob(self.folder, "generate_questions", arguments, count, schema.QUESTIONS)

    def responses_job(self, count: int, *more, sampling=SAMPLING, **options) -> PaidJob:
        """A job that answers so many questions twice."""
        questions = self.questions([f"What is {number} + {number}?" for number in range(count)], "asked.parquet")
        inputs = ["--seed", 3, "--questions", questions, "--verdicts", self.selection(range(count))]
        inputs += ["--prompt", PROMPTS / "response_short.yaml"]
        settings = {"samples": 2, "sampling": sampling}
        arguments = self.arguments("generate_responses", settings, "responses", *inputs, *more, **options)
        return PaidJob(self.folder, "generate_responses", arguments, 2 * count, schema.RESPONSES)

    def rewards_job(self, count: int, *more, **options) -> PaidJob:
        """A job that scores so many responses."""
        questions = self.questions([f"What is {number} + {number}?" for number in range(count)], "asked.parquet")
        responses = [
            {
                "question_id": f"id{number}",
                "sample": 0,
                "response": f"It is {2 * number}.",
                "finish_reason": "stop",
                "prompt_tokens": 1,
                "completion_tokens": 1,
            }
            for number in range(count)
        ]
        kept = [{**response_verdict(f"id{number}", 0), "answer": None} for number in range(count)]
        schema.write(self.folder / "answered.parquet", responses, schema.RESPONSES)
        schema.write(self.folder / "kept.parquet", kept, schema.FILTERED_RESPONSES)
        inputs = ["--seed", 3, "--questions", questions, "--responses", self.folder / "answered.parquet"]
        inputs += ["--verdicts", self.folder / "kept.parquet", "--prompt", PROMPTS / "response_short.yaml"]
        settings = {"method": "log_likelihood"}
        arguments = self.arguments("score_responses", settings, "rewards", *inputs, *more, **options)
        return PaidJob(self.folder, "score_responses", arguments, count, schema.REWARDS)
