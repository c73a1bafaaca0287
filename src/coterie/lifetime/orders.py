"""The repeat purchases of customers: what buy-till-you-die models see, and what came after a hold-out day.

The words differ from RFM's on purpose. ``repeat_orders`` leaves out the first order; ``t_x`` is the time from the first order
to the last, not from the last to today; ``T`` is the time from the first order to the day of the answer. Orders of one calendar
day count once, since the models know no two orders at one moment. An order whose every line was returned is no order. Times are
in weeks.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.engines import Engine, Tables, literal

Array = NDArray[np.float64]

DAYS_A_WEEK = 7
EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class RepeatOrders:
    """Purchases of customers until a day; every array has shape (n_customers,), NaN where a customer has no order.

    Parameters
    ----------
    repeat_orders : ndarray
        Days with an order, the first one left out.
    t_x : ndarray
        Weeks from the first order to the last.
    T : ndarray
        Weeks from the first order to the day.
    order_value : ndarray
        Mean money of a day with an order, the first one among them.
    stretch_orders, stretch_value : ndarray
        Orders and money of the last stretch before the day, as long as the horizon.
    """

    repeat_orders: Array
    t_x: Array
    T: Array
    order_value: Array
    stretch_orders: Array
    stretch_value: Array

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether a customer has an order at all, of shape (n_customers,)."""
        return np.isfinite(self.T)

    def of(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> RepeatOrders:
        """Return those of some customers, by a mask or by their places."""
        return RepeatOrders(*(values[rows] for values in vars(self).values()))


def repeat_orders_sql(lines: str, day: datetime.date, horizon_days: int) -> str:
    """Return the query of the purchases until a day: one row a customer, in no order.

    Parameters
    ----------
    lines : str
        Relation of kept lines, none of them on that day or later.
    day : date
        The day.
    horizon_days : int
        Length of the last stretch.
    """
    today = (day - EPOCH).days
    late = f"FILTER (day >= {today - horizon_days})"
    return (
        "SELECT customer_id, count(*) - 1 AS repeat_orders, "
        f"(max(day) - min(day)) / {DAYS_A_WEEK:.1f} AS t_x, ({today} - min(day)) / {DAYS_A_WEEK:.1f} AS T, "
        "sum(value)::DOUBLE / count(*) AS order_value, "
        f"count(*) {late} AS stretch_orders, coalesce(sum(value) {late}, 0) AS stretch_value "
        "FROM (SELECT customer_id, floor(epoch(invoice_date) / 86400)::INTEGER AS day, sum(transaction_value) AS value "
        f"FROM {lines} WHERE invoice_date < DATE {literal(day.isoformat())} GROUP BY 1, 2) AS days GROUP BY customer_id"
    )


def read_repeat_orders(
    engine: Engine, customers: str, lines: str, day: datetime.date, horizon_days: int, there: Tables | None = None
) -> RepeatOrders:
    """Compute the purchases until a day of all customers of a table, in the order of their ids.

    Parameters
    ----------
    engine : Engine
        Holds the customers.
    customers, lines : str
        Relations with a ``customer_id``: everybody, and the kept lines.
    day : date
        Orders of this day and later are left out.
    horizon_days : int
        Length of the last stretch.
    there : Tables, optional
        Holds the lines, if they are not beside the customers.
    """
    bought = (there or engine).into(engine, "bought_again", repeat_orders_sql(lines, day, horizon_days))
    names = RepeatOrders.__dataclass_fields__
    fetched = engine.arrays(
        f"SELECT {', '.join(f'bought.{name}::DOUBLE AS {name}' for name in names)} FROM {customers} AS everybody "
        f"LEFT JOIN {bought} AS bought USING (customer_id) ORDER BY customer_id"
    )
    return RepeatOrders(*(np.asarray(fetched[name], dtype=float) for name in names))
