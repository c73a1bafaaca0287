"""Whether a clustering comes back: under other seeds, on resampled customers, on held-out halves, a month later.

Every check ends in a contingency table, how many customers fall into which pair of clusters, so that nothing is ever compared
customer by customer, and the numbers that two fits give their clusters do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coterie.clustering.algorithms import Algorithm, Array, Partition
from coterie.clustering.fitting import carried, fit_each
from coterie.clustering.resampling import Table, cross_table, tables_of_bootstraps, tables_of_halves, tables_of_seeds

if TYPE_CHECKING:
    from coterie.kernels import Starts


@dataclass(frozen=True)
class Month:
    """What the recipe knew at the end of a month.

    Parameters
    ----------
    end : str
        ISO date.
    points : ndarray of shape (n_customers, n_features)
        Scaled features of the customers it knew.
    carried : ndarray of shape (n_both, n_features)
        The next month's features of customers that both months know, on this month's scale.
    rows : ndarray of shape (n_both,)
        Where those customers stand among the next month's points.
    """

    end: str
    points: Array
    carried: Array
    rows: NDArray[np.intp]


@dataclass(frozen=True)
class Stability:
    """How a clustering fared; None where a check was left out.

    Parameters
    ----------
    jaccard : tuple of float or None
        By cluster: mean over bootstrap resamples of the best match, from 0 to 1.
    seed_ari : float or None
        Worst adjusted Rand index with other seeds.
    prediction_strength, prediction_strength_se : float or None
        Mean over halvings, and its standard error.
    refit_ari : dict of str to float
        By month end: how last month's segments agree with the refit.
    """

    jaccard: tuple[float, ...] | None = None
    seed_ari: float | None = None
    prediction_strength: float | None = None
    prediction_strength_se: float | None = None
    refit_ari: dict[str, float] | None = None


def adjusted_rand(table: Table) -> float:
    """Return the adjusted Rand index of a contingency table; 1 is full agreement, 0 is chance.

    References
    ----------
    Hubert & Arabie 1985, doi:10.1007/BF01908075

    Examples
    --------
    >>> adjusted_rand(np.array([[0, 5], [5, 0]]))
    1.0
    """

    def pairs(counts: NDArray[np.int64]) -> float:
        return float((counts.astype(float) * (counts - 1) / 2).sum())

    both, rows, columns, all_pairs = pairs(table), pairs(table.sum(1)), pairs(table.sum(0)), pairs(table.sum(keepdims=True))
    expected = rows * columns / all_pairs if all_pairs else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def best_jaccard(table: Table) -> Array:
    """Return, for each row's cluster, the Jaccard index of the column's cluster that matches it best.

    Examples
    --------
    >>> best_jaccard(np.array([[8, 2], [0, 10]])).round(3).tolist()
    [0.8, 0.833]
    """
    union = table.sum(1, keepdims=True) + table.sum(0, keepdims=True) - table
    best: Array = (table / np.maximum(union, 1)).max(axis=1)
    return best


def strength(table: Table) -> float:
    """Return the prediction strength of one halving: the worst cluster's share of pairs that the other half keeps together.

    Parameters
    ----------
    table : ndarray of shape (k, k)
        A half's own clusters by the clusters that the other half's centres give it. A cluster of one customer has no pairs and
        counts as kept.

    Examples
    --------
    >>> strength(np.array([[10, 0], [5, 5]])).__round__(3)
    0.444
    """
    sizes = table.sum(1).astype(float)
    kept = (table.astype(float) * (table - 1)).sum(1)
    possible = sizes * (sizes - 1)
    return float(np.where(possible > 0, kept / np.maximum(possible, 1), 1.0).min())


def bootstrap_jaccard(
    algorithm: Algorithm, points: Array, partition: Partition, *, n_resamples: int, n_init: int, random_state: int, size: int,
    starts: Starts | None = None,
) -> tuple[float, ...] | None:  # fmt: skip
    """Return, by cluster, how well it comes back when customers are resampled with replacement: the mean best Jaccard.

    References
    ----------
    Hennig 2007, doi:10.1016/j.csda.2006.11.025
    """
    if not n_resamples:
        return None
    tables = tables_of_bootstraps(algorithm, points, partition, n_resamples, n_init, random_state, size, starts)
    return tuple(float(j) for j in np.mean([best_jaccard(table) for table in tables], axis=0))


def seed_agreement(
    algorithm: Algorithm,
    points: Array,
    partition: Partition,
    *,
    n_init: int,
    random_state: int,
    n_seeds: int,
    size: int | None = None,
    starts: Starts | None = None,
) -> float | None:
    """Return the worst adjusted Rand index with refits under other seeds; 1 for an algorithm without chance."""
    if not n_seeds:
        return None
    if not algorithm.seeded:
        return 1.0
    tables = tables_of_seeds(algorithm, points, partition, n_seeds, n_init, random_state, size or len(points), starts)
    return min(adjusted_rand(table) for table in tables)


def prediction_strength(
    algorithm: Algorithm, points: Array, k: int, *, n_splits: int, n_init: int, random_state: int, size: int,
    starts: Starts | None = None,
) -> tuple[float, float] | None:  # fmt: skip
    """Return the mean prediction strength over random halvings, and its standard error.

    References
    ----------
    Tibshirani & Walther 2005, doi:10.1198/106186005X59243
    """
    if not n_splits:
        return None
    tables = tables_of_halves(algorithm, points, k, n_splits, n_init, random_state, size, starts)
    found = [strength(table) for table in tables]
    return float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0


def refit_agreement(
    algorithm: Algorithm, months: Sequence[Month], last: Sequence[Partition], *, n_init: int, random_state: int, size: int
) -> list[dict[str, float] | None]:
    """Return, by month end, the adjusted Rand index of that month's segments with the next refit, over customers both know.

    Parameters
    ----------
    algorithm : Algorithm
        What is fitted.
    months : sequence of Month
        In order; the last one's next month is the present.
    last : sequence of Partition
        The present answers, in the order of the present's points.
    n_init, random_state, size : int
        Starts and seed of every refit, and above how many customers it is one of a sample.

    Returns
    -------
    list of dict or None
        For each of the present answers; None where there are no months.
    """
    if not months:
        return [None] * len(last)
    problems = [(month.points, len(answer.centers)) for answer in last for month in months]
    fits = fit_each(algorithm, problems, n_init=n_init, random_state=random_state, sample_above=size)

    def agreement(month: Month, fit: Partition, following: Partition) -> float:
        stayed = carried(algorithm, fit, month.points, month.carried)
        labels = following.labels[month.rows]
        return adjusted_rand(cross_table(labels, len(following.centers), stayed, len(fit.centers)))

    found: list[dict[str, float] | None] = []
    for i, answer in enumerate(last):
        own = fits[i * len(months) : (i + 1) * len(months)]
        follow = zip(months, own, [*own[1:], answer], strict=True)
        found.append({month.end: agreement(month, fit, following) for month, fit, following in follow})
    return found
