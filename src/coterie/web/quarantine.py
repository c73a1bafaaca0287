"""The lines that were set aside, read from the run's file a few at a time: however many, they are never held at once."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coterie.errors import RunError
from coterie.web.files import whole
from coterie.web.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow.parquet

FILE = "quarantine.parquet"
OWN = ("reason", "source_file", "source_line", "source_text")
"""The file's last columns, each with underscores behind it where the source has one of that name."""
_ROWS, _BYTES = 4096, 2**24
"""Lines and bytes, about, that are read at a time."""


@dataclass(frozen=True)
class Quarantine:
    """The lines a run set aside.

    Parameters
    ----------
    path : Path
        The file.
    columns : tuple of str
        Of the source, then `OWN`.
    counts : tuple of dict
        Lines by reason, of each part that the file is written in.
    """

    path: Path
    columns: tuple[str, ...]
    counts: tuple[dict[str, int], ...]

    @classmethod
    def of(cls, found: Snapshot) -> Quarantine:
        """Open the file of a run, held against its hash; only how many lines have which reason is read, and that once.

        Raises
        ------
        RunError
            If the run has no such file, or it was changed, or is of another shape.
        """
        path = whole(found, FILE)
        return found.once(("quarantine", path.stat().st_mtime_ns), lambda: cls._open(path))

    @classmethod
    def _open(cls, path: Path) -> Quarantine:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if [name.rstrip("_") for name in names[-len(OWN) :]] != list(OWN):
                raise RunError(
                    "The lines that were set aside are not as Coterie writes them.",
                    found=f"columns {', '.join(names)[:200]}.",
                    fix="run again.",
                    code="other_shape",
                )
            counts = []
            for group in range(file.num_row_groups):
                column = file.read_row_group(group, columns=[names[-len(OWN)]]).column(0)
                counts.append({one["values"]: one["counts"] for one in column.value_counts().to_pylist()})
        return cls(path, tuple(names), tuple(counts))

    def total(self, reason: str | None) -> int:
        """Return how many lines there are, of a reason or of all."""
        return sum(self._lines(counts, reason) for counts in self.counts)

    def page(self, reason: str | None, number: int, size: int) -> list[tuple[Any, ...]]:
        """Return the lines of a page, from 1, each in the order of ``columns``."""
        skip = (number - 1) * size
        rows: list[tuple[Any, ...]] = []
        for group, counts in enumerate(self.counts):
            lines = self._lines(counts, reason)
            if lines <= skip:
                skip -= lines
                continue
            for some in self._batches(group, reason):
                taken = some.slice(min(skip, some.num_rows), size - len(rows))
                skip = max(0, skip - some.num_rows)
                rows += _tuples(taken)
                if len(rows) == size:
                    return rows
        return rows

    def csv(self, reason: str | None) -> Iterator[bytes]:
        """Give the lines as CSV, in order of reading, every text guarded against formulas, the header among them."""
        from coterie.cells import guard

        yield _written([[guard(name) for name in self.columns]])
        for group, counts in enumerate(self.counts):
            if self._lines(counts, reason):
                for some in self._batches(group, reason):
                    yield _written([[cell(value) for value in row] for row in _tuples(some)])

    def _lines(self, counts: dict[str, int], reason: str | None) -> int:
        return sum(counts.values()) if reason is None else counts.get(reason, 0)

    def _batches(self, group: int, reason: str | None) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow.compute
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(self.path) as file:
            about = file.metadata.row_group(group)
            # A line may be megabytes of text.
            rows = max(1, min(_ROWS, _BYTES * about.num_rows // max(1, about.total_byte_size)))
            for batch in file.iter_batches(rows, row_groups=[group]):
                some = batch if reason is None else batch.filter(pyarrow.compute.equal(batch.column(-len(OWN)), reason))
                if some.num_rows:
                    yield some


def cell(value: Any) -> str:
    """Return a value as a cell of CSV: text guarded, numbers and times plain, nothing where there is nothing.

    Examples
    --------
    >>> cell("=1+1"), cell("-5"), cell(-5), cell(datetime.datetime(2011, 12, 9, 12, 50)), cell(None)
    ("'=1+1", '-5', '-5', '2011-12-09T12:50:00', '')
    """
    from coterie.cells import guard

    if value is None:
        return ""
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else guard(str(value))


def _tuples(batch: pyarrow.RecordBatch) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _written(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
