"""A known export read as transaction lines: what is no sale marked, refunds taken off, and every row still there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from coterie.columns import BY_NAME
from coterie.engines.base import Engine, identifier
from coterie.recipe import Reading, Recipe
from coterie.sources.cells import Cell, Typed, cells_of
from coterie.sources.currency import check_one_currency, other_sign, refuse_signs, signs
from coterie.sources.known.recognise import Recognised
from coterie.sources.known.settle import settle
from coterie.sources.known.status import no_sale
from coterie.sources.known.write import write_known
from coterie.sources.lines import Match, Read
from coterie.sources.part import Source

Types = Callable[[Engine, str, dict[str, Cell], Recipe], tuple[dict[str, Typed], list[str], list[str]]]


def read_known(engine: Engine, prefix: str, source: Source, known: Recognised, recipe: Recipe, types: Types) -> Read:
    """Write a known export's rows as the table of `coterie.sources.lines.Lines`, with ``refunded`` beside.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    prefix : str
        What the names of its tables begin with.
    source : Source
        The loaded inputs.
    known : Recognised
        What they are.
    recipe : Recipe
        Its ``reading`` is heeded.
    types : callable
        Says how mapped columns are typed.

    Raises
    ------
    InputError
        If it has several currencies and none was declared, or mostly statuses that the export is not known to have.
    """
    export = known.export
    settled = settle(engine, f"{prefix}_settled", source, known)
    cells = cells_of(engine, settled, [Match(role, column, 1.0, "") for role, column in known.found.items()])
    codes = [cells["currency"].source] if "currency" in cells else []
    other = check_one_currency(engine, settled, codes, recipe.reading.currency)
    if recipe.reading.currency and "formatted" in cells:
        other = other_sign(cells["formatted"], recipe.reading.currency)
    reading, notes = _signed(engine, settled, known, cells, recipe.reading)
    read = {role: cell for role, cell in cells.items() if role in BY_NAME or role in export.own}
    typed, more, warnings = types(engine, settled, read, recipe.model_copy(update={"reading": reading}))
    optional = export.own | ({"transaction_value"} if {"quantity", "price"} <= typed.keys() else set())
    for role in optional & typed.keys():
        typed[role] = replace(typed[role], problem=f"CASE WHEN {cells[role].text} IS NOT NULL THEN {typed[role].problem} END")
    problems = [problem for problem in (no_sale(engine, settled, export, cells), other) if problem]
    table = write_known(engine, prefix, settled, known, typed, problems)
    engine.run(f"INSERT INTO {table} BY NAME SELECT source_row, reason AS problem, 0 AS refunded FROM {source.rejects}")
    told = {"status", "refunded", *(["currency"] if other else [])}
    notes.insert(0, f"Read as {export.title} ({known.confidence:.0%} sure): {export.says}")
    numbered = _number(engine, f"{prefix}_numbered", source) if export.per_line else None
    return Read(table, [*notes, *more], warnings, frozenset(told), numbered)


def _number(engine: Engine, view: str, source: Source) -> str:
    """Make a view of all rows that says which one of the equal rows of its file each is."""
    columns = ", ".join(map(identifier, source.columns))
    nth = f"row_number() OVER (PARTITION BY source_file, {columns} ORDER BY source_row)"
    engine.run(f"CREATE VIEW {view} AS SELECT *, {nth} AS source_nth FROM {source.raw}")
    return view


def _signed(
    engine: Engine, settled: str, known: Recognised, cells: dict[str, Cell], reading: Reading
) -> tuple[Reading, list[str]]:
    """Take the one currency sign of a platform's amounts for granted; refuse several."""
    money = {"price", "transaction_value", "formatted", *known.export.own}
    amounts = [cell for role, cell in cells.items() if role in money]
    found = [] if reading.currency else signs(engine, settled, amounts)
    if not found:
        return reading, []
    if len(found) > 1:
        refuse_signs(next(cell.source for cell in amounts if signs(engine, settled, [cell])), found)
    sign = found[0][0]
    return reading.model_copy(update={"currency": sign}), [f"Amounts in {sign}; --currency with its code names it in the report."]
