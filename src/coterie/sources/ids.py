"""Ids as text: 17850.0 is 17850 where the whole column is whole numbers, 00123 stays, lost digits are refused."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.engines.base import Engine, literal
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.cells import BLANKS, Cell, Typed

IDS = ("invoice_no", "product_id", "customer_id")
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
    return {
        cell.column: Typed(_from_float(engine, relation, cell))
        if cell.sql_type in _FLOATS
        else _from_text(engine, relation, cell, reading)
        for cell in cells
    }


def _from_text(engine: Engine, relation: str, cell: Cell, reading: Reading) -> Typed:
    """Return the SQL of an id that came as text or as a whole number."""
    values = cell.distinct(relation)
    edges = f"bool_or(regexp_matches({cell.text}, {literal(f'^[{BLANKS}]|[{BLANKS}]$')}))" if cell.is_text else "FALSE"
    text = cell.wide if engine.rows(f"SELECT {edges} FROM {values}")[0][0] else cell.text
    text = _present(text if cell.is_text else f"CAST({text} AS VARCHAR)", reading)
    ids = f"(SELECT {text} AS id FROM {values})"
    # A number that lost digits or is whole with a fraction has a point or an exponent, and most ids have none.
    telling, controls = engine.rows(
        f"SELECT bool_or(contains(id, '.') OR contains(id, '+')), bool_or(regexp_matches(id, '{_CONTROL}')) FROM {ids}"
    )[0]
    without_fraction = _is_whole(engine, ids, cell) if telling else False
    problem = f"CASE WHEN regexp_matches({text}, '{_CONTROL}') THEN 'control_character' END" if controls else "NULL"
    return Typed(_without_fraction(text) if without_fraction else text, problem)


def _is_whole(engine: Engine, ids: str, cell: Cell) -> bool:
    """Return whether all ids are whole numbers, some with a fraction of zeros; refuse those that have lost digits."""
    pointed, whole, big, scientific = engine.rows(
        f"SELECT bool_or(suffix(id, '.0')), bool_and(regexp_matches(id, '{_WHOLE}')), "
        f"max(TRY_CAST(id AS DOUBLE)) FILTER (WHERE regexp_matches(id, '^\\d{{16,}}\\.0+$')), "
        f"min(id) FILTER (WHERE regexp_matches(id, '{_SCIENTIFIC}')) FROM {ids}"
    )[0]
    if scientific or (big and big >= EXACT):
        _refuse(cell, scientific or f"{big:.0f}")
    return bool(pointed and whole)


def _without_fraction(text: str) -> str:
    """Return the SQL of whole numbers without their ``.0``; most have a single zero, and the pattern is slow."""
    return f"CASE WHEN suffix({text}, '.0') THEN left({text}, length({text}) - 2) ELSE regexp_replace({text}, '\\.0+$', '') END"


def _present(text: str, reading: Reading) -> str:
    """Return the SQL of an id that is NULL where a declared token says that it is missing."""
    if not reading.missing_tokens:
        return text
    tokens = ", ".join(literal(token.strip()) for token in reading.missing_tokens)
    return f"CASE WHEN {text} NOT IN ({tokens}) THEN {text} END"


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
