"""What a job says: one JSON object a line in a file, which outlives the browser, the job's process and the server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE = "events.jsonl"
LAST = frozenset({"done", "refused"})
"""Events after which nothing comes."""
_MOST_BYTES = 4_000_000


def tell(folder: Path, event: str, **data: Any) -> None:
    """Append an event to a job's file; one write, so that a reader or a kill finds it whole or not at all.

    Parameters
    ----------
    folder : Path
        The job's.
    event : str
        ``"queued"``, ``"started"``, ``"stage"``, ``"done"`` or ``"refused"``.
    **data
        Plain JSON data.
    """
    line = json.dumps({"event": event, **data}, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def told(folder: Path, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
    """Return the events of a job with their numbers, from 1.

    Parameters
    ----------
    folder : Path
        The job's.
    after : int, default 0
        Number of the last one known already.
    """
    try:
        with (folder / FILE).open("rb") as file:
            lines = file.read(_MOST_BYTES).split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(lines[after:], after + 1):
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off by a kill
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            found.append((number, event))
            if event["event"] in LAST:
                break
    return found
