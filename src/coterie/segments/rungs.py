"""Rungs: the round numbers that a customer's figure can rise or fall to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coterie.segments.cutoffs import ladder

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

FARTHEST = 10.0
"""No move goes beyond this many times what a customer has."""


def rungs_from(
    value: Array, sign: int, within: tuple[float, float] = (0.0, np.inf), *, whole: bool = False
) -> tuple[Array, Steps, Steps]:
    """Return round numbers, where each value stands just before the first of them in that direction, and how many are in reach."""
    positive = value[value > 0]
    least, most = (float(positive.min()), float(positive.max())) if len(positive) else (1.0, 1.0)
    if np.isfinite(within[1]):
        least, most = min(least, within[1]), max(most, within[1])
    rungs = ladder(max(least / FARTHEST, 1.0 if whole else 0.0), most * FARTHEST, whole=whole)
    if sign > 0:
        # A feature at 0 may rise to the largest fitted on; any other tenfold, and no farther than that either.
        reach = np.where(value > 0, np.minimum(value * FARTHEST, np.maximum(within[1], value)), min(within[1], most))
        start = np.searchsorted(rungs, value, side="right") - 1
        last = np.searchsorted(rungs, reach, side="right") - 1 - start
    else:
        reach = np.maximum(value / FARTHEST, np.minimum(within[0], value))
        start = np.searchsorted(rungs, value, side="left")
        last = start - np.searchsorted(rungs, reach, side="left")
    return rungs, start, np.where(np.isfinite(value), np.maximum(last, 0), 0)
