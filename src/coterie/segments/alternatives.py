"""The segments of every k that was tried: how large, what their customers are like, and which of the chosen ones they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.kernels import side_by_side


def alternatives(
    labelings: Sequence[NDArray[np.int32]], chosen: NDArray[np.int32], columns: Mapping[str, NDArray[np.float64]]
) -> list[list[dict[str, Any]]]:
    """Describe each clustering of the same customers, beside the chosen one.

    Parameters
    ----------
    labelings : sequence of ndarray of shape (n_customers,)
        One for each k, clusters from 0.
    chosen : ndarray of shape (n_customers,)
        The clusters that were chosen, from 0.
    columns : mapping of str to ndarray of shape (n_customers,)
        Features, in their own units.

    Returns
    -------
    list of list of dict
        By clustering and cluster: ``customers``; ``medians`` by feature; ``chosen``, its customers by chosen cluster.

    Examples
    --------
    >>> two, one = np.array([0, 0, 1], dtype=np.int32), np.zeros(3, dtype=np.int32)
    >>> alternatives([two], one, {"total_orders": np.array([5.0, 7.0, 1.0])})[0][0]
    {'customers': 2, 'medians': {'total_orders': 6.0}, 'chosen': [2]}
    """
    n_chosen = int(chosen.max()) + 1

    def described(labels: NDArray[np.int32]) -> list[dict[str, Any]]:
        # Each cluster's customers as one run of places, so that every feature is gathered once.
        order = np.argsort(labels, kind="stable")
        ends = np.cumsum(np.bincount(labels))
        return [
            {
                "customers": len(own),
                "medians": {name: float(np.median(values[own])) for name, values in columns.items()},
                "chosen": np.bincount(chosen[own], minlength=n_chosen).tolist(),
            }
            for own in np.split(order, ends[:-1])
        ]

    return side_by_side(described, labelings)
