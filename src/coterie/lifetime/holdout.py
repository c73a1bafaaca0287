"""What was known on the hold-out day, a horizon before today: the customers of then, and the days since to judge a forecast by."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.cleaning import Cleaned
from coterie.engines import Engine, column
from coterie.features import FEATURES, Customers, Plan, compute_customers
from coterie.lifetime.orders import RepeatOrders, read_repeat_orders
from coterie.preparation import Prepared
from coterie.recipe import Recipe
from coterie.segments import rfm


@dataclass(frozen=True)
class Holdout:
    """The hold-out day.

    Parameters
    ----------
    day : date
        The day.
    orders, today : RepeatOrders
        Purchases until the day as they were known on it, and until today, of all customers of today or of those drawn; the last
        stretch of today's is what a forecast of the day is judged by.
    customers : Customers
        Of then, with the features that place a customer and those of RFM.
    rows : ndarray of shape (n_customers_then,)
        Where each of them is among those customers of today.
    """

    day: datetime.date
    orders: RepeatOrders
    today: RepeatOrders
    customers: Customers
    rows: NDArray[np.intp]


@dataclass(frozen=True)
class Evidence:
    """All that a look ahead is made from; no engine is needed any more.

    Parameters
    ----------
    as_of : date
        Today.
    history_days : int
        Days from the first line to today.
    prepared : Prepared
        Customers of today, and the features that place them.
    orders : RepeatOrders
        Purchases until today, of all customers.
    then : Holdout or None
        None where the history is shorter than two horizons.
    drawn : ndarray of int, optional
        Of very many customers, who was drawn: models are fitted on them, and the hold-out day is theirs.
    """

    as_of: datetime.date
    history_days: int
    prepared: Prepared
    orders: RepeatOrders
    then: Holdout | None
    drawn: NDArray[np.intp] | None = None

    @property
    def told(self) -> RepeatOrders:
        """Purchases until today of those that models are fitted on."""
        return self.orders if self.drawn is None else self.orders.of(self.drawn)


def read_evidence(
    engine: Engine, cleaned: Cleaned, prepared: Prepared, part: Prepared, own: Cleaned, recipe: Recipe, as_of: datetime.date
) -> Evidence | None:
    """Query what a look ahead needs; None where the recipe does without.

    Parameters
    ----------
    engine : Engine
        Where customers are.
    cleaned : Cleaned
        Lines.
    prepared : Prepared
        Customers of today.
    part, own : Prepared, Cleaned
        Those drawn and their lines, of very many; else the same.
    recipe : Recipe
        Its ``value`` part has the horizon.
    as_of : date
        Today.
    """
    if not recipe.value.enabled:
        return None
    first, horizon = cleaned.ledger.first, recipe.value.horizon_days
    everybody = prepared.customers.table
    days = (as_of - first.date()).days if first else 0
    there = cleaned.engine
    orders = read_repeat_orders(engine, everybody, cleaned.earlier.added_up, as_of, horizon, there)
    drawn = part.chosen
    if days < 2 * horizon:
        return Evidence(as_of, days, prepared, orders, None, drawn)
    if drawn is not None:
        import pyarrow

        everybody = "drawn_customers"
        engine.register(everybody, pyarrow.table({"customer_id": column(part.customers.ids)}))
    day = as_of - datetime.timedelta(days=horizon)
    used, published = prepared.used, prepared.customers.plan.published
    beside = tuple(FEATURES[name] for name in rfm.FEATURES if name not in {feature.name for feature in used})
    plan = Plan(tuple(used), beside, (), {**{name: name for name in rfm.FEATURES}, **published})
    lines = own.earlier.lines(day, added_up=plan.adds_up)
    known = read_repeat_orders(engine, everybody, lines, day, horizon, there)
    then = compute_customers(engine, plan, lines, None, day, table="customers_held_out", there=there)
    rows = engine.arrays(
        "SELECT place FROM (SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS place "
        f"FROM {everybody}) AS everybody JOIN {then.table} USING (customer_id) ORDER BY customer_id"
    )["place"]
    today = orders if drawn is None else orders.of(drawn)
    return Evidence(as_of, days, prepared, orders, Holdout(day, known, today, then, np.asarray(rows, dtype=np.intp)), drawn)
