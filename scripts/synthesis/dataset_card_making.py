"""What a data set's card says of how to make the set again, and of what is known to be weak in it."""

import platform
from pathlib import Path

from synthesis import run_settings
from synthesis.configuration_paths import published, published_path
from synthesis.markdown_text import fence, table
from synthesis.strict_yaml import as_text

ROOT = Path(__file__).resolve().parents[2]

# What the choice of a response can't see, by the method of `select_responses`.
_CHOSEN = {
    "best": "The response was chosen by the score of a model, which may like what only looks right.",
    "first": "The first response was taken, and nothing compared it with others.",
    "majority": "The response has the answer that was given most often; the model may have been wrong each time.",
    "best_of_majority": "The response has the answer that was given most often; the model may have been wrong each "
    "time.",
}
_DUPLICATES = {
    "exact": "Questions count as duplicates if their texts are the same; the same problem in other words may be there.",
    "near": "Duplicates are found by the words that they share; the same problem in other words may be there.",
}


def making(config: dict, files: dict[str, str]) -> str:
    """How to make the data set again: workflow, configuration and, by path, the SHA-256 of other files."""
    rows = [[f"`{published_path(path)}`", f"`{checksum}`"] for path, checksum in files.items()]
    needed = f"\n\nIt also needs these files:\n\n{table(['file', 'SHA-256'], rows)}" if rows else ""
    return f"""## Making it again

Save the configuration below as `config.yaml` beside the workflow, with the prompts at the paths it names and with
`prices` as in `config/demo.yaml`, then run `snakemake --profile local --configfile config.yaml`.

This card was written by the workflow at this commit, which is not that of rows bought before:

- Workflow: {run_settings.commit(ROOT)}
- Python: {platform.python_version()}{needed}

{fence(as_text(published(config)), "yaml")}"""


def limits(config: dict) -> str:
    """What is known to be weak in a data set that was made like this."""
    found = ["No person has corrected the rows.", *_of_questions(config), *_of_responses(config)]
    return "## Known limits\n\n" + "\n".join(f"- {sentence}" for sentence in found)


def _of_questions(config: dict) -> list[str]:
    sources = config["generate_questions"]["sources"].values()
    written = [
        "Questions are what models write of themselves; their topics and difficulty are a sample of no other set."
    ]
    judges = ", ".join(f"`{judge['model']}`" for judge in config["judge_questions"]["judges"])
    judged = f"Which questions are good was judged by models ({judges}), which err in both directions."
    filters = config["filter_questions"]["filters"]
    compared = [item["contamination"] for item in filters if "contamination" in item]
    shared = (
        "Benchmarks were compared by runs of the same words; a problem in other words or another language is not found."
    )
    counted = "Questions that share words with a benchmark were counted and are still there."
    return [
        *(written if any("empty_prefix" in source for source in sources) else []),
        *([judged] if judges else ["No model judged whether the questions can be solved."]),
        _DUPLICATES[config["find_duplicates"]["method"]],
        *([shared] if compared else ["The questions were compared with no benchmark."]),
        *([counted] if any(not item.get("remove", True) for item in compared) else []),
    ]


def _of_responses(config: dict) -> list[str]:
    asked = config["generate_responses"]
    finished = config["filter_responses"].get("finished")
    cut = (
        f"Responses may be cut: they end at {asked['sampling']['max_tokens']:,} tokens, and cut ones were not removed."
    )
    own = " but those of included pairs" if config["assemble_dataset"].get("include") else ""
    one = [f"All responses{own} are of one model, with its errors and its manner."]
    return [_CHOSEN[config["select_responses"]["method"]], *one, *([] if finished else [cut])]
