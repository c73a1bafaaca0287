"""Many fits on resampled customers: at once where the algorithm is the compiled k-means, one by one elsewhere.

Each ends in a contingency table: how many customers fall into which pair of clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coterie.clustering.algorithms import Algorithm, Array, Labels, Partition
from coterie.clustering.fitting import carried, sampled
from coterie.kernels import contingency, fit_many, half_contingency, nearest

if TYPE_CHECKING:
    from coterie.kernels import Starts

Table = NDArray[np.int64]


def cross_table(labels: Labels, n_labels: int, others: Labels, n_others: int) -> Table:
    """Count customers by pairs of clusters, of shape (n_labels, n_others).

    Examples
    --------
    >>> cross_table(np.array([0, 0, 1]), 2, np.array([1, 1, 0]), 2).tolist()
    [[0, 2], [1, 0]]
    """
    counts: Table = np.bincount(labels * n_others + others, minlength=n_labels * n_others)
    return counts.reshape(n_labels, n_others)


def tables_of_bootstraps(
    algorithm: Algorithm, points: Array, partition: Partition, n_fits: int, n_init: int, random_state: int, size: int,
    starts: Starts | None = None,
) -> Sequence[Table]:  # fmt: skip
    """Fit customers drawn with replacement, and count customers by their own cluster and by the resample's.

    Of more than ``size`` customers, a sample is counted.

    Parameters
    ----------
    algorithm : Algorithm
        What is fitted.
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    partition : Partition
        Their own clusters.
    n_fits, n_init, random_state, size : int
        Resamples, starts of each, the seed, and how many customers are drawn.
    starts : Starts, optional
        Of these points, for compiled k-means with several ks.

    Returns
    -------
    sequence of ndarray of shape (n_clusters, n_clusters of the resample)
    """
    k = len(partition.centers)
    if algorithm.batched:
        fits = fit_many(points, k, seed=random_state, n_fits=n_fits, n_init=n_init, resample="bootstrap", size=size, starts=starts)
        seen, labels = (sampled(values, size, random_state) for values in (points, partition.labels))
        return list(contingency(labels, k, seen, fits.centers))
    rng = np.random.default_rng(random_state)
    tables = []
    for i in range(_bearable(algorithm, n_fits)):
        drawn = np.sort(rng.integers(len(points), size=size))
        # A customer drawn twice weighs twice in a mean; to a density or a hierarchy it would be a crowd.
        seen = points[drawn if algorithm.can_predict else np.unique(drawn)]
        fit = algorithm.fit(seen, k, n_init, random_state + i)
        tables.append(_compared(partition, carried(algorithm, fit, seen, points), fit))
    return tables


def tables_of_seeds(
    algorithm: Algorithm, points: Array, partition: Partition, n_fits: int, n_init: int, random_state: int, size: int,
    starts: Starts | None = None,
) -> Sequence[Table]:  # fmt: skip
    """Fit under other seeds, and count customers by both answers; of more than ``size`` customers, on a sample.

    The sample is fitted under the first seed too, so that it is seeds that are compared, and not samples.
    """
    k = len(partition.centers)
    if algorithm.batched:
        seen, labels = points, partition.labels
        if len(points) > size:
            seen, starts = sampled(points, size, random_state), None
            labels = nearest(seen, fit_many(seen, k, seed=random_state, n_init=n_init).centers[0])[0]
        fits = fit_many(seen, k, seed=random_state + 1, n_fits=n_fits, n_init=n_init, starts=starts)
        return list(contingency(labels, k, seen, fits.centers))
    fitted = [algorithm.fit(points, k, n_init, random_state + 1 + i) for i in range(_bearable(algorithm, n_fits))]
    return [_compared(partition, fit.labels, fit) for fit in fitted]


def tables_of_halves(
    algorithm: Algorithm, points: Array, k: int, n_splits: int, n_init: int, random_state: int, size: int,
    starts: Starts | None = None,
) -> Sequence[Table]:  # fmt: skip
    """Halve ``size`` customers at random, fit both halves, and count one half's clusters by those the other gives it.

    Returns
    -------
    sequence of ndarray of shape (n_clusters of the half, n_clusters of the other)
        Own cluster by given cluster.
    """
    if algorithm.batched:
        return list(half_contingency(points, k, seed=random_state, n_splits=n_splits, n_init=n_init, size=size, starts=starts))
    rng = np.random.default_rng(random_state)
    tables = []
    for i in range(_bearable(algorithm, n_splits)):
        order = rng.permutation(len(points))[:size]
        first, second = (points[np.sort(half)] for half in np.array_split(order, 2))
        theirs = algorithm.fit(first, k, n_init, random_state + i)
        own = algorithm.fit(second, k, n_init, random_state + i)
        tables.append(_compared(own, carried(algorithm, theirs, first, second), theirs))
    return tables


def _bearable(algorithm: Algorithm, n_fits: int) -> int:
    return min(n_fits, algorithm.most_fits or n_fits)


def _compared(own: Partition, given: Labels, fit: Partition) -> Table:
    return cross_table(own.labels, len(own.centers), given, len(fit.centers))
