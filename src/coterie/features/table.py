"""The customer table: one query composed of the features' fragments."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coterie.errors import RecipeError
from coterie.features.spec import FEATURES, Feature

if TYPE_CHECKING:
    from coterie.recipe import Features

EPOCH = datetime.date(1970, 1, 1)
_ADDED_UP = re.compile(r"sum\((quantity|transaction_value)\)|(min|max)\((epoch_seconds|invoice_date)\)|\{as_of_day\}|floor\(")
"""What comes out the same where an order's lines of one moment were made one, with their sums."""
_ADDITIVE = frozenset({"total_orders", "total_quantity", "total_spend", "line_count"})
_DIFFERENT = re.compile(r"count\(DISTINCT (\w+)\)")
"""Of a customer's lines, how many different values there are."""


@dataclass(frozen=True)
class Plan:
    """Which features are computed, and under which names they are published.

    Parameters
    ----------
    use, profile : tuple of Feature
        Those that place a customer, and those that only describe one.
    not_available : tuple of str
        Named by the recipe, but the source lacks their columns.
    published : dict of str to str
        Registered name to published name, of every feature above.
    """

    use: tuple[Feature, ...]
    profile: tuple[Feature, ...]
    not_available: tuple[str, ...]
    published: dict[str, str]

    @property
    def features(self) -> tuple[Feature, ...]:
        """All of them, those that place a customer first."""
        return self.use + self.profile

    @property
    def adds_up(self) -> bool:
        """Whether no feature looks at single lines, so that an order's lines of one moment may be one, with their sums."""
        needed = _with_dependencies(self.features)
        alone = [f for f in needed if f.level == "lines" and re.search("[a-z]", _ADDED_UP.sub("", f.sql))]
        return not alone and not any("line_count" in f.sql for f in needed)


def plan_features(part: Features, available: Iterable[str]) -> Plan:
    """Choose the features that the source's columns allow.

    Raises
    ------
    RecipeError
        If none of the features to be used is available, or one of them can be missing for a customer who buys.
    """
    have = frozenset(available)
    named = [(FEATURES[name], name in part.use) for name in dict.fromkeys((*part.use, *part.profile))]
    for feature, used in named:
        if used and (feature.can_be_missing or feature.kind == "date"):
            raise RecipeError(
                f"No distance can be measured in {feature.name}.",
                found="a date." if feature.kind == "date" else "a feature that some customers do not have.",
                fix="move it from features.use to features.profile.",
                code="unusable_feature",
            )
    use = tuple(f for f, used in named if used and f.needs <= have)
    profile = tuple(f for f, used in named if not used and f.needs <= have)
    if not use:
        raise RecipeError(
            "None of the recipe's features can be computed from this source.",
            found=f"columns: {', '.join(sorted(have))}.",
            fix="map more columns with --map, or name other features in the recipe.",
            code="no_features",
        )
    missing = tuple(f.name for f, _ in named if not f.needs <= have)
    return Plan(use, profile, missing, {f.name: part.published(f.name) for f in (*use, *profile)})


def customer_table_sql(
    plan: Plan, lines: str, returned: str | None, as_of: datetime.date, *, apart: bool = False
) -> str:
    """Return the query of the customer table: one row a customer, published names, in no order.

    Parameters
    ----------
    plan : Plan
        Which features.
    lines : str
        Relation of kept lines.
    returned : str, optional
        Relation ``customer_id, returned_value``: a customer who is only there has zero orders.
    as_of : date
        The day the answer is for.
    apart : bool, default False
        Whether different values are counted apart: Spark would carry all other sums along with every one of them.
    """
    *steps, (_, last) = customer_table_steps(plan, lines, returned, as_of, apart=apart)
    return f"WITH {', '.join(f'{name} AS ({sql})' for name, sql in steps)} {last}"


