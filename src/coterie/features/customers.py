"""The customer table, computed: one row a customer, sorted by id."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines import Engine, Tables
from coterie.features.spec import Feature
from coterie.features.table import Plan, customer_table_sql

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Customers:
    """Customers and their features.

    Parameters
    ----------
    table : str
        Table of the engine: ``customer_id`` and the published features.
    plan : Plan
        Which features.
    ids : ndarray of str, shape (n_customers,)
        Sorted.
    columns : dict of str to ndarray of shape (n_customers,)
        Numeric features under their published names, NaN where a customer has none.
    """

    table: str
    plan: Plan
    ids: NDArray[Any]
    columns: dict[str, Array]

    def named(self, registered: str) -> Array:
        """Return a feature by its registered name, of shape (n_customers,)."""
        return self.columns[self.plan.published[registered]]

    @property
    def buying(self) -> NDArray[np.bool_]:
        """Whether a customer kept anything, of shape (n_customers,): the others have no place among clusters."""
        placed = np.ones(len(self.ids), dtype=bool)
        for feature in self.plan.use:
            values = self.columns[self.plan.published[feature.name]]
            placed &= np.isfinite(values) if feature.can_be_zero else np.isfinite(values) & (values > 0)
        return placed

    def matrix(self, features: Sequence[Feature], rows: NDArray[np.bool_]) -> Array:
        """Return features as an array of shape (rows.sum(), len(features))."""
        return np.column_stack([self.columns[self.plan.published[feature.name]][rows] for feature in features])


def compute_customers(
    engine: Engine,
    plan: Plan,
    lines: str,
    returned: str | None,
    as_of: datetime.date,
    *,
    table: str = "customers",
    there: Tables | None = None,
) -> Customers:
    """Compute the customer table.

    Parameters
    ----------
    engine : Engine
        Where the customers are to be.
    plan : Plan
        Which features.
    lines, returned : str
        Kept lines, and what was netted off; None leaves out who kept nothing.
    as_of : date
        The day the answer is for.
    table : str, default "customers"
        Name of the table to make.
    there : Tables, optional
        Where the lines are, if not there.
    """
    rows = (there or engine).into(engine, f"{table}_fetched", customer_table_sql(plan, lines, returned, as_of))
    return customers_from(engine, plan, rows, table)


def customers_from(engine: Engine, plan: Plan, rows: str, table: str = "customers") -> Customers:
    """Make the customer table of a relation of its rows."""
    engine.run(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {rows} AS t ORDER BY customer_id")
    for feature in plan.features:
        name = plan.published[feature.name]
        if feature.unit == "units" and engine.rows(f"SELECT coalesce(bool_and({name} = floor({name})), FALSE) FROM {table}")[0][0]:
            engine.run(f"ALTER TABLE {table} ALTER {name} TYPE BIGINT")
    numeric = [plan.published[f.name] for f in plan.features if f.kind != "date"]
    fetched = engine.arrays(f"SELECT customer_id, {', '.join(numeric)} FROM {table} ORDER BY customer_id")
    ids = fetched.pop("customer_id")
    return Customers(table, plan, ids, {name: np.asarray(values, dtype=float) for name, values in fetched.items()})
