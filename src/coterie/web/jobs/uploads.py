"""Files that were sent, until a run is made of them: few, for an hour, in a folder that is this user's alone."""

from __future__ import annotations

import re
import secrets
import shutil
import threading
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from coterie.errors import InputError

_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST = 100


@dataclass(frozen=True)
class Upload:
    """A file that was sent: its id, its name as the browser gave it and where it lies."""

    upload: str
    name: str
    path: Path


class Shelf:
    """Keeps uploads.

    Parameters
    ----------
    folder : Path
        Where; what lies there from an earlier server is deleted by `clear`.
    most : int, default 4
        Files kept; the one that was not used for longest goes first.
    seconds : float, default 3600
        How long one is kept.
    """

    def __init__(self, folder: Path, *, most: int = 4, seconds: float = 3600.0) -> None:
        self.folder = folder
        self._most, self._seconds = most, seconds
        self._used: dict[str, float] = {}
        self._held: set[str] = set()
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Delete everything: nobody remembers whose it is."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._used.clear()

    def place(self, name: str) -> Upload:
        """Return a new place for a file, which is empty."""
        upload = secrets.token_hex(16)
        folder = self.folder / upload
        folder.mkdir(mode=0o700, parents=True)
        with self._lock:
            self._used[upload] = time.monotonic()
            self._sweep()
        return Upload(upload, file_name(name), folder / file_name(name))

    def find(self, upload: str) -> Upload:
        """Return an upload.

        Raises
        ------
        InputError
            If it is not there, or not there any more.
        """
        with self._lock:
            self._sweep()
            folder = self.folder / upload
            found = next(iter(folder.iterdir()), None) if _ID.fullmatch(upload) and folder.is_dir() else None
            if found is None:
                raise InputError(
                    "The file is not here any more.",
                    found="an upload that was used, is over an hour old, or never was.",
                    fix="choose the file again.",
                    code="no_upload",
                )
            self._used[upload] = time.monotonic()
        return Upload(upload, found.name, found)

    def hold(self, upload: str) -> None:
        """Keep an upload for as long as a job needs it."""
        with self._lock:
            self._held.add(upload)

    def release(self, upload: str, *, keep: bool) -> None:
        """Let go of an upload; delete it unless it is kept for another try."""
        with self._lock:
            self._held.discard(upload)
            if not keep:
                self._drop(upload)

    def _sweep(self) -> None:
        free = sorted((used, upload) for upload, used in self._used.items() if upload not in self._held)
        now = time.monotonic()
        over = len(free) - self._most
        for place, (used, upload) in enumerate(free):
            if place < over or now - used > self._seconds:
                self._drop(upload)

    def _drop(self, upload: str) -> None:
        self._used.pop(upload, None)
        shutil.rmtree(self.folder / upload, ignore_errors=True)


def file_name(given: str) -> str:
    """Return the name that a browser gave a file, as a name and nothing else.

    Examples
    --------
    >>> file_name("..\\\\..\\\\etc\\\\sales 2011.csv"), file_name("../.."), file_name("\\x00\\n.csv")
    ('sales 2011.csv', 'upload', 'csv')
    """
    last = re.split(r"[/\\]", given)[-1]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C").strip(" .")
    while len(shown.encode()) > _LONGEST:
        shown = shown[1:]  # the ending is what a person knows it by
    return shown or "upload"
