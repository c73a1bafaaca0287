"""What is left of a job when it is over: its events, and not one line of a customer."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from coterie.errors import CoterieError
from coterie.web.jobs.events import FILE, LAST, tell, told
from coterie.web.jobs.order import FILE as ORDER
from coterie.web.jobs.process import SCRATCH, STDERR

HOPELESS = frozenset({"cancelled", "crashed", "lost", "limit", "timeout"})
"""Reasons for which the same file would end in the same way, or that a person wanted: it is not kept."""


def ended(folder: Path) -> bool:
    """Return whether a job has said its last."""
    return any(event["event"] in LAST for _, event in told(folder))


def refuse(folder: Path, reason: CoterieError) -> None:
    """End a job's account with a refusal."""
    # A kill may have cut a line off: end it, so that the next one is read.
    with contextlib.suppress(FileNotFoundError), (folder / FILE).open("rb+") as events:
        if events.seek(0, 2):
            events.seek(-1, 2)
            if events.read(1) != b"\n":
                events.write(b"\n")
    tell(folder, "refused", **reason.as_dict())


def tidy(folder: Path) -> None:
    """Delete what a job needed; of what it said on its way, only what may tell why it died is kept."""
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    (folder / ORDER).unlink(missing_ok=True)
    errors = folder / STDERR
    if errors.is_file() and not errors.stat().st_size:
        errors.unlink()


def lost() -> CoterieError:
    """Return the refusal of a job whose server was stopped."""
    return CoterieError(
        "The run was lost: the server was stopped while it was at work.",
        found="no process that goes on with it; what was published before is as it was.",
        fix="start it again.",
        code="lost",
    )


def silent() -> CoterieError:
    """Return the refusal of a job that ended well and said nothing."""
    return CoterieError(
        "The run ended without a word.", found="no result.", fix="try again, or run it on the command line.", code="crashed"
    )


def not_started(error: OSError) -> CoterieError:
    """Return the refusal of a job that the system would not start."""
    return CoterieError(
        "The run could not be started.",
        found=f"{error.strerror or error}.",
        fix="free memory or disk on the server, and start again.",
        code="crashed",
    )
