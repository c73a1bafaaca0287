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


def silhouette_samples(
    points: Array, labelings: Sequence[NDArray[np.int32]], rows: NDArray[np.intp] | None = None
) -> list[Array]:
    """Return every customer's silhouette, or that of some, among all customers, under each of several clusterings.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Scaled features; distances are Euclidean.
    labelings : sequence of ndarray of shape (n_customers,)
        Clusters from 0, none empty, at least two in each labeling.
    rows : ndarray of int of shape (n_rows,), optional
        Whose silhouettes, in rising order; by default all customers'.

    Returns
    -------
    list of ndarray of shape (n_customers,) or (n_rows,)
        From -1 to 1; 0 for the only member of a cluster.

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> silhouette_samples(points, [np.array([0, 0, 1, 1], dtype=np.int32)])[0].round(4).tolist()
    [0.9048, 0.8947, 0.8947, 0.9048]
    """
    group = _groups(labelings)
    rows = np.arange(len(points)) if rows is None else rows
    # Those asked for come first, where the kernel's rows are: of a tuple, they and the others are a group each.
    part = group + (group.max() + 1)
    part[rows] = group[rows]
    order = np.argsort(part, kind="stable")
    starts = np.flatnonzero(np.diff(part[order], prepend=-1))
    sums = np.empty((len(rows), len(starts)))
    sums[np.searchsorted(rows, order[: len(rows)])] = group_sums(points[order], starts, rows=len(rows))
    clusters = [labels[order[starts]] for labels in labelings]
    # One product for all clusterings: columns of the same clustering stand together.
    member = np.column_stack([one[:, None] == np.arange(one.max() + 1) for one in clusters]).astype(float)
    to_clusters = np.split(sums @ member, np.cumsum([one.max() + 1 for one in clusters])[:-1], axis=1)
    return [_samples(distances, labels, rows) for distances, labels in zip(to_clusters, labelings, strict=True)]


def _groups(labelings: Sequence[NDArray[np.int32]]) -> NDArray[np.int64]:
    """Number the customers' tuples of labels from 0, without a gap, in the order of the tuples."""
    group = np.zeros(len(labelings[0]), dtype=np.int64)
    for labels in labelings:
        group = group * (labels.max() + 1) + labels
        group = (np.cumsum(np.bincount(group) > 0) - 1)[group]
    return group


def _samples(to_cluster: Array, labels: NDArray[np.int32], rows: NDArray[np.intp]) -> Array:
    """Turn some customers' sums of distances to clusters into silhouettes."""
    sizes, own = np.bincount(labels), labels[rows]
    each, own_size = np.arange(len(rows)), sizes[own]
    within = to_cluster[each, own] / np.maximum(own_size - 1, 1)
    means = to_cluster / sizes
    means[each, own] = np.inf
    nearest = means.min(axis=1)
    widest = np.maximum(within, nearest)
    samples: Array = np.divide(nearest - within, widest, out=np.zeros_like(widest), where=widest > 0)
    samples[own_size == 1] = 0.0
    return samples
