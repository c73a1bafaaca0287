"""DuckDB, in memory, spilling to disk: the default engine."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from coterie.engines.base import Dialect, Engine, Reject, identifier, literal
from coterie.errors import InputError, RecipeError

MAX_LINE = 8_000_000
"""Longest record read, in bytes; a longer one is set aside."""

_BUFFER = 8 * MAX_LINE
"""Bytes of text held at a time. A thread takes a quarter: with fewer rows than a row group has, groups are made by copying."""

_REASONS = {"MISSING COLUMNS": "ragged", "TOO MANY COLUMNS": "ragged", "LINE SIZE OVER MAXIMUM": "field_limit"}


class DuckDBEngine:
    """DuckDB behind the engine protocol; threads may use it side by side, and see each other's tables.

    Parameters
    ----------
    memory_limit : str, optional
        Such as ``"2GB"``.
    threads : int, optional
        Number of threads.
    """

    def __init__(self, *, memory_limit: str | None = None, threads: int | None = None) -> None:
        self._spill = tempfile.mkdtemp(prefix="coterie-spill-")
        config: dict[str, Any] = {"temp_directory": self._spill, "autoinstall_known_extensions": "false"}
        if memory_limit is not None:
            config["memory_limit"] = memory_limit
        if threads is not None:
            config["threads"] = str(threads)
        try:
            self._database = duckdb.connect(":memory:", config=config)
        except duckdb.ParserException as error:
            shutil.rmtree(self._spill, ignore_errors=True)
            raise RecipeError(
                f"memory_limit={memory_limit!r} is no amount of memory.",
                found=f"{str(error).removeprefix('Parser Error: ')}.",
                fix="--memory-limit 2GB",
                code="memory_limit",
            ) from None
        self._sessions: dict[int, duckdb.DuckDBPyConnection] = {}
        self._open = True

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """This thread's session: one connection runs one statement at a time."""
        if not self._open:
            raise duckdb.ConnectionException("closed, with work left for it in another thread")
        thread = threading.get_ident()
        if thread not in self._sessions:
            session = self._database.cursor()
            session.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
            self._sessions[thread] = session
        return self._sessions[thread]

    def run(self, sql: str) -> None:
        """Execute a statement whose result nobody needs."""
        with _resources():
            self._connection.execute(sql).fetchall()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute a query and return its rows."""
        with _resources():
            return self._connection.execute(sql).fetchall()

    def arrays(self, sql: str) -> dict[str, Any]:
        """Execute a query and return one NumPy array a column; a numeric NULL is NaN, a NULL of text or truth is None."""
        import numpy as np

        with _resources():
            fetched = self._connection.execute(sql).fetchnumpy()
        filled = {}
        for name, values in fetched.items():
            if isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "Ob":
                # Filling with None would mean NumPy's own filling: a question mark, or true.
                whole = values.data.astype(object)
                whole[np.ma.getmaskarray(values)] = None
                values = whole
            elif isinstance(values, np.ma.MaskedArray):
                blank = np.datetime64("NaT") if values.dtype.kind == "M" else np.nan
                floating = values.astype(float) if values.dtype.kind in "iu" else values
                values = np.ma.filled(floating, blank)
            filled[name] = values
        return filled

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a table, view or parenthesised query with their SQL types."""
        return {row[0]: row[1] for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")}

    def register(self, name: str, frame: Any) -> None:
        """Make a pandas, Polars or PyArrow frame queryable under a name."""
        self._connection.register(name, frame)

    def read_csv(self, table: str, path: Path, dialect: Dialect, further: Mapping[str, str] | None = None) -> Sequence[Reject]:
        """Load a UTF-8 file as a table of text columns plus ``source_line``; return what does not fit the layout.

        Raises
        ------
        InputError
            If a quote is opened and never closed.
        """
        names = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in dialect.columns)
        options = (
            f"auto_detect = false, header = false, skip = {dialect.skip}, columns = {{{names}}}, "
            f"delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)}, escape = {literal(dialect.quote)}, "
            f"store_rejects = true, rejects_table = 'rejected_records', rejects_scan = 'rejected_scans', rejects_limit = 0, "
            f"max_line_size = {MAX_LINE}, buffer_size = {_BUFFER}, null_padding = false, strict_mode = true"
        )
        for old in ("rejected_records", "rejected_scans"):
            self.run(f"DROP TABLE IF EXISTS {old}")
        read = identifier(f"{table}_read")
        listed = "".join(f", {sql} AS {name}" for name, sql in (further or {}).items())
        try:
            self.run(f"CREATE OR REPLACE TABLE {read} AS SELECT *{listed} FROM read_csv({literal(str(path))}, {options})")
        except duckdb.Error as error:
            raise _unreadable(path, str(error)) from None
        rejects = self.rows(
            "SELECT line, any_value(error_type)::VARCHAR, any_value(left(csv_line, 1000)) "
            "FROM rejected_records GROUP BY line ORDER BY line"
        )
        for line, kind, _ in rejects:
            if kind not in _REASONS:
                raise _unreadable(path, f"Line: {line} {kind}")
        self._number_lines(identifier(table), read, dialect.skip, [line for line, _, _ in rejects])
        return [Reject(line, _REASONS[kind], text or "") for line, kind, text in rejects]

    def _number_lines(self, table: str, read: str, skip: int, rejected: list[int]) -> None:
        """Give rows their record numbers in the file: places in the table, the records skipped, and the rejected ones before.

        A window function would count on one thread alone; places are there already, in the order of reading.
        """
        numbered = f"SELECT *, rowid + 1 + {skip} AS source_line FROM {read}"
        if not rejected:
            self.run(f"CREATE OR REPLACE VIEW {table} AS {numbered}")
            return
        # The i-th reject, at record r, has r - skip - i accepted rows before it.
        shifts = ", ".join(f"({line - i - 1}, {i + 1})" for i, line in enumerate(rejected))
        self.run(
            f"CREATE OR REPLACE TABLE {table} AS "
            f"SELECT rows.* REPLACE (source_line + coalesce(shifts.shift, 0) AS source_line) FROM ({numbered}) AS rows "
            "ASOF LEFT JOIN (SELECT before, max(shift) AS shift "
            f"FROM (VALUES {shifts}) AS v(before, shift) GROUP BY before) AS shifts "
            f"ON rows.source_line > shifts.before ORDER BY source_line"
        )
        self.run(f"DROP TABLE {read}")

    def write(self, sql: str, path: Path) -> None:
        """Write a query's rows, in its order, as ``.parquet`` or ``.csv`` by the path's ending."""
        form = {
            ".parquet": "FORMAT parquet, COMPRESSION zstd",
            ".csv": "FORMAT csv, HEADER true, DELIMITER ','",
        }[path.suffix]
        self.run(f"COPY ({sql}) TO {literal(str(path))} ({form})")

    def into(self, engine: Engine, name: str, sql: str) -> str:
        """Return the query itself: its rows are here already."""
        return f"({sql})"

    def close(self) -> None:
        """Stop what still runs, close every connection and delete what was spilled."""
        self._open = False
        for session in [*self._sessions.values(), self._database]:
            while not _closed(session):
                time.sleep(0.001)
        self._sessions.clear()
        shutil.rmtree(self._spill, ignore_errors=True)

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()


