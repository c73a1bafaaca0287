"""The mapped table: typed values, the line's money, and the first problem of each row."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping

from coterie.columns import COLUMNS, VALUE, Column, line_value
from coterie.engines.base import Engine, literal
from coterie.sources.cells import Typed
from coterie.sources.ids import IDS
from coterie.sources.part import Source

_AFTER_DATES = ("not_a_number", "non_finite", "range")
"""Problems that come after a date's in their order."""
DATED = f"(problem IS NULL OR problem IN {_AFTER_DATES})"
"""SQL condition of a line whose date can be read."""
YEAR = datetime.timedelta(days=366)

FEW_DATES = 50
"""Below this many dates none is called late: there is no telling what is usual."""


def write_lines(engine: Engine, table: str, source: Source, typed: Mapping[str, Typed], other_currency: str | None = None) -> None:
    """Write the mapped table in one pass over the source.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    table : str
        Name of the new table.
    source : Source
        The loaded inputs.
    typed : mapping of str to Typed
        How each mapped column is read.
    other_currency : str, optional
        SQL of a row's problem where its currency is not the one declared.
    """
    engine.run(f"CREATE TABLE {table} AS {mapped_sql(source.rows, typed, other_currency)}")
    engine.run(f"INSERT INTO {table} BY NAME SELECT source_row, reason AS problem FROM {source.rejects}")


def mapped_sql(rows: str, typed: Mapping[str, Typed], other_currency: str | None, own: Mapping[str, str] | None = None) -> str:
    """Return the query of the mapped table; ``own`` are further columns, by name, and their SQL."""
    multiplied = {"quantity", "price"} <= typed.keys()
    numbers = [name for name in ("quantity", "price", "transaction_value") if name in typed]
    if multiplied and "transaction_value" in numbers:
        numbers.remove("transaction_value")
    values = [f"{_value(typed, column)} AS {column.name}" for column in COLUMNS]
    read = [name for name in typed if name in (*IDS, "invoice_date", *numbers) and typed[name].problem != "NULL"]
    problems = [f"CAST({typed[name].problem} AS VARCHAR) AS problem_{name}" for name in read]
    if other_currency:
        problems.append(f"{other_currency} AS problem_currency")
    money = line_value("quantity", "price") if multiplied else f"CAST(transaction_value AS {VALUE})"
    beside = {} if own is None else own
    names = ", ".join(column.name for column in COLUMNS if column.name != "transaction_value")
    further = "".join(f", {name}" for name in beside)
    return (
        f"SELECT source_row, {names}, {money} AS transaction_value, "
        f"{first_problem(read, *(['problem_currency'] if other_currency else []))} AS problem{further} "
        f"FROM (SELECT source_row, {', '.join([*values, *problems, *(f'{sql} AS {name}' for name, sql in beside.items())])} "
        f"FROM {rows})"
    )


def first_problem(read: Collection[str], *before: str) -> str:
    """Return the SQL of a row's first problem, from the columns ``problem_...`` of those read; columns ``before`` come first."""
    numbers = [f"problem_{name}" for name in read if name not in (*IDS, "invoice_date")]
    ordered = " ".join(f"WHEN '{reason}' IN ({', '.join(numbers)}) THEN '{reason}'" for reason in _AFTER_DATES)
    others = [f"problem_{name}" for name in (*IDS, "invoice_date") if name in read]
    found = [*before, *others, *([f"CASE {ordered} END"] if numbers else [])]
    return f"coalesce({', '.join(found)})" if found else "CAST(NULL AS VARCHAR)"


def _value(typed: Mapping[str, Typed], column: Column) -> str:
    return typed[column.name].value if column.name in typed else f"CAST(NULL AS {column.sql_type})"


def set_aside_future(engine: Engine, table: str, as_of: datetime.date | None, view: str | None = None) -> None:
    """Mark dates that cannot have happened yet: from ``as_of`` on, or more than a year after nearly all others.

    What they were before stays in a table ``..._late``: a later delivery may show that they happened after all.
    """
    late = late_dates(engine, table, as_of)
    engine.run(f"CREATE TABLE {table}_late AS SELECT source_row, problem FROM {table} WHERE {late}")
    if not engine.rows(f"SELECT count(*) FROM {table}_late")[0][0]:
        return
    if view:
        marked = f"SELECT * REPLACE (CASE WHEN {late} THEN 'date_range' ELSE problem END AS problem) FROM {table}_read"
        engine.run(f"CREATE OR REPLACE VIEW {view} AS {marked}")
    else:
        engine.run(f"UPDATE {table} SET problem = 'date_range' WHERE source_row IN (SELECT source_row FROM {table}_late)")


def late_dates(engine: Engine, table: str, as_of: datetime.date | None) -> str:
    """Return the SQL condition of the lines that `set_aside_future` marks."""
    if as_of is not None:
        return f"(invoice_date >= TIMESTAMP {literal(as_of.isoformat())} AND {DATED})"
    n, top = engine.rows(f"SELECT count(*), max(invoice_date) FROM {table} WHERE {DATED}")[0]
    # All but the last thousandth, and at least all but one: a single typing error must not move the as-of date.
    nearly_all = min(0.999, (n - 1.5) / n) if n >= FEW_DATES else 1.0
    if n:
        # The quantile has to hold every date; that none can be late is counted.
        near = engine.rows(f"SELECT count(*) FROM {table} WHERE invoice_date >= TIMESTAMP {literal(str(top - YEAR))} AND {DATED}")
        if near[0][0] > (1 - nearly_all) * n + 2:
            return "FALSE"
    last = engine.rows(f"SELECT quantile_disc(invoice_date, {nearly_all}) FROM {table} WHERE {DATED}")[0][0]
    return "FALSE" if last is None else f"(invoice_date > TIMESTAMP {literal(str(last + YEAR))} AND {DATED})"


def unequal_money(engine: Engine, rows: str, typed: Mapping[str, Typed]) -> list[str]:
    """Warn where the source's own money column is not quantity times price, which is what counts."""
    given, quantity, price = (typed[name].value for name in ("transaction_value", "quantity", "price"))
    differs = f"abs({given} - {line_value(quantity, price)}) > 0.01"
    count = engine.rows(f"SELECT count(*) FROM {rows} WHERE {differs}")[0][0]
    return [f"On {count:,} lines transaction_value is not quantity times price; the product counts."] if count else []
