"""Silhouettes of many clusterings of the same customers, exact, each pairwise distance computed once.

Customers are grouped by their tuple of labels over all clusterings. A customer's distances are summed to each group, and
the sums of groups added up per clustering: any number of clusterings costs one pass over the distances, and memory stays
linear.

References
----------
Rousseeuw, P. J. (1987). Silhouettes: a graphical aid to the interpretation and validation of cluster analysis.
Journal of Computational and Applied Mathematics 20, 53-65. doi:10.1016/0377-0427(87)90125-7
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coterie.kernels import group_sums

Array = NDArray[np.float64]


def silhouette_samples(points: Array, labelings: Sequence[NDArray[np.int32]]) -> list[Array]:
    """Return every customer's silhouette under each of several clusterings.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Scaled features; distances are Euclidean.
    labelings : sequence of ndarray of shape (n_customers,)
        Clusters from 0, none empty, at least two in each labeling.

    Returns
    -------
    list of ndarray of shape (n_customers,)
        From -1 to 1; 0 for the only member of a cluster.

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> silhouette_samples(points, [np.array([0, 0, 1, 1], dtype=np.int32)])[0].round(4).tolist()
    [0.9048, 0.8947, 0.8947, 0.9048]
    """
    group = _groups(labelings)
    order = np.argsort(group, kind="stable")
    sums = np.empty((len(points), group.max() + 1))
    sums[order] = group_sums(points[order], np.flatnonzero(np.diff(group[order], prepend=-1)))
    clusters = [_cluster_of_group(group, labels) for labels in labelings]
    # One product for all clusterings: columns of the same clustering stand together.
    member = np.column_stack([one[:, None] == np.arange(one.max() + 1) for one in clusters]).astype(float)
    to_clusters = np.split(sums @ member, np.cumsum([one.max() + 1 for one in clusters])[:-1], axis=1)
    return [_samples(distances, labels) for distances, labels in zip(to_clusters, labelings, strict=True)]


def _groups(labelings: Sequence[NDArray[np.int32]]) -> NDArray[np.int64]:
    """Number the customers' tuples of labels from 0, without a gap, in the order of the tuples."""
    group = np.zeros(len(labelings[0]), dtype=np.int64)
    for labels in labelings:
        group = group * (labels.max() + 1) + labels
        group = (np.cumsum(np.bincount(group) > 0) - 1)[group]
    return group


def _cluster_of_group(group: NDArray[np.int64], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    cluster = np.empty(group.max() + 1, dtype=np.int32)
    cluster[group] = labels
    return cluster


def _samples(to_cluster: Array, labels: NDArray[np.int32]) -> Array:
    """Turn sums of distances to clusters into silhouettes."""
    sizes = np.bincount(labels)
    rows = np.arange(len(labels))
    own_size = sizes[labels]
    within = to_cluster[rows, labels] / np.maximum(own_size - 1, 1)
    means = to_cluster / sizes
    means[rows, labels] = np.inf
    nearest = means.min(axis=1)
    widest = np.maximum(within, nearest)
    samples: Array = np.divide(nearest - within, widest, out=np.zeros_like(widest), where=widest > 0)
    samples[own_size == 1] = 0.0
    return samples
