"""How arrays reach the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_PADDING = 16
"""Points that compiled kernels may read beyond the last: as many as they have lanes."""


def by_feature(points: Array) -> Array:
    """Return the points feature by feature, of shape (n_features, n_points + padding)."""
    n, d = points.shape
    columns = np.zeros((d, n + _PADDING))
    columns[:, :n] = points.T
    return columns


def tolerance(points: Array, tol: float) -> float:
    """Return scikit-learn's tolerance: relative to the mean variance of the features."""
    return float(np.mean(np.var(points, axis=0)) * tol)
