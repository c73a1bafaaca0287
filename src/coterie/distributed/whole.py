"""All customers, where they stay on the cluster: their scale, their clusters, and their way into a run."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from coterie.cells import guarded
from coterie.cleaning import Cleaned, lines_of
from coterie.clustering import Sweep
from coterie.clustering.algorithms import Partition
from coterie.distributed.scaling import fit_scaling_there
from coterie.engines import Engine
from coterie.engines.dialects import DIALECTS
from coterie.engines.spark import SparkPlace
from coterie.engines.spark.mllib import settle, silhouette
from coterie.engines.there import There
from coterie.features import Customers, Plan, customer_table_sql, plan_features
from coterie.features.customers import customers_from
from coterie.model import SegmentModel
from coterie.preparation import Prepared
from coterie.publish import home_sql
from coterie.recipe import Recipe
from coterie.scaling import Scaling
from coterie.segments import Segment
from coterie.sql.expressions import axis, name, scaled
from coterie.sql.render import placing
from coterie.sql.script import placing_steps

MOST = 20_000_000
"""Customers who are collected from a cluster; more stay there."""
PART = 500_000
"""Of those who stay, how many are drawn at random for everything that needs them side by side."""
_SPARK = DIALECTS["spark"]


@dataclass
class Whole:
    """All customers of a run that clusters a part of them.

    Parameters
    ----------
    there : There
        Where they are: ``customers``, and ``buying`` of those who kept something.
    plan : Plan
        Their features.
    lines : str or None
        Relation of the cleaned lines, where they have a country.
    count, bought : int
        All of them, and those who kept something.
    scaling : Scaling
        Fitted on all who kept something.
    limits : mapping of str to (float, float)
        Least and greatest of every feature that places a customer.
    """

    there: There
    plan: Plan
    lines: str | None
    count: int
    bought: int
    scaling: Scaling
    limits: Mapping[str, tuple[float, float]]
    about: dict[str, Any] = field(default_factory=dict)
    """What a run tells of it, once it is settled."""

    @property
    def place(self) -> SparkPlace:
        """The cluster."""
        place = self.there.place
        assert isinstance(place, SparkPlace)
        return place

    def settled(self, prepared: Prepared, sweep: Sweep) -> Sweep:
        """Move the chosen centres to where k-means of MLlib brings them over all customers; labels of the part follow."""
        scaling, chosen = prepared.scaling, sweep.chosen
        axes = [axis(column.feature) for column in scaling.columns]
        points = ", ".join(f"{scaled(column)} AS {place}" for column, place in zip(scaling.columns, axes, strict=True))
        self.place.keep("points", placing(f"SELECT customer_id, {points} FROM buying", _SPARK))
        bare = [one.strip('"').replace('""', '"') for one in axes]
        found = settle(self.place, "points", bare, chosen.partition.centers)
        distances = np.square(prepared.points[:, None, :] - found.centers[None]).sum(axis=2)
        labels = distances.argmin(axis=1).astype(np.int32)
        moved = float((labels != chosen.partition.labels).mean())
        partition = Partition(labels, found.centers, float(distances.min(axis=1).sum()), chosen.partition.extra)
        fresh = replace(chosen, partition=partition)
        steps = placing_steps(scaling, found.centers, "buying")
        *before, (_, last) = [(step, placing(sql, _SPARK)) for step, sql in steps]
        self.place.keep("placed", f"WITH {', '.join(f'{step} AS ({sql})' for step, sql in before)} {last}")
        self.about = {
            "customers": self.bought,
            "drawn": len(prepared.points),
            "inertia": found.inertia,
            "iterations": found.iterations,
            "share_moved": moved,
            "silhouette_of_squares": silhouette(self.place, "placed", bare, "cluster") if len(found.centers) > 1 else None,
        }
        tried = f"{len(prepared.points):,} of {self.bought:,} customers, drawn at random"
        note = (
            f"Every k was fitted and judged on {tried}; scale and centres are those of all of them, by queries and by MLlib's "
            f"k-means from the centres of that part ({moved:.1%} of the part changed its segment); figures of segments beside "
            "customers, revenue and orders are the part's."
        )
        candidates = tuple(fresh if one is chosen else one for one in sweep.candidates)
        return replace(sweep, candidates=candidates, chosen=fresh, notes=(*sweep.notes, note))

    def counted(self, population: dict[str, Any], segments: Sequence[Segment]) -> tuple[dict[str, Any], list[Segment]]:
        """Give segments the customers, revenue and orders of all; what is counted of the part alone is left out."""
        sums = [self._sum("total_spend"), self._sum("total_orders")]
        found = {row[0]: row[1:] for row in self._rows(f"SELECT cluster, COUNT(*) AS n, {', '.join(sums)} FROM placed GROUP BY 1")}
        none = (0, None, None)
        spend = [found.get(segment.cluster, none)[1] for segment in segments]
        orders = [found.get(segment.cluster, none)[2] for segment in segments]
        known, ordered = spend[0] is not None, orders[0] is not None
        revenue = float(sum(spend)) if known else None
        everybody = {
            **population,
            "customers": self.bought,
            "revenue": revenue,
            "orders": int(sum(orders)) if ordered else None,
        }
        return everybody, [
            replace(
                segment,
                customers=int(found.get(segment.cluster, none)[0]),
                share=found.get(segment.cluster, none)[0] / self.bought,
                revenue=float(one) if known else None,
                revenue_share=float(one) / revenue if revenue else None,
                orders=int(several) if ordered else None,
                bands=None,
                at_risk=None,
            )
            for segment, one, several in zip(segments, spend, orders, strict=True)
        ]

    def write(self, here: Engine, folder: Path, model: SegmentModel) -> None:
        """Write all customers with their segments, by id, as Parquet and as a list: one file each, part after part."""
        table = "customers"
        assigned = model.to_sql("spark", what="assignment", table=table)
        home = ""
        if self.lines:
            self.there.run(f"CREATE OR REPLACE VIEW homes AS {home_sql(self.lines)}")
            home = "LEFT JOIN homes ON homes.customer_id = c.customer_id "
        told = ("cluster", "segment_id", "segment", "distance", "margin", "out_of_range")
        columns = [
            "c.customer_id",
            *map(self._typed, self.plan.features),
            *(["homes.country"] if home else []),
            *(f"a.{one}" for one in told),
        ]
        here.register(
            "everybody",
            self.place.fetch(
                f"SELECT {', '.join(columns)} FROM {table} AS c JOIN ({assigned}) AS a ON a.customer_id = c.customer_id {home}"
                "ORDER BY c.customer_id"
            ),
        )
        here.write("SELECT * FROM everybody", folder / "customers.parquet")
        texts = ("customer_id", "segment", *(["country"] if home else []))
        listed = ", ".join(guarded(one) for one in texts)
        file = str(folder / "customers.parquet").replace("'", "''")
        here.write(f"SELECT * REPLACE ({listed}) FROM read_parquet('{file}')", folder / "customers.csv")

    def _typed(self, feature: Any) -> str:
        column = name(self.plan.published[feature.name]).replace('"', "`")
        published = name(self.plan.published[feature.name])
        odd = f"SELECT COUNT(CASE WHEN {published} <> FLOOR({published}) THEN 1 END) AS n FROM customers"
        whole = feature.unit == "units" and self._rows(odd)[0][0] == 0
        return f"CAST(c.{column} AS BIGINT) AS {column}" if whole else f"c.{column}"

    def _sum(self, feature: str) -> str:
        published = self.plan.published.get(feature)
        return f"CAST(SUM({name(published)}) AS DOUBLE) AS {feature}" if published else f"CAST(NULL AS DOUBLE) AS {feature}"

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        table = self.place.fetch(placing(sql, _SPARK)).read_all()
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def customers_there(
    here: Engine, there: There, cleaned: Cleaned, recipe: Recipe, as_of: datetime.date, *, most: int | None = None,
    part: int | None = None,
) -> tuple[Cleaned, Customers, Whole | None]:  # fmt: skip
    """Compute the customer table on a cluster; collect it, or where there are too many customers, a part of it.

    Parameters
    ----------
    here : Engine
        Where those who are collected are to be.
    there : There
        A Spark cluster, with the tables of ``cleaned``.
    cleaned : Cleaned
        The lines.
    recipe : Recipe
        Which features, and their scale.
    as_of : date
        The day the answer is for.
    most, part : int, optional
        By default `MOST` and `PART`.

    Returns
    -------
    Cleaned
        The lines of those who were collected.
    Customers
        Them.
    Whole or None
        Everybody, if that is more.
    """
    plan = plan_features(recipe.features, cleaned.lines.available)
    table = customer_table_sql(plan, cleaned.table, cleaned.returned, as_of, apart=there.place.apart)
    there.run(f"CREATE OR REPLACE TABLE customers AS {table}")
    most = MOST if most is None else most
    count = int(there.rows("SELECT count(*) FROM customers")[0][0])
    if count <= most:
        return cleaned, customers_from(here, plan, there.into(here, "customers_fetched", "SELECT * FROM customers")), None
    lines = cleaned.table if "country" in cleaned.lines.available else None
    whole = _whole(there, plan, recipe, count, lines)
    parts = 1_000_000
    below = max(1, round(parts * min(PART if part is None else part, most) / count))
    drawn = f"SELECT * FROM customers WHERE pmod(xxhash64(customer_id, {recipe.clustering.random_state}), {parts}) < {below}"
    whole.place.keep("drawn_customers", drawn)
    customers = customers_from(here, plan, there.into(here, "customers_fetched", "SELECT * FROM drawn_customers"))
    return lines_of(cleaned, customers.ids), customers, whole


def _whole(there: There, plan: Plan, recipe: Recipe, count: int, lines: str | None) -> Whole:
    place = there.place
    assert isinstance(place, SparkPlace)
    names = [plan.published[feature.name] for feature in plan.use]
    finite = " AND ".join(
        f"{name(one)} < 1e300" + ("" if feature.can_be_zero else f" AND {name(one)} > 0")
        for one, feature in zip(names, plan.use, strict=True)
    )
    place.view("buying", placing(f"SELECT * FROM customers WHERE {finite}", _SPARK))
    scaling = fit_scaling_there(recipe.scaling.method, place, "buying", names, [feature.can_be_zero for feature in plan.use])
    ends = ", ".join(f"MIN({name(one)}) AS low_{i}, MAX({name(one)}) AS high_{i}" for i, one in enumerate(names))
    table = place.fetch(placing(f"SELECT COUNT(*) AS n, {ends} FROM buying", _SPARK)).read_all()
    bought, *found = (column[0].as_py() for column in table.columns)
    limits = {one: (float(found[2 * i]), float(found[2 * i + 1])) for i, one in enumerate(names)}
    return Whole(there, plan, lines, count, int(bought), scaling, limits)
