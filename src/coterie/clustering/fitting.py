"""One fit on all customers, and where it places customers that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coterie.clustering.algorithms import Algorithm, Array, Labels, Partition, kmeans

if TYPE_CHECKING:
    from coterie.kernels import Starts


def fit_one(
    algorithm: Algorithm, points: Array, k: int, *, n_init: int, random_state: int, sample_above: int, starts: Starts | None = None
) -> Partition:
    """Fit an algorithm to all customers; of very many, a sample finds the start, and all of them settle it.

    Parameters
    ----------
    algorithm : Algorithm
        What is fitted.
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    k, n_init, random_state : int
        Clusters, starts and seed.
    sample_above : int
        Above so many customers the starts of compiled k-means are tried on a sample of that size.
    starts : Starts, optional
        Of these points, for compiled k-means with several ks.
    """
    if not algorithm.batched:
        return algorithm.fit(points, k, n_init, random_state)
    if len(points) <= sample_above:
        return kmeans(points, k, n_init, random_state, starts)
    from coterie.kernels import lloyd

    start = algorithm.fit(sampled(points, sample_above, random_state), k, n_init, random_state).centers
    settled = lloyd(points, None, start)
    return Partition(settled.labels, settled.centers, settled.inertia)


def fit_all(
    algorithm: Algorithm, points: Array, ks: Sequence[int], *, n_init: int, random_state: int, sample_above: int, starts: Starts
) -> Iterator[Partition]:
    """Do what `fit_one` does for several ks, one after the other; of very many customers they settle side by side."""
    if not algorithm.batched or len(points) <= sample_above:
        for k in ks:
            yield fit_one(
                algorithm, points, k, n_init=n_init, random_state=random_state, sample_above=sample_above, starts=starts
            )
        return
    from coterie.kernels import lloyd_each

    seen = sampled(points, sample_above, random_state)
    begun = [algorithm.fit(seen, k, n_init, random_state).centers for k in ks]
    for settled in lloyd_each(points, None, begun):
        yield Partition(settled.labels, settled.centers, settled.inertia)


def fit_each(
    algorithm: Algorithm, problems: Sequence[tuple[Array, int]], *, n_init: int, random_state: int, sample_above: int
) -> list[Partition]:
    """Do what `fit_one` does for several sets of customers and ks; compiled k-means fits them side by side.

    Parameters
    ----------
    algorithm : Algorithm
        What is fitted.
    problems : sequence of (ndarray of shape (n_customers, n_features), int)
        Scaled features, and the number of clusters.
    n_init, random_state, sample_above : int
        As for `fit_one`.
    """
    if not algorithm.batched:
        return [
            fit_one(algorithm, points, k, n_init=n_init, random_state=random_state, sample_above=sample_above)
            for points, k in problems
        ]
    from coterie.kernels import Starts, fit_together, lloyd_each, nearest

    most = max((k for _, k in problems), default=1)
    everybody = {id(points): points for points, _ in problems}
    starts = {key: Starts(sampled(points, sample_above, random_state), most) for key, points in everybody.items()}
    fits = fit_together([(starts[id(points)], k) for points, k in problems], seed=random_state, n_init=n_init)
    found: list[Partition | None] = [None] * len(problems)
    for key, points in everybody.items():
        own = [i for i, (of, _) in enumerate(problems) if id(of) == key]
        if len(points) > sample_above:
            for i, settled in zip(own, lloyd_each(points, None, [fits[i].centers[0] for i in own]), strict=True):
                found[i] = Partition(settled.labels, settled.centers, settled.inertia)
        else:
            for i in own:
                fit = fits[i]
                found[i] = Partition(nearest(points, fit.centers[0])[0], fit.centers[0], float(fit.inertia[0]))
    return [one for one in found if one is not None]


def sampled(points: NDArray[Any], size: int, random_state: int) -> NDArray[Any]:
    """Return that many customers, drawn without replacement and in their order; all of them where there are no more."""
    if len(points) <= size:
        return points
    chosen = np.random.default_rng(random_state).choice(len(points), size, replace=False)
    return points[np.sort(chosen)]


def carried(algorithm: Algorithm, fit: Partition, seen: Array, points: Array) -> Labels:
    """Return the cluster of customers whom a fit may not have seen.

    Parameters
    ----------
    algorithm : Algorithm
        What was fitted.
    fit : Partition
        Its answer.
    seen, points : ndarray of shape (n_seen, n_features) and (n_customers, n_features)
        What it was fitted on, and whom to place: at the nearest centre if that is what the algorithm means, else with the
        nearest customer that it has seen.
    """
    from coterie.kernels import nearest

    if algorithm.can_predict:
        return nearest(points, fit.centers)[0]
    return fit.labels[nearest_customer(seen, points)]


def nearest_customer(seen: Array, points: Array) -> NDArray[np.intp]:
    """Return, for each point, which of the seen customers is nearest.

    Examples
    --------
    >>> nearest_customer(np.array([[0.0], [10.0]]), np.array([[8.0], [1.0]])).tolist()
    [1, 0]
    """
    from scipy.spatial import KDTree

    found: NDArray[np.intp] = KDTree(seen).query(points)[1]
    return found
