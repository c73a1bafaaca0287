"""Clustering algorithms, by registration: arrays in, labels out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coterie.registry import Registry

if TYPE_CHECKING:
    from coterie.kernels import Starts

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
        Means of the clusters; of k-medoids, the customers in their middle.
    inertia : float
        Sum of squared distances to the own centre.
    extra : dict of str to float
        Further scores that only this algorithm has, such as ``bic``.
    notes : tuple of str
        What a person should know of this fit.
    """

    labels: Labels
    centers: Array
    inertia: float
    extra: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, points: Array, labels: NDArray[np.integer], **extra: float) -> Partition:
        """Return the partition of these labels: numbered without a gap, around the means of their members.

        Examples
        --------
        >>> Partition.of(np.array([[0.0], [1.0], [9.0]]), np.array([7, 7, 3])).centers.tolist()
        [[9.0], [0.5]]
        """
        dense = np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int32)
        sums = [np.bincount(dense, weights=feature) for feature in points.T]
        centers = np.column_stack(sums) / np.bincount(dense)[:, None]
        return cls(dense, centers, float(np.square(points - centers[dense]).sum()), extra)

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
        return replace(self, labels=new[self.labels], centers=self.centers[order])


Fit = Callable[[Array, int, int, int], Partition]
"""``(X, n_clusters, n_init, random_state) -> Partition``."""


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
        Whether the nearest centre is what the algorithm means, so that a model file can assign new customers.
    batched : bool
        Whether many resamples are fitted at once by the compiled k-means; else each is fitted by itself.
    seeded : bool
        Whether another seed can give another answer.
    finds_k : bool
        Whether it finds the number of clusters itself, whatever ``n_clusters`` says.
    modules : tuple of str
        What it imports when it first fits, for whoever has time to import it before.
    most_customers, most_fits : int or None
        Above how many customers it is refused, and how many resamples, halvings and seeds its gates take at most.
    """

    name: str
    meaning: str
    fit: Fit
    can_predict: bool = True
    batched: bool = False
    seeded: bool = True
    finds_k: bool = False
    modules: tuple[str, ...] = ()
    most_customers: int | None = None
    most_fits: int | None = None


ALGORITHMS: Registry[Algorithm] = Registry("algorithm")

SCIKIT_LEARN = ("sklearn.cluster",)


def on_one_thread(fit: Fit) -> Fit:
    """Wrap a fit of scikit-learn's: the sums of its parallel loops depend on which thread ends first, in their last digit."""

    @functools.wraps(fit)
    def limited(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
        import sklearn.cluster  # noqa: F401  # A thread pool that is loaded later escapes the limit.
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1):
            return fit(points, n_clusters, n_init, random_state)

    return limited


def kmeans(points: Array, n_clusters: int, n_init: int, random_state: int, starts: Starts | None = None) -> Partition:
    """Fit the compiled k-means."""
    from coterie.kernels import fit_many, nearest

    fits = fit_many(points, n_clusters, seed=random_state, n_init=n_init, starts=starts)
    return Partition(nearest(points, fits.centers[0])[0], fits.centers[0], float(fits.inertia[0]))


def _kmeans_sklearn(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=n_clusters, n_init=n_init, random_state=random_state).fit(points)
    return Partition(model.labels_.astype(np.int32), model.cluster_centers_, float(model.inertia_))


_MEANING = "k-means: Lloyd's iterations from k-means++ starts, the best of n_init by inertia"

ALGORITHMS.add(Algorithm("kmeans", f"{_MEANING}.", kmeans, batched=True))
ALGORITHMS.add(
    Algorithm(
        "kmeans-sklearn",
        f"{_MEANING}; scikit-learn's own, with its random stream.",
        on_one_thread(_kmeans_sklearn),
        modules=SCIKIT_LEARN,
    )
)
