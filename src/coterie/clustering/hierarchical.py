"""Hierarchies: customers merged from below (Ward), or split from above (bisecting k-means)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from coterie.clustering.algorithms import ALGORITHMS, Algorithm, Array, Partition


def _ward(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
    from scipy.cluster.hierarchy import fcluster

    tree = _merges(np.ascontiguousarray(points).tobytes(), points.shape[1])
    return Partition.of(points, fcluster(tree, n_clusters, "maxclust"))


@lru_cache(maxsize=128)
def _merges(points: bytes, n_features: int) -> Array:
    """Return Ward's tree; every k cuts the same one, so a sweep and its resamples build each once."""
    from scipy.cluster.hierarchy import ward

    tree: Array = ward(np.frombuffer(points).reshape(-1, n_features))
    return tree


def _bisecting(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
    from coterie.kernels import fit_many, lloyd, nearest

    labels = np.zeros(len(points), dtype=np.int32)
    centers = points.mean(axis=0, keepdims=True)
    for new in range(1, n_clusters):
        spread = np.bincount(labels, weights=np.square(points - centers[labels]).sum(axis=1))
        widest = int(spread.argmax())
        members = labels == widest
        halves = fit_many(points[members], 2, seed=random_state, n_init=n_init).centers[0]
        labels[np.flatnonzero(members)[nearest(points[members], halves)[0] == 1]] = new
        centers = np.concatenate([centers, halves[1:]])
        centers[widest] = halves[0]
    settled = lloyd(points, None, centers)
    return Partition(settled.labels, settled.centers, settled.inertia)


ALGORITHMS.add(
    Algorithm(
        "bisecting-kmeans",
        "Bisecting k-means: the widest cluster is split in two until there are k, then Lloyd's iterations settle all.",
        _bisecting,
        most_fits=30,
    )
)
ALGORITHMS.add(
    Algorithm(
        "ward",
        "Ward's hierarchy: the two clusters whose union spreads least are merged until k are left.",
        _ward,
        can_predict=False,
        seeded=False,
        most_customers=20_000,
        most_fits=30,
    )
)
