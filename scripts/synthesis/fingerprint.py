"""The folder of the store that belongs to one fingerprint."""

from pathlib import Path

from synthesis import schema
from synthesis.canonical import canonical_json, digest


class FingerprintFolder:
    """`<root>/<stage>/<fingerprint>`, the fingerprint being the digest of `identity`: all that shapes the content."""

    def __init__(self, root: Path, stage: str, identity: dict):
        self.identity = identity
        self.fingerprint = digest(identity)[:24]
        self.folder = Path(root) / stage / self.fingerprint

    def note_use(self, run: str) -> None:
        """Write down that a run uses this folder, and what the fingerprint stands for."""
        (self.folder / "used_by").mkdir(parents=True, exist_ok=True)
        (self.folder / "used_by" / run).touch()
        if not (self.folder / "identity.json").exists():
            schema.write_text(self.folder / "identity.json", canonical_json(self.identity) + "\n")
