"""Is a forecast to be believed? One made on the hold-out day is held against what came; so is what the models take for granted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.lifetime.forecast import Forecast
from coterie.lifetime.holdout import Holdout
from coterie.lifetime.orders import RepeatOrders
from coterie.lifetime.ranking import ranks, spearman
from coterie.recipe import Value

Array = NDArray[np.float64]
BANDS = 10


def calibrate(then: Holdout, made: Forecast, part: Value) -> tuple[dict[str, Any], str | None]:
    """Hold a forecast of the hold-out day against the orders and the money since.

    Parameters
    ----------
    then : Holdout
        The hold-out day.
    made : Forecast
        From what was known on it.
    part : Value
        The recipe's limits.

    Returns
    -------
    dict
        ``since``, ``customers``, totals beside what was expected, ``rank_correlation``, and the same by tenth of the customers.
    str or None
        A sentence where it fails.
    """
    known = then.orders.known
    expected, worth = made.expected_orders[known], made.expected_value[known]
    came = np.nan_to_num(then.today.stretch_orders[known])
    spent = np.nan_to_num(then.today.stretch_value[known])
    agreement = spearman(expected, came)
    band = np.minimum((BANDS * (ranks(expected) - 0.5) / len(expected)).astype(int), BANDS - 1)
    found = {
        "since": then.day.isoformat(),
        **_totals(came, expected, spent, worth, np.ones(len(came), dtype=bool)),
        "rank_correlation": agreement,
        "deciles": [{"decile": int(one) + 1, **_totals(came, expected, spent, worth, band == one)} for one in np.unique(band)],
    }
    since = f"In the {part.horizon_days} days from {found['since']}"
    for noun, real, thought in (
        ("placed {:,.0f} orders", found["orders"], found["expected_orders"]),
        ("spent {:,.0f}", found["value"], found["expected_value"]),
    ):
        if not abs(thought - real) <= part.total_within * real:
            off = f"{abs(thought - real) / real:.0%} {'short' if thought < real else 'over'}, " if real else ""
            told = f"{since} customers {noun.format(real)} where {thought:,.0f} had been expected"
            return found, f"{told}: {off}and {part.total_within:.0%} is allowed."
    if agreement is None or agreement < part.rank_correlation:
        shown = "none" if agreement is None else f"{agreement:.2f}"
        return found, (
            f"{since} who was expected to order did not: rank correlation {shown}, and {part.rank_correlation:g} is asked."
        )
    return found, None


def independence(orders: RepeatOrders, part: Value) -> dict[str, Any]:
    """Check what Gamma-Gamma takes for granted: that how often customers order does not tell what an order is worth.

    Parameters
    ----------
    orders : RepeatOrders
        Purchases; customers with a repeat order count.
    part : Value
        The recipe's limit.

    Returns
    -------
    dict
        ``correlation`` (Spearman), ``limit``, ``warning``: a sentence, or None.
    """
    again = orders.of(orders.repeat_orders > 0)
    correlation = spearman(again.repeat_orders, again.order_value)
    beyond = correlation is not None and abs(correlation) > part.dependence
    return {
        "correlation": correlation,
        "limit": part.dependence,
        "warning": f"Customers who order more often place {'larger' if (correlation or 0) > 0 else 'smaller'} orders "
        f"(rank correlation {correlation:.2f}): expected values lean that way." if beyond else None,
    }  # fmt: skip


def _totals(came: Array, expected: Array, spent: Array, worth: Array, rows: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "customers": int(rows.sum()),
        "orders": int(came[rows].sum()),
        "expected_orders": _sum(expected[rows]),
        "value": _sum(spent[rows]),
        "expected_value": _sum(worth[rows]),
    }


def _sum(values: Array) -> float:
    """Return a sum whose last digit does not depend on the order of the customers."""
    return float(np.sort(values).sum())
