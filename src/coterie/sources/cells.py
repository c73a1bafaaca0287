"""A mapped column as it lies in the source, and as SQL that types it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coterie.columns import BY_NAME, Kind
from coterie.engines.base import Engine, identifier, literal
from coterie.errors import InputError
from coterie.sources.lines import Match

# Blanks that a plain trim leaves standing: tab and line ends, no-break, narrow, ideographic and zero-width space, byte order mark.
_BLANKS = "\t\n\r\v\f\u00a0\u202f\u2007\u3000\u200b\ufeff"
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
    text : str
        SQL of its trimmed text, NULL where empty; of its value where the source has typed values.
    """

    column: str
    source: str
    sql_type: str
    text: str

    @property
    def kind(self) -> Kind:
        """How the contract reads it."""
        return BY_NAME[self.column].kind

    @property
    def is_text(self) -> bool:
        """Whether its values come as text."""
        return self.sql_type == "VARCHAR"


@dataclass(frozen=True)
class Typed:
    """SQL of a column's typed value, and of its problem: a reason as text, or NULL."""

    value: str
    problem: str = "NULL"


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
    texts = [match.source for match in matches if types[match.source] == "VARCHAR"]
    dirty = _with_blanks(engine, relation, texts)
    cells = {}
    for match in matches:
        name = identifier(match.source)
        trimmed = f"trim({name}, {literal(' ' + _BLANKS)})" if match.source in dirty else f"trim({name})"
        text = f"nullif({trimmed}, '')" if match.source in texts else name
        is_plain = types[match.source] in ("VARCHAR",) or not types[match.source].startswith("ENUM")
        cells[match.column] = Cell(match.column, match.source, types[match.source], text) if is_plain else Cell(
            match.column, match.source, "VARCHAR", f"nullif(trim({name}::VARCHAR), '')")  # fmt: skip
    return cells


def _with_blanks(engine: Engine, relation: str, sources: Sequence[str]) -> frozenset[str]:
    """Return the columns that hold blanks which a plain trim would leave."""
    if not sources:
        return frozenset()
    pattern = literal(f"^ *[{_BLANKS}]|[{_BLANKS}] *$")
    tests = ", ".join(f"coalesce(bool_or(regexp_matches({identifier(source)}, {pattern})), FALSE)" for source in sources)
    found = engine.rows(f"SELECT {tests} FROM {relation}")[0]
    return frozenset(source for source, dirty in zip(sources, found, strict=True) if dirty)
