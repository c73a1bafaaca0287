"""Sums of distances to groups of points: all that silhouettes need of a matrix too large to hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coterie.kernels import backend
from coterie.kernels.arrays import Array, by_feature
from coterie.kernels.threads import Stop, share_out

_PER_SLICE = 50_000_000
"""Squared differences between two looks at the clock: some 20 ms compiled, a second or so in NumPy."""


def group_sums(
    points: Array, group_starts: Sequence[int] | NDArray[np.int64], threads: int | None = None, rows: int | None = None
) -> Array:
    """Return the sum of Euclidean distances from every point, or the first of them, to every group of points.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_features)
        Finite; sorted so that each group's points stand together.
    group_starts : sequence of int of shape (n_groups,)
        Where each group begins, rising from 0; none is empty.
    threads : int, optional
        Defaults to the processors this process may use; the result does not depend on it.
    rows : int, optional
        From how many of the points, the first ones; by default from all.

    Returns
    -------
    ndarray of shape (rows, n_groups)
        A point's distance to itself, zero, is part of its own group's sum.

    Raises
    ------
    ValueError
        If the starts do not rise from 0, or lie beyond the points.

    Examples
    --------
    >>> group_sums(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]), [0, 2]).round(3).tolist()
    [[5.0, 1.0], [5.0, 4.243], [5.243, 0.0]]
    """
    n, d = points.shape
    starts = np.asarray(group_starts, dtype=np.int64)
    ends = np.append(starts[1:], n)
    if len(starts) == 0 or starts[0] != 0 or np.any(ends <= starts):
        raise ValueError("group_starts must rise from 0 and stay below the number of points")
    columns = by_feature(points)
    rows = n if rows is None else min(rows, n)
    sums = np.empty((rows, len(starts)))

    def work(first: int, last: int, stop: Stop) -> None:
        backend.kernels.group_sums(n, d, columns, ends, first, last, sums, stop)

    share_out(work, rows, max(1, _PER_SLICE // (n * d)), threads)
    return sums
