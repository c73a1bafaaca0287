"""When they buy: orders of customers, orders of guests, and what is cancelled later."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coterie.datasets.customers import Customers

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

SALE, CANCELLED, HALF_CANCELLED = 1, -1, -2
"""What an order is: a sale, a cancellation of whole lines, or of half of each line's units."""
MOST_LINES = 600
LAST_MOMENT = 0.999
"""No sale is later, so that the huge order's cancellation still falls in the period."""
HUGE_VALUE, AT_ONCE = 200_000, 0.0002
"""Money of the cancelled type's one line, and the share of all trade until it is cancelled."""
WHALE_ORDERS, WHALE_VALUE = 4, 12
"""A whale has so many times the orders and the money of a line that it would have as a plain wholesaler."""
PACE_SPREAD = 0.3
"""How far an order at an even pace may be off, in steps from end to end."""
ORDER_SPREAD = 0.15
"""Spread between the orders of one customer, in lines and in money of a line."""


@dataclass(frozen=True)
class Orders:
    """Orders sorted by time, one array entry each.

    Parameters
    ----------
    customer : ndarray of int64
        Row of the customer; -1 for an order without one.
    moment : ndarray of float64
        When: share of all trade done before it.
    n_lines : ndarray of int64
        Lines.
    line_value : ndarray of float64
        Median money of a line.
    key : ndarray of uint64
        What its lines are drawn from: a cancellation has its sale's key, and so its lines.
    kind : ndarray of int8
        ``SALE``, ``CANCELLED`` or ``HALF_CANCELLED``.
    """

    customer: Integers
    moment: Floats
    n_lines: Integers
    line_value: Floats
    key: NDArray[np.uint64]
    kind: NDArray[np.int8]

    def part(self, rows: Integers | slice) -> Orders:
        """Return some of the orders, in the order of the rows."""
        return Orders(*(getattr(self, field.name)[rows] for field in fields(self)))


def draw_orders(
    rng: np.random.Generator, customers: Customers, *, missing_customers: float, cancellations: float, unmatched: float
) -> Orders:
    """Draw every order of every customer, orders without a customer, and cancellations; sorted by time."""
    known = _sales(rng, customers)
    guests = _guests(rng, int(known.n_lines.sum() * missing_customers / (1 - missing_customers)))
    sales = _joined(known, guests)
    orders = _joined(sales, _cancellations(rng, sales, customers.cancelled, cancellations, unmatched))
    return orders.part(np.argsort(orders.moment, kind="stable"))


def _sales(rng: np.random.Generator, customers: Customers) -> Orders:
    """Draw each customer's orders: the first and the last a span apart, the others between."""
    of = customers.parameters()
    whale, huge = customers.whales, customers.cancelled
    n_orders = np.rint(_varied(rng, of["orders"], of["orders_spread"]))
    shortest, longest = of["span"].T
    span = shortest + (longest - shortest) * rng.random(len(huge))
    n_orders = np.where(of["paced"], np.rint(n_orders * span), n_orders)
    n_orders = n_orders.clip(of["fewest_orders"], of["most_orders"]).astype(np.int64)
    n_orders[whale] *= WHALE_ORDERS
    n_orders[huge] = 1
    earliest, latest = of["starts"].T
    first = (earliest + (latest - earliest) * rng.random(len(huge))) * (LAST_MOMENT - span)
    lines, value = _varied(rng, of["lines"], of["lines_spread"]), _varied(rng, of["line_value"], of["value_spread"])
    value[whale] *= WHALE_VALUE

    customer = np.repeat(np.arange(len(huge)), n_orders)
    number = np.arange(len(customer)) - np.repeat(np.cumsum(n_orders) - n_orders, n_orders)
    place = rng.random(len(customer))
    even = (number + PACE_SPREAD * (place - 0.5)) / np.maximum(n_orders - 1, 1)[customer]
    place[number == 0], place[number == 1] = 0, 1
    place = np.where(of["paced"][customer], even.clip(0, 1), place)
    n_lines, line_value = (
        _count(_varied(rng, lines[customer], ORDER_SPREAD)),
        _varied(rng, value[customer], ORDER_SPREAD),
    )
    n_lines[huge[customer]], line_value[huge[customer]] = 1, HUGE_VALUE
    moment, keys = first[customer] + span[customer] * place, _keys(rng, customer)
    source = np.arange(len(customer)) - np.where(of["same_basket"][customer], number, 0)
    return Orders(customer, moment, n_lines[source], line_value[source], keys[source], _kinds(customer, SALE))


def _varied(rng: np.random.Generator, median: Floats, spread: Floats | float) -> Floats:
    """Draw from log-normal distributions."""
    return np.asarray(median * np.exp(spread * rng.standard_normal(len(median))))


def _guests(rng: np.random.Generator, n_lines: int) -> Orders:
    """Draw orders without a customer until they have so many lines: many of a few lines, a few of hundreds."""
    n_lines_each = _count(_varied(rng, np.full(n_lines // 10 + 1, 8.0), 1.5))
    n_lines_each = n_lines_each[: int(np.searchsorted(np.cumsum(n_lines_each), n_lines))]
    nobody = np.full(len(n_lines_each), -1)
    moment = rng.random(len(nobody)) * LAST_MOMENT
    line_value = _varied(rng, np.full(len(nobody), 12.0), 0.5)
    return Orders(nobody, moment, n_lines_each, line_value, _keys(rng, nobody), _kinds(nobody, SALE))


def _cancellations(
    rng: np.random.Generator, sales: Orders, cancelled: NDArray[np.bool_], share: float, unmatched: float
) -> Orders:
    """Draw who cancels what: up to three lines of a sale, weeks later; the huge orders within the hour.

    A cancellation that matches no sale, because that was before the first day, has a key of its own.
    """
    huge = (sales.customer >= 0) & cancelled[sales.customer]
    rows = np.flatnonzero((rng.random(len(huge)) < share) | huge)
    back, huge = sales.part(rows), huge[rows]
    whole = (rng.random(len(rows)) < 0.6) | huge
    lost = (rng.random(len(rows)) < unmatched) & ~huge
    drawn = Orders(
        back.customer,
        back.moment + np.where(huge, AT_ONCE, 0.002 + 0.08 * rng.random(len(rows))),
        np.minimum(back.n_lines, 1 + (3 * rng.random(len(rows)) ** 2).astype(np.int64)),
        back.line_value,
        np.where(lost, _keys(rng, rows), back.key),
        np.where(whole, CANCELLED, HALF_CANCELLED).astype(np.int8),
    )
    return drawn.part(np.flatnonzero(drawn.moment < 1))


def _joined(first: Orders, second: Orders) -> Orders:
    return Orders(
        *(np.concatenate([getattr(first, field.name), getattr(second, field.name)]) for field in fields(Orders))
    )


def _count(sizes: Floats) -> Integers:
    return np.rint(sizes).clip(1, MOST_LINES).astype(np.int64)


def _keys(rng: np.random.Generator, like: Integers) -> NDArray[np.uint64]:
    return rng.integers(0, 2**64, len(like), dtype=np.uint64)


def _kinds(like: Integers, kind: int) -> NDArray[np.int8]:
    return np.full(len(like), kind, dtype=np.int8)
