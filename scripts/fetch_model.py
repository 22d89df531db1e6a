"""Fetch a model's files and write the manifest that names their content.

Nobody but the server knows the content of a model that has no files here: its digest is that of the served name.
"""

import json
import os
from pathlib import Path

from synthesis import model_adapter, model_files, model_sources, program, schema, stated_licence
from synthesis.canonical import digest
from synthesis.errors import InputError

# The settings every model has; they go into the manifest as they are.
SETTINGS = ("engine", "source", "dtype", "context")
# The settings that some models have; they too go into the manifest.
OPTIONAL_SETTINGS = ("reproducibility", "server", "pooling")


def add_arguments(parser):
    """Declare what the program needs."""
    parser.add_argument("--model", required=True, help="name of the model in the configuration")
    parser.add_argument("--folder", type=Path, required=True, help="where the model's files go")
    parser.add_argument("--manifest", type=Path, required=True, help="where to write the manifest")


def work(options, job):
    """Stage the files, check them, make them visible and write the manifest last."""
    settings = options.settings
    missing = [key for key in SETTINGS if key not in settings]
    if missing:
        raise InputError(f"models.{options.model}.{missing[0]} is missing; add it.")
    with model_files.staging(options.folder) as staging:
        request = model_sources.Request(options.model, settings, staging)
        job.step("fetching")
        adapter = model_adapter.fetch(request)
        revision = model_sources.fetch(request)
        if settings["engine"] == "stand_in":
            entries, content = [], digest({"stand_in": options.model})
        elif "server" in settings["source"]:
            entries, content = [], digest({"served": settings["server"]["model"]})
        else:
            _add_template(request)
            if "pooling" not in settings:  # no conversation is made for a model that embeds texts
                model_files.check_template(request.files, options.model)
            model_files.check_context(request.files, settings["context"], options.model)
            _check_code(request)
            model_adapter.add(request)
            job.step("computing checksums")
            entries = model_files.file_entries(request.files)
            content = model_files.content_sha256(entries)
            model_files.publish(request.files, options.folder, entries)
    stated = stated_licence.fetch("model", settings["source"])
    manifest = {
        "model": options.model,
        **{key: settings[key] for key in (*SETTINGS, *OPTIONAL_SETTINGS) if key in settings},
        "revision": revision,
        **({"adapter": adapter} if adapter else {}),
        **({"stated_licence": stated} if stated else {}),
        "trust_remote_code": request.with_code,
        "content_sha256": content,
        "folder": os.path.relpath(options.folder, options.manifest.parent),
        "files": entries,
    }
    schema.write_text(options.manifest, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    job.rows(out=len(entries))


def _add_template(request):
    """Put the configured chat template over the model's own."""
    path = request.settings.get("chat_template")
    if path is None:
        return
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        key = f"models.{request.model}.chat_template"
        raise InputError(f"{key} is {path}, which can't be read as text ({error}); correct the path.") from error
    schema.write_text(request.files / model_files.TEMPLATE, text)


def _check_code(request):
    """Raise InputError if the model can't be loaded without Python files that were not asked for."""
    config = model_files.read_json_object(request.files / model_files.CONFIG)
    if request.with_code or not config.get("auto_map"):
        return
    from transformers import CONFIG_MAPPING

    if config.get("model_type") not in CONFIG_MAPPING:
        raise InputError(
            f"model {request.model} needs its own Python files; if you trust them, set "
            f"models.{request.model}.trust_remote_code to true and the revision to a full commit."
        )


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
