"""The script: named steps with a comment each, from lines or features to segments."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from coterie.engines import literal
from coterie.engines.dialects import DIALECTS, Dialect
from coterie.engines.portable import portable
from coterie.errors import ModelError, RecipeError
from coterie.features import FEATURES, Plan, customer_table_steps
from coterie.scaling import Scaling
from coterie.sql.expressions import axis, name, number, plus, scaled
from coterie.sql.render import FIX, fragment, indented, laid_out, placing, table_named

What = Literal["features", "assignment"]

COMMENTS = {
    "dated_lines": "When each line was sold, in seconds.",
    "by_lines": "Each customer's kept lines, added up.",
    "placed_orders": "Each order once.",
    "by_orders": "Each customer's orders.",
    "everybody": "Who bought, and who took everything back.",
    "joined": "What is known of each customer.",
    "customers": "The features that place a customer.",
    "given": "The features that place a customer.",
    "scaled": "On one scale: a function of each, less its centre, over its spread. NULL for a customer who kept nothing.",
    "distances": "The distance to the centre of each segment.",
    "nearest": "The least of them.",
    "placed": "The cluster it belongs to; the lowest number where two are as near.",
}
KEPT = frozenset({"scaled", "distances"})
"""What later steps name many times over."""
LINES, RETURNED, _FEATURES = "coterie_lines", "coterie_returned", "coterie_features"


def model_sql(
    document: dict[str, Any],
    scaling: Scaling,
    centers: NDArray[np.float64],
    nobody: tuple[str, str],
    dialect: str,
    *,
    what: str = "features",
    table: str | None = None,
    returned: str | None = None,
    as_of: datetime.date | None = None,
) -> str:
    """Write a model as one query; `SegmentModel.to_sql` is the way to it.

    Parameters
    ----------
    document : dict
        The model.
    scaling, centers
        Of the model, parsed.
    nobody : (str, str)
        Segment id and name of a customer in no cluster.
    dialect, what, table, returned, as_of
        As there.
    """
    spoken = DIALECTS[dialect]
    if what not in ("features", "assignment"):
        raise RecipeError(
            f"--what {what} is nothing a model's SQL can hold.",
            found="features, which starts from cleaned lines; assignment, which starts from a table of features.",
            fix="--what features or --what assignment.",
            code="bad_what",
        )
    if returned is not None and what == "assignment":
        raise RecipeError(
            "--returned is for --what features.",
            found="--what assignment, which reads one table of features.",
            fix="leave out one of the two.",
            code="bad_what",
        )
    features = [entry["feature"] for entry in document["features"]]
    day = as_of or datetime.date.fromisoformat(document["as_of"])
    before = model_steps(document, returned, day) if what == "features" else _from_features(features)
    after = placing_steps(scaling, centers, before[-1][0])
    taken = {step for step, _ in before + after}
    source = ("clean_lines" if what == "features" else "features") if table is None else table
    tables = {
        key: table_named(given, spoken, taken)
        for key, given in ((LINES if what == "features" else _FEATURES, source), (RETURNED, returned))
        if given is not None
    }
    texts = {step: counted(step, sql, spoken, tables) for step, sql in before}
    texts |= {step: placing(sql, spoken) for step, sql in after}
    parts = [
        f"-- {comment_of(step)}\n{step} AS {spoken.kept if step in KEPT else ''}(\n{indented(text)}\n)"
        for step, text in texts.items()
    ]
    final = placing(final_select(document, features, nobody, spoken), spoken)
    head = _head(document, spoken, what, day, returned is not None)
    return head + "WITH\n" + ",\n".join(parts) + f"\n{final}\n"


def model_steps(document: dict[str, Any], returned: str | None, as_of: datetime.date | str) -> list[tuple[str, str]]:
    """Return the steps from lines to features, by the fragments that the model keeps; a day as SQL is in days since 1970."""
    use = []
    for entry in document["features"]:
        if entry["registered"] not in FEATURES:
            raise ModelError(
                f"The model's feature {entry['registered']!r} is not registered here.",
                found=f"features: {', '.join(FEATURES.names())}.",
                fix="--what assignment, which takes the features from a table of yours.",
                code="unknown_feature",
            )
        use.append(dataclasses.replace(FEATURES[entry["registered"]], sql=entry["sql"]))
    plan = Plan(tuple(use), (), (), {entry["registered"]: entry["feature"] for entry in document["features"]})
    return customer_table_steps(plan, LINES, None if returned is None else RETURNED, as_of)


def _from_features(features: list[str]) -> list[tuple[str, str]]:
    columns = ", ".join(f"CAST({name(feature)} AS DOUBLE) AS {name(feature)}" for feature in features)
    return [("given", f"SELECT customer_id, {columns} FROM {_FEATURES}")]


def placing_steps(scaling: Scaling, centers: NDArray[np.float64], source: str) -> list[tuple[str, str]]:
    """Return the steps from features to clusters."""
    axes = [axis(column.feature) for column in scaling.columns]
    points = ", ".join(f"{scaled(column)} AS {place}" for column, place in zip(scaling.columns, axes, strict=True))
    # Squares as products: a power may be off in the last digit.
    distances = ", ".join(
        "SQRT("
        + " + ".join(f"({place}{plus(-float(x))}) * ({place}{plus(-float(x))})" for place, x in zip(axes, center, strict=True))
        + f") AS distance_{k}"
        for k, center in enumerate(centers)
    )
    cases = " ".join(f"WHEN distance_{k} = distance THEN {k}" for k in range(len(centers)))
    return [
        ("scaled", f"SELECT *, {points} FROM {source}"),
        ("distances", f"SELECT *, {distances} FROM scaled"),
        ("nearest", f"SELECT *, {_least(range(len(centers)))} AS distance FROM distances"),
        ("placed", f"SELECT *, CASE {cases} END AS cluster FROM nearest"),
    ]


def _least(clusters: Any) -> str:
    names = [f"distance_{k}" for k in clusters]
    return f"LEAST({', '.join(names)})" if len(names) > 1 else names[0]


def final_select(document: dict[str, Any], features: list[str], nobody: tuple[str, str], dialect: Dialect) -> str:
    """Return the query after the steps: the customers, their features, and where they belong."""
    segments = document["segments"]
    clusters = [entry["cluster"] for entry in segments]

    def by_cluster(key: str, otherwise: str) -> str:
        cases = " ".join(f"WHEN {entry['cluster']} THEN {literal(entry[key])}" for entry in segments)
        return f"CASE cluster {cases} ELSE {literal(otherwise)} END"

    others = " ".join(f"WHEN {k} THEN {_least([o for o in clusters if o != k])}" for k in clusters if len(clusters) > 1)
    margin = f"CASE cluster {others} END - distance" if others else "CAST(NULL AS DOUBLE)"
    outside = " OR ".join(
        f"{name(entry['feature'])} < {number(entry['low'])} OR {name(entry['feature'])} > {number(entry['high'])}"
        for entry in document["features"]
    )
    yes, no = ("TRUE", "FALSE") if dialect.has_booleans else ("1", "0")
    return (
        f"SELECT customer_id, {', '.join(map(name, features))}, cluster, {by_cluster('segment_id', nobody[0])} AS segment_id, "
        f"{by_cluster('name', nobody[1])} AS segment, distance, {margin} AS margin, "
        f"CASE WHEN NOT cluster IS NULL AND ({outside}) THEN {yes} ELSE {no} END AS out_of_range FROM placed"
    )


def counted(step: str, sql: str, dialect: Dialect, tables: dict[str, Any], *, fix: str = FIX) -> str:
    """Return a step from lines to features in its dialect; ``fix`` says what to do where there is no such function."""
    from sqlglot import exp

    if step == "dated_lines":
        moment = dialect.epoch.format(moment="invoice_date")
        return f"SELECT\n  *,\n  {moment} AS epoch_seconds\nFROM {tables[LINES].sql(dialect.name)}"
    tree = portable(fragment(sql, dialect, f"Step {step}", fix=fix), dialect)
    if step in ("by_lines", "by_orders"):
        # Sums and counts as floating-point numbers: whole numbers and short decimals would be divided with a loss.
        for column in tree.expressions[1:]:
            if column.alias not in FEATURES or FEATURES[column.alias].kind != "date":
                column.set("this", exp.cast(column.this, "DOUBLE"))
    for table in list(tree.find_all(exp.Table)):
        if table.name in tables:
            named = tables[table.name].copy()
            table.replace(exp.alias_(named, table.alias, table=True) if table.alias else named)
    return laid_out(tree, dialect)


def comment_of(step: str) -> str:
    """Return the comment of a step: one of ours, or the meaning of the feature it adds."""
    if step in COMMENTS:
        return COMMENTS[step]
    return FEATURES[step.removeprefix("with_")].meaning


def _head(document: dict[str, Any], dialect: Dialect, what: str, as_of: datetime.date, with_returned: bool) -> str:
    if what == "features":
        needs = {"customer_id", "invoice_no", "invoice_date", "transaction_value"}
        needs |= {need for entry in document["features"] for need in FEATURES[entry["registered"]].needs}
        reads = [
            f"Reads cleaned lines, as of {as_of}: {', '.join(sorted(needs))}.",
            "Returns are netted and what does not count is left out: the script does not clean.",
        ]
        if with_returned:
            reads.append("Reads what was netted off too: customer_id, returned_value.")
    else:
        reads = ["Reads a table of features: customer_id and those of step given."]
    sealed = f", SHA-256 {document['sha256']}" if "sha256" in document else ""
    lines = [f"The segment of each customer, for {dialect.meaning}.", f"Written by Coterie from a model{sealed}.", *reads]
    return "".join(f"-- {line}\n" for line in lines)
