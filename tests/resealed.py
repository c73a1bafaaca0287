"""A published run with another document in it, as if it had been published so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coterie.document import digest, encode, seal


def replace(run: Path, name: str, document: dict[str, Any]) -> None:
    """Put another document in the place of a run's, and its hash into the manifest."""
    (run / name).write_bytes(encode(document))
    reseal(run, name)


def reseal(run: Path, *names: str) -> None:
    """Write the hashes of changed files into a run's manifest, and seal it again."""
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["sha256"]
    manifest["outputs"].update({name: digest(run / name) for name in names})
    (run / "manifest.json").write_bytes(encode(seal(manifest)))
