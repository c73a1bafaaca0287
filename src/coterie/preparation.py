"""Customers made ready for clustering: those who kept something, in the features that tell them apart, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coterie.features import Customers, Feature
from coterie.recipe import Recipe
from coterie.scaling import Scaling, fit_scaling

Array = NDArray[np.float64]

DRAWN = 200_000
"""Customers, of very many, on whom other decisions and earlier months are tried."""


@dataclass(frozen=True)
class Prepared:
    """What is clustered.

    Parameters
    ----------
    customers : Customers
        Everybody.
    used : sequence of Feature
        Features that distances are measured in.
    left_out : list of dict
        ``feature`` and ``why`` of those that the recipe names and that tell nobody apart.
    scaling : Scaling
        Fitted.
    points : ndarray of shape (n_customers, n_features)
        Scaled features of the customers who kept something, by id.
    rows : ndarray of shape (n_customers,), optional
        Of a part, where its points are among everybody's.
    chosen : ndarray of int, optional
        Of a part, where its customers are among everybody's.
    limits : mapping of str to (float, float), optional
        Least and greatest of a feature, where there are more customers than these.
    """

    customers: Customers
    used: Sequence[Feature]
    left_out: list[dict[str, str]]
    scaling: Scaling
    points: Array
    rows: NDArray[np.intp] | None = None
    chosen: NDArray[np.intp] | None = None
    limits: Mapping[str, tuple[float, float]] | None = None

    @property
    def value(self) -> Array:
        """Spend, by which clusters are numbered; zeros where it is not known."""
        spend = self.customers.columns.get(self.customers.plan.published.get("total_spend", ""))
        return np.zeros(len(self.points)) if spend is None else spend[self.customers.buying]

    def ranges(self) -> list[dict[str, Any]]:
        """Return what a model keeps of each feature: names, unit, SQL, and the range it was fitted on."""
        ranges = []
        for feature in self.used:
            name = self.customers.plan.published[feature.name]
            values = self.customers.columns[name][self.customers.buying]
            low, high = (values.min(), values.max()) if self.limits is None else self.limits[name]
            ranges.append({
                "feature": name,
                "registered": feature.name,
                "unit": feature.unit,
                "sql": feature.sql,
                "low": float(low),
                "high": float(high),
            })  # fmt: skip
        return ranges


class Everybody(Protocol):
    """All customers, of whom those here are a part: the scale of all of them, and the range of every feature."""

    @property
    def scaling(self) -> Scaling:
        """One transform a feature."""

    @property
    def limits(self) -> Mapping[str, tuple[float, float]]:
        """Least and greatest of each."""


def prepare(customers: Customers, recipe: Recipe, everybody: Everybody | None = None) -> Prepared:
    """Scale the features that tell customers apart; a constant one is left out, with its reason."""
    plan = customers.plan
    values = customers.matrix(plan.use, customers.buying)
    varies = [len(values) > 0 and bool(np.ptp(values[:, i]) > 0) for i in range(values.shape[1])]
    used = [f for f, v in zip(plan.use, varies, strict=True) if v] or list(plan.use)
    left_out = [{"feature": plan.published[f.name], "why": "It is the same for every customer."} for f in plan.use if f not in used]
    kept = values[:, [plan.use.index(f) for f in used]]
    if not len(kept):
        return Prepared(customers, used, left_out, Scaling(recipe.scaling.method, ()), kept)
    names = [plan.published[f.name] for f in used]
    if everybody:
        scaling = Scaling(recipe.scaling.method, tuple(one for one in everybody.scaling.columns if one.feature in names))
        return Prepared(customers, used, left_out, scaling, scaling(kept), limits=everybody.limits)
    scaling = fit_scaling(recipe.scaling.method, kept, names, [f.can_be_zero for f in used])
    return Prepared(customers, used, left_out, scaling, scaling(kept))


def drawn(prepared: Prepared, random_state: int) -> Prepared:
    """Return a part of the customers, drawn at random and the same every time; everybody where there are not very many."""
    customers = prepared.customers
    if len(customers.ids) <= DRAWN:
        return prepared
    chosen = np.sort(np.random.default_rng(random_state).choice(len(customers.ids), DRAWN, replace=False))
    buying = customers.buying
    rows = (np.cumsum(buying) - 1)[chosen[buying[chosen]]]
    columns = {name: values[chosen] for name, values in customers.columns.items()}
    part = replace(customers, ids=customers.ids[chosen], columns=columns)
    return replace(prepared, customers=part, points=prepared.points[rows], rows=rows, chosen=chosen)
