"""What the recipe would have known at earlier month ends: the customers of then, on the scale of then."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from coterie.cleaning import Cleaned
from coterie.clustering import Month
from coterie.engines import Engine
from coterie.features import Customers, Feature, Plan, compute_customers
from coterie.preparation import Prepared
from coterie.recipe import Recipe
from coterie.scaling import fit_scaling

ENOUGH_HISTORY = 3
"""Months that must lie before a month end for a refit there to mean anything."""

ENOUGH_CUSTOMERS = 10
"""Customers for each of the largest k's clusters, likewise."""

Array = NDArray[np.float64]


def month_ends(first: datetime.date, as_of: datetime.date, most: int) -> list[datetime.date]:
    """Return the firsts of months on which a whole month had just ended, with enough history before, oldest first.

    Examples
    --------
    >>> [day.isoformat() for day in month_ends(datetime.date(2010, 12, 1), datetime.date(2011, 6, 10), 6)]
    ['2011-03-01', '2011-04-01', '2011-05-01', '2011-06-01']
    """
    ends: list[datetime.date] = []
    day = as_of.replace(day=1)
    while len(ends) < most and _months_between(first, day) >= ENOUGH_HISTORY:
        if day < as_of:
            ends.append(day)
        day = (day - datetime.timedelta(days=1)).replace(day=1)
    return ends[::-1]


def earlier_months(
    engine: Engine, cleaned: Cleaned, prepared: Prepared, recipe: Recipe, as_of: datetime.date
) -> list[Month]:
    """Compute the customers of each of the recipe's last month ends.

    Parameters
    ----------
    engine : Engine
        Where customers are.
    cleaned : Cleaned
        Lines, netted by what is known today.
    prepared : Prepared
        Customers of today, and the features that place them; a part of them with the lines of that part.
    recipe : Recipe
        Names the transform and the number of months.
    as_of : date
        Today.

    Returns
    -------
    list of Month
        Oldest first; empty where there are fewer than three months of history.
    """
    first, customers, used = cleaned.ledger.first, prepared.customers, prepared.used
    if first is None or not recipe.choice.n_months:
        return []
    plan = Plan(tuple(used), (), (), customers.plan.published)
    known = []
    for end in month_ends(first.date(), as_of, recipe.choice.n_months):
        lines = cleaned.earlier.lines(end, added_up=plan.adds_up)
        then = compute_customers(engine, plan, lines, None, end, table="customers_then", there=cleaned.engine)
        if then.buying.sum() >= ENOUGH_CUSTOMERS * recipe.clustering.k_max:
            known.append((end.isoformat(), *_placed(then, used)))
    known.append((as_of.isoformat(), *_placed(customers, used)))
    months = [_month(*now, *after[1:], used=used, recipe=recipe) for now, after in pairwise(known)]
    if months and prepared.rows is not None:
        months[-1] = replace(months[-1], rows=prepared.rows[months[-1].rows])
    return months


def _placed(customers: Customers, used: Sequence[Feature]) -> tuple[NDArray[np.str_], Array]:
    return customers.ids[customers.buying].astype(str), customers.matrix(used, customers.buying)


def _month(
    end: str,
    ids: NDArray[np.str_],
    features: Array,
    next_ids: NDArray[np.str_],
    next_features: Array,
    *,
    used: Sequence[Feature],
    recipe: Recipe,
) -> Month:
    scaling = fit_scaling(recipe.scaling.method, features, [f.name for f in used], [f.can_be_zero for f in used])
    rows = np.flatnonzero(np.isin(next_ids, ids))
    return Month(end, scaling(features), scaling(next_features[rows]), rows)


def _months_between(first: datetime.date, last: datetime.date) -> int:
    whole = (last.year - first.year) * 12 + last.month - first.month
    return whole - (last.day < first.day)
