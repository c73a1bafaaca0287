"""Many k-means fits at once: resamples times starts, and how their answers compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.kernels import backend
from coterie.kernels.arrays import Array, Int32, Int64, by_feature, tolerance
from coterie.kernels.draws import KINDS
from coterie.kernels.starts import ROWS_PER_SLICE, Resample, Starts, sizes_of, slice_of
from coterie.kernels.threads import Stop, Task, share_out, share_out_all


@dataclass(frozen=True)
class Fits:
    """What many fits give: of each, its best start.

    Parameters
    ----------
    centers : ndarray of shape (n_fits, k, n_features)
        Means of the clusters.
    inertia : ndarray of shape (n_fits,)
        Sum of squared distances to the nearest centre, over the fit's own draw.
    n_iter : ndarray of shape (n_fits,)
        Iterations of the best start.
    """

    centers: Array
    inertia: Array
    n_iter: Int64


def fit_many(
    points: Array,
    k: int,
    *,
    seed: int,
    n_fits: int = 1,
    n_init: int = 1,
    resample: Resample = None,
    size: int | None = None,
    max_iter: int = 300,
    tol: float = 1e-4,
    threads: int | None = None,
    starts: Starts | None = None,
) -> Fits:
    """Fit k-means many times, each from scratch: draw the customers, then start ``n_init`` times and keep the best.

    Starts are greedy k-means++ with scikit-learn's number of trials. No cluster is empty unless a draw has fewer than k different
    customers.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Finite; at least k rows.
    k : int
        Clusters, at least 1.
    seed : int
        From 0. A fit depends on the seed and its own number alone, not on the other fits and not on threads.
    n_fits, n_init : int
        Fits, and starts of each.
    resample : {None, "bootstrap", "half"}
        Whom a fit sees: everybody; as many, drawn with replacement; or half of them, fits 2i and 2i + 1 the two halves of split i.
    size : int, optional
        How many are drawn, in place of as many as there are; for halves, into both together.
    max_iter, tol : int, float
        As scikit-learn's; the tolerance is relative to the features' mean variance over all customers.
    threads : int, optional
        Defaults to the processors this process may use.
    starts : Starts, optional
        Of the same points: what fits for several ks have in common is then made once.

    Returns
    -------
    Fits

    Raises
    ------
    ValueError
        If a draw has fewer than k customers, or halves more than there are.

    References
    ----------
    Arthur & Vassilvitskii 2007; Lloyd 1982, doi:10.1109/TIT.1982.1056489

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> fits = fit_many(points, 2, seed=0, n_fits=3)
    >>> np.sort(fits.centers, axis=1).reshape(3, 2).tolist(), fits.inertia.tolist()
    ([[0.5, 10.5], [0.5, 10.5], [0.5, 10.5]], [1.0, 1.0, 1.0])
    """
    return fit_together(
        [(starts or Starts(points, k), k)], seed=seed, n_fits=n_fits, n_init=n_init, resample=resample, size=size,
        max_iter=max_iter, tol=tol, threads=threads,
    )[0]  # fmt: skip


def fit_together(
    problems: Sequence[tuple[Starts, int]],
    *,
    seed: int,
    n_fits: int = 1,
    n_init: int = 1,
    resample: Resample = None,
    size: int | None = None,
    max_iter: int = 300,
    tol: float = 1e-4,
    threads: int | None = None,
) -> list[Fits]:
    """Do what `fit_many` does for several sets of customers and ks, side by side: each by itself is too short to be shared out.

    Parameters
    ----------
    problems : sequence of (Starts, int)
        Customers, and the number of clusters.
    seed, n_fits, n_init, resample, size, max_iter, tol, threads
        As for `fit_many`.

    Returns
    -------
    list of Fits
        In order of the problems.
    """
    begun = [starts.planned(k, seed, n_fits, n_init, resample, size, threads) for starts, k in problems]
    share_out_all([task for _, tasks in begun for task in tasks], threads)
    units, results, fitting = n_fits * n_init, [], []
    for (starts, k), (picked, _) in zip(problems, begun, strict=True):
        n, d = starts.points.shape
        centers, inertia, used = np.empty((units, k, d)), np.empty(units), np.empty(units, dtype=np.int64)
        before = (n, d, by_feature(starts.points), k, seed, KINDS[resample], *sizes_of(n, k, resample, size), n_init, picked)
        work = _fitting((*before, picked.shape[1], max_iter, tolerance(starts.points, tol)), (centers, inertia, used))
        fitting.append(Task(work, units, slice_of(n, units, threads)))
        results.append((centers, inertia, used))
    share_out_all(fitting, threads)
    return [_best(n_fits, *result) for result in results]


def _fitting(before: tuple[Any, ...], after: tuple[Any, ...]) -> Callable[[int, int, Stop], None]:
    return lambda first, last, stop: backend.kernels.fits(*before, first, last, *after, stop)


def _best(n_fits: int, centers: Array, inertia: Array, used: Int64) -> Fits:
    n_init = len(inertia) // n_fits
    best = np.arange(n_fits) * n_init + inertia.reshape(n_fits, n_init).argmin(axis=1)
    return Fits(centers[best], inertia[best], used[best])


def resample_counts(n: int, *, seed: int, fit: int, resample: Resample, size: int | None = None) -> Int32:
    """Return how often each of n customers takes part in one fit of `fit_many`.

    Examples
    --------
    >>> halves = [resample_counts(6, seed=1, fit=fit, resample="half") for fit in (0, 1)]
    >>> (halves[0] + halves[1]).tolist()
    [1, 1, 1, 1, 1, 1]
    """
    counts = np.empty(n, dtype=np.int32)
    backend.kernels.resample(n, seed, KINDS[resample], *sizes_of(n, 1, resample, size), fit, counts)
    return counts


def contingency(
    reference: NDArray[np.integer], n_reference: int, points: Array, centers: Array, threads: int | None = None
) -> Int64:
    """Count, for every fit, the customers by reference label and by nearest centre of the fit.

    Parameters
    ----------
    reference : ndarray of int of shape (n_customers,)
        From 0 to ``n_reference - 1``.
    n_reference : int
        Number of reference labels.
    points : ndarray of shape (n_customers, n_features)
        Finite.
    centers : ndarray of shape (n_fits, k, n_features)
        Such as ``fit_many(...).centers``.
    threads : int, optional
        Defaults to the processors this process may use.

    Returns
    -------
    ndarray of int64 of shape (n_fits, n_reference, k)

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0]])
    >>> contingency(np.array([0, 0, 1]), 2, points, np.array([[[0.0], [9.0]]])).tolist()
    [[[2, 0], [0, 1]]]
    """
    n, d = points.shape
    n_fits, k, _ = centers.shape
    labels, centers = np.ascontiguousarray(reference, dtype=np.int32), np.ascontiguousarray(centers, dtype=np.float64)
    columns, counts = by_feature(points), np.empty((n_fits, n_reference, k), dtype=np.int64)

    def work(first: int, last: int, stop: Stop) -> None:
        backend.kernels.contingency(n, d, columns, n_reference, labels, k, centers, first, last, counts, stop)

    share_out(work, n_fits, max(1, 10 * ROWS_PER_SLICE // n), threads)
    return counts


def half_contingency(
    points: Array,
    k: int,
    *,
    seed: int,
    n_splits: int,
    n_init: int = 1,
    size: int | None = None,
    max_iter: int = 300,
    tol: float = 1e-4,
    threads: int | None = None,
    starts: Starts | None = None,
) -> Int64:
    """Fit both halves of random splits; count the second half's customers by its own centres and by the first half's.

    Parameters
    ----------
    points, k, seed, n_init, size, max_iter, tol, threads, starts
        As for `fit_many`.
    n_splits : int
        Random splits.

    Returns
    -------
    ndarray of int64 of shape (n_splits, k, k)
        Own cluster by the other half's cluster: what prediction strength is computed from.

    References
    ----------
    Tibshirani & Walther 2005, doi:10.1198/106186005X59243

    Examples
    --------
    >>> points = np.repeat([[0.0], [9.0]], 10, axis=0)
    >>> half_contingency(points, 2, seed=0, n_splits=2).sum(axis=(1, 2)).tolist()
    [10, 10]
    """
    n, d = points.shape
    sizes = sizes_of(n, k, "half", size)
    found = fit_many(
        points, k, seed=seed, n_fits=2 * n_splits, n_init=n_init, resample="half", size=size, max_iter=max_iter, tol=tol,
        threads=threads, starts=starts,
    )  # fmt: skip
    columns, counts = by_feature(points), np.empty((n_splits, k, k), dtype=np.int64)

    def work(first: int, last: int, stop: Stop) -> None:
        backend.kernels.halves(n, d, columns, k, seed, *sizes, found.centers, first, last, counts, stop)

    share_out(work, n_splits, max(1, 10 * ROWS_PER_SLICE // n), threads)
    return counts
