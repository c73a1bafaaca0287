"""Which numbers of clusters the customers allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coterie.clustering.algorithms import ALGORITHMS, Algorithm, Array
from coterie.errors import ClusteringError
from coterie.recipe import Clustering


def feasible_ks(points: Array, part: Clustering, k: int | None) -> tuple[list[int], tuple[str, ...]]:
    """Return the ks that these customers and the algorithm allow, the user's among them, and notes on what was cut.

    Raises
    ------
    ClusteringError
        ``no_variation`` if all customers are alike; ``too_few`` below twice the smallest k; ``k_too_large`` if the
        user's k is beyond what the customers allow; ``too_many_customers`` or ``k_not_free`` if the algorithm refuses.
    """
    n = len(points)
    # Ten thousand customers settle it where there are millions.
    distinct = len(np.unique(points[:10_000], axis=0))
    if distinct <= max(part.k_max, k or 0):
        distinct = len(np.unique(points, axis=0))
    smallest = k or part.k_min
    if n < 2 * smallest:
        raise ClusteringError(
            f"{n} customer{'s are' if n != 1 else ' is'} too few for {smallest} segments.",
            found=f"{n} customer{'s' if n != 1 else ''}; {smallest} segments take at least {2 * smallest}.",
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
    algorithm = ALGORITHMS[part.algorithm]
    _refuse(algorithm, n, k)
    notes: tuple[str, ...] = ()
    if algorithm.most_fits is not None:
        notes += (f"{algorithm.name}: each gate takes at most {algorithm.most_fits} refits.",)
    if algorithm.finds_k:
        return [part.k_min], notes
    most = min(part.k_max, n // 2, distinct)
    ks = sorted({*range(part.k_min, most + 1), *([k] if k else [])})
    if most < part.k_max:
        notes += (f"k stops at {most}: {n} customers, {distinct} of them different.",)
    return ks, notes


def not_given(ks: Sequence[int], given: Sequence[int], part: Clustering, k: int | None) -> tuple[str, ...]:
    """Return a note on the ks that an algorithm did not give.

    Raises
    ------
    ClusteringError
        ``k_not_given`` if the user's k is one of them.
    """
    missing = [one for one in ks if one not in given]
    if not missing or ALGORITHMS[part.algorithm].finds_k:
        return ()
    told = f"{part.algorithm} left clusters empty at k = {', '.join(map(str, missing))}."
    if k in missing:
        raise ClusteringError(
            f"{part.algorithm} does not give {k} segments of these customers.",
            found=told,
            fix="another --k, or --algorithm kmeans.",
            code="k_not_given",
        )
    return (told,)


def _refuse(algorithm: Algorithm, n: int, k: int | None) -> None:
    if algorithm.most_customers is not None and n > algorithm.most_customers:
        raise ClusteringError(
            f"{n:,} customers are too many for {algorithm.name}.",
            found=f"its cost grows with their square; it takes at most {algorithm.most_customers:,}.",
            fix="--algorithm kmeans, or bisecting-kmeans.",
            code="too_many_customers",
        )
    if algorithm.finds_k and k is not None:
        raise ClusteringError(
            f"{algorithm.name} finds the number of segments itself.",
            found=f"{k} segments asked for.",
            fix=f"leave out --k; or --k {k} --algorithm kmeans.",
            code="k_not_free",
        )
