"""k-medoids: clusters around customers who exist, by plain distances, so that one far away pulls less than in k-means.

References
----------
Kaufman & Rousseeuw 1990, Finding Groups in Data, chapters 2 (PAM) and 3 (CLARA), doi:10.1002/9780470316801;
Schubert & Rousseeuw 2021, doi:10.1016/j.is.2021.101804 (the swaps of all medoids with a customer are judged at once)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coterie.clustering.algorithms import ALGORITHMS, Algorithm, Array, Partition
from coterie.clustering.fitting import sampled

SAMPLE = 1000
"""Customers that the medoids are looked for among; PAM takes memory and time by the square of their number."""


def _fit(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
    from scipy.spatial.distance import cdist

    from coterie.kernels import nearest

    seen = sampled(points, SAMPLE, random_state)
    centers = seen[pam(cdist(seen, seen), n_clusters)]
    labels, squared = nearest(points, centers)
    return Partition(labels, centers, float(squared.sum()))


def pam(distances: Array, k: int) -> NDArray[np.intp]:
    """Partition around medoids: build a start greedily, then make the best swap until none is left.

    Parameters
    ----------
    distances : ndarray of shape (n, n)
        Between all pairs.
    k : int
        From 1 to n.

    Returns
    -------
    ndarray of int, shape (k,)
        Rows of the medoids, ascending.

    Examples
    --------
    >>> points = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 12.0])
    >>> pam(np.abs(points[:, None] - points), 2).tolist()
    [1, 4]
    """
    medoids = _built(distances, k)
    while k < len(distances):
        change, swap = _best_swap(distances, medoids)
        # A gain in the last digit alone would go round in circles.
        if change >= -1e-12 * distances[medoids].min(axis=0).sum():
            break
        out, new = swap
        medoids[out] = new
    return np.sort(medoids)


def _built(distances: Array, k: int) -> NDArray[np.intp]:
    """Take the most central customer, then again and again the one that brings the others nearest to a medoid."""
    medoids = [int(distances.sum(axis=0).argmin())]
    nearest = distances[medoids[0]]
    while len(medoids) < k:
        gain = np.maximum(nearest - distances, 0.0).sum(axis=1)
        gain[medoids] = -1.0
        medoids.append(int(gain.argmax()))
        nearest = np.minimum(nearest, distances[medoids[-1]])
    return np.array(medoids)


def _best_swap(distances: Array, medoids: NDArray[np.intp]) -> tuple[float, tuple[int, int]]:
    """Return by how much the best swap changes the total distance; which medoid goes, and who comes."""
    to_medoids = distances[medoids]
    own = to_medoids.argmin(axis=0)
    rows = np.arange(len(distances))
    nearest = to_medoids[own, rows]
    to_medoids[own, rows] = np.inf
    second = to_medoids.min(axis=0)  # infinite where there is one medoid alone: all go to whoever comes
    members = np.zeros((len(distances), len(medoids)))
    members[rows, own] = 1.0
    # Whoever keeps the medoid gains where the newcomer is nearer; whoever loses it goes to the newcomer or the second nearest.
    gained = np.minimum(distances - nearest, 0.0)
    moved = np.minimum(distances, second) - nearest - gained
    change = gained.sum(axis=1)[:, None] + moved @ members
    change[medoids] = np.inf
    new, out = np.unravel_index(int(change.argmin()), change.shape)
    return float(change[new, out]), (int(out), int(new))


ALGORITHMS.add(
    Algorithm(
        "kmedoids",
        "k-medoids (PAM): each cluster around one of its customers, by distance and not its square; above 1,000 on a sample.",
        _fit,
        most_fits=10,
        modules=("scipy.spatial.distance",),
    )
)
