"""A known export's columns, settled: an order's fields on each of its rows, a date with its time, guests by their address."""

from __future__ import annotations

from coterie.engines.base import Engine, identifier
from coterie.sources.known.recognise import Recognised
from coterie.sources.part import Source

_WHOLE = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"


def settle(engine: Engine, table: str, source: Source, known: Recognised) -> str:
    """Write the columns that the export's roles use, under their own names and not typed yet; return the new table's name.

    It has ``source_row`` and ``source_again`` too: whether an equal row was there before. Where rows are lines, equal rows of one
    file are lines of their own, and those of another file are there again.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    table : str
        Name of the new table.
    source : Source
        The loaded inputs.
    known : Recognised
        What they are.
    """
    types = engine.columns(source.rows)
    raw = ", ".join(f"{_trimmed(column, types)} AS {identifier(column)}" for column in known.found.values())
    content = ", ".join(map(identifier, known.found.values()))
    order = identifier(known.found["invoice_no"])
    if known.export.runs_on:
        # The order's number stands on its first row alone, and holds until the next.
        order = f"last_value({order} IGNORE NULLS) OVER (PARTITION BY source_file ORDER BY source_row)"
    nth = f"row_number() OVER (PARTITION BY source_file, {content} ORDER BY source_row)" if known.export.per_line else "1"
    again = f"row_number() OVER (PARTITION BY {content}, source_nth ORDER BY source_row) > 1"
    columns = ", ".join(f"{_settled(known, role, types)} AS {identifier(column)}" for role, column in known.found.items())
    engine.run(
        f"CREATE TABLE {table} AS SELECT source_row, {again} AS source_again, {columns} FROM "
        f"(SELECT *, {nth} AS source_nth, {order} AS source_order FROM (SELECT source_row, source_file, {raw} FROM {source.rows}))"
    )
    return table


def _trimmed(column: str, types: dict[str, str]) -> str:
    name = identifier(column)
    return f"nullif(trim({name}), '')" if types[column] == "VARCHAR" else name


def _settled(known: Recognised, role: str, types: dict[str, str]) -> str:
    """Return the SQL of a role's value: the order's where it is the order's, with what stands in for it or behind it."""
    value = _of_order(known, role)
    if role == "customer_id" and "guest" in known.found:
        return f"coalesce(CAST({value} AS VARCHAR), CAST({_of_order(known, 'guest')} AS VARCHAR))"
    if role == "invoice_date" and "time" in known.found:
        dated = types[known.found[role]].startswith(("TIMESTAMP", "DATE"))
        day = f"CAST(CAST({value} AS DATE) AS VARCHAR)" if dated else f"CAST({value} AS VARCHAR)"
        return f"CASE WHEN {value} IS NOT NULL THEN concat_ws(' ', {day}, CAST({_of_order(known, 'time')} AS VARCHAR)) END"
    return value


def _of_order(known: Recognised, role: str) -> str:
    name = identifier(known.found[role])
    if not known.export.per_line or role in known.export.per_line:
        return name
    if role == "invoice_no":
        return "source_order"
    # Whichever of its rows has it: rows may come in any order.
    filled = f"first_value({name} IGNORE NULLS) OVER (PARTITION BY source_order ORDER BY source_row {_WHOLE})"
    return f"coalesce({name}, CASE WHEN source_order IS NOT NULL THEN {filled} END)"
