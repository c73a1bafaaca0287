"""What the answer hangs on: the chosen k refitted under other transforms, without each feature, and without netting."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np

from coterie.cleaning import Cleaned
from coterie.clustering import ALGORITHMS, Candidate, adjusted_rand, cross_table, fit_each
from coterie.engines import Engine
from coterie.features import Customers, Plan, compute_customers
from coterie.preparation import Prepared
from coterie.recipe import Recipe
from coterie.scaling import TRANSFORMS, fit_scaling


def sensitivity(
    prepared: Prepared, chosen: Candidate, recipe: Recipe, gross: Customers | None
) -> list[dict[str, Any]]:
    """Refit the chosen k with one decision changed at a time.

    Parameters
    ----------
    prepared : Prepared
        Customers, features and scale; a part of the customers will do.
    chosen : Candidate
        The choice; one cluster has nothing to be sensitive to.
    recipe : Recipe
        Names transform and algorithm.
    gross : Customers or None
        From `without_netting`.

    Returns
    -------
    list of dict
        ``changed`` in words, ``customers`` compared, ``ari`` with the answer as it is.
    """
    if not recipe.choice.sensitivity or chosen.n_clusters < 2:
        return []
    customers, used, points = prepared.customers, prepared.used, prepared.points
    rows = customers.buying
    features = customers.matrix(used, rows)
    names, zero = [f.name for f in used], [f.can_be_zero for f in used]
    labels = chosen.partition.labels if prepared.rows is None else chosen.partition.labels[prepared.rows]

    everybody = np.arange(len(labels))
    changed = [
        (f"transform {transform.name}", fit_scaling(transform.name, features, names, zero)(features), everybody)
        for transform in TRANSFORMS
        if transform.name != recipe.scaling.method
    ]
    if len(used) > 1:
        changed += [
            (f"without {customers.plan.published[f.name]}", np.delete(points, i, axis=1), everybody)
            for i, f in enumerate(used)
        ]
    if gross is not None:
        both = np.isin(gross.ids.astype(str), customers.ids[rows].astype(str)) & gross.buying
        values = gross.matrix(used, both)
        of = np.flatnonzero(np.isin(customers.ids[rows].astype(str), gross.ids[both].astype(str)))
        changed.append(("returns not netted", fit_scaling(recipe.scaling.method, values, names, zero)(values), of))
    orders = [np.lexsort(other.T[::-1]) for _, other, _ in changed]
    fits = fit_each(
        ALGORITHMS[recipe.clustering.algorithm],
        [
            (np.ascontiguousarray(other[order]), chosen.n_clusters)
            for (_, other, _), order in zip(changed, orders, strict=True)
        ],
        n_init=recipe.clustering.n_init,
        random_state=recipe.clustering.random_state,
        sample_above=recipe.choice.sample_above,
    )
    return [
        {
            "changed": words,
            "customers": len(of),
            "ari": adjusted_rand(cross_table(labels[of[order]], chosen.n_clusters, fit.labels, len(fit.centers))),
        }
        for (words, _, of), order, fit in zip(changed, orders, fits, strict=True)
    ]


def without_netting(
    engine: Engine, cleaned: Cleaned, prepared: Prepared, recipe: Recipe, as_of: datetime.date
) -> Customers | None:
    """Return the customers as they would be if no return were netted; None where none was, or nobody asks."""
    netted = any(entry.rule == "returns_netted" and entry.lines for entry in cleaned.ledger.entries)
    if not netted or not recipe.choice.sensitivity:
        return None
    plan = Plan(tuple(prepared.used), (), (), prepared.customers.plan.published)
    lines = cleaned.earlier.lines(None, netted=False, added_up=plan.adds_up)
    return compute_customers(engine, plan, lines, None, as_of, table="customers_gross", there=cleaned.engine)


def neighbours(candidates: Sequence[Candidate], chosen: Candidate) -> list[dict[str, Any]]:
    """Return, for k - 1 and k + 1, how many customers of each chosen segment fall into each of theirs.

    Returns
    -------
    list of dict
        ``n_clusters``; ``customers``: one row a chosen segment, one column a segment of the other k.
    """
    return [
        {
            "n_clusters": other.n_clusters,
            "customers": cross_table(
                chosen.partition.labels, chosen.n_clusters, other.partition.labels, other.n_clusters
            ).tolist(),
        }
        for other in candidates
        if abs(other.n_clusters - chosen.n_clusters) == 1
    ]
