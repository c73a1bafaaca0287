"""A known export's lines: typed by role, as the export's shape has them, with what was refunded taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coterie.columns import COLUMNS, DECIMAL, LIMIT, VALUE, line_value
from coterie.engines.base import Engine, identifier, literal
from coterie.sources.cells import Typed
from coterie.sources.known.recognise import Recognised
from coterie.sources.write import first_problem

_PLAIN = "SELECT * FROM {typed}"
_TEXT = ("description", "country")


def write_known(
    engine: Engine, prefix: str, settled: str, known: Recognised, typed: Mapping[str, Typed], problems: Sequence[str]
) -> str:
    """Write the lines, and return the table's name.

    Beside the contract it has ``refunded``: money that ``transaction_value`` no longer holds, below zero where a row takes back
    what another row was refunded, so that the two together are what the source's rows say.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    prefix : str
        What the names of its tables begin with.
    settled : str
        From `settle`.
    known : Recognised
        What it is.
    typed : mapping of str to Typed
        How each role is read.
    problems : sequence of str
        SQL of problems that come before those of reading.
    """
    _type(engine, f"{prefix}_typed", settled, known, typed, problems)
    # Money that the user mapped is what the user says it is.
    shape = _PLAIN if known.named & {"quantity", "price", "transaction_value"} else known.export.shape
    own = {
        # An order's number that starts with a C is none of a return; a return's is.
        "invoice_no": "concat(CASE WHEN returned THEN 'C' END, CASE WHEN invoice_no ILIKE 'c%' THEN '#' END, invoice_no)",
        "price": f"CASE WHEN abs(kept) < {LIMIT} THEN kept END",
    }
    columns = ", ".join(f"{own.get(c.name, c.name)} AS {c.name}" for c in COLUMNS if c.name != "transaction_value")
    lines, sold = f"{prefix}_lines", f"TRY_CAST(price AS {DECIMAL})"
    if {"quantity", "price"} <= typed.keys():
        # Of a refund in part, a unit's price says what was kept.
        kept = f"CASE WHEN share = 0 THEN {sold} ELSE TRY_CAST({sold} * (1 - share) AS {DECIMAL}) END"
        # Where the export has the line's money, it counts: a price is then a quotient, to six decimals.
        value, was = (f"coalesce(CAST(money AS {VALUE}), {line_value('quantity', price)})" for price in ("kept", "sold"))
        refunded, unread = f"refunded + {was} - {value}", "kept IS NULL"
    else:
        kept, refunded, unread = "price", "coalesce(refunded, 0)", "FALSE"
        value = f"CAST(transaction_value - {refunded} AS {VALUE})"
    engine.run(
        f"CREATE TABLE {lines} AS SELECT source_row, {columns}, {value} AS transaction_value, "
        f"coalesce(problem, CASE WHEN {unread} THEN 'range' END) AS problem, "
        f"coalesce(CAST(CASE WHEN {value} IS NOT NULL THEN {refunded} END AS {VALUE}), 0) AS refunded "
        f"FROM (SELECT *, {sold} AS sold, {kept} AS kept FROM ({shape.format(typed=f'{prefix}_typed')}))"
    )
    return lines


def _type(
    engine: Engine, table: str, settled: str, known: Recognised, typed: Mapping[str, Typed], problems: Sequence[str]
) -> None:
    """Write every role's typed value, and each row's first problem."""
    status = f"lower({identifier(known.found['status'])})" if "status" in known.found else "NULL"
    values = [f"{typed[c.name].value if c.name in typed else f'CAST(NULL AS {c.sql_type})'} AS {c.name}" for c in COLUMNS]
    values += [f"CAST({typed[role].value if role in typed else 'NULL'} AS {DECIMAL}) AS {role}" for role in known.export.own]
    by_line = literal({"quantity", "price"} <= typed.keys())
    values += [f"{by_line} AS by_line", f"CAST({status} AS VARCHAR) AS status", "FALSE AS returned", "CAST(0 AS DOUBLE) AS share"]
    values += [f"CAST(0 AS {DECIMAL}) AS refunded", f"CAST(NULL AS {DECIMAL}) AS money"]
    read = [role for role in typed if role not in _TEXT]
    first = [f"problem_{number}" for number in range(len(problems))]
    marks = [f"CAST({problem} AS VARCHAR) AS {name}" for name, problem in zip(first, problems, strict=True)]
    marks += [f"CAST({typed[role].problem} AS VARCHAR) AS problem_{role}" for role in read]
    gone = ", ".join([*first, *(f"problem_{role}" for role in read)])
    engine.run(
        f"CREATE TABLE {table} AS SELECT * EXCLUDE ({gone}), {first_problem(read, *first)} AS problem "
        f"FROM (SELECT source_row, source_again AS again, {', '.join([*values, *marks])} FROM {settled})"
    )
