"""Lists that leave by the browser: made as the exports make them, and gone from the disk before they are sent."""

from __future__ import annotations

import shutil
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from coterie.errors import BusyError
from coterie.runs import Run
from coterie.web.jobs.apart import apart
from coterie.web.jobs.limits import Limits

if TYPE_CHECKING:
    from coterie.exports import Export

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
MANY = 20_000
"""A longer list is made in a process of its own: it would take the server's memory, and its time from others."""
_AT_A_TIME = threading.BoundedSemaphore(2)
_PATIENCE = 30.0
_PIECE = 1 << 16


@dataclass(frozen=True)
class Left:
    """A list that was made: its name, the open file that is left of it, its size in bytes, and what to say of it."""

    name: str
    file: IO[bytes]
    size: int
    notes: tuple[str, ...]

    @property
    def media_type(self) -> str:
        """What it is, for whoever gets it."""
        return TYPES.get(Path(self.name).suffix, "application/octet-stream")

    def pieces(self) -> Iterator[bytes]:
        """Give its content, and close it."""
        with self.file:
            while piece := self.file.read(_PIECE):
                yield piece


def formats() -> list[Export]:
    """Return the formats that take the customers of a screen."""
    from coterie.exports import EXPORTS

    return [one for one in EXPORTS if "only" in one.options]


def leave(
    run: Run,
    to: str,
    name: str,
    only: Sequence[str],
    folder: Path,
    options: Mapping[str, Any],
    uploads: Mapping[str, Path],
    limits: Limits,
) -> Left:
    """Make a list.

    Parameters
    ----------
    run : Run
        Whose customers.
    to : str
        A format.
    name : str
        What the list is called, without its ending.
    only : sequence of str
        Ids, in order.
    folder : Path
        An empty one, for what is made on the way.
    options : mapping
        The format's, as `coterie.export` takes them.
    uploads : mapping of str to Path
        Options that are files which somebody sent: with one, or with `MANY` customers, the list is made in a process with limits.
    limits : Limits
        Of that process.

    Raises
    ------
    CoterieError
        If the exports refuse it, or the process fails.
    """
    from coterie.exports import EXPORTS, export

    form = EXPORTS[to]
    out = folder.resolve() / "out"
    out.mkdir(mode=0o700)
    target = out / f"{name}{form.suffix}"
    asked: dict[str, Any] = {**options, "only": list(only)}
    if not _AT_A_TIME.acquire(timeout=_PATIENCE):
        raise BusyError("Too many lists are being made.", found="others that take long.", fix="try again in a moment.", code="busy")
    try:
        if uploads or len(only) > MANY:
            asked |= {key: str(path.resolve()) for key, path in uploads.items()}
            order = {"kind": "list", "run": str(run.path.resolve()), "to": to, "target": str(target), "options": asked}
            made = apart(
                folder / "job",
                limits,
                order,
                wrong="The list could not be made.",
                fix="send smaller files, filter the list, or make it on the command line: coterie export.",
            )
        else:
            made = export(run, to, target, **asked)
        return _opened(name, out, tuple(made["notes"]))
    finally:
        _AT_A_TIME.release()


def _opened(name: str, out: Path, notes: tuple[str, ...]) -> Left:
    """Return a list's one file, or one of all of them: open, and without a name on the disk any more."""
    files = sorted(out.iterdir())
    if len(files) > 1:
        packed = out / f"{name}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.name)
            archive.writestr("notes.txt", "".join(f"{note}\n" for note in notes))
        files = [packed]
    opened = files[0].open("rb")
    size = files[0].stat().st_size
    shutil.rmtree(out, ignore_errors=True)
    return Left(files[0].name, opened, size, notes)
