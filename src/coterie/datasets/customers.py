"""Who buys: customers of planted types, in a table of their own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PlantedType:
    """One kind of customer. Figures are medians over its customers.

    A spread is the standard deviation, between customers, of the figure's natural log.

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
    starts : tuple of float, default (0, 1)
        When the first order may be: shares of the time that the span leaves.
    paced : bool, default False
        Whether orders come at even steps; ``orders`` is then what a span of all trade would have.
    same_basket : bool, default False
        Whether every order is the first one again.
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
    starts: tuple[float, float] = (0.0, 1.0)
    paced: bool = False
    same_basket: bool = False


TYPES: tuple[PlantedType, ...] = (
    PlantedType(
        "wholesale", "Shops that restock by the case.", 0.075, 12, 0.55, 5, 80, (0.70, 0.98), 27, 0.55, 45, 0.85
    ),
    PlantedType("loyal", "Comes back all year.", 0.235, 6.5, 0.30, 4, 40, (0.60, 0.98), 20, 0.30, 10, 0.25),
    PlantedType("occasional", "A few orders, then quiet.", 0.29, 2.3, 0.25, 2, 4, (0.15, 0.55), 18, 0.25, 10, 0.20),
    PlantedType("one-time large", "One full basket.", 0.18, 1, 0.0, 1, 1, (0.0, 0.0), 27, 0.20, 13, 0.15),
    PlantedType("one-time small", "One light basket.", 0.22, 1, 0.0, 1, 1, (0.0, 0.0), 12, 0.20, 7.5, 0.15),
)
CANCELLED_TYPE = "cancelled"
"""One huge order, cancelled within the hour: nothing was ever sold. One customer in 1,000, and at least two."""


WHALE_SHARE = 0.0005
"""Share of all customers that are whales: customers of the first type, of another order of size; at least two."""


@dataclass(frozen=True)
class Customers:
    """One array entry a customer: the row of its planted type, and the row of its country.

    Customers of the row behind the last type have the huge order that is cancelled.
    """

    planted: NDArray[np.int64]
    country: NDArray[np.int64]
    types: tuple[PlantedType, ...]
    whale_share: float

    def names(self) -> list[str]:
        """Return the planted type of every customer."""
        names = [kind.name for kind in self.types] + [CANCELLED_TYPE]
        return [names[row] for row in self.planted]

    @property
    def cancelled(self) -> NDArray[np.bool_]:
        """Whether a customer is of the cancelled type."""
        return np.asarray(self.planted == len(self.types))

    @property
    def whales(self) -> NDArray[np.int64]:
        """Rows of the first customers of the first type, as many as there are whales."""
        n_whales = max(2, round(len(self.planted) * self.whale_share)) if self.whale_share else 0
        return np.flatnonzero(self.planted == 0)[:n_whales]

    def parameters(self) -> dict[str, NDArray[np.float64]]:
        """Return each number of the table of types as an array; the cancelled type borrows the last row."""
        row = np.minimum(self.planted, len(self.types) - 1)
        names = [field.name for field in fields(PlantedType) if field.name not in ("name", "meaning")]
        return {name: np.array([getattr(kind, name) for kind in self.types])[row] for name in names}


def draw_customers(
    rng: np.random.Generator,
    n_customers: int,
    types: tuple[PlantedType, ...],
    country_shares: tuple[float, ...],
    whale_share: float,
) -> Customers:
    """Draw types in their exact shares, in random order, and countries."""
    shares = np.cumsum([kind.share for kind in types])
    planted = np.searchsorted(shares / shares[-1], (np.arange(n_customers) + 0.5) / n_customers)
    planted[-max(2, n_customers // 1000) :] = len(types)
    planted = planted[np.argsort(rng.random(n_customers), kind="stable")]
    country = np.searchsorted(np.cumsum(country_shares)[:-1], rng.random(n_customers))
    return Customers(planted, country, types, whale_share)
