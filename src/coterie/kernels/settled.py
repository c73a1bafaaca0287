"""One k-means from given centres, and the nearest centre of every customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coterie.kernels import backend
from coterie.kernels.arrays import Array, Int32, by_feature, tolerance
from coterie.kernels.threads import Stop, share_out


class Settled(NamedTuple):
    """Where the centres settled, and who belongs to each.

    Parameters
    ----------
    labels : ndarray of int32 of shape (n_customers,)
        Nearest centre.
    centers : ndarray of shape (k, n_features)
        Weighted means of the clusters.
    inertia : float
        Weighted sum of squared distances to the nearest centre.
    n_iter : int
        Iterations used.
    """

    labels: Int32
    centers: Array
    inertia: float
    n_iter: int


def lloyd(points: Array, weights: Array | None, centers: Array, max_iter: int = 300, tol: float = 1e-4) -> Settled:
    """Move centres to the means of their customers until they settle, by scikit-learn's rules.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Finite.
    weights : ndarray of shape (n_customers,), optional
        From 0; all 1 by default.
    centers : ndarray of shape (k, n_features)
        Where to begin; not changed.
    max_iter : int
        At least 1.
    tol : float
        Settled once the centres' squared steps add up to this share of the features' mean variance, or no label changes.

    Returns
    -------
    Settled

    Examples
    --------
    >>> lloyd(np.array([[0.0], [1.0], [10.0]]), None, np.array([[0.0], [1.0]])).centers.tolist()
    [[0.5], [10.0]]
    """
    return lloyd_each(points, weights, [centers], max_iter, tol)[0]


def lloyd_each(
    points: Array,
    weights: Array | None,
    starts: Sequence[Array],
    max_iter: int = 300,
    tol: float = 1e-4,
    threads: int | None = None,
) -> list[Settled]:
    """Do what `lloyd` does from several starts, side by side; they may have different numbers of centres."""
    n, d = points.shape
    weighing = np.ones(n) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
    columns, scaled = by_feature(points), tolerance(points, tol)
    moved = [np.array(centers, dtype=np.float64, order="C") for centers in starts]
    labels = [np.empty(n, dtype=np.int32) for _ in starts]
    inertia, used = np.empty((len(starts), 1)), np.empty((len(starts), 1), dtype=np.int64)

    def work(first: int, last: int, stop: Stop) -> None:
        for i in range(first, last):
            backend.kernels.lloyd(n, d, columns, weighing, moved[i], labels[i], inertia[i], used[i], max_iter, scaled, stop)

    share_out(work, len(starts), 1, threads)
    return [Settled(labels[i], moved[i], float(inertia[i, 0]), int(used[i, 0])) for i in range(len(starts))]


def nearest(points: Array, centers: Array, threads: int | None = None) -> tuple[Int32, Array]:
    """Return every customer's nearest centre, the first of several as near, and the squared distance to it.

    Examples
    --------
    >>> labels, squared = nearest(np.array([[0.0], [4.0]]), np.array([[1.0], [2.0]]))
    >>> labels.tolist(), squared.tolist()
    ([0, 1], [1.0, 4.0])
    """
    n, d = points.shape
    columns, targets = by_feature(points), np.ascontiguousarray(centers, dtype=np.float64)
    labels, squared = np.empty(n, dtype=np.int32), np.empty(n)

    def work(first: int, last: int, stop: Stop) -> None:
        backend.kernels.nearest(n, d, columns, targets, first, last, labels, squared, stop)

    share_out(work, n, 200_000, threads)
    return labels, squared
