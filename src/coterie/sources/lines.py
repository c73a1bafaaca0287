"""What every source hands to cleaning: lines mapped to the contract, beside the rows as they came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ROW_NUMBER = "(row number)"
"""Source of an invoice number that was made up, one a row, where an order-level file has none."""


@dataclass(frozen=True)
class Match:
    """How a column of the contract was found.

    Parameters
    ----------
    column : str
        Column of the contract.
    source : str
        Column of the source.
    confidence : float
        From 0 to 1; 1 means named by the user or exactly a known header.
    how : str
        In words, e.g. ``"named by --map"``, ``"a known header"``, ``"close to 'customer'"``.
    """

    column: str
    source: str
    confidence: float
    how: str


@dataclass(frozen=True)
class InputFile:
    """One input as it lay: its name, size in bytes, SHA-256 of its bytes and number of records (rejected ones counted)."""

    name: str
    size: int
    sha256: str
    records: int


@dataclass(frozen=True)
class Read:
    """A source's lines as they were written: their table, notes and warnings, and what the rows tell beyond the contract.

    Parameters
    ----------
    table : str
        As in `Lines`.
    notes, warnings : list of str
        As in `Lines`, of its columns alone.
    told : frozenset of str
        As in `Lines`.
    numbered : str, optional
        The view of all rows with ``source_nth``, where there is one.
    habits : dict of str to str, optional
        As in `Lines`.
    beside : str, optional
        As in `Lines`.
    view : str, optional
        The view that says which problem a line has, where there is no table.
    """

    table: str
    notes: list[str]
    warnings: list[str]
    told: frozenset[str]
    numbered: str | None = None
    habits: dict[str, str] | None = None
    beside: str | None = None
    view: str | None = None


@dataclass(frozen=True)
class Lines:
    """Mapped transaction lines, as tables of an engine.

    Parameters
    ----------
    table : str
        Table with ``source_row`` (BIGINT, unique), every column of ``coterie.columns.COLUMNS`` with its SQL type (NULL where the
        source has none or the text cannot be read), and ``problem`` (VARCHAR): NULL, or why a row cannot be read: ``ragged``,
        ``field_limit``, ``control_character``, ``date``, ``date_range`` (shaped like a date, but no such day), ``not_a_number``,
        ``non_finite``, ``range``, and of a known export ``not_paid``, ``unknown_status``, ``other_currency``. A missing customer is
        a NULL customer_id, not a problem. With ``"refunded"`` in ``told`` there is ``refunded`` too: money that the row was worth
        beyond its transaction_value, which was taken back; below zero on a row that took it back.
    raw : str
        Table or view with ``source_row``, ``source_file``, ``source_line``, ``source_text`` (text of a record that does not fit
        the layout, else NULL), and every source column under its own name.
    source_columns : tuple of str
        The source's own columns, in order, over all inputs.
    matches : tuple of Match
        How each column of the contract was found.
    level : {"line", "order"}
        ``"order"`` where the source has neither product nor price: one row an order.
    inputs : tuple of InputFile
        The inputs, sorted by name.
    warnings, notes : tuple of str
        What a person should look at, and what was recognised (encoding, delimiter, date format, decimal mark, known export).
    numbered : bool
        Whether ``raw`` has ``source_nth``: which one of the equal rows of its file a row is. They are then lines of their own, and
        only a row of another file is the same again.
    told : frozenset of str
        What the rows tell beyond the contract: ``"status"`` and ``"refunded"`` of a known export, ``"currency"`` where lines of
        another one were set aside.
    habits : dict of str to str, optional
        What was decided of each column as a whole, from `coterie.sources.habits`; None for a known export.
    beside : str, optional
        Where nothing was copied and ``table`` is a view of the files: a view with its columns, ``source_file``, ``source_line``,
        ``source_text``, and the source's own columns as ``raw_`` and their name, so that one look sees both.
    """

    table: str
    raw: str
    source_columns: tuple[str, ...]
    matches: tuple[Match, ...]
    level: Literal["line", "order"]
    inputs: tuple[InputFile, ...]
    warnings: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
    numbered: bool = False
    told: frozenset[str] = field(default=frozenset())
    habits: dict[str, str] | None = None
    beside: str | None = None

    @property
    def available(self) -> frozenset[str]:
        """Columns of the contract that the source has, a made-up invoice number being none, and what its rows tell beside."""
        names = {match.column for match in self.matches if match.source != ROW_NUMBER}
        return frozenset(names | ({"transaction_value"} if {"quantity", "price"} <= names else set()) | self.told)
