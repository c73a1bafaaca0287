"""One published run, whole, as a request sees it from its first line to its last."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coterie.errors import ModelError, RunError
from coterie.model import MODEL, SegmentModel, model_file
from coterie.runs import Run

if TYPE_CHECKING:
    from coterie.engines.locked import LockedTables

DOCUMENTS = ("manifest", "segments", "sweep", "ledger")
TABLES = ("customers", "orders")
Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True)
class Snapshot:
    """A run as it was when it was opened; whatever is published or damaged later, this stays as it is.

    Parameters
    ----------
    run : Run
        Where its files are.
    model : SegmentModel
        Which assigns, or only describes.
    documents : dict of str to bytes
        The run's JSON documents, as published, by `DOCUMENTS`.
    """

    run: Run
    model: SegmentModel
    documents: dict[str, bytes]
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _loaded: dict[str, LockedTables] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, run: Run) -> Snapshot:
        """Read a run's documents and model, each against its hash.

        Raises
        ------
        RunError, ModelError
            If one of them is missing, changed or no such thing.
        """
        _ = run.segments, run.sweep, run.ledger
        files = {name: run.path / f"{name}.json" for name in DOCUMENTS}
        model = SegmentModel.load(run.file(model_file(run.path).name), assigning=False)
        return cls(run, model, {name: _bytes(run, file) for name, file in files.items()})

    @property
    def number(self) -> str:
        """The run's number."""
        return self.run.number

    @property
    def tables(self) -> LockedTables:
        """Its customers, and its orders where it has them; read when they are first asked for, or by `load`."""
        with self._lock:
            if "tables" not in self._loaded:
                from coterie.engines.locked import LockedTables

                files = {name: self.run.file(f"{name}.parquet") for name in TABLES if self.has(f"{name}.parquet")}
                self._loaded["tables"] = LockedTables(files)
            return self._loaded["tables"]

    def load(self) -> Snapshot:
        """Read the tables now, and return self."""
        _ = self.tables
        return self

    def has(self, file: str) -> bool:
        """Return whether the run has a file."""
        return file in self.run.manifest["outputs"]

    def digest(self, document: str) -> str:
        """Return the hash of a document: its tag for whoever has it already."""
        name = f"{document}.json"
        return str(self.run.manifest["sha256"] if document == "manifest" else self.run.manifest["outputs"][name])

    @property
    def assigning(self) -> SegmentModel:
        """The model, to assign new customers with.

        Raises
        ------
        ModelError
            If the run's algorithm cannot.
        """
        if self.model.kind == MODEL:
            return self.model
        raise ModelError(
            f"{self.model.document.get('algorithm')} cannot assign new customers.",
            found=f"run {self.number}, whose segments are not told by the nearest centre.",
            fix="ask of a run of another algorithm, with ?run=.",
            code="cannot_assign",
        )

    @property
    def segments(self) -> list[dict[str, Any]]:
        """The segments of ``segments.json``."""
        found: list[dict[str, Any]] = self.run.segments["segments"]
        return found


def signature(folder: Path) -> Signature:
    """Return what changes when a run's files do: name, inode, size and time of each."""
    try:
        found = [(entry.name, entry.stat()) for entry in sorted(folder.iterdir())]
    except OSError:
        return ()
    return tuple((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def verify(run: Run) -> None:
    """Hold every file of a run against its hash.

    Raises
    ------
    RunError
        If one is missing or changed.
    """
    for name in run.manifest["outputs"]:
        run.file(name)


def _bytes(run: Run, file: Path) -> bytes:
    if file.name != "manifest.json":
        return run.file(file.name).read_bytes()
    try:
        return file.read_bytes()
    except OSError as error:
        fix = "run again, or restore the file."
        raise RunError(f"{file} cannot be read.", found=f"{error}.", fix=fix, code="no_file") from None
