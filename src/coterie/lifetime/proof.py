"""Proof of use: had the segments been made on the hold-out day, what would they have said of the money and the orders since?

The recipe is refitted on what was known then, with today's number of clusters, and held beside RFM groups, beside no groups at
all, and beside two scores of single customers: their own last stretch, and BG/NBD with Gamma-Gamma. Groups are ranked by what
their *other* customers brought, by five-fold cross-validation, and the variance that groups explain is adjusted for their
number: 11 groups have no advantage over 4. The scores of single customers see nothing of what came.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.clustering import ALGORITHMS, cross_table, fit_one
from coterie.lifetime.forecast import Forecast
from coterie.lifetime.holdout import Holdout
from coterie.lifetime.ranking import auc, explained, explained_by_line, ranks, spearman
from coterie.preparation import prepare
from coterie.recipe import Recipe
from coterie.segments import score_rfm
from coterie.segments.rfm import FEATURES, GROUPS

Array = NDArray[np.float64]
Groups = NDArray[np.int32]

FOLDS = 5
ENOUGH_CUSTOMERS = 10
"""Customers of then for each segment of today; fewer prove nothing."""


def prove(as_of: datetime.date, then: Holdout, made: Forecast | None, labels: Groups, recipe: Recipe) -> dict[str, Any] | None:
    """Compare what each way to look at customers would have said on the hold-out day with what came.

    Parameters
    ----------
    as_of : date
        Today.
    then : Holdout
        The hold-out day.
    made : Forecast or None
        From what was known then.
    labels : ndarray of shape (n_customers,)
        Today's clusters of the customers of the hold-out day; -1 for who has none.
    recipe : Recipe
        Refitted.

    Returns
    -------
    dict or None
        ``segments`` and ``rfm``: customers, orders and revenue since by group; ``compared``: a row for each way. None where there
        were too few customers.
    """
    n_clusters = int(labels.max()) + 1
    buying = then.customers.buying
    rows = then.rows[buying]
    if len(rows) < ENOUGH_CUSTOMERS * max(n_clusters, 2):
        return None
    scored = score_rfm({name: then.customers.named(name)[buying] for name in FEATURES})
    rfm = None if scored is None else scored.places.astype(np.int64)
    groups = _refitted(then, labels[rows], n_clusters, recipe) if n_clusters > 1 else None
    order = _by_value(then, rows)
    rows = rows[order]
    rfm, groups = (None if one is None else one[order] for one in (rfm, groups))
    since, before = then.today.of(rows), then.orders.of(rows)
    came = np.nan_to_num(since.stretch_orders), np.nan_to_num(since.stretch_value)
    past = before.stretch_orders, before.stretch_value
    folds = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    compared = [
        _grouped("segments", groups, folds, came),
        _grouped("rfm", rfm, folds, came),
        _grouped("none", np.zeros(len(rows), dtype=np.int64), folds, came),
        _single("own_history", *past, folds, came),
    ]
    if made is not None:
        compared.append(_single("bg_nbd", made.expected_orders[rows], made.expected_value[rows], folds, came))
    return {
        "since": then.day.isoformat(),
        "until": as_of.isoformat(),
        "customers": len(rows),
        "segments": None if groups is None else _table(
            "segment_id", [f"s{c + 1}" for c in range(n_clusters)], groups, came, past),
        "rfm": None if rfm is None else _table("group", GROUPS, rfm, came, past),
        "compared": [row for row in compared if row is not None],
    }  # fmt: skip


def _refitted(then: Holdout, today: Groups, n_clusters: int, recipe: Recipe) -> NDArray[np.int64] | None:
    """Return the clusters of then under the numbers of today's clusters that share most customers; None without as many."""
    from scipy.optimize import linear_sum_assignment

    points = prepare(then.customers, recipe).points
    order = np.lexsort(points.T[::-1])
    distinct = 1 + int((np.diff(points[order], axis=0) != 0).any(axis=1).sum())
    if distinct < n_clusters:
        return None
    part = recipe.clustering
    fit = fit_one(
        ALGORITHMS[part.algorithm],
        np.ascontiguousarray(points[order]),
        n_clusters,
        n_init=part.n_init,
        random_state=part.random_state,
        sample_above=recipe.choice.sample_above,
    )
    own = np.empty(len(points), dtype=np.int32)
    own[order] = fit.labels
    both = today >= 0
    shared = cross_table(own[both], len(fit.centers), today[both], n_clusters)
    if shared.shape[0] != n_clusters:
        return None
    numbered = np.empty(n_clusters, dtype=np.int64)
    mine, theirs = linear_sum_assignment(-shared)
    numbered[mine] = theirs
    return numbered[own]


