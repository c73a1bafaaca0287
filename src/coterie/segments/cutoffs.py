"""Round numbers: where a rule may cut, and where a stated change may end."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ENOUGH = 16
"""Cut-offs wanted within the middle nine tenths of the customers, before another digit is taken."""
_MOST_DIGITS = 15
_DECADES = 40
_KEPT = 64
"""Decades kept for whoever asks next: a customer's change is looked for on several ladders."""


def ladder(low: float, high: float, *, whole: bool = False, digits: int = 2) -> Array:
    """Return the round numbers above zero from ``low`` to ``high``, ascending: those of so many significant digits.

    Parameters
    ----------
    low, high : float
        Ends, both taken in; above zero.
    whole : bool, default False
        Whether only whole numbers count.
    digits : int, default 2
        Significant digits, at least 1.

    Examples
    --------
    >>> ladder(8, 13, whole=True).tolist(), ladder(0.98, 1.2).tolist()
    ([8.0, 9.0, 10.0, 11.0, 12.0, 13.0], [0.98, 0.99, 1.0, 1.1, 1.2])
    """
    first = max(math.floor(math.log10(low)), math.floor(math.log10(high)) - _DECADES)
    decades = range(first, math.floor(math.log10(high)) + 1)
    found = np.concatenate([np.zeros(0), *(_two_digits(one) if digits == 2 else _decade(one, digits) for one in decades)])
    found = found[(found >= low) & (found <= high)]
    return found[found == np.floor(found)] if whole else found


@lru_cache(maxsize=_KEPT)
def _two_digits(decade: int) -> Array:
    """Return the decade of nearly every ladder; those of more digits are rare, and large."""
    return _decade(decade, 2)


def _decade(decade: int, digits: int) -> Array:
    """Return the numbers of so many significant digits from ``10**decade`` to below ten times that."""
    # Through text, so that each is the very float a reader or a database makes of the number as it is written.
    return np.array([float(f"{step}e{decade - digits + 1}") for step in range(10 ** (digits - 1), 10**digits)])


def roundness(value: float) -> int:
    """Return how round a number is: 0 for 1, 2 and 5, 1 for 2.5 and other single digits, 2 for halves (15, 350), 3 beyond.

    Examples
    --------
    >>> [roundness(x) for x in (500, 0.25, 3, 15, 17, 0, -20)]
    [0, 1, 1, 2, 3, 0, 0]
    """
    if value == 0:
        return 0
    mantissa = float(f"{abs(value):.15e}".partition("e")[0])
    if mantissa in (1.0, 2.0, 5.0):
        return 0
    if mantissa == 2.5 or mantissa == math.floor(mantissa):
        return 1
    return 2 if 2 * mantissa == math.floor(2 * mantissa) else 3


def cutoffs(values: Array, *, whole: bool = False) -> Array:
    """Return round numbers that part customers, one for each way of parting them, ascending.

    Two significant digits, and more only where the values lie so close together that two cannot part them. Where several part
    the customers alike, the roundest stays, and of those the smallest.

    Parameters
    ----------
    values : ndarray of shape (n_customers,)
        Finite.
    whole : bool, default False
        Whether only whole numbers may cut.

    Examples
    --------
    >>> cutoffs(np.array([1.0, 1.0, 2.0, 7.0, 30.0]), whole=True).tolist()
    [2.0, 5.0, 10.0]
    """
    ordered = np.sort(values)
    low, high = np.quantile(ordered, [0.05, 0.95])
    distinct = int((np.diff(ordered[(ordered >= low) & (ordered <= high)]) > 0).sum())
    for digits in range(2, _MOST_DIGITS):
        found = _roundest(ordered, _candidates(ordered, whole, digits))
        if int(((found > low) & (found <= high)).sum()) >= min(_ENOUGH, distinct):
            break
    return found


def _candidates(ordered: Array, whole: bool, digits: int) -> Array:
    parts = [np.zeros(1)]
    for sign, side in ((1.0, ordered[ordered > 0]), (-1.0, -ordered[ordered < 0][::-1])):
        if len(side):
            # One rung beyond either end, so that zeros, or few values, are parted from the rest as well.
            parts.append(sign * ladder(side[0] / 2, side[-1] * 2, whole=whole, digits=digits))
    return np.unique(np.concatenate(parts))


def _roundest(ordered: Array, candidates: Array) -> Array:
    below = np.searchsorted(ordered, candidates, side="left")
    parting = (below > 0) & (below < len(ordered))
    below, candidates = below[parting], candidates[parting]
    rank = np.lexsort((candidates, np.array([roundness(float(x)) for x in candidates]), below))
    first = np.ones(len(rank), dtype=bool)
    first[1:] = np.diff(below[rank]) > 0
    return candidates[rank][first]
