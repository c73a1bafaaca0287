"""Which numbers of clusters the customers allow."""

from __future__ import annotations

import numpy as np

from coterie.clustering.algorithms import Array
from coterie.errors import ClusteringError
from coterie.recipe import Clustering


def feasible_ks(points: Array, part: Clustering, k: int | None) -> tuple[list[int], tuple[str, ...]]:
    """Return the ks that these customers allow, the user's among them, and a note where the range was cut.

    Raises
    ------
    ClusteringError
        ``no_variation`` if all customers are alike; ``too_few`` below twice the smallest k; ``k_too_large`` if the
        user's k is beyond what the customers allow.
    """
    n = len(points)
    distinct = len(np.unique(points, axis=0))
    smallest = k or part.k_min
    if n < 2 * smallest:
        raise ClusteringError(
            f"{n} customers are too few for {smallest} segments.",
            found=f"{n} customers; {smallest} segments take at least {2 * smallest}.",
            fix="give more lines, or use the features without clusters: coterie check FILE.",
            code="too_few",
        )
    if distinct == 1:
        raise ClusteringError(
            "All customers are alike.",
            found=f"{n} customers with one and the same features.",
            fix="give lines that differ, or name other features in the recipe.",
            code="no_variation",
        )
    if distinct < smallest:
        raise ClusteringError(
            f"{smallest} segments are more than there are different customers.",
            found=f"{distinct} different rows of features.",
            fix=f"--k {distinct} or less.",
            code="k_too_large",
        )
    most = min(part.k_max, n // 2, distinct)
    ks = sorted({*range(part.k_min, most + 1), *([k] if k else [])})
    notes = () if most == part.k_max else (f"k stops at {most}: {n} customers, {distinct} of them different.",)
    return ks, notes