def _by_value(then: Holdout, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return an order of the customers by their figures, so that neither ids nor the order of rows can matter, in no digit."""
    figures = [column[then.customers.buying] for column in then.customers.columns.values()]
    return np.lexsort((*figures, *vars(then.orders.of(rows)).values(), *vars(then.today.of(rows)).values()))


def _grouped(
    by: str, groups: NDArray[np.int64] | None, folds: NDArray[np.int64], came: tuple[Array, Array]
) -> dict[str, Any] | None:
    if groups is None:
        return None
    _, of = np.unique(groups, return_inverse=True)
    orders, revenue = came
    n_groups = int(of.max()) + 1
    order_score, value_score = (
        _of_the_others(of, folds, outcome) if n_groups > 1 else np.zeros(len(of)) for outcome in (orders, revenue)
    )
    return {
        "by": by,
        "groups": n_groups,
        "rank_correlation": _over(folds, spearman, value_score, revenue),
        "auc": _over(folds, auc, order_score, orders > 0),
        "explained": explained(of, revenue),
        "explained_ranks": explained(of, ranks(revenue)),
    }


def _of_the_others(of: NDArray[np.int64], folds: NDArray[np.int64], outcome: Array) -> Array:
    """Return the mean outcome of a customer's group in the other folds; everybody's mean there where the group has nobody."""
    cell = of * FOLDS + folds
    shape = (int(of.max()) + 1, FOLDS)
    sums = np.bincount(cell, weights=outcome, minlength=shape[0] * FOLDS).reshape(shape)
    counts = np.bincount(cell, minlength=shape[0] * FOLDS).reshape(shape)
    others, other_sums = counts.sum(axis=1, keepdims=True) - counts, sums.sum(axis=1, keepdims=True) - sums
    means = np.where(others > 0, other_sums / np.maximum(others, 1), other_sums.sum(axis=0) / others.sum(axis=0))
    return np.asarray(means[of, folds])


def _over(
    folds: NDArray[np.int64], measure: Callable[[Array, NDArray[Any]], float | None], score: Array, outcome: NDArray[Any]
) -> float | None:
    """Return the mean of a measure over the folds: within one, members of a group share their score."""
    found = [measure(score[rows], outcome[rows]) for rows in (folds == fold for fold in range(FOLDS))]
    known = [one for one in found if one is not None]
    return float(np.mean(known)) if known else None


def _single(by: str, order_score: Array, value_score: Array, folds: NDArray[np.int64], came: tuple[Array, Array]) -> dict[str, Any]:
    orders, revenue = came
    return {
        "by": by,
        "groups": None,
        "rank_correlation": _over(folds, spearman, value_score, revenue),
        "auc": _over(folds, auc, order_score, orders > 0),
        "explained": explained_by_line(value_score, revenue),
        "explained_ranks": explained_by_line(ranks(value_score), ranks(revenue)),
    }


def _table(
    key: str, names: Iterable[str], groups: NDArray[np.integer], came: tuple[Array, Array], past: tuple[Array, Array]
) -> list[dict[str, Any]]:
    """Return what came of each group; a group of nobody is left out."""
    orders, revenue = came
    total = float(np.sort(revenue).sum())
    rows = []
    for number, name in enumerate(names):
        members = groups == number
        if count := int(members.sum()):
            spent = float(np.sort(revenue[members]).sum())
            rows.append({
                key: name,
                "customers": count,
                "share": count / len(groups),
                "orders": int(orders[members].sum()),
                "revenue": spent,
                "revenue_share": spent / total if total else None,
                "repurchased": float((orders[members] > 0).mean()),
                "past_orders": int(past[0][members].sum()),
                "past_revenue": float(np.sort(past[1][members]).sum()),
            })  # fmt: skip
    return rows
