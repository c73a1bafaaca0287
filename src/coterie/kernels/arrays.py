"""How arrays reach the kernels."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_PADDING = 16
"""Points that compiled kernels may read beyond the last: as many as they have lanes."""
_LARGE = 1_000_000
"""Numbers in an array from which on what is made of it is kept, if nobody can write to it."""

_kept: list[tuple[weakref.ref[Any], Array]] = []
"""The last such array, and its columns."""


def by_feature(points: Array) -> Array:
    """Return the points feature by feature, of shape (n_features, n_points + padding).

    Dozens of fits ask for the same customers: the columns of a large array that cannot be written to are kept until it goes.
    """
    for known, columns in list(_kept):
        if known() is points:
            return columns
    n, d = points.shape
    columns = np.zeros((d, n + _PADDING))
    columns[:, :n] = points.T
    if points.size >= _LARGE and not points.flags.writeable:
        _kept[:] = [(weakref.ref(points, _forget), columns)]
    return columns


def _forget(gone: weakref.ref[Any]) -> None:
    _kept[:] = [one for one in _kept if one[0] is not gone]


def tolerance(points: Array, tol: float) -> float:
    """Return scikit-learn's tolerance: relative to the mean variance of the features."""
    return float(np.mean(np.var(points, axis=0)) * tol)
