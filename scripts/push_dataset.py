"""Push the data set with its card to a repository on the hub.

The token is read from the environment variable HF_TOKEN and from nowhere else; HF_ENDPOINT names another hub.
"""

import json
import os
from pathlib import Path

from synthesis import hub, hub_upload, program, schema
from synthesis.errors import InputError

RULE = "push_dataset"


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the files of the data set and its exports")
    parser.add_argument("--card", type=Path, required=True, help="the card, README.md in the data set's folder")
    parser.add_argument("--manifest", type=Path, required=True, help="what was pushed: written, and read if there")


def work(options, job):
    """Push, then write down the commit; the settings are `repo`, `private` and `branch`."""
    settings = options.settings
    if not settings:
        raise InputError(
            f"the configuration does not say where to push to; add `{RULE}: {{repo: owner/name}}` to it, and run again."
        )
    own = hub_upload.pushed_listings(options.manifest)
    target = hub_upload.Target(
        settings["repo"], settings["branch"], settings["private"], _token(), key=RULE, last=options.manifest
    )
    files = hub_upload.read_files(options.card.parent, [options.card, *options.data])
    job.step(f"pushing to {settings['repo']}", len(files), "files")
    commit, is_new = target.push(options.run, files, set(own), job.advance)
    manifest = {
        "hub": hub.host(),
        "repo": settings["repo"],
        "branch": settings["branch"],
        "commit": commit,
        "run": options.run,
        "files": [file.entry() for file in files],
    }
    this = hub_upload.listing_digest(manifest)
    manifest["pushed"] = [*(digest for digest in own if digest != this), this]
    schema.write_text(options.manifest, json.dumps(manifest, indent=1) + "\n")
    hub_upload.end(options.manifest)
    job.step(f"pushed as commit {commit}" if is_new else f"the hub has it already, as commit {commit}")
    job.rows(**{"in": len(files), "out": len(files)})


def _token() -> str:
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        raise InputError(
            "HF_TOKEN is not set, so nothing was pushed; set this environment variable to a token of the hub that may "
            "write to the repository, and run again."
        )
    return token


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