def customer_table_steps(
    plan: Plan, lines: str, returned: str | None, as_of: datetime.date | str, *, apart: bool = False
) -> list[tuple[str, str]]:
    """Return the same query as named steps, each reading those before it; the last, ``customers``, is the table.

    The day may be SQL that gives it in days since 1970.
    No step joins by ``USING`` or ``FULL JOIN``, which some warehouses do not have.
    """
    needed = _with_dependencies(plan.features)
    at = {level: [f for f in needed if f.level == level] for level in ("lines", "orders", "customers")}
    day = as_of if isinstance(as_of, str) else str((as_of - EPOCH).days)
    column = {f.name: f"{f.sql.replace('{as_of_day}', day)} AS {f.name}" for f in needed}
    extra = ["count(*) AS line_count"] if any("line_count" in f.sql for f in at["customers"]) else []
    different = {f.name: found[1] for f in at["lines"] if apart and (found := _DIFFERENT.fullmatch(f.sql))}
    steps = [
        ("dated_lines", f"SELECT *, epoch(invoice_date) AS epoch_seconds FROM {lines}"),
        ("by_lines", _grouped("dated_lines", [column[f.name] for f in at["lines"] if f.name not in different] + extra)),
    ]
    for name, value in different.items():
        steps.append((f"each_{name}", f"SELECT DISTINCT customer_id, {value} AS one FROM dated_lines"))
        steps.append((f"by_{name}", _grouped(f"each_{name}", [f"count(one) AS {name}"])))
    if at["orders"]:
        steps.append(("placed_orders", _orders(at["orders"])))
        steps.append(("by_orders", _grouped("placed_orders", [column[f.name] for f in at["orders"]])))
    known = [(f"by_{f.name if f.name in different else level}", f.name) for level in ("lines", "orders") for f in at[level]]
    known += [("by_lines", text.split(" AS ")[1]) for text in extra]
    if returned is None:
        first, join = "by_lines", "JOIN"
        columns = [f"{table}.{name}" for table, name in known] + ["0 AS returned_value"]
        joined = [*(f"by_{name}" for name in different), *(["by_orders"] if at["orders"] else [])]
    else:
        first, join = "everybody", "LEFT JOIN"
        steps.append((first, f"SELECT customer_id FROM by_lines UNION SELECT customer_id FROM {returned}"))
        columns = [f"coalesce({table}.{name}, 0) AS {name}" if name in _ADDITIVE else f"{table}.{name}" for table, name in known]
        columns.append("coalesce(taken_back.returned_value, 0) AS returned_value")
        joined = ["by_lines", *(f"by_{name}" for name in different), *(["by_orders"] if at["orders"] else [])]
        joined.append(f"{returned} AS taken_back")
    names = [table.split(" AS ")[-1] for table in joined]
    joins = [f"{join} {table} ON {first}.customer_id = {name}.customer_id" for table, name in zip(joined, names, strict=True)]
    steps.append(("joined", " ".join([f"SELECT {', '.join([f'{first}.customer_id', *columns])} FROM {first}", *joins])))
    # Each derived feature sees those before it.
    for f in at["customers"]:
        steps.append((f"with_{f.name}", f"SELECT *, {f.sql} AS {f.name} FROM {steps[-1][0]}"))
    selected = ", ".join(_typed(f, plan.published[f.name]) for f in plan.features)
    return [*steps, ("customers", f"SELECT customer_id, {selected} FROM {steps[-1][0]}")]


def _with_dependencies(features: Iterable[Feature]) -> list[Feature]:
    """Return the features and those that their fragments name, each after what it needs."""
    ordered: dict[str, Feature] = {}

    def visit(feature: Feature) -> None:
        if feature.name in ordered:
            return
        if feature.level == "customers":
            for word in re.findall(r"[a-z_]+", feature.sql):
                if word in FEATURES:
                    visit(FEATURES[word])
        ordered[feature.name] = feature

    for feature in features:
        visit(feature)
    return list(ordered.values())


def _grouped(source: str, columns: list[str]) -> str:
    return f"SELECT {', '.join(['customer_id', *columns])} FROM {source} GROUP BY customer_id"


def _orders(features: list[Feature]) -> str:
    order = "SELECT customer_id, invoice_no, min(epoch_seconds) AS order_epoch FROM dated_lines GROUP BY customer_id, invoice_no"
    if not any("days_since_previous" in f.sql for f in features):
        return order
    previous = "lag(order_epoch) OVER (PARTITION BY customer_id ORDER BY order_epoch, invoice_no)"
    return f"SELECT *, (order_epoch - {previous}) / 86400 AS days_since_previous FROM ({order}) AS placed"


def _typed(feature: Feature, published: str) -> str:
    kind = {"number": "DOUBLE", "count": "BIGINT", "date": "TIMESTAMP"}[feature.kind]
    return f"{feature.name}::{kind} AS {published}"
