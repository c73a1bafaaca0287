"""A forecast of orders and value: both models fitted, or a sentence on why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.lifetime.bg_nbd import BgNbd, fit_bg_nbd
from coterie.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma
from coterie.lifetime.likelihood import Fit
from coterie.lifetime.orders import DAYS_A_WEEK, RepeatOrders
from coterie.recipe import Value

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """What customers are expected to do within the horizon.

    Parameters
    ----------
    p_alive : ndarray of shape (n_customers,)
        Chance that more orders come; NaN after a single order, of which the model knows nothing, and without an order.
    expected_orders, expected_value : ndarray of shape (n_customers,)
        Orders and money; NaN without an order.
    orders_fit, value_fit : Fit
        Of BG/NBD and Gamma-Gamma.
    """

    p_alive: Array
    expected_orders: Array
    expected_value: Array
    orders_fit: Fit
    value_fit: Fit

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of both models with their intervals, as plain JSON data."""
        return {
            "bg_nbd": _named(("r", "alpha", "a", "b"), self.orders_fit),
            "gamma_gamma": _named(("p", "q", "gamma"), self.value_fit),
        }


def forecast(orders: RepeatOrders, part: Value, told: RepeatOrders | None = None) -> Forecast | str:
    """Fit both models and forecast a horizon from the day of the orders.

    Parameters
    ----------
    orders : RepeatOrders
        Purchases until that day.
    part : Value
        The recipe's horizon, and how many repeat customers it takes.
    told : RepeatOrders, optional
        Of very many customers, those of a part that the models are fitted on.

    Returns
    -------
    Forecast or str
        A sentence where no forecast can be made.
    """
    seen = orders if told is None else told
    seen = seen.of(seen.known)
    paid = seen.order_value > 0
    if (repeaters := int(((seen.repeat_orders > 0) & paid).sum())) < part.fewest_repeaters:
        return f"{repeaters:,} customers ordered and paid on more than one day, and a forecast takes {part.fewest_repeaters:,}."
    by_orders = fit_bg_nbd(seen.repeat_orders, seen.t_x, seen.T)
    by_value = fit_gamma_gamma(seen.repeat_orders[paid] + 1, seen.order_value[paid])
    if not (by_orders.converged and by_value.converged):
        return "The likelihood of the orders or of their value has no clear peak."
    if by_value.values[1] <= 1:
        return "The value of orders differs so much between customers that it has no mean to expect."
    known = orders.known
    own = orders.of(known)
    counts, values = BgNbd(*by_orders.values), GammaGamma(*by_value.values)
    # A likelihood that rises without end, e.g. of orders at an even pace, stops at parameters that nothing can be computed from.
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        expected = counts.expected_orders(part.horizon_days / DAYS_A_WEEK, own.repeat_orders, own.t_x, own.T)
    if not np.isfinite(expected).all():
        return "These customers do not order at random, as the model has it, so no number of orders can be expected by it."
    each = values.expected_value(own.repeat_orders + 1, np.maximum(own.order_value, 0))
    if not np.isfinite(expected).all():
        return "The parameters of the orders lie where the model expects nothing finite."
    alive = np.where(own.repeat_orders > 0, counts.p_alive(own.repeat_orders, own.t_x, own.T), np.nan)
    alive, expected, worth = (_spread(values, known) for values in (alive, expected, expected * each))
    return Forecast(alive, expected, worth, by_orders, by_value)


def _spread(values: Array, known: NDArray[np.bool_]) -> Array:
    everybody = np.full(len(known), np.nan)
    everybody[known] = values
    return everybody


def _named(names: tuple[str, ...], fit: Fit) -> dict[str, Any]:
    intervals = [None if one is None else list(one) for one in fit.intervals]
    return {**dict(zip(names, fit.values, strict=True)), "intervals": dict(zip(names, intervals, strict=True))}
