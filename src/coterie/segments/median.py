"""The median's bootstrap interval, without resampling.

Resample ``n`` customers with replacement, and the r-th smallest of the resample is at most the k-th smallest of the sample
when at least r of n draws fall among the k smallest: a binomial tail. So the bootstrap distribution of a median is known
exactly, the same every time, and no draw has to be made.

References
----------
Efron 1979, Bootstrap methods, doi:10.1214/aos/1176344552
Maritz & Jarrett 1978, A note on estimating the variance of the sample median, J. Am. Stat. Assoc. 73, 194-196
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

OUTSIDE = 0.025
"""Share of the resamples that lies below the interval, and above it."""


def median_interval(ordered: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % bootstrap percentile interval of the median.

    Parameters
    ----------
    ordered : ndarray of shape (n,)
        Ascending, without NaN; at least one value. The median of an even number lies between two values, and so does each
        end: halfway between what the two have on their own.

    Examples
    --------
    >>> median_interval(np.arange(1.0, 100.0))
    (40.0, 60.0)
    """
    n = len(ordered)
    middle = {(n + 1) // 2, n // 2 + 1}
    low = np.mean([ordered[_rank(n, r) - 1] for r in middle])
    high = np.mean([ordered[n - _rank(n, r)] for r in middle])
    return float(low), float(high)


@lru_cache(maxsize=4096)
def _rank(n: int, r: int) -> int:
    """Return the smallest k such that the r-th of a resample is at most the k-th of the sample often enough."""
    below, enough = 0, n
    step = int(1.5 * n**0.5) + 2
    # The answer lies some two standard errors under r; where it does not, the search goes on over everything.
    if r > step and _tail(n, r - step, r) < OUTSIDE:
        below = r - step
    if _tail(n, r, r) >= OUTSIDE:
        enough = r
    while enough - below > 1:
        half = (below + enough) // 2
        if _tail(n, half, r) >= OUTSIDE:
            enough = half
        else:
            below = half
    return enough


def _tail(n: int, k: int, r: int) -> float:
    """Return the probability that at least r of n draws fall among the k smallest of n."""
    if k >= n:
        return 1.0
    p, spread = k / n, (k * (1 - k / n)) ** 0.5
    # Terms farther than ten standard deviations from the mean add nothing to sixteen digits.
    first, last = max(0, int(k - 10 * spread) - 10), min(n, int(k + 10 * spread) + 10)
    if r <= first:
        return 1.0
    if r > last:
        return 0.0
    j = np.arange(first, last, dtype=float)
    logs = np.concatenate([[0.0], np.cumsum(np.log((n - j) / (j + 1)) + np.log(p / (1 - p)))])
    terms = np.exp(logs - logs.max())
    return float(terms[r - first :].sum() / terms.sum())
