"""Lines that need no table: very many in files that are cheap to read again, and those that were typed while they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from coterie.columns import COLUMNS, DECIMAL
from coterie.engines.base import Engine, identifier
from coterie.sources.cells import Cell, Typed
from coterie.sources.part import Source
from coterie.sources.write import mapped_sql

LINE = ("source_row", *(column.name for column in COLUMNS if column.name != "transaction_value"), "transaction_value", "problem")
"""Columns of the mapped table."""
RAW = "raw_"
"""What the names of the source's own columns begin with, beside those of the contract."""
_OWN = ("source_file", "source_line", "source_text")


def view_lines(
    engine: Engine, table: str, source: Source, typed: Mapping[str, Typed], other_currency: str | None = None
) -> str:
    """Make the mapped table a view, and return the name of another that has the source's own columns beside.

    Parameters
    ----------
    engine, table, source, typed, other_currency
        As for `coterie.sources.write.write_lines`; the source has no record that does not fit.
    """
    own = {name: name for name in _OWN} | {raw_name(column): identifier(column) for column in source.columns}
    beside = f"{table}_beside"
    engine.run(f"CREATE VIEW {table}_read AS {mapped_sql(source.rows, typed, other_currency, own)}")
    engine.run(f"CREATE VIEW {beside} AS FROM {table}_read")
    engine.run(f"CREATE VIEW {table} AS SELECT {', '.join(LINE)} FROM {beside}")
    return beside


def view_typed(
    engine: Engine,
    table: str,
    source: Source,
    typed: Mapping[str, Typed],
    lying: Mapping[str, Typed],
    other_currency: str | None = None,
) -> None:
    """Make the mapped table a view of rows that have their typed values beside the text.

    Parameters
    ----------
    engine, table, source, typed, other_currency
        As for `view_lines`.
    lying : mapping of str to Typed
        Those of ``typed`` whose values lie there.
    """
    tests = ", ".join(f"coalesce(bool_and(coalesce({one.sure.format(one.value)}, FALSE)), TRUE)" for one in lying.values())
    sure = engine.rows(f"SELECT {tests} FROM {source.rows}")[0]
    clean = {name: replace(one, problem="NULL") for (name, one), good in zip(lying.items(), sure, strict=True) if good}
    engine.run(f"CREATE VIEW {table}_read AS {mapped_sql(source.rows, {**typed, **clean}, other_currency)}")
    engine.run(f"CREATE VIEW {table} AS FROM {table}_read")


def raw_name(column: str) -> str:
    """Return the name of a source's own column beside those of the contract."""
    return identifier(RAW + column)


def sound(engine: Engine, rows: str, typed: Mapping[str, Typed], cells: Mapping[str, Cell]) -> dict[str, Typed]:
    """Return how columns are read, without looking for problems in those that have none.

    Numbers and dates that came as such are asked once whether each of them is in range; every later look goes without.
    """
    asked = {name: one for name, one in typed.items() if name in cells and one.problem != "NULL" and not cells[name].is_text}
    if not asked:
        return dict(typed)
    tests = ", ".join(f"coalesce(bool_and(({one.problem}) IS NULL), TRUE)" for one in asked.values())
    answers = engine.rows(f"SELECT {tests} FROM {rows}")[0]
    clean = [name for name, answer in zip(asked, answers, strict=True) if answer]
    return {**typed, **{name: Typed(f"CAST({cells[name].text} AS {_kind(name)})") for name in clean}}


def _kind(name: str) -> str:
    return "TIMESTAMP" if name == "invoice_date" else DECIMAL
