"""The kept lines as they were on earlier days: only what was known then, netted against the returns of then."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from coterie.cleaning.returns import events_sql, left_value_sql
from coterie.columns import COLUMNS, VALUE
from coterie.engines import literal

if TYPE_CHECKING:
    from coterie.cleaning.clean import Cleaned

ADDED_UP = ("customer_id", "invoice_no", "invoice_date", "quantity", "transaction_value")
"""Columns of lines that were added up: an order's lines of one moment are one, with the sums of their quantity and their money."""
_LINE = ("source_row", *(column.name for column in COLUMNS))


class Earlier:
    """The kept lines before any day: what all days share is made once, when it is first asked for.

    Parameters
    ----------
    cleaned : Cleaned
        From `coterie.cleaning.clean`.
    """

    def __init__(self, cleaned: Cleaned) -> None:
        self._cleaned = cleaned

    def lines(self, until: datetime.date | None, *, netted: bool = True, added_up: bool = False) -> str:
        """Return the kept lines before a day, netted against the returns known by then, or not netted at all.

        Parameters
        ----------
        until : date or None
            Lines of this day and later are left out; None keeps all.
        netted : bool, default True
            Whether returns are netted; else they are left out and the sales stand.
        added_up : bool, default False
            Whether the lines of an order may be one: many times fewer, for whoever needs sums and the first and last moment.

        Returns
        -------
        str
            Name of a view, with ``source_row`` and the columns of the contract, or those of `ADDED_UP`; the next call replaces it.
        """
        cleaned, columns = self._cleaned, ADDED_UP if added_up else _LINE
        before = f"invoice_date < DATE {literal(until.isoformat())}" if until else "TRUE"
        then = {"quantity": "CASE WHEN quantity IS NULL THEN NULL ELSE left_units END AS quantity"}
        if netted:
            left_value = left_value_sql(by_order=cleaned.lines.level == "order")
            then["transaction_value"] = f"CAST(transaction_value - (value - {left_value}) AS {VALUE}) AS transaction_value"
        later = "(PARTITION BY stack ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
        left = f"greatest(min(height) OVER {later} - (height - units), 0)" if netted else "units"
        cleaned.engine.run(
            f"CREATE OR REPLACE TABLE met_as_of AS SELECT {', '.join(then.get(name, name) for name in columns)} "
            f"FROM (SELECT *, {left} AS left_units FROM {self._events} WHERE {before}) AS events_then "
            "WHERE stands = 1 AND left_units > 0"
        )
        # Lines that no return ever met are as they are; the others have what was left of them on that day.
        listed = ", ".join(columns)
        cleaned.engine.run(
            f"CREATE OR REPLACE VIEW clean_as_of AS SELECT {listed} FROM {self.added_up if added_up else cleaned.table} "
            f"WHERE NOT met_a_return AND {before} UNION ALL SELECT {listed} FROM met_as_of"
        )
        return "clean_as_of"

    @cached_property
    def added_up(self) -> str:
        """Table of kept lines added up: `ADDED_UP`, ``met_a_return``, ``country``, and ``line_count``, how many lines it were."""
        table, keys = f"{self._cleaned.table}_added_up", "customer_id, invoice_no, invoice_date, met_a_return, country"
        self._cleaned.engine.run(
            f"CREATE OR REPLACE TABLE {table} AS SELECT {keys}, count(*) AS line_count, sum(quantity) AS quantity, "
            f"sum(transaction_value) AS transaction_value FROM {self._cleaned.table} GROUP BY {keys}"
        )
        return table

    @cached_property
    def _events(self) -> str:
        """Table of the lines that a return met and of those returns, with how high the stack of their units was after each."""
        cleaned = self._cleaned
        table = f"{cleaned.table}_events"
        cleaned.engine.run(
            f"CREATE OR REPLACE TABLE {table} AS "
            + events_sql(cleaned.met, cleaned.netting, _LINE, by_order=cleaned.lines.level == "order")
        )
        return table
