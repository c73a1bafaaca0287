"""Ids as text: 17850.0 is 17850 where the whole column is whole numbers, 00123 stays, lost digits are refused."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.engines.base import Engine, literal
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.cells import Cell, Typed

EXACT = 2**53
"""From here on, floating-point numbers skip whole numbers."""
_SCIENTIFIC = r"^[-+]?\d(\.\d+)?[eE]\+\d+$|^[-+]?\d\.\d+[eE]\d+$"
_WHOLE = r"^\d+(\.0+)?$"
# C0 and C1 controls, and the marks that turn the direction of writing.
_CONTROL = r"[\x00-\x1f\x7f-\x{9f}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
_FLOATS = ("DOUBLE", "FLOAT")


def read_ids(engine: Engine, relation: str, cells: Sequence[Cell], reading: Reading) -> dict[str, Typed]:
    """Return how each id column is read.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    relation : str
        Table or view of the source.
    cells : sequence of Cell
        The mapped id columns.
    reading : Reading
        Its ``missing_tokens`` are heeded.

    Raises
    ------
    InputError
        If digits of an id were lost to floating-point or scientific notation.
    """
    return {cell.column: _id(engine, relation, cell, reading) for cell in cells}


def _id(engine: Engine, relation: str, cell: Cell, reading: Reading) -> Typed:
    if cell.sql_type in _FLOATS:
        return Typed(_from_float(engine, relation, cell))
    text = cell.text if cell.is_text else f"nullif(trim({cell.text}::VARCHAR), '')"
    if reading.missing_tokens:
        tokens = ", ".join(literal(token.strip()) for token in reading.missing_tokens)
        text = f"CASE WHEN {text} NOT IN ({tokens}) THEN {text} END"
    present, pointed, whole, big, scientific, controls = engine.rows(
        f"SELECT count(id), count(*) FILTER (WHERE suffix(id, '.0')), "
        f"count(*) FILTER (WHERE contains(id, '.') IS FALSE OR regexp_matches(id, '{_WHOLE}')), "
        f"min(id) FILTER (WHERE contains(id, '.') AND regexp_matches(id, '^\\d{{16,}}\\.0+$')), "
        f"min(id) FILTER (WHERE contains(upper(id), 'E') AND regexp_matches(id, '{_SCIENTIFIC}')), "
        f"count(*) FILTER (WHERE regexp_matches(id, '{_CONTROL}')) FROM (SELECT {text} AS id FROM {relation})"
    )[0]
    if scientific or (big and float(big) >= EXACT):
        _refuse(cell, scientific or big)
    problem = f"CASE WHEN regexp_matches({text}, '{_CONTROL}') THEN 'control_character' END" if controls else "NULL"
    if pointed and whole == present and _all_whole(engine, relation, text):
        text = f"regexp_replace({text}, '\\.0+$', '')"
    return Typed(text, problem)


def _all_whole(engine: Engine, relation: str, text: str) -> bool:
    return bool(engine.rows(f"SELECT bool_and(regexp_matches({text}, '{_WHOLE}')) FROM {relation}")[0][0])


def _from_float(engine: Engine, relation: str, cell: Cell) -> str:
    """Return the SQL of an id that came as a floating-point number; NaN is a missing id."""
    finite = f"CASE WHEN isfinite({cell.text}) THEN {cell.text} END"
    largest, whole = engine.rows(f"SELECT max(abs({finite})), bool_and({finite} = floor({finite})) FROM {relation}")[0]
    if largest is not None and largest >= EXACT:
        _refuse(cell, f"{largest:.0f}")
    return f"CAST(CAST({finite} AS BIGINT) AS VARCHAR)" if whole else f"CAST({finite} AS VARCHAR)"


def _refuse(cell: Cell, example: str) -> None:
    raise InputError(
        f"The ids of column {cell.source!r} have lost digits.",
        found=f"{example}, a number rounded by a spreadsheet or a floating-point column.",
        fix=f"export {cell.source!r} as text, or --map {cell.column}=HEADER with another column.",
        code="id_precision",
    )
