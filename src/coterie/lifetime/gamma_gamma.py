"""Gamma-Gamma: what an order of a customer is worth, told from the orders there were.

A customer's orders vary around a mean of their own (gamma, shape ``p``), and the means differ between customers (``q``,
``gamma``). Few orders say little, so that a customer's expected order lies between their own mean and everybody's. Only
``gamma`` has a unit, that of money. The model takes the worth of an order to be independent of how often orders come;
`coterie.lifetime.calibration` checks that.

References
----------
Fader & Hardie 2013, The Gamma-Gamma model of monetary value, http://www.brucehardie.com/notes/025/
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.lifetime.likelihood import Fit, Objective, maximise

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GammaGamma:
    """A Gamma-Gamma model.

    Parameters
    ----------
    p, q, gamma : float
        Positive; ``q`` above 1, else the mean over all customers is not finite.

    Examples
    --------
    >>> model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    >>> model.expected_value([0, 1, 40], [0.0, 100.0, 100.0]).round(2).tolist()
    [35.22, 80.26, 99.3]
    """

    p: float
    q: float
    gamma: float

    def expected_value(self, orders: object, order_value: object) -> Array:
        """Return the expected mean value of a customer's orders.

        Parameters
        ----------
        orders : array-like of shape (n_customers,)
            How many the mean is over; 0 gives everybody's mean.
        order_value : array-like of shape (n_customers,)
            Their mean value.
        """
        n, mean = (np.asarray(values, dtype=float) for values in (orders, order_value))
        return np.asarray(self.p * (self.gamma + n * mean) / (self.p * n + self.q - 1))


def fit_gamma_gamma(orders: Array, order_value: Array) -> Fit:
    """Fit a Gamma-Gamma model by maximum likelihood.

    Parameters
    ----------
    orders, order_value : ndarray of shape (n_customers,)
        How many orders, and their mean value; all positive.

    Returns
    -------
    Fit
        ``values`` are p, q and gamma.
    """
    order = np.lexsort((order_value, orders))
    # In units of the median, so that pounds and pence take the same steps.
    unit = float(np.median(order_value))
    fit = maximise(
        _objective(orders[order], order_value[order] / unit),
        [(2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (1.0, 1.5, 1.0)],
        float(len(order)),
    )
    p, q, gamma = fit.values
    *others, of_gamma = fit.intervals
    money = None if of_gamma is None else (of_gamma[0] * unit, of_gamma[1] * unit)
    return Fit((p, q, gamma * unit), (*others, money), fit.converged, fit.customers)


def _objective(n: Array, mean: Array) -> Objective:
    """Return the mean negative log-likelihood of the logarithms of p, q, gamma, with its gradient."""
    from scipy.special import gammaln, psi

    counts, of = np.unique(n, return_inverse=True)
    by_count = np.bincount(of).astype(float)
    total, sums = n * mean, np.log(mean)
    log_n = np.log(counts)
    # Sums of what no parameter changes: of n log(n mean), and of log(mean).
    fixed, fixed_mean = float(n @ (sums + log_n[of])), float(sums.sum())

    def negative(logs: Array) -> tuple[float, Array]:
        p, q, gamma = np.exp(logs)
        both = gamma + total
        log_both, pn = np.log(both), p * counts
        by_log, pnq = np.bincount(of, weights=log_both), p * counts + q
        value = float(by_count @ (gammaln(pnq) - gammaln(pn) - gammaln(q) + q * logs[2]) + p * fixed - fixed_mean - pnq @ by_log)
        slope = np.array([
            by_count @ (counts * (psi(pnq) - psi(pn))) + fixed - counts @ by_log,
            by_count @ (psi(pnq) - psi(q) + logs[2]) - by_log.sum(),
            q / gamma * len(n) - pnq @ np.bincount(of, weights=1 / both),
        ])  # fmt: skip
        return -value / len(n), -slope * np.array([p, q, gamma]) / len(n)

    return negative
