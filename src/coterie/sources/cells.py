"""A mapped column as it lies in the source, and as SQL that types it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from coterie.columns import BY_NAME, Kind
from coterie.engines.base import Engine, identifier, literal
from coterie.errors import InputError
from coterie.sources.lines import Match

# A plain trim leaves all of these but the first: tab and line ends; no-break, narrow, ideographic and zero-width space;
# byte order mark.
BLANKS = " \t\n\r\v\f\u00a0\u202f\u2007\u3000\u200b\ufeff"
TIMES = "coterie_times"
_NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "VARIANT", "GEOMETRY")


@dataclass(frozen=True)
class Cell:
    """A source column that was mapped.

    Parameters
    ----------
    column, source : str
        Its name in the contract and in the source.
    sql_type : str
        Its type in the source.
    bare : str
        SQL of its text as it lies, or of its value where the source has typed values.
    text : str
        The same, of a text trimmed and NULL where empty.
    wide : str
        The same, trimmed of every kind of blank: slower, so only where there are some.
    values : str, optional
        Table of its distinct values, where they were gathered.
    """

    column: str
    source: str
    sql_type: str
    bare: str
    text: str
    wide: str
    values: str | None = None

    @property
    def kind(self) -> Kind:
        """How the contract reads it; a column of a known export's own is money."""
        return BY_NAME[self.column].kind if self.column in BY_NAME else "money"

    def distinct(self, relation: str) -> str:
        """Return SQL of the column's distinct values and how often each occurs."""
        return self.values or f"(SELECT {identifier(self.source)}, count(*) AS {TIMES} FROM {relation} GROUP BY 1)"

    @property
    def trimmed(self) -> str:
        """SQL of ``text`` for a column of long texts: to see that there is nothing to trim is four times as fast as to trim."""
        if self.text != f"nullif(trim({self.bare}), '')":
            return self.text
        bare = f"strlen({self.bare}) = length({self.bare}) AND {self.bare} > '!' AND NOT suffix({self.bare}, ' ')"
        return f"CASE WHEN {bare} THEN {self.bare} ELSE {self.text} END"

    @property
    def is_text(self) -> bool:
        """Whether its values come as text."""
        return self.sql_type == "VARCHAR"


@dataclass(frozen=True)
class Typed:
    """SQL of a column's typed value, and of its problem: a reason as text, or NULL.

    Parameters
    ----------
    value, problem : str
        The SQL.
    sure : str, optional
        SQL condition of a value, written ``{0}``, that has no problem; quicker than to look for one.
    """

    value: str
    problem: str = "NULL"
    sure: str = "FALSE"

    def lying(self, name: str) -> Typed:
        """Return the same where the value lies in a column of its own."""
        return replace(self, value=name, problem=self.problem.replace(self.value, name))


def stored(column: str) -> str:
    """Return the name of a column of the contract that lies typed beside the source's own."""
    return f"coterie_{column}"


def cells_of(engine: Engine, relation: str, matches: Sequence[Match]) -> dict[str, Cell]:
    """Return the mapped columns of a table or view, by their names in the contract.

    Raises
    ------
    InputError
        If a mapped column holds lists, structures or bytes.
    """
    types = engine.columns(relation)
    for match in matches:
        if types[match.source].startswith(_NESTED) or types[match.source].endswith("]"):
            raise InputError(
                f"Column {match.source!r}, read as {match.column}, holds no plain values.",
                found=f"{types[match.source][:200]}.",
                fix=f"--map {match.column}=HEADER with a column of numbers, dates or text, or flatten it before.",
                code="nested",
            )
    return {match.column: _cell(match, types[match.source]) for match in matches}


def gathered(engine: Engine, relation: str, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """Gather the distinct values of columns of text, for all that is asked about a column as a whole; `forget` drops them.

    Trimming is by far the slowest part of reading a number or a date. Where no value needs it, ``text`` does without.
    """
    found = {}
    for name, cell in cells.items():
        if not cell.is_text:
            found[name] = cell
            continue
        table = f"{relation}_of_{name}"
        engine.run(f"CREATE OR REPLACE TABLE {table} AS {cell.distinct(relation)}")
        trimmed, empty = engine.rows(
            f"SELECT coalesce(bool_and({cell.bare} = trim({cell.bare})), TRUE), coalesce(bool_or({cell.bare} = ''), FALSE) "
            f"FROM {table}"
        )[0]
        plain = f"nullif({cell.bare}, '')" if empty else cell.bare
        found[name] = replace(cell, text=plain if trimmed else cell.text, values=table)
    return found


def forget(engine: Engine, cells: Mapping[str, Cell]) -> None:
    """Drop what was gathered of columns."""
    for cell in cells.values():
        if cell.values:
            engine.run(f"DROP TABLE {cell.values}")


def _cell(match: Match, sql_type: str) -> Cell:
    name = identifier(match.source)
    if sql_type.startswith(("ENUM", "VARCHAR", "UUID", "BOOLEAN", "TIME[")):
        name, sql_type = name if sql_type == "VARCHAR" else f"CAST({name} AS VARCHAR)", "VARCHAR"
        return Cell(
            match.column,
            match.source,
            sql_type,
            name,
            f"nullif(trim({name}), '')",
            f"nullif(trim({name}, {literal(BLANKS)}), '')",
        )
    return Cell(match.column, match.source, sql_type, name, name, name)
