"""Who buys, and when: customers of planted types, their orders, and the orders they cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coterie.datasets.shop import COUNTRY_SHARES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

SALE, CANCELLED, HALF_CANCELLED = 1, -1, -2
"""What an order is: a sale, a cancellation of whole lines, or of half of each line's units."""
MOST_LINES = 600
LAST_MOMENT = 0.999
"""No sale is later, so that the huge order's cancellation still falls in the period."""


@dataclass(frozen=True)
class PlantedType:
    """One kind of customer. Medians are of customers; spreads are standard deviations of natural logs between customers.

    Parameters
    ----------
    name, meaning : str
        What it is called, and who that is.
    share : float
        Share of the customers.
    orders, orders_spread : float
        Orders of a customer.
    most_orders, fewest_orders : int
        Bounds of the orders.
    span : tuple of float
        Smallest and largest share of all trade between first and last order.
    lines, lines_spread : float
        Lines of an order.
    line_value, value_spread : float
        Money of a line.
    """

    name: str
    meaning: str
    share: float
    orders: float
    orders_spread: float
    fewest_orders: int
    most_orders: int
    span: tuple[float, float]
    lines: float
    lines_spread: float
    line_value: float
    value_spread: float


TYPES: tuple[PlantedType, ...] = (
    PlantedType("wholesale", "Shops that restock by the case.", 0.09, 11, 0.45, 5, 60, (0.60, 0.98), 26, 0.35, 36, 0.35),
    PlantedType("loyal", "Comes back all year.", 0.23, 8, 0.40, 4, 40, (0.55, 0.98), 20, 0.40, 12, 0.30),
    PlantedType("occasional", "A few orders, then quiet.", 0.30, 2.4, 0.30, 2, 4, (0.08, 0.60), 17, 0.40, 11, 0.30),
    PlantedType("one-time large", "One full basket.", 0.17, 1, 0.0, 1, 1, (0.0, 0.0), 25, 0.35, 13, 0.30),
    PlantedType("one-time small", "One light basket.", 0.21, 1, 0.0, 1, 1, (0.0, 0.0), 10, 0.40, 8, 0.30),
)
CANCELLED_TYPE = "cancelled"
"""One huge order, cancelled within the hour: nothing was ever sold. One customer in 2,000, and at least one."""
WHALE_SHARE = 0.001
"""Share of all customers that are wholesalers ten times the size of the others; at least two."""


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
        return Orders(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Customers:
    """One array entry a customer: row of its planted type (``len(TYPES)`` is the cancelled type), and of its country."""

    planted: Integers
    country: Integers

    def names(self) -> list[str]:
        """Return the planted type of every customer."""
        names = [kind.name for kind in TYPES] + [CANCELLED_TYPE]
        return [names[row] for row in self.planted]


def draw_customers(rng: np.random.Generator, n_customers: int) -> Customers:
    """Draw types in their exact shares, in random order, and countries."""
    shares = np.cumsum([kind.share for kind in TYPES])
    planted = np.searchsorted(shares / shares[-1], (np.arange(n_customers) + 0.5) / n_customers)
    planted[-max(1, n_customers // 2000):] = len(TYPES)
    planted = planted[np.argsort(rng.random(n_customers), kind="stable")]
    country = np.searchsorted(np.cumsum(COUNTRY_SHARES)[:-1], rng.random(n_customers))
    return Customers(planted, country)


def draw_orders(
    rng: np.random.Generator, customers: Customers, *, missing_customers: float, cancellations: float, unmatched: float
) -> Orders:
    """Draw every order of every customer, orders without a customer, and cancellations; sorted by time."""
    known = _sales(rng, customers.planted)
    guests = _guests(rng, int(known.n_lines.sum() * missing_customers / (1 - missing_customers)))
    sales = _joined(known, guests)
    orders = _joined(sales, _cancellations(rng, sales, customers.planted, cancellations, unmatched))
    return orders.part(np.argsort(orders.moment, kind="stable"))


def _sales(rng: np.random.Generator, planted: Integers) -> Orders:
    """Draw each customer's orders: the first and the last a span apart, the others between."""
    n_customers = len(planted)
    row = np.minimum(planted, len(TYPES) - 1)
    table = {name: np.array([getattr(kind, name) for kind in TYPES])[row] for name in PlantedType.__dataclass_fields__ if name not in ("name", "meaning")}
    whale = _whales(planted)
    n_orders = np.rint(table["orders"] * np.exp(table["orders_spread"] * rng.standard_normal(n_customers)))
    n_orders = n_orders.clip(table["fewest_orders"], table["most_orders"]).astype(np.int64)
    n_orders[whale] *= 4
    n_orders[planted == len(TYPES)] = 1
    shortest, longest = table["span"].T
    span = shortest + (longest - shortest) * rng.random(n_customers)
    first = rng.random(n_customers) * (LAST_MOMENT - span)
    lines = table["lines"] * np.exp(table["lines_spread"] * rng.standard_normal(n_customers))
    value = table["line_value"] * np.exp(table["value_spread"] * rng.standard_normal(n_customers))
    value[whale] *= 10

    customer = np.repeat(np.arange(n_customers), n_orders)
    number = np.arange(len(customer)) - np.repeat(np.cumsum(n_orders) - n_orders, n_orders)
    place = rng.random(len(customer))
    place[number == 0] = 0
    place[(number == 1)] = 1
    n_lines = _count(lines[customer] * np.exp(0.4 * rng.standard_normal(len(customer))))
    line_value = value[customer] * np.exp(0.2 * rng.standard_normal(len(customer)))
    huge = planted[customer] == len(TYPES)
    n_lines[huge], line_value[huge] = 1, 75_000
    return Orders(customer, first[customer] + span[customer] * place, n_lines, line_value, _keys(rng, len(customer)), _kinds(customer, SALE))


def _whales(planted: Integers) -> Integers:
    """Return the rows of the first wholesalers, as many as there are whales."""
    return np.flatnonzero(planted == 0)[: max(2, round(len(planted) * WHALE_SHARE))]


def _guests(rng: np.random.Generator, n_lines: int) -> Orders:
    """Draw orders without a customer until they have so many lines: many of one line, a few of hundreds."""
    per_order = _count(8 * np.exp(1.5 * rng.standard_normal(n_lines // 10 + 1)))
    n_orders = int(np.searchsorted(np.cumsum(per_order), n_lines))
    customer = np.full(n_orders, -1)
    line_value = 12 * np.exp(0.5 * rng.standard_normal(n_orders))
    return Orders(customer, rng.random(n_orders) * LAST_MOMENT, per_order[:n_orders], line_value, _keys(rng, n_orders), _kinds(customer, SALE))


def _cancellations(rng: np.random.Generator, sales: Orders, planted: Integers, share: float, unmatched: float) -> Orders:
    """Draw who cancels what: the first lines of a sale, whole or half, some weeks later; and some whose sale was before the first day."""
    rows = np.flatnonzero(rng.random(len(sales.moment)) < share)
    huge = np.flatnonzero((planted == len(TYPES))[sales.customer] & (sales.customer >= 0))
    rows = np.concatenate([np.setdiff1d(rows, huge), huge])
    back = sales.part(rows)
    whole = (rng.random(len(rows)) < 0.6) | np.isin(rows, huge)
    lost = (rng.random(len(rows)) < unmatched) & ~np.isin(rows, huge)
    later = np.where(np.isin(rows, huge), 0.0002, 0.002 + 0.08 * rng.random(len(rows)))
    some = 1 + (3 * rng.random(len(rows)) ** 2).astype(np.int64)
    drawn = Orders(
        back.customer,
        back.moment + later,
        np.minimum(back.n_lines, some),
        back.line_value,
        np.where(lost, _keys(rng, len(rows)), back.key),
        np.where(whole, CANCELLED, HALF_CANCELLED).astype(np.int8),
    )
    return drawn.part(np.flatnonzero(drawn.moment < 1))


def _joined(first: Orders, second: Orders) -> Orders:
    return Orders(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in Orders.__dataclass_fields__))


def _count(sizes: Floats) -> Integers:
    return np.rint(sizes).clip(1, MOST_LINES).astype(np.int64)


def _keys(rng: np.random.Generator, n_keys: int) -> NDArray[np.uint64]:
    return rng.integers(0, 2**64, n_keys, dtype=np.uint64)


def _kinds(like: Integers, kind: int) -> NDArray[np.int8]:
    return np.full(len(like), kind, dtype=np.int8)
