"""The kernels in NumPy and SciPy: what runs where the extension could not be built. Same arguments, same results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coterie.kernels.threads import Stop

Array = NDArray[np.float64]
Int64 = NDArray[np.int64]

_BLOCK = 500_000
"""Distances held at a time."""


def group_sums(n_features: int, columns: Array, ends: Int64, first: int, last: int, sums: Array, stop: Stop) -> None:
    """Fill rows ``first`` to ``last`` of ``sums``; see `coterie.kernels.group_sums`."""
    from scipy.spatial.distance import cdist

    others = np.ascontiguousarray(columns[:, : ends[-1]].T)
    starts = np.concatenate([[0], ends[:-1]])
    step = max(1, _BLOCK // len(others))
    for row in range(first, last, step):
        if stop[0]:
            return
        block = slice(row, min(row + step, last))
        sums[block] = np.add.reduceat(cdist(others[block], others), starts, axis=1)
