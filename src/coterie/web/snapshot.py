"""One published run, whole, as a request sees it from its first line to its last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from coterie.errors import ModelError, RunError
from coterie.model import MODEL, SegmentModel, model_file
from coterie.runs import Run, open_run

if TYPE_CHECKING:
    from coterie.engines.locked import LockedTables
    from coterie.report.format import Format

DOCUMENTS = ("manifest", "segments", "sweep", "ledger")
TABLES = ("customers", "orders")
Made = TypeVar("Made")
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
    locale, currency : str, optional
        That figures are written for; default the run's own.
    """

    run: Run
    model: SegmentModel
    documents: dict[str, bytes]
    locale: str | None = None
    currency: str | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    _making: dict[Hashable, threading.RLock] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, run: Run, locale: str | None = None, currency: str | None = None) -> Snapshot:
        """Read a run's documents and model, each against its hash.

        Raises
        ------
        RunError, ModelError
            If one of them is missing, changed or no such thing.
        """
        _ = run.segments, run.sweep, run.ledger
        files = {name: run.path / f"{name}.json" for name in DOCUMENTS}
        model = SegmentModel.load(run.file(model_file(run.path).name), assigning=False)
        return cls(run, model, {name: _bytes(run, file) for name, file in files.items()}, locale, currency)

    @property
    def number(self) -> str:
        """The run's number."""
        return self.run.number

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what is made of this run once, by whoever asks first, and kept as long as the run is open."""
        if key not in self._made:
            with self._making.setdefault(key, threading.RLock()):
                if key not in self._made:
                    self._made[key] = make()
        made: Made = self._made[key]
        return made

    @property
    def tables(self) -> LockedTables:
        """Its customers, and its orders where it has them; read when they are first asked for, or by `load`."""
        return self.once("tables", self._tables)

    @property
    def read(self) -> bool:
        """Whether its tables are in memory."""
        return "tables" in self._made

    @property
    def summary(self) -> dict[str, Any]:
        """What its report says, as `coterie.report.summarise` has it."""
        from coterie.report import summarise

        return self.once("summary", lambda: summarise(self.run.path, locale=self.locale, currency=self.currency))

    @property
    def words(self) -> Format:
        """How its figures are written."""
        from coterie.report.format import Format
        from coterie.report.summary import locale_of

        manifest = self.run.manifest
        return self.once("words", lambda: Format(self.locale or locale_of(manifest), self.currency or manifest.get("currency")))

    def glance(self) -> Snapshot:
        """Read what the first page is made of now, from files held against their hashes, and return self."""
        if self.has("customers.parquet"):
            self.run.file("customers.parquet")
        _ = self.summary
        return self

    def load(self) -> Snapshot:
        """Read everything that pages are made of now, one thing beside the other, and return self."""
        with ThreadPoolExecutor(1) as beside:
            tables = beside.submit(lambda: self.tables)
            _ = self.summary, tables.result()
        return self

    def _tables(self) -> LockedTables:
        from coterie.engines.locked import LockedTables

        return LockedTables({name: self.run.file(f"{name}.parquet") for name in TABLES if self.has(f"{name}.parquet")})

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
    """Hold every file of a run against its hash, and the manifest that has the hashes against its own.

    Raises
    ------
    RunError
        If one is missing or changed.
    """
    open_run(run.path)
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
