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
    tuples, group = np.unique(np.column_stack(labelings), axis=0, return_inverse=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(tuples)))
    sums = np.empty((len(points), len(tuples)))
    sums[order] = group_sums(points[order], starts)
    return [_samples(sums, tuples[:, i], labels) for i, labels in enumerate(labelings)]


def _samples(sums: Array, cluster_of_group: NDArray[np.int32], labels: NDArray[np.int32]) -> Array:
    """Turn sums of distances to groups into silhouettes under one clustering."""
    sizes = np.bincount(labels)
    member = (cluster_of_group[:, None] == np.arange(len(sizes))).astype(float)
    to_cluster = sums @ member
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
