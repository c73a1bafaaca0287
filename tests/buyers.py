"""Customers who buy as BG/NBD and Gamma-Gamma say, with parameters that are known; as histories and as transaction lines."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TRUE = (0.8, 6.0, 0.8, 2.5)
"""r, alpha (weeks), a, b."""
VALUE = (6.0, 4.0, 15.0)
"""p, q, gamma."""
FIRST_DAY = datetime.date(2023, 1, 2)


@dataclass(frozen=True)
class Buyers:
    """Orders of simulated customers.

    Parameters
    ----------
    customer : ndarray of int, shape (n_orders,)
        Who.
    week : ndarray of float, shape (n_orders,)
        When, in weeks from the start.
    value : ndarray of float, shape (n_orders,)
        Worth.
    weeks : float
        When the watch ends.
    """

    customer: np.ndarray
    week: np.ndarray
    value: np.ndarray
    weeks: float

    def histories(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return repeat orders, t_x, T and mean order value, by customer."""
        counts = np.bincount(self.customer)
        first, last = np.full(len(counts), np.inf), np.zeros(len(counts))
        np.minimum.at(first, self.customer, self.week)
        np.maximum.at(last, self.customer, self.week)
        return counts - 1.0, last - first, self.weeks - first, np.bincount(self.customer, self.value) / counts

    def lines(self, unit: float = 1.0, ids: Sequence[str] | None = None):
        """Return a frame of lines, one an order; ``unit`` is that of the money, ``ids`` stand for ``C0`` and so on."""
        import pandas as pd

        at = pd.Timestamp(FIRST_DAY) + pd.to_timedelta((self.week * 7 * 86400).astype(int), unit="s")
        return pd.DataFrame({
            "invoice_no": [f"I{i}" for i in range(len(at))],
            "product_id": "P1",
            "description": "A thing",
            "quantity": 1,
            "invoice_date": at,
            "price": np.round(self.value, 2) * unit,
            "customer_id": [ids[i] if ids is not None else f"C{i}" for i in self.customer],
            "country": "Here",
        })  # fmt: skip


def buyers(n: int, seed: int, *, weeks: float = 78.0, joining: float = 39.0, true=TRUE, value=VALUE) -> Buyers:
    """Draw customers who first buy within the weeks of joining."""
    rng = np.random.default_rng(seed)
    (r, alpha, a, b), (p, q, gamma) = true, value
    rate, leaving = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    at, active = rng.uniform(0, joining, n), np.ones(n, dtype=bool)
    customer, week = [np.arange(n)], [at.copy()]
    while True:
        active &= rng.random(n) >= leaving if len(week) > 1 else True
        at = at + rng.exponential(1, n) / rate
        active &= at < weeks
        if not active.any():
            break
        customer.append(np.flatnonzero(active))
        week.append(at[active])
    customer, week = np.concatenate(customer), np.concatenate(week)
    means = rng.gamma(q, 1 / gamma, n)
    return Buyers(customer, week, rng.gamma(p, 1 / means[customer]), weeks)
