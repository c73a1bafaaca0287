"""Frames in hand: pandas, Polars, PyArrow or a DuckDB relation, each as one Arrow table."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from coterie.engines.base import Engine
from coterie.errors import InputError
from coterie.sources.headers import checked_header
from coterie.sources.lines import InputFile
from coterie.sources.part import Part
from coterie.sources.tables import load_arrow

if TYPE_CHECKING:
    import pyarrow


def arrow_of(frame: Any) -> pyarrow.Table:
    """Return a frame as an Arrow table.

    Raises
    ------
    InputError
        If it is no frame, or a column of it mixes types that have no common one.
    """
    import narwhals as nw
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, pa.RecordBatchReader):
        return frame.read_all()
    names = [] if hasattr(frame, "collect_schema") else [str(name) for name in getattr(frame, "columns", [])]
    checked_header("The frame", names, len(names), values=False)
    try:
        wrapped = nw.from_native(frame)
        eager = wrapped.collect("pyarrow") if isinstance(wrapped, nw.LazyFrame) else wrapped
        table: pa.Table = eager.to_arrow()
    except (TypeError, ValueError, nw.exceptions.NarwhalsError, pa.ArrowException) as error:
        raise _no_frame(frame, error) from None
    return table.select([name for name in table.column_names if not name.startswith("__index_level_")])


def digest(table: pyarrow.Table) -> str:
    """Return the SHA-256 of an Arrow table's content, however it was cut into chunks."""
    import pyarrow as pa

    sink = _Hash()
    whole = table.replace_schema_metadata(None).combine_chunks()
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), whole.schema) as stream:
        stream.write_table(whole)
    return sink.hash.hexdigest()


def load_frame(engine: Engine, table: str, name: str, frame: pyarrow.Table, sha256: str) -> Part:
    """Copy a frame into the engine, so that a later change of it changes nothing."""
    return load_arrow(engine, table, frame, InputFile(name, frame.nbytes, sha256, frame.num_rows))


class _Hash:
    """A file to write to, of which only the hash is kept."""

    closed = False

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return len(data)

    def flush(self) -> None:
        return

    def close(self) -> None:
        return


def _no_frame(frame: Any, error: Exception) -> InputError:
    return InputError(
        f"A {type(frame).__name__} cannot be read as a table.",
        found=f"{str(error).splitlines()[0][:300]}.",
        fix="hand in a path, or a pandas, Polars or PyArrow frame whose columns hold one type each.",
        code="frame",
    )
