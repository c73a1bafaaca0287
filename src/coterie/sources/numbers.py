"""Quantities and money as exact decimals: which decimal mark, decided over whole columns, and what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coterie.columns import DECIMAL, LIMIT
from coterie.engines.base import Engine, identifier, literal
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.cells import TIMES, Cell, Typed
from coterie.sources.currency import check_currency, without_currency

TOLERATED = 0.05
"""Share of a column that may contradict its other numbers and is set aside; above it, the column is refused."""
_FINE = r"{}\d{{6}}\d*[1-9]\d*$"
"""A number that six decimals do not hold, by its decimal mark."""
_PLACES = 6
_SPACES = r" \x{a0}\x{2009}\x{202f}'’"


@dataclass(frozen=True)
class _Marks:
    """How many texts need the point, or the comma, as decimal mark; how many fit both, and one of those."""

    plain: bool
    point: int = 0
    comma: int = 0
    both: int = 0
    example: str = ""


def read_numbers(engine: Engine, relation: str, cells: Sequence[Cell], reading: Reading) -> tuple[dict[str, Typed], list[str]]:
    """Return how each numeric column is read, and notes.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    relation : str
        Table or view of the source.
    cells : sequence of Cell
        The mapped columns of kind number and money.
    reading : Reading
        Its ``decimal`` and ``currency`` are heeded.

    Raises
    ------
    InputError
        If a column's numbers fit two decimal marks, or hold a currency that was not declared.
    """
    texts = [cell for cell in cells if cell.is_text]
    marks = {cell.column: _marks(engine, relation, cell, reading) for cell in texts}
    decimals = {cell.column: reading.decimal or _decimal(cell, marks) for cell in texts}
    typed = {}
    for cell in cells:
        if not cell.is_text:
            typed[cell.column] = _number(cell)
        elif marks[cell.column].plain and decimals[cell.column] == ".":
            typed[cell.column] = _typed(cell.text, f"TRY_CAST({cell.text} AS {DECIMAL})", cell.text)
        else:
            typed[cell.column] = _text(without_currency(cell, reading.currency), decimals[cell.column])
    commas = [c.source for c in texts if decimals[c.column] == "," and not marks[c.column].plain]
    notes = [f"Decimal comma in {', '.join(commas)}."] if commas else []
    for cell in cells:
        rounded = _rounded(cell, typed[cell.column].value, decimals.get(cell.column, "."), reading)
        if rounded and (fine := engine.rows(f"SELECT {_times(rounded)} FROM {_values(cell, relation)}")[0][0]):
            shown = f"CAST({cell.text} AS VARCHAR)"
            example = f"SELECT {shown} FROM {_values(cell, relation)} WHERE {rounded} ORDER BY length({shown}), {shown} LIMIT 1"
            notes.append(
                f"{cell.source}: {fine:,} numbers had more than six decimals and were rounded, "
                f"such as {engine.rows(example)[0][0]}."
            )
    return typed, notes


def _marks(engine: Engine, relation: str, cell: Cell, reading: Reading) -> _Marks:
    """Count the evidence for either decimal mark in a column; cheaply where every text is a plain number."""
    text = cell.text
    no_number = f"TRY_CAST({text} AS DOUBLE) IS NULL OR contains({text}, '_')"
    three_places = f"{text} LIKE '%.___' AND length({text}) <= 8"
    one_or_two = f"{text} LIKE '%._' OR {text} LIKE '%.__'"
    unread, unsure, decided = engine.rows(
        f"SELECT {_times(no_number)}, {_times(three_places)}, {_times(one_or_two)} "
        f"FROM {cell.distinct(relation)} WHERE {text} IS NOT NULL"
    )[0]
    if not unread and (decided or not unsure):
        return _Marks(plain=True, point=decided)
    if unread and cell.kind == "money":
        check_currency(engine, relation, cell, reading.currency)
    bare = without_currency(cell, reading.currency)
    both = r"regexp_matches(bare, '^[-+]?[1-9]\d{0,2}[.,]\d{3}$')"
    needs_point, needs_comma = (
        f"regexp_matches(bare, {literal(_needs(mark, other))})" for mark, other in ((r"\.", ","), (",", r"\."))
    )
    point, comma, fits, example = engine.rows(
        f"SELECT {_times(needs_point)}, {_times(needs_comma)}, {_times(both)}, min(bare) FILTER (WHERE {both}) "
        f"FROM (SELECT {bare} AS bare, {TIMES} FROM {cell.distinct(relation)})"
    )[0]
    return _Marks(not unread, point, comma, fits, example or "")


def _values(cell: Cell, relation: str) -> str:
    """Return SQL of a column's values and how often each occurs; typed ones are compared faster than they are grouped."""
    return cell.distinct(relation) if cell.is_text else f"(SELECT {identifier(cell.source)}, 1 AS {TIMES} FROM {relation})"


