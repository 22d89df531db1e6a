"""The models in a data set's card: what each does in the run, and where it and its adapter come from."""

from synthesis import configuration_difficulty, configuration_models
from synthesis.configuration_paths import published_path
from synthesis.markdown_text import escape

HEAD = ["model", "role", "origin", "revision", "licence", "parameters", "engine", "SHA-256 of its files (start)"]


def rows(config: dict, manifests: list[dict]) -> list[list[str]]:
    """The rows of the table of models, in Markdown, under `HEAD`."""
    return [
        [
            f"`{manifest['model']}`",
            ", ".join(_roles(config, manifest["model"])),
            _origin(manifest) + _adapter(manifest),
            f"`{manifest['revision']}`" if manifest["revision"] else "none",
            escape(configuration_models.definition(config, manifest["model"])["license"]),
            _count(configuration_models.definition(config, manifest["model"])["parameters"]),
            ", ".join(filter(None, (manifest["engine"], manifest["dtype"]))),
            f"`{manifest['content_sha256'][:16]}`" if "server" not in manifest["source"] else "none",
        ]
        for manifest in manifests
    ]


def _count(parameters: int | None) -> str:
    return f"{parameters:,}" if parameters else "unknown"


def _roles(config: dict, model: str) -> list[str]:
    sources = config["generate_questions"]["sources"].items()
    found = [f"questions of `{name}`" for name, item in sources if item.get("empty_prefix", {}).get("model") == model]
    judges = config["judge_questions"]["judges"]
    found += [f"judge `{judge['name']}`" for judge in judges if judge["model"] == model]
    rated = configuration_difficulty.scorers(config).items()
    found += [f"difficulty `{name}`" for name, settings in rated if settings["model"] == model]
    stages = {"generate_responses": "responses", "check_agreement": "probe", "score_responses": "scores"}
    found += [role for stage, role in stages.items() if config.get(stage, {}).get("model") == model]
    solvers = configuration_models.solvers(config).items()
    found += [f"solver `{name}`" for name, settings in solvers if settings["model"] == model]
    for name, settings in configuration_models.optimized(config).items():
        found += [f"raw questions for `{name}`"] if settings["model"] == model else []
        found += [f"rewrites for `{name}`"] if settings["rewrite_questions"]["model"] == model else []
    chain = configuration_models.trained(config).items()
    return found + [f"start of `{name}`" for name, (_, settings) in chain if settings["model"] == model]


def _origin(manifest: dict) -> str:
    """Where a model comes from; of a folder of the maker's machine only the name, of a server not where it is."""
    (kind, details), *_ = manifest["source"].items()
    if kind == "server":
        return f"a server, under the name `{published_path(manifest['server']['model'])}`"
    if kind == "trained":
        return f"trained here from `{details['from']}`"
    return _place(kind, details)


def _adapter(manifest: dict) -> str:
    """Where a model's adapter comes from, with its commit; empty without one."""
    if "adapter" not in manifest:
        return ""
    (kind, details), *_ = manifest["adapter"]["source"].items()
    commit = manifest["adapter"]["revision"]
    return f"; its adapter: {_place(kind, {**details, 'revision': commit} if commit else details)}"


def _place(kind: str, details: dict) -> str:
    if kind == "path":
        return f"a local folder, `{published_path(details['folder'])}`"
    return ", ".join([kind.replace("_", "-"), *(f"`{value}`" for value in details.values())])
