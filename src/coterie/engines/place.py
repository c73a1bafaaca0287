"""What an engine asks of a database or a cluster whose lines stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from coterie.engines.dialects import Dialect

if TYPE_CHECKING:
    import pyarrow


class Place(Protocol):
    """Where lines lie. SQL is in the place's own dialect; tables are named by the caller, and gone with the connection."""

    @property
    def dialect(self) -> Dialect:
        """What it speaks."""

    @property
    def numbering(self) -> str:
        """SQL of a number for every line, by the relation's columns; empty where they are numbered in the order of all of them."""

    @property
    def apart(self) -> bool:
        """Whether few lines are better looked for, kept apart and joined with all of them than told by windows over all of them."""

    def keep(self, name: str, sql: str) -> None:
        """Make the rows of a query a table, in the place of one of that name."""

    def view(self, name: str, sql: str) -> None:
        """Name a query, in the place of one of that name."""

    def fetch(self, sql: str) -> pyarrow.RecordBatchReader:
        """Return a query's rows as they come."""

    def take(self, name: str, table: pyarrow.Table) -> None:
        """Make an Arrow table queryable there."""

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a relation with their types, in the place's own words."""

    def digest(self, relation: str, columns: Sequence[str]) -> tuple[str, int, int]:
        """Return a SHA-256 of rows in whatever order, how many they are, and the bytes of their values as text."""

    def close(self) -> None:
        """Stop what still runs, and leave nothing behind."""
