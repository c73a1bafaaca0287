"""Something done in the limited process for somebody who waits: no queue, no account, and nothing left of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from coterie.errors import CoterieError
from coterie.web.jobs.events import told
from coterie.web.jobs.limits import Limits
from coterie.web.jobs.order import FILE
from coterie.web.jobs.process import Process
from coterie.web.jobs.worker import RESULT

SECONDS = 300.0
"""How long somebody waits."""


def apart(folder: Path, limits: Limits, asked: dict[str, Any], *, wrong: str, fix: str) -> dict[str, Any]:
    """Return what the process makes of an order.

    Parameters
    ----------
    folder : Path
        That the process may have for itself; it is deleted with the order in it.
    limits : Limits
        What it may use.
    asked : dict
        The order: ``kind``, and what the worker takes for it; paths absolute, for the process is at home elsewhere.
    wrong, fix : str
        What to say where it fails without a word.

    Raises
    ------
    CoterieError
        What the process was refused with, or why it failed.
    """
    folder.mkdir(mode=0o700)
    try:
        limits = replace(limits, wall=min(limits.wall, SECONDS))
        (folder / FILE).write_text(json.dumps({"limits": asdict(limits), **asked}), encoding="utf-8")
        failed = Process(folder.resolve(), limits).wait()
        said = [event for _, event in told(folder)]
        last = said[-1] if said else {}
        if last.get("event") == "done":
            made: dict[str, Any] = json.loads((folder / RESULT).read_bytes())
            return made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if last.get("event") == "refused":
        raise CoterieError(last["wrong"], found=last["found"], fix=last["fix"], code=last["error"])
    found = failed.found if failed else "a process that ended without a word."
    raise CoterieError(wrong, found=found, fix=fix, code=failed.code if failed else "crashed")
