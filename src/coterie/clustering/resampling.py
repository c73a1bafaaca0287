"""Many fits on resampled customers: at once where the algorithm is the compiled k-means, one by one elsewhere."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coterie.clustering.algorithms import Algorithm, Array
from coterie.kernels import contingency, fit_many, half_contingency

Resample = Literal["bootstrap"] | None


def centers_of_resamples(
    algorithm: Algorithm,
    points: Array,
    k: int,
    n_fits: int,
    n_init: int,
    random_state: int,
    resample: Resample,
    size: int | None,
) -> Array:
    """Fit an algorithm many times and return the centres.

    Parameters
    ----------
    algorithm : Algorithm
        What is fitted.
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    k, n_fits, n_init, random_state : int
        Clusters, fits, starts of each fit, and the seed.
    resample : {"bootstrap", None}
        Customers drawn with replacement, or all of them under another seed.
    size : int or None
        How many customers are drawn; None for as many as there are.

    Returns
    -------
    ndarray of shape (n_fits, k, n_features)
    """
    if algorithm.batched:
        return fit_many(points, k, seed=random_state, n_fits=n_fits, n_init=n_init, resample=resample, size=size).centers
    rng = np.random.default_rng(random_state)
    centers = []
    for i in range(n_fits):
        drawn = points[np.sort(rng.integers(len(points), size=size or len(points)))] if resample else points
        centers.append(algorithm.fit(drawn, k, n_init, random_state + i).centers)
    return np.stack(centers)


def tables_of_halves(
    algorithm: Algorithm, points: Array, k: int, n_splits: int, n_init: int, random_state: int, size: int | None
) -> NDArray[np.int64]:
    """Halve the customers at random, fit both halves, and count one half's clusters by those the other's centres give it.

    Returns
    -------
    ndarray of shape (n_splits, k, k)
        Own cluster by given cluster.
    """
    if algorithm.batched:
        return half_contingency(points, k, seed=random_state, n_splits=n_splits, n_init=n_init, size=size)
    rng = np.random.default_rng(random_state)
    tables = []
    for i in range(n_splits):
        order = rng.permutation(len(points))[: size or len(points)]
        first, second = (points[np.sort(half)] for half in np.array_split(order, 2))
        theirs = algorithm.fit(first, k, n_init, random_state + i).centers
        own = algorithm.fit(second, k, n_init, random_state + i)
        tables.append(contingency(own.labels, k, second, theirs[None])[0])
    return np.stack(tables)
