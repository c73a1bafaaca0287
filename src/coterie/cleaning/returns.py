"""Netting: a return takes back the latest earlier sale of the same customer, product and price.

Sales and returns of one group form a stack: a sale pushes its units, a return pops them, latest first. No pairs need to be listed
to know what is left. Let ``balance`` be the running sum of units, and ``floor`` its running minimum below zero, which counts the
units returned beyond what had been bought. ``height = balance - floor`` is then the stack's height after each event, and of a
sale's units, which lie between the height below it and its own, those above the lowest later height were taken back. Three
window functions do the whole job, in any SQL.
"""

from __future__ import annotations

from collections.abc import Sequence

from coterie.columns import VALUE, line_value

IS_CANCELLATION = "upper(invoice_no) LIKE 'C%'"
"""The Online Retail convention: an invoice number that starts with C cancels."""

NETTED_REASON = (
    "CASE WHEN is_return AND left_units > 0 THEN 'unmatched_return' WHEN is_return OR left_units = 0 THEN 'returns_netted' END"
)
"""Of a row of the netting, why it does not count any more; NULL where something is left."""
KEPT_QUANTITY = "CASE WHEN left_units < units THEN left_units ELSE quantity END"
KEPT_VALUE = (
    f"CASE WHEN left_units < units THEN CAST(transaction_value - (value - left_value) AS {VALUE}) ELSE transaction_value END"
)
"""What a line has after netting: one that met no return, or was left whole by it, has what it had."""
MONEY_BY_REASON = "transaction_value - coalesce(CASE WHEN is_return THEN left_value - value ELSE value - left_value END, 0)"
"""The money of a line under its reason: what netting left of it, for what was taken back counts as netted, whatever became of the
lines themselves. A sale can be returned in part and then fail a later rule; and a line's money need not be its units times its
price to the last digit, where the source has the one and the price is a quotient."""


def stack_sql(*, by_order: bool) -> str:
    """Return the columns of a line that name its stack: those of one customer, product and price."""
    _, unit_value, product = _told(by_order)
    return f"customer_id, coalesce({product}, ''), {unit_value}"


def return_sql(*, by_order: bool) -> str:
    """Return the condition of a return."""
    return f"{_told(by_order)[0]} < 0 AND {IS_CANCELLATION}"


def netting_sql(remaining: str, *, by_order: bool) -> str:
    """Return the query that nets returns against sales.

    Parameters
    ----------
    remaining : str
        Relation of lines that passed every rule so far.
    by_order : bool
        Whether a row is a whole order: a refund then cancels an order of just its value.

    Returns
    -------
    str
        A query for the rows of every group with a return: ``source_row``, ``customer_id``, ``is_return``, ``units`` and ``value``
        (both above zero), ``left_units`` and ``left_value``: of a sale, what was not taken back; of a return, what found no sale.
    """
    units, unit_value, product = _told(by_order)
    value, left_value = "unit_value" if by_order else line_value("units", "unit_value"), left_value_sql(by_order=by_order)
    return f"""
        WITH events AS (
            SELECT source_row, customer_id, coalesce({product}, '') AS product, {unit_value} AS unit_value, invoice_date,
                   invoice_no, {units} AS units, {units} < 0 AS is_return
            FROM {remaining}
            WHERE {units} > 0 OR ({return_sql(by_order=by_order)})),
        returned AS (SELECT DISTINCT customer_id, product, unit_value FROM events WHERE is_return),
        balances AS (
            SELECT *, sum(units) OVER until_now AS balance
            FROM events SEMI JOIN returned USING (customer_id, product, unit_value)
            WINDOW until_now AS (PARTITION BY customer_id, product, unit_value
                ORDER BY invoice_date, is_return, invoice_no, units, source_row ROWS UNBOUNDED PRECEDING)),
        floors AS (
            SELECT *, least(min(balance) OVER until_now, 0) AS floor
            FROM balances
            WINDOW until_now AS (PARTITION BY customer_id, product, unit_value
                ORDER BY invoice_date, is_return, invoice_no, units, source_row ROWS UNBOUNDED PRECEDING)),
        heights AS (
            SELECT *, balance - floor AS height, min(balance - floor) OVER from_now AS lowest,
                   coalesce(lag(floor) OVER in_time, 0) - floor AS unmatched
            FROM floors
            WINDOW in_time AS (PARTITION BY customer_id, product, unit_value
                ORDER BY invoice_date, is_return, invoice_no, units, source_row),
            from_now AS (PARTITION BY customer_id, product, unit_value
                ORDER BY invoice_date, is_return, invoice_no, units, source_row
                ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)),
        leftovers AS (
            SELECT source_row, customer_id, is_return, abs(units) AS units, unit_value,
                   CASE WHEN is_return THEN unmatched ELSE greatest(lowest - (height - units), 0) END AS left_units
            FROM heights)
        SELECT source_row, customer_id, is_return, units, {value} AS value, left_units, {left_value} AS left_value
        FROM leftovers"""


