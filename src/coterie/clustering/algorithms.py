"""Clustering algorithms, by registration: arrays in, labels out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.registry import Registry

Array = NDArray[np.float64]
Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Partition:
    """What one fit gives.

    Parameters
    ----------
    labels : ndarray of shape (n_customers,)
        Clusters from 0.
    centers : ndarray of shape (n_clusters, n_features)
        Means of the clusters.
    inertia : float
        Sum of squared distances to the nearest centre.
    """

    labels: Labels
    centers: Array
    inertia: float

    def ordered_by(self, value: Array) -> Partition:
        """Number the clusters by the mean of a value over their members, highest first; ties by size, then by centre.

        Parameters
        ----------
        value : ndarray of shape (n_customers,)
            Such as revenue.
        """
        k = len(self.centers)
        sizes = np.bincount(self.labels, minlength=k)
        means = np.bincount(self.labels, weights=value, minlength=k) / sizes
        order = sorted(range(k), key=lambda c: (-means[c], -sizes[c], tuple(self.centers[c])))
        new = np.empty(k, dtype=np.int32)
        new[order] = np.arange(k, dtype=np.int32)
        return Partition(new[self.labels], self.centers[order], self.inertia)


@dataclass(frozen=True)
class Algorithm:
    """A way to split customers into k clusters.

    Parameters
    ----------
    name, meaning : str
        For recipes and the command line.
    fit : callable
        ``(X, n_clusters, n_init, random_state) -> Partition``; X of shape (n_customers, n_features), scaled.
    can_predict : bool
        Whether new customers can be assigned to the nearest centre.
    batched : bool
        Whether many resamples are fitted at once by the compiled k-means; else each is fitted by itself.
    """

    name: str
    meaning: str
    fit: Callable[[Array, int, int, int], Partition]
    can_predict: bool = True
    batched: bool = False


ALGORITHMS: Registry[Algorithm] = Registry("algorithm")


def _kmeans(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=n_clusters, n_init=n_init, random_state=random_state).fit(points)
    return Partition(model.labels_.astype(np.int32), model.cluster_centers_, float(model.inertia_))


ALGORITHMS.add(
    Algorithm("kmeans", "k-means: Lloyd's iterations from k-means++ starts, the best of n_init by inertia.", _kmeans)
)
