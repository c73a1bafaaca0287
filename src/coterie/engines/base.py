"""What the rooms ask of an engine, and how names and values are written into SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self


@dataclass(frozen=True)
class Dialect:
    """How a delimited text file is laid out.

    Parameters
    ----------
    columns : tuple of str
        Column names, unique, in order; all are read as text.
    delimiter, quote : str
        One character each; an empty quote means that no field is quoted.
    skip : int
        Records before the first data row, the header among them.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    quote: str = '"'
    skip: int = 1


@dataclass(frozen=True)
class Reject:
    """A record that does not fit the layout: where it is, why, and its text (first 1,000 characters)."""

    line: int
    reason: str
    text: str


class Tables(Protocol):
    """Where cleaned lines lie. Tables are named by the caller; SQL is in DuckDB's dialect, the portable part of it.

    Threads may use it side by side: they see each other's tables.
    """

    def run(self, sql: str) -> None:
        """Execute a statement whose result nobody needs."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute a query and return its rows."""

    def register(self, name: str, frame: Any) -> None:
        """Make a PyArrow table queryable under a name."""

    def write(self, sql: str, path: Path) -> None:
        """Write a query's rows, in its order, as ``.parquet`` or ``.csv`` by the path's ending."""

    def into(self, engine: Engine, name: str, sql: str) -> str:
        """Return a relation of an engine that has a query's rows: under that name, where they have to be fetched."""


class Engine(Tables, Protocol):
    """A place where SQL runs, all of DuckDB's dialect: here, beside the program.

    Each thread has its own registered frames.
    """

    def arrays(self, sql: str) -> dict[str, Any]:
        """Execute a query and return one NumPy array a column (object arrays of str for text)."""

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a table, view or parenthesised query with their SQL types."""

    def read_csv(self, table: str, path: Path, dialect: Dialect, further: Mapping[str, str] | None = None) -> Sequence[Reject]:
        """Load a UTF-8 file as a table of text columns, and of further ones by name and SQL that are made of them on the way.

        Its ``source_line`` (BIGINT) is the record's number, from 1, header counted.
        """

    def close(self) -> None:
        """Release everything."""

    def __enter__(self) -> Self:
        """Return self."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""


def identifier(name: str) -> str:
    """Return a column or table name as a quoted SQL identifier.

    Examples
    --------
    >>> print(identifier('x"; DROP TABLE t;--'))
    "x""; DROP TABLE t;--"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | float | bool | None) -> str:
    """Return a Python value as an SQL literal.

    Examples
    --------
    >>> literal("O'Neil"), literal(None), literal(3)
    ("'O''Neil'", 'NULL', '3')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + value.replace("'", "''") + "'"
