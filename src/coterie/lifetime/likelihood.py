"""Parameters by maximum likelihood: several starts, a check that it has converged, and intervals from the curvature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Objective = Callable[[Array], tuple[float, Array]]
"""Mean negative log-likelihood a customer, and its gradient, of the parameters' logarithms."""

FURTHEST = 12.0
"""Logarithms are sought between plus and minus this: a parameter out there says that the model has no use for it."""
NORMAL = 1.959964
"""Half the width of 95 % of a normal distribution, in standard deviations."""
FLAT = 1e-4
"""A gradient a customer, in logarithms, above which a fit has not converged."""


@dataclass(frozen=True)
class Fit:
    """Fitted parameters.

    Parameters
    ----------
    values : tuple of float
        The parameters, all positive.
    intervals : tuple of (float, float) or None
        95 % of each; None where the likelihood is too flat to tell, or the parameter at the end of its range.
    converged : bool
        Whether the gradient is zero, or a parameter has run to the end of its range.
    customers : float
        How many it was fitted on.
    """

    values: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    converged: bool
    customers: float


def maximise(objective: Objective, starts: Sequence[Sequence[float]], customers: float) -> Fit:
    """Find the parameters of the highest likelihood.

    Parameters
    ----------
    objective : callable
        Mean negative log-likelihood and gradient, of the logarithms.
    starts : sequence of sequence of float
        Parameters to begin at; the best end of all wins.
    customers : float
        How many the mean is over, for the intervals.

    Examples
    --------
    >>> fit = maximise(lambda z: (float((z[0] - np.log(3)) ** 2), 2 * (z - np.log(3))), [[1.0]], 100)
    >>> round(fit.values[0], 6), fit.converged
    (3.0, True)
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    best = None
    # One thread: for matrices of four by four, several wait for one another most of the time.
    with threadpool_limits(limits=1):
        for start in starts:
            found = minimize(
                objective,
                np.clip(np.log(start), -FURTHEST, FURTHEST),
                jac=True,
                method="L-BFGS-B",
                bounds=[(-FURTHEST, FURTHEST)] * len(start),
                options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
            )
            if np.isfinite(found.fun) and (best is None or found.fun < best.fun):
                best = found
    if best is None:
        return Fit(tuple(map(float, starts[0])), (None,) * len(starts[0]), False, customers)
    at = np.asarray(best.x, dtype=float)
    free = np.abs(at) < FURTHEST
    converged = bool(np.all(np.abs(objective(at)[1][free]) < FLAT))
    return Fit(tuple(float(x) for x in np.exp(at)), _intervals(objective, at, customers), converged, customers)


def _intervals(objective: Objective, at: Array, customers: float) -> tuple[tuple[float, float] | None, ...]:
    """Return 95 % intervals by the normal approximation of the logarithms, of the parameters that the data speak of."""
    step = 1e-4
    curvature = np.array([(objective(at + d)[1] - objective(at - d)[1]) / (2 * step) for d in step * np.eye(len(at))])
    curvature = customers * (curvature + curvature.T) / 2
    known = (np.abs(at) < FURTHEST) & (np.diag(curvature) > (NORMAL / FURTHEST) ** 2)
    part = curvature[np.ix_(known, known)]
    if not known.any() or not np.isfinite(part).all() or np.linalg.eigvalsh(part).min() <= 0:
        return (None,) * len(at)
    width = np.full(len(at), np.inf)
    width[known] = NORMAL * np.sqrt(np.diag(np.linalg.inv(part)))
    return tuple((float(np.exp(x - w)), float(np.exp(x + w))) if w < FURTHEST else None for x, w in zip(at, width, strict=True))