def _closed(session: duckdb.DuckDBPyConnection) -> bool:
    """Interrupt what another thread still has running in a session, and close it; False while it is busy."""
    try:
        session.interrupt()
        session.close()
    except duckdb.ConnectionException:  # It is closed already.
        return True
    except duckdb.Error:
        return False
    return True


@contextmanager
def _resources() -> Iterator[None]:
    """Turn a full memory or disk into an error that names it; DuckDB's others pass."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise InputError(
            "The lines need more memory than there is.",
            found=str(error).splitlines()[0][:200] + ".",
            fix="free some memory, raise memory_limit, or point TMPDIR at a disk with room to spill to.",
            code="limit",
        ) from None
    except duckdb.IOException as error:
        full = [number for number in (errno.ENOSPC, errno.EFBIG) if os.strerror(number) in str(error)]
        if not full:
            raise
        raise OSError(full[0], os.strerror(full[0])) from None


def _unreadable(path: Path, said: str) -> InputError:
    line = re.search(r"Line: (\d+)", said)
    where = f" at line {line.group(1)}" if line else ""
    if "UNQUOTED" in said or "unterminated quote" in said:
        return InputError(
            f"{path.name}{where} opens a quote and does not close it properly.",
            found="a quoted field that never ends, or text after its closing quote.",
            fix="close the quote on that line, or double the quotes inside the field.",
            code="unterminated_quote",
        )
    return InputError(
        f"{path.name}{where} cannot be read as delimited text.",
        found=said.splitlines()[0][:300],
        fix="--delimiter to name the separator, or export the file again as UTF-8 CSV.",
        code="unreadable",
    )
