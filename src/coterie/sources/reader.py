"""Inputs to lines: load, map, type every column over all of it, and say of each row why it cannot be read."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from coterie.engines.base import Engine
from coterie.errors import MappingError
from coterie.recipe import Recipe
from coterie.sources.cells import Cell, Typed, cells_of, forget, gathered, stored
from coterie.sources.currency import check_one_currency
from coterie.sources.dates import read_dates
from coterie.sources.files import load
from coterie.sources.fitness import unfit_kinds
from coterie.sources.habits import habits_of
from coterie.sources.ids import IDS, read_ids
from coterie.sources.known import Recognised, recognise_export
from coterie.sources.known.read import read_known
from coterie.sources.known.recognise import half_of_export
from coterie.sources.known.translated import recognise_translated
from coterie.sources.lines import ROW_NUMBER, Lines, Match, Read
from coterie.sources.mapping import candidates, require
from coterie.sources.numbers import read_numbers
from coterie.sources.part import Source
from coterie.sources.quality import look_at
from coterie.sources.views import sound, view_lines, view_typed
from coterie.sources.write import set_aside_future, unequal_money, write_lines

_TEXT_COLUMNS = ("description", "country")


def read_lines(engine: Engine, inputs: Any, recipe: Recipe, *, as_of: datetime.date | None = None) -> Lines:
    """Read files and frames as transaction lines.

    Parameters
    ----------
    engine : Engine
        Where the lines will lie.
    inputs : path, glob, frame, or sequence of them
        Files are told apart by content; several are one, in the order of their names.
    recipe : Recipe
        Its ``mapping`` and ``reading`` are heeded, and ``cleaning.date_min``.
    as_of : datetime.date, optional
        Dates on or after it are out of range; without it, dates more than a year after nearly all others.

    Returns
    -------
    Lines
        The mapped lines, and the rows as they came.

    Raises
    ------
    InputError
        If an input cannot be read; MappingError if a needed column is missing or unsure.
    """
    prefix = _free_prefix(engine)
    source = load(engine, prefix, inputs, recipe.reading, partial(_guess, engine, recipe))
    known = _known(engine, source, recipe)
    proposed = list(known.matches) if known else _matches(engine, source, recipe)
    matches = require(source.name, source.columns, proposed)
    read = read_known(engine, prefix, source, known, recipe, _types) if known else _read(engine, prefix, source, matches, recipe)
    set_aside_future(engine, read.table, as_of, read.view)
    mapped = {match.column for match in matches}
    if "invoice_no" not in mapped:
        matches = (Match("invoice_no", ROW_NUMBER, 1.0, "every row is an order"), *matches)
    unsure = [match for match in proposed if match not in matches]
    return Lines(
        table=read.table,
        raw=read.numbered or source.raw,
        source_columns=source.columns,
        matches=matches,
        level="line" if {"product_id", "price"} & mapped else "order",
        inputs=tuple(part.input for part in source.parts),
        warnings=(
            *source.warnings,
            *(w for part in source.parts for w in part.warnings),
            *read.warnings,
            *(f"{m.source} may be {m.column} ({m.how}) and is not used; --map {m.column}=... if it is." for m in unsure),
            *look_at(engine, read.table),
        ),
        notes=(*(n for part in source.parts for n in part.notes), *read.notes),
        numbered=read.numbered is not None,
        told=read.told,
        habits=read.habits,
        beside=read.beside,
    )


def _read(engine: Engine, prefix: str, source: Source, matches: Sequence[Match], recipe: Recipe) -> Read:
    """Write the lines of a source as its columns were matched."""
    other_currency = check_one_currency(engine, source.rows, source.columns, recipe.reading.currency)
    cells = cells_of(engine, source.rows, matches)
    typed, notes, warnings = _types(engine, source.rows, cells, recipe)
    if "invoice_no" not in cells:
        typed["invoice_no"] = Typed("CAST(source_row AS VARCHAR)")
        notes.append("No invoice number: every row is one order.")
    habits, lines, beside, view = habits_of(typed), f"{prefix}_lines", None, None
    worth = _worth_storing(typed, cells)
    lying = {name: typed[name].lying(stored(name)) for name, sql in source.typed.items() if worth.get(name) == sql}
    typed.update(lying)
    if lying and lying.keys() == worth.keys():
        view = lines
        view_typed(engine, lines, source, typed, lying, other_currency)
    elif source.lies and not any(cell.is_text for cell in cells.values() if cell.kind != "text"):
        beside = view = view_lines(engine, lines, source, sound(engine, source.rows, typed, cells), other_currency)
    else:
        write_lines(engine, lines, source, typed, other_currency)
    if {"quantity", "price", "transaction_value"} <= typed.keys():
        warnings += unequal_money(engine, source.rows, typed)
    told = frozenset({"currency"} if other_currency else ())
    return Read(lines, notes, warnings, told, habits=habits, beside=beside, view=view)


def _guess(engine: Engine, recipe: Recipe, beginning: Source) -> dict[str, str]:
    """Return how the columns of a text would be typed that is all like its beginning; a known export is read otherwise."""
    if _known(engine, beginning, recipe):
        return {}
    matches = require(beginning.name, beginning.columns, _matches(engine, beginning, recipe))
    cells = cells_of(engine, beginning.rows, matches)
    return _worth_storing(_types(engine, beginning.rows, cells, recipe)[0], cells)


def _worth_storing(typed: Mapping[str, Typed], cells: Mapping[str, Cell]) -> dict[str, str]:
    """Return the SQL of columns that are not as they lie, by name; of those that are text, nothing but blanks is taken."""
    own = {name: one.value for name, one in typed.items() if name in cells and name not in _TEXT_COLUMNS}
    return {name: value for name, value in own.items() if value != cells[name].bare}


def propose(engine: Engine, inputs: Any, recipe: Recipe) -> list[Match]:
    """Return how each column of the contract would be found, unsure ones too; nothing is refused for being unsure.

    Parameters
    ----------
    engine, inputs, recipe
        As for `read_lines`.
    """
    source = load(engine, _free_prefix(engine), inputs, recipe.reading)
    try:
        known = _known(engine, source, recipe)
    except MappingError as refusal:
        if refusal.code != "half_export":
            raise
        return list(half_of_export(source.columns, recipe.mapping))
    return list(known.matches) if known else _matches(engine, source, recipe)


def read_table(engine: Engine, inputs: Any, recipe: Recipe) -> str:
    """Read files and frames as they are, without mapping a column.

    Parameters
    ----------
    engine, inputs, recipe
        As for `read_lines`.

    Returns
    -------
    str
        A view with ``source_row``, ``source_file``, ``source_line`` and the source's columns.
    """
    return load(engine, _free_prefix(engine), inputs, recipe.reading).rows


def _free_prefix(engine: Engine) -> str:
    """Return a prefix for table names that no earlier reading in this engine has used."""
    names = {name for (name,) in engine.rows("SELECT table_name FROM information_schema.tables")}
    return next(f"source{number}" for number in itertools.count(1) if f"source{number}_raw" not in names)


def _known(engine: Engine, source: Source, recipe: Recipe) -> Recognised | None:
    found = recognise_export(source.name, source.columns, recipe.mapping)
    return found or recognise_translated(engine, source, recipe.mapping)


def _matches(engine: Engine, source: Source, recipe: Recipe) -> list[Match]:
    matches = candidates(source.columns, recipe.mapping, {})
    if all(match.confidence == 1 for match in matches):
        return matches
    return candidates(source.columns, recipe.mapping, unfit_kinds(engine, source.rows, source.columns, recipe.reading))


def _types(engine: Engine, rows: str, cells: dict[str, Cell], recipe: Recipe) -> tuple[dict[str, Typed], list[str], list[str]]:
    """Return how every mapped column is typed, notes and warnings."""
    # Nothing is asked about texts as a whole.
    known = gathered(engine, rows, {name: cell for name, cell in cells.items() if name not in _TEXT_COLUMNS})
    cells = {**cells, **known}
    try:
        typed = read_ids(engine, rows, [cells[name] for name in IDS if name in cells], recipe.reading)
        for name in _TEXT_COLUMNS:
            if name in cells:
                typed[name] = Typed(cells[name].trimmed if cells[name].is_text else f"CAST({cells[name].text} AS VARCHAR)")
        numbers, notes = read_numbers(
            engine, rows, [cell for cell in cells.values() if cell.kind in ("number", "money")], recipe.reading
        )
        dates, date_notes, warnings = read_dates(engine, rows, cells["invoice_date"], recipe.reading, recipe.cleaning.date_min)
    finally:
        forget(engine, known)
    return {**typed, **numbers, "invoice_date": dates}, [*notes, *date_notes], warnings
