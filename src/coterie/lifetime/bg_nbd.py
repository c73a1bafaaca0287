"""BG/NBD: how many orders a customer still places, told from how many there were and when the last one was.

While a customer is active, orders come at a steady rate of their own; after each order there is a chance of their own that it
was the last. Rates differ between customers by a gamma distribution (``r``, ``alpha``), chances by a beta distribution (``a``,
``b``). Any unit of time will do; ``alpha`` has it, and the others have none. Coterie fits in weeks.

References
----------
Fader, Hardie & Lee 2005, "Counting your customers" the easy way: an alternative to the Pareto/NBD model,
doi:10.1287/mksc.1040.0098
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.lifetime.likelihood import Fit, Objective, maximise

Array = NDArray[np.float64]

SAMPLED_STARTS = 20_000
"""Distinct histories above which the starts are tried on a sample of them, and only the best is settled on all."""


@dataclass(frozen=True)
class BgNbd:
    """A BG/NBD model.

    Parameters
    ----------
    r, alpha, a, b : float
        Positive.

    Examples
    --------
    Of the authors' data: a customer with two repeat orders, the last in week 30.43 of 38.86, in the next 39 weeks.

    >>> model = BgNbd(r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881)
    >>> [float(x.round(3)[0]) for x in (model.expected_orders(39, [2], [30.43], [38.86]), model.p_alive([2], [30.43], [38.86]))]
    [1.226, 0.727]
    """

    r: float
    alpha: float
    a: float
    b: float

    def p_alive(self, repeat_orders: object, t_x: object, T: object) -> Array:
        """Return the chance that a customer has not yet placed the last order; by construction 1 after a single order.

        Parameters
        ----------
        repeat_orders : array-like of shape (n_customers,)
            Orders without the first.
        t_x, T : array-like of shape (n_customers,)
            Time from the first order to the last, and to today, ``0 <= t_x <= T``.
        """
        from scipy.special import expit

        x, t_x, T = (np.asarray(values, dtype=float) for values in (repeat_orders, t_x, T))
        again = np.maximum(x, 1)
        odds = np.log(self.a / (self.b + again - 1)) + (self.r + x) * np.log((self.alpha + T) / (self.alpha + t_x))
        return np.where(x > 0, expit(-odds), 1.0)

    def expected_orders(self, horizon: float, repeat_orders: object, t_x: object, T: object) -> Array:
        """Return the orders that a customer is expected to place within a horizon from today.

        Parameters
        ----------
        horizon : float
            In the model's unit of time.
        repeat_orders, t_x, T : array-like of shape (n_customers,)
            As in `p_alive`.
        """
        from scipy.special import hyp2f1

        x, T = (np.asarray(values, dtype=float) for values in (repeat_orders, T))
        # The published formula by Euler's transformation of the hypergeometric series, which stays finite for hundreds of orders.
        # At a = 1 it is zero over zero; beside it, it is smooth.
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        share = horizon / (self.alpha + T + horizon)
        c = a + self.b + x - 1
        c = np.where(np.abs(c) > 1e-9, c, 1e-9)
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, c, share)
        if_alive = c / (a - 1) * (1 - (1 - share) ** (a - 1) * series)
        return np.asarray(np.maximum(if_alive * self.p_alive(x, t_x, T), 0.0))


def fit_bg_nbd(repeat_orders: Array, t_x: Array, T: Array) -> Fit:
    """Fit a BG/NBD model by maximum likelihood.

    Parameters
    ----------
    repeat_orders, t_x, T : ndarray of shape (n_customers,)
        As in `BgNbd.p_alive`; finite.

    Returns
    -------
    Fit
        ``values`` are r, alpha, a and b.
    """
    histories, counts = _distinct(repeat_orders, t_x, T)
    rate = float(counts @ histories[0]) / max(float(counts @ histories[2]), 1e-12)
    starts: list[list[float]] = [[r, r / max(rate, 1e-6), a, b] for r, a, b in ((0.5, 0.5, 2.5), (1.5, 0.2, 2.0), (0.25, 1.5, 4.0))]
    step = len(counts) // SAMPLED_STARTS
    if step > 1:
        rough = maximise(_objective(histories[:, ::step], counts[::step]), starts, float(counts[::step].sum()))
        starts = [list(rough.values)]
    return maximise(_objective(histories, counts), starts, float(counts.sum()))


def _distinct(x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
    """Return distinct histories, of shape (3, n), in an order of their own, and how many customers share each."""
    order = np.lexsort((T, t_x, x))
    rows = np.vstack([x, t_x, T])[:, order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
    first = np.flatnonzero(new)
    return rows[:, first], np.diff(np.append(first, len(order))).astype(float)


def _objective(histories: Array, counts: Array) -> Objective:
    """Return the mean negative log-likelihood of the logarithms of r, alpha, a, b, with its gradient."""
    from scipy.special import gammaln, psi

    x, t_x, T = histories
    times, row_of = np.unique(np.concatenate([t_x, T]), return_inverse=True)
    at_last, at_end = row_of[: len(x)], row_of[len(x) :]
    orders, of = np.unique(x, return_inverse=True)
    by_orders = np.bincount(of, weights=counts)
    total = counts.sum()
    again, repeats = x > 0, np.maximum(orders, 1)

    def negative(logs: Array) -> tuple[float, Array]:
        r, alpha, a, b = np.exp(logs)
        log_times = np.log(alpha + times)
        log_end, log_last = log_times[at_end], log_times[at_last]
        rx = r + x
        # Two ways to have been silent since the last order: still active, or gone with that order.
        active = -rx * log_end
        gone = np.where(again, np.log(a / (b + repeats - 1))[of] - rx * log_last, -np.inf)
        either = np.logaddexp(active, gone)
        by_gone = np.exp(gone - either) * counts
        by_active = counts - by_gone
        shared = (gammaln(r + orders) - gammaln(r) + r * logs[1] + gammaln(a + b) + gammaln(b + orders) - gammaln(b)) - gammaln(
            a + b + orders
        )
        value = float(by_orders @ shared + counts @ either)
        gone_by_orders = np.bincount(of, weights=by_gone)
        tail = psi(a + b) - psi(a + b + orders)
        slope = np.array([
            by_orders @ (psi(r + orders) - psi(r) + logs[1]) - by_active @ log_end - by_gone @ log_last,
            total * r / alpha - (by_active * rx) @ (1 / (alpha + times))[at_end] - (by_gone * rx) @ (1 / (alpha + times))[at_last],
            by_orders @ tail + gone_by_orders.sum() / a,
            by_orders @ (tail + psi(b + orders) - psi(b)) - gone_by_orders @ (1 / (b + repeats - 1)),
        ])  # fmt: skip
        return -value / total, -slope * np.array([r, alpha, a, b]) / total

    return negative