def _rounded(cell: Cell, value: str, decimal: str, reading: Reading) -> str:
    """Return SQL of whether six decimals do not hold a number, or nothing where they hold all of the column's type.

    A floating-point number that is one of six decimals but for the last bits of it is one of six decimals.
    """
    if cell.is_text:
        # The pattern is slow and nearly never needed.
        long = f"{cell.text} LIKE '%{decimal}_______%'"
        bare = without_currency(cell, reading.currency)
        fine = f"{long} AND regexp_matches({bare}, {literal(_FINE.format(f'[{decimal}]'))})"
        small = f"replace({bare}, ',', '.')" if decimal == "," else bare
        return f"({fine} OR {cell.text} ILIKE '%e-%' AND {_between(f'TRY_CAST({small} AS DOUBLE)', 1e-14)})"
    if cell.sql_type.startswith("DECIMAL"):
        return f"{cell.text} <> {value}" if int(re.findall(r"\d+", cell.sql_type)[-1]) > _PLACES else ""
    if cell.sql_type in ("DOUBLE", "FLOAT"):
        bits = 1e-7 if cell.sql_type == "FLOAT" else 1e-14
        return f"isfinite({cell.text}) AND {_between(cell.text, bits)}"
    return ""


def _between(number: str, bits: float) -> str:
    """Return SQL of whether a floating-point number lies between two of six decimals, by more than its own last bits."""
    return f"abs({number} * 1e{_PLACES} - round({number} * 1e{_PLACES})) > abs({number}) * {bits * 10**_PLACES}"


def _times(test: str) -> str:
    """Return SQL that counts the lines for which a test of distinct values holds."""
    return f"coalesce(sum({TIMES}) FILTER (WHERE {test}), 0)::BIGINT"


def _needs(mark: str, other: str) -> str:
    """Return the pattern of numbers that can only be read with this decimal mark."""
    group = rf"[{other}{_SPACES}]\d{{3}}"
    fraction = rf"\d*{mark}(\d{{1,2}}|\d{{4,}})|(0|\d{{4,}})?{mark}\d{{3}}"
    return rf"^[-+]?(\d{{1,3}}({group})+{mark}\d+|{fraction}|\d{{1,3}}([{other}]\d{{3}}){{2,}})$"


def _decimal(cell: Cell, marks: Mapping[str, _Marks]) -> str:
    """Return a column's decimal mark, by its own numbers, else by the other columns' of the same source."""
    own = marks[cell.column]
    for point, comma in (
        (own.point, own.comma),
        (sum(m.point for m in marks.values()), sum(m.comma for m in marks.values())),
    ):
        if point + comma and min(point, comma) <= TOLERATED * (point + comma):
            return "." if point > comma else ","
        if point and comma:
            _refuse(cell, f"{point:,} numbers with a decimal point and {comma:,} with a decimal comma")
    if own.both:
        other = own.example.translate(str.maketrans(".,", ",."))
        _refuse(cell, f"{own.example}, which is as well {other}; no other number decides")
    return "."


def _refuse(cell: Cell, found: str) -> None:
    raise InputError(
        f"The numbers of column {cell.source!r} can be read in two ways.",
        found=f"{found}.",
        fix="--decimal . or --decimal , to say which mark stands before the fraction.",
        code="ambiguous_number",
    )


def _text(bare: str, decimal: str) -> Typed:
    mark, other = (r"\.", ",") if decimal == "." else (",", ".")
    valid = rf"^[-+]?(\d+|\d{{1,3}}([{other}{_SPACES}]\d{{3}})+)?({mark}\d*)?([eE][-+]?\d+)?$"
    digits = f"regexp_replace({bare}, {literal(f'[{other}{_SPACES}]')}, '', 'g')"
    number = f"replace({digits}, ',', '.')" if decimal == "," else digits
    value = f"CASE WHEN regexp_matches({bare}, {literal(valid)}) THEN TRY_CAST({number} AS {DECIMAL}) END"
    return _typed(
        bare,
        value,
        f"CASE WHEN regexp_matches({bare}, {literal(valid)}) THEN {number} ELSE replace({bare}, '_', 'x') END",
    )


def _number(cell: Cell) -> Typed:
    return _typed(cell.text, f"TRY_CAST({cell.text} AS {DECIMAL})", cell.text)


def _typed(text: str, value: str, number: str) -> Typed:
    """Return a value within range, and why there is none."""
    double, within = f"TRY_CAST({number} AS DOUBLE)", f"CASE WHEN abs({value}) < {LIMIT} THEN {value} END"
    problem = (
        f"CASE WHEN {within} IS NOT NULL THEN NULL WHEN {text} IS NULL OR {double} IS NULL THEN 'not_a_number' "
        f"WHEN isfinite({double}) THEN 'range' ELSE 'non_finite' END"
    )
    return Typed(within, problem, sure="{0} IS NOT NULL")
