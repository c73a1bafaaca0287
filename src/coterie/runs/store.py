"""Where runs live: a folder each, written beside its place and renamed into it whole; ``latest`` is swapped last.

Readers need no lock: a run that can be seen is complete and never changes. Writers reserve a number by making the folder
``.000001.partial`` and holding a lock on ``.000001.lock`` while they live; what a killed writer leaves is collected by the next.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coterie.document import digest, encode, seal
from coterie.errors import BusyError, RunError

_NUMBER = re.compile(r"\d{6,}")
_PARTIAL = re.compile(r"\.(\d{6,})\.partial")
_PATIENCE = 10.0


@dataclass(frozen=True)
class Reserved:
    """A run being written.

    Parameters
    ----------
    number : str
        Such as ``"000001"``.
    folder : Path
        Where its files are written.
    root : Path
        The folder of runs.
    """

    number: str
    folder: Path
    root: Path

    def write(self, name: str, document: dict[str, Any]) -> None:
        """Write a JSON document of the run."""
        (self.folder / name).write_bytes(encode(document))

    def publish(self, manifest: dict[str, Any], known: Mapping[str, str] | None = None) -> Path:
        """Seal the manifest with the hash of every file, rename the folder into place and swap ``latest``.

        Parameters
        ----------
        manifest : dict
            Without hashes.
        known : mapping of str to str, optional
            Files that were published before and lie here as links, on the disk already, with their hashes.

        Returns
        -------
        Path
            The published folder.
        """
        outputs = dict(known or {})
        fresh = [file for file in self.folder.iterdir() if file.name not in {"manifest.json", *outputs}]
        # To hash a file and to wait for the disk leave Python idle.
        with ThreadPoolExecutor() as pool:
            outputs |= zip([file.name for file in fresh], pool.map(_settled, fresh), strict=True)
        outputs = dict(sorted(outputs.items()))
        self.write("manifest.json", seal({**manifest, "outputs": outputs}))
        _sync(self.folder / "manifest.json")
        _sync(self.folder)
        place = self.root / self.number
        self.folder.rename(place)
        _sync(self.root)
        with _locked(self.root / ".lock"):
            if self.number >= (_pointed(self.root) or ""):
                pointer = self.root / f".latest.{self.number}"
                pointer.write_text(self.number + "\n", encoding="ascii")
                _sync(pointer)
                pointer.rename(self.root / "latest")
        _sync(self.root)
        return place


@contextmanager
def reserve(root: Path) -> Iterator[Reserved]:
    """Reserve the next number in a folder of runs; what is not published is deleted on the way out.

    Raises
    ------
    RunError
        If the folder cannot be written to, or the disk is full.
    BusyError
        If another process holds the folder's lock for ten seconds.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root / ".lock"):
            _collect(root)
            taken = [int(name) for entry in root.iterdir() if (name := _number(entry.name))]
            number = f"{max(taken, default=0) + 1:06d}"
            lock = (root / f".{number}.lock").open("w", encoding="ascii")
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder = root / f".{number}.partial"
            folder.mkdir()
    except OSError as error:
        raise _unwritable(root, error) from None
    try:
        yield Reserved(number, folder, root)
    except OSError as error:
        raise _unwritable(Path(error.filename or root), error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(lock.name).unlink(missing_ok=True)
        lock.close()


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Hold a folder of runs for a writer that builds on its latest run; others may read, and publish runs of their own.

    Raises
    ------
    BusyError
        If another such writer holds it for ten seconds.
    """
    with _locked(root / ".update.lock"):
        yield


def resolve(path: Path) -> list[Path]:
    """Return the folder of a run named by its folder, by ``RUNS/latest``, or by the folder of runs.

    Returns
    -------
    list of Path
        That folder; where the pointer to the latest run is missing, every run, newest first.

    Raises
    ------
    RunError
        If there is none.
    """
    if (path / "manifest.json").is_file():
        return [path]
    root = path.parent if path.name == "latest" else path
    if root.is_dir() and (path.name == "latest" or path.is_dir()):
        pointed = _pointed(root)
        if pointed and (root / pointed / "manifest.json").is_file():
            return [root / pointed]
        whole = [
            entry for entry in root.iterdir() if _NUMBER.fullmatch(entry.name) and (entry / "manifest.json").is_file()
        ]
        if whole:
            return sorted(whole, key=lambda entry: int(entry.name), reverse=True)
    published = sorted(e.name for e in root.iterdir() if _NUMBER.fullmatch(e.name)) if root.is_dir() else []
    raise RunError(
        f"{path} is not a run.",
        found=f"runs in {root}: {', '.join(published[-5:]) or 'none'}.",
        fix="give a run's folder, such as coterie-runs/000001 or coterie-runs/latest; coterie run FILE makes one.",
        code="no_run",
    )


def _number(name: str) -> str | None:
    partial = _PARTIAL.fullmatch(name)
    return partial.group(1) if partial else name if _NUMBER.fullmatch(name) else None


def _pointed(root: Path) -> str | None:
    try:
        text = (root / "latest").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    return text if _NUMBER.fullmatch(text) else None


def _collect(root: Path) -> None:
    """Delete the leftovers of writers that are gone: their lock can be had."""
    for partial in root.glob(".*.partial"):
        name = _number(partial.name)
        if name is None:
            continue
        lock = root / f".{name}.lock"
        with lock.open("a", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(partial, ignore_errors=True)
            lock.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a folder's lock for a moment."""
    with path.open("a+", encoding="ascii") as file:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    file.seek(0)
                    raise BusyError(
                        f"{path.parent} is in use.",
                        found=f"process {file.read().strip() or 'unknown'} holds its lock.",
                        fix="wait for it, end it, or give another --out.",
                        code="busy",
                    ) from None
                time.sleep(0.02)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _unwritable(path: Path, error: OSError) -> RunError:
    there = next((folder for folder in (path, *path.absolute().parents) if folder.exists()), Path.cwd())
    free = shutil.disk_usage(there).free
    return RunError(
        f"{path} cannot be written: {error.strerror or error}.",
        found=f"{free:,} bytes free there.",
        fix="--out names another folder; make room or mend its permissions.",
        code="unwritable",
    )


def _settled(path: Path) -> str:
    """Return a file's hash once it is on the disk."""
    _sync(path)
    return digest(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
