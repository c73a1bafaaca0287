"""Inputs to lines: load, map, type every column over all of it, and say of each row why it cannot be read."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from coterie.columns import COLUMNS, VALUE
from coterie.engines.base import Engine, literal
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.sources.cells import Cell, Typed, cells_of
from coterie.sources.dates import read_dates
from coterie.sources.files import Part, digest, load_file, named_files, source_tables
from coterie.sources.ids import read_ids
from coterie.sources.lines import Lines, Match
from coterie.sources.mapping import candidates, require
from coterie.sources.numbers import read_numbers

_ID_COLUMNS = ("invoice_no", "product_id", "customer_id")
_TEXT_COLUMNS = ("description", "country")


def read_lines(
    engine: Engine, inputs: Any, recipe: Recipe, *, as_of: datetime.date | None = None, strict: bool = True
) -> Lines:
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
    parts, warnings = _load(engine, prefix, inputs, recipe)
    rows, raw = source_tables(engine, prefix, parts)
    name = parts[0].input.name if len(parts) == 1 else f"{parts[0].input.name} and {len(parts) - 1} more"
    matches = require(name, parts[0].columns, candidates(parts[0].columns, recipe.mapping, {}))
    cells = cells_of(engine, rows, matches)
    level: Literal["line", "order"] = "line" if {"product_id", "price"} & cells.keys() else "order"
    typed, notes, more = _types(engine, rows, cells, recipe)
    _write(engine, prefix, rows, cells, typed)
    _set_aside_future(engine, f"{prefix}_lines", as_of)
    return Lines(
        table=f"{prefix}_lines",
        raw=raw,
        source_columns=parts[0].columns,
        matches=matches,
        level=level,
        inputs=tuple(part.input for part in parts),
        warnings=tuple([*warnings, *(w for part in parts for w in part.warnings), *more]),
        notes=tuple([*(n for part in parts for n in part.notes), *notes]),
    )


def propose(engine: Engine, inputs: Any, recipe: Recipe) -> list[Match]:
    """Return how each column of the contract would be found, unsure ones too."""
    prefix = _free_prefix(engine)
    parts, _ = _load(engine, prefix, inputs, recipe)
    return candidates(parts[0].columns, recipe.mapping, {})


def _free_prefix(engine: Engine) -> str:
    """Return a prefix for table names that no earlier reading in this engine has used."""
    taken = engine.rows("SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'source%\\_lines' ESCAPE '\\'")[0][0]
    return f"source{taken + 1}"


def _load(engine: Engine, prefix: str, inputs: Any, recipe: Recipe) -> tuple[list[Part], list[str]]:
    given: Sequence[Any] = [inputs] if isinstance(inputs, (str, Path)) else list(inputs)
    parts: list[Part] = []
    seen: dict[str, str] = {}
    warnings = []
    for name, path in named_files(given):
        sha256 = digest(path)
        if sha256 in seen:
            warnings.append(f"{name} has the same content as {seen[sha256]} and is read once.")
            continue
        seen[sha256] = name
        parts.append(load_file(engine, f"{prefix}_{len(parts)}", name, path, sha256, recipe.reading))
    if not any(part.input.records for part in parts):
        raise InputError(
            f"{parts[0].input.name} has no lines.",
            found=f"a header ({', '.join(parts[0].columns[:20])}) and nothing below it.",
            fix="export again, with the sales below the header.",
            code="no_rows",
        )
    return parts, warnings


def _types(
    engine: Engine, rows: str, cells: dict[str, Cell], recipe: Recipe
) -> tuple[dict[str, Typed], list[str], list[str]]:
    """Return how every mapped column is typed, notes and warnings."""
    typed = read_ids(engine, rows, [cells[name] for name in _ID_COLUMNS if name in cells], recipe.reading)
    for name in _TEXT_COLUMNS:
        if name in cells:
            typed[name] = Typed(cells[name].text if cells[name].is_text else f"CAST({cells[name].text} AS VARCHAR)")
    numbers, notes = read_numbers(
        engine, rows, [cell for cell in cells.values() if cell.kind in ("number", "money")], recipe.reading
    )
    dates, date_notes, warnings = read_dates(engine, rows, cells["invoice_date"], recipe.reading, recipe.cleaning.date_min)
    return {**typed, **numbers, "invoice_date": dates}, [*notes, *date_notes], warnings


def _write(engine: Engine, prefix: str, rows: str, cells: dict[str, Cell], typed: dict[str, Typed]) -> None:
    """Write the mapped table: typed values, the line's money, and the first problem of each row."""
    multiplied = {"quantity", "price"} <= typed.keys()
    numbers = [name for name in ("quantity", "price", "transaction_value") if name in typed]
    if multiplied and "transaction_value" in numbers:
        numbers.remove("transaction_value")
    ids = [name for name in _ID_COLUMNS if name in typed]
    inner = ", ".join(
        ["source_row"]
        + [f"{typed[c.name].value if c.name in typed else f'CAST(NULL AS {c.sql_type})'} AS {c.name}" for c in COLUMNS]
        + [f"{typed[name].problem} AS problem_{name}" for name in [*ids, "invoice_date", *numbers]]
    )
    bad = ", ".join(f"problem_{name}" for name in numbers)
    problem = (
        f"coalesce({', '.join(f'problem_{name}::VARCHAR' for name in ids)}, problem_invoice_date, CASE "
        + " ".join(f"WHEN '{reason}' IN ({bad}) THEN '{reason}'" for reason in ("not_a_number", "non_finite", "range"))
        + " END)"
    )
    value = f"CAST({'quantity * price' if multiplied else 'transaction_value'} AS {VALUE})"
    names = ", ".join(c.name for c in COLUMNS if c.name != "transaction_value")
    nulls = ", ".join(f"CAST(NULL AS {c.sql_type})" for c in COLUMNS if c.name != "transaction_value")
    engine.run(
        f"CREATE TABLE {prefix}_lines AS SELECT source_row, {names}, {value} AS transaction_value, {problem} AS problem "
        f"FROM (SELECT {inner} FROM {rows}) UNION ALL "
        f"SELECT source_row, {nulls}, CAST(NULL AS {VALUE}), reason FROM {prefix}_rejects"
    )


def _set_aside_future(engine: Engine, table: str, as_of: datetime.date | None) -> None:
    """Mark dates that cannot have happened yet: from ``as_of`` on, or more than a year after nearly all others."""
    dated = "(problem IS NULL OR problem IN ('not_a_number', 'non_finite', 'range'))"
    if as_of is not None:
        limit: str | None = literal(as_of.isoformat())
        test = f">= TIMESTAMP {limit}"
    else:
        last = engine.rows(f"SELECT quantile_disc(invoice_date, 0.999) FROM {table} WHERE {dated}")[0][0]
        if last is None:
            return
        test = f"> TIMESTAMP {literal(str(last + datetime.timedelta(days=366)))}"
    engine.run(f"UPDATE {table} SET problem = 'date_range' WHERE invoice_date {test} AND {dated}")