def left_value_sql(*, by_order: bool) -> str:
    """Return the SQL of the money of what is left of a sale, from ``left_units`` and ``unit_value``."""
    return "CASE WHEN left_units > 0 THEN unit_value ELSE 0 END" if by_order else line_value("left_units", "unit_value")


def events_sql(met: str, netting: str, columns: Sequence[str], *, by_order: bool) -> str:
    """Return the query of what netting looked at, made ready to be netted again by what was known on an earlier day.

    How high a stack is after an event does not hang on what comes later; how much of a sale is left does. So the heights are the
    same for every day, and of a day only the lowest later one is still to be found.

    Parameters
    ----------
    met, netting : str
        Relations of the lines, and of what netting made of them.
    columns : sequence of str
        Columns of the lines that are wanted.
    by_order : bool
        As for `netting_sql`.

    Returns
    -------
    str
        A query for ``columns``, ``unit_value``, ``units`` and ``value`` as there; ``stack``, ``place`` in it, ``height`` after it;
        ``stands``: 1 for a sale that counts where something is left of it, else 0.
    """
    signed, unit_value, product = _told(by_order)
    group, order = "customer_id, product, unit_value", "invoice_date, is_return, invoice_no, signed, source_row"
    return f"""
        WITH events AS (
            SELECT {", ".join(f"met.{name}" for name in columns)}, coalesce({product}, '') AS product, {unit_value} AS unit_value,
                   {signed} AS signed, known.is_return, known.units, known.value,
                   CASE WHEN NOT known.is_return AND taken.source_row IS NULL AND coalesce(price, transaction_value) > 0
                        THEN 1 ELSE 0 END AS stands
            FROM {met} AS met JOIN {netting} AS known ON met.source_row = known.source_row
            LEFT JOIN taken_after_netting AS taken ON met.source_row = taken.source_row),
        balances AS (
            SELECT *, min(source_row) OVER (PARTITION BY {group}) AS stack,
                   row_number() OVER (PARTITION BY {group} ORDER BY {order}) AS place,
                   sum(signed) OVER (PARTITION BY {group} ORDER BY {order} ROWS UNBOUNDED PRECEDING) AS balance
            FROM events),
        floors AS (
            SELECT *, least(min(balance) OVER (PARTITION BY stack ORDER BY place ROWS UNBOUNDED PRECEDING), 0) AS floor
            FROM balances)
        SELECT {", ".join(columns)}, unit_value, units, value, stack, place, balance - floor AS height, stands
        FROM floors"""


def _told(by_order: bool) -> tuple[str, str, str]:
    """Return the SQL of a line's units, below zero of a return, of what one is worth, and of its product."""
    if by_order:
        return "sign(transaction_value)", "abs(transaction_value)", "NULL::VARCHAR"
    return "quantity", "price", "product_id"
