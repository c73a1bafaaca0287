"""A run's files: what each holds, written into the reserved folder and published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coterie.aside import Aside
from coterie.cells import guarded
from coterie.cleaning import Cleaned
from coterie.columns import COLUMNS
from coterie.document import seal
from coterie.engines import Engine, column
from coterie.features import Customers
from coterie.kernels import side_by_side
from coterie.model import SegmentModel
from coterie.recipe import Recipe
from coterie.report import build_report
from coterie.runs import Reserved
from coterie.segments import Rfm, at_risk, score_rfm
from coterie.segments.alternatives import alternatives
from coterie.segments.rfm import FEATURES, GROUPS
from coterie.sources.saved import saved
from coterie.versions import versions

if TYPE_CHECKING:  # An update imports this, and does without all that finds an answer.
    from coterie.answer import Answer
    from coterie.lifetime import Outlook

NOTEBOOK_LINES = {
    "invoice_no": "invoice_no",
    "product_id": "product_id",
    "description": "Description",
    "quantity": "quantity",
    "invoice_date": "invoice_date",
    "price": "price",
    "customer_id": "customer_id",
    "country": "Country",
    "transaction_value": "transaction_value",
}


_BLOCK = 262_144
"""Customers whose reasons are found at a time."""
REASONS = ("nearest", "confidence", "reason")
"""Columns of the customers that say why they are in their segment."""
_TEXTS = ("nearest", "reason", "previous_segment")
"""Columns of the customers that hold what a person may have written."""


class Everybody(Protocol):
    """All customers of a run, where they are too many to be collected."""

    count: int
    bought: int

    def write(self, here: Engine, folder: Path, model: SegmentModel) -> None:
        """Write ``customers.parquet`` and ``customers.csv``."""


def write_run(
    engine: Engine, aside: Aside, reserved: Reserved, answer: Answer, tables: Future[None], *,
    created: str | None, homes: Future[str | None] | None = None, parts: dict[str, Any] | None = None,
    everybody: Everybody | None = None,
) -> Path:  # fmt: skip
    """Write every file of a run and publish it.

    Parameters
    ----------
    engine : Engine
        Holds the tables of the answer.
    aside : Aside
        Has the report built while the list of customers is written.
    reserved : Reserved
        Where the files go.
    answer : Answer
        What is published.
    tables : Future
        Of `write_tables`, which may still be at work.
    homes : Future, optional
        Of `make_homes`, where customers are written here.
    created : str or None
        Time stamp for the manifest.
    parts : dict, optional
        What the manifest tells of the parts, where they are kept.
    everybody : Everybody, optional
        All customers, where those of the answer are a part of them.

    Returns
    -------
    Path
        The published folder.
    """
    recipe, cleaned, customers = answer.recipe, answer.cleaned, answer.customers
    sweep, model = answer.sweep, answer.model
    lines, folder = cleaned.lines, reserved.folder
    clusters = np.full(len(customers.ids), -1, dtype=np.int32)
    clusters[customers.buying] = sweep.chosen.partition.labels
    rfm, outlook = None if everybody else rfm_of(customers), answer.outlook
    scored = scored_columns(customers, rfm) | _ahead_columns(outlook)
    buying = customers.buying
    returned = everybody.count - everybody.bought if everybody else int((~buying).sum())
    reserved.write("ledger.json", {**cleaned.ledger.as_dict(), "fully_returned": returned})
    reserved.write(
        "sweep.json",
        {
            "schema": 1,
            **_swept(answer),
            **answer.beside,
            "algorithm": recipe.clustering.algorithm,
            "transform": recipe.scaling.method,
            "features": model.features,
        },
    )
    reserved.write(
        "segments.json",
        {
            "schema": 1,
            "population": answer.population,
            "segments": [
                {
                    **segment.as_dict(),
                    "rule": answer.rules.of(segment.cluster) if answer.rules else None,
                    "ahead": outlook.segments[segment.cluster] if outlook else None,
                }
                for segment in answer.segments
            ],
            "rules": answer.rules.as_dict() if answer.rules else None,
            "ahead": outlook.summary if outlook else None,
            "fully_returned": {"customers": returned},
            "rfm": {
                **rfm.summary(customers.named("total_spend")[buying]),
                "crossed": rfm.crossed(sweep.chosen.partition.labels, [segment.segment_id for segment in answer.segments]),
            }
            if rfm
            else None,
            "units": {
                customers.plan.published[f.name]: {"unit": f.unit, "meaning": f.meaning}
                for f in customers.plan.features
            },
        },
    )
    model.save(folder)
    manifest = {
        "schema": 1,
        "run": reserved.number,
        "recipe": saved(recipe),
        "as_of": answer.as_of.isoformat(),
        "inputs": [asdict(one) for one in lines.inputs],
        "versions": versions(),
        "created": created,
        "currency": recipe.reading.currency,
        "level": lines.level,
        "mapping": [asdict(match) for match in lines.matches],
        "warnings": list(lines.warnings),
        "notes": [*lines.notes, *sweep.notes],
        "features": {"not_available": list(customers.plan.not_available), "left_out": answer.prepared.left_out},
    }
    manifest |= {"parts": parts} if parts else {}
    if everybody:
        everybody.write(engine, folder, model)
        tables.result()
        return publish_reported(reserved, manifest)
    # As in `publish_reported`.
    reserved.write("manifest.json", seal({**manifest, "outputs": {}}))
    report: list[Future[str]] = []
    write_customers(
        engine, folder, customers, model, clusters, scored, recipe, homes.result() if homes else None,
        then=lambda: report.append(aside.call(build_report, folder)),
    )  # fmt: skip
    (folder / "report.html").write_text(report[0].result(), encoding="utf-8")
    tables.result()
    return reserved.publish(manifest)


def _swept(answer: Answer) -> dict[str, Any]:
    """Return every k with its segments, in the customers' own units."""
    sweep, customers = answer.sweep, answer.customers
    columns = {name: customers.columns[name][customers.buying] for name in answer.model.features}
    found = alternatives([one.partition.labels for one in sweep.candidates], sweep.chosen.partition.labels, columns)
    told = sweep.as_dict()
    return {**told, "candidates": [{**one, "segments": own} for one, own in zip(told["candidates"], found, strict=True)]}


def publish_reported(reserved: Reserved, manifest: dict[str, Any]) -> Path:
    """Add the report to a folder that holds everything else, and publish it."""
    # The report reads the folder as a reader will, manifest included; its own hash joins the manifest after.
    reserved.write("manifest.json", seal({**manifest, "outputs": {}}))
    (reserved.folder / "report.html").write_text(build_report(reserved.folder), encoding="utf-8")
    return reserved.publish(manifest)


def write_tables(engine: Engine, folder: Path, cleaned: Cleaned, *, keep_lines: bool) -> None:
    """Write what is known once the lines are clean: those set aside, the orders, and the kept lines if they are wanted."""
    cleaned.engine.write(cleaned.quarantine_sql(), folder / "quarantine.parquet")
    here = cleaned.engine is engine
    orders = orders_sql(cleaned.earlier.added_up, "sum(line_count)::BIGINT") if here else orders_sql(cleaned.table)
    cleaned.engine.write(orders, folder / "orders.parquet")
    if keep_lines:
        _write_lines(engine, folder, cleaned)


def orders_sql(lines: str, counted: str = "count(*)") -> str:
    """Return the query of the orders behind the customers: of kept lines, by customer and time; ``counted`` counts lines."""
    return (
        f"SELECT customer_id, invoice_no, min(invoice_date) AS ordered_at, {counted} AS lines, sum(quantity)::DOUBLE AS quantity, "
        f"sum(transaction_value)::DOUBLE AS value FROM {lines} GROUP BY customer_id, invoice_no "
        "ORDER BY customer_id, ordered_at, invoice_no"
    )


def home_sql(lines: str, counted: str = "count(*)") -> str:
    """Return the query of each customer's country: that of most lines, of two with as many the one of the latest line."""
    return (
        f"SELECT customer_id, country FROM {lines} WHERE country IS NOT NULL GROUP BY customer_id, country "
        f"QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY {counted} DESC, max(invoice_date) DESC, country) = 1"
    )


def make_homes(engine: Engine, cleaned: Cleaned) -> str | None:
    """Make the table of each customer's country, and return its name; None where no country is known."""
    if "country" not in cleaned.lines.available:
        return None
    here = cleaned.engine is engine
    homes = home_sql(cleaned.earlier.added_up, "sum(line_count)") if here else home_sql(cleaned.table)
    rows = cleaned.engine.into(engine, "homes_fetched", homes)
    engine.run(f"CREATE OR REPLACE TABLE homes AS SELECT * FROM {rows} AS found")
    return "homes"


def rfm_of(customers: Customers) -> Rfm | None:
    """Score the customers who kept something."""
    available = {f.name for f in customers.plan.features}
    return score_rfm({name: customers.named(name)[customers.buying] for name in FEATURES if name in available})


def write_customers(
    engine: Engine, folder: Path, customers: Customers, model: SegmentModel, clusters: NDArray[np.int32],
    scored: dict[str, Any], recipe: Recipe, homes: str | None, reasons: dict[str, Any] | None = None,
    then: Callable[[], object] = lambda: None,
) -> None:  # fmt: skip
    """Write the customers with their segments, as Parquet and as a list; ``homes`` is the relation of their countries.

    ``reasons`` are the columns of why they are there, where these are known.

    Called between the two: ``then``.
    """
    assigned = _assigned(customers, model, clusters, reasoned=reasons is None)
    for name, values in ((reasons or {}) | scored).items():
        assigned = assigned.append_column(name, values)
    engine.register("assigned", assigned)
    located = f"LEFT JOIN {homes} AS homes USING (customer_id) " if homes else ""
    joined = f"{customers.table} {located}JOIN assigned USING (customer_id) ORDER BY customer_id"
    engine.write(f"SELECT * FROM {joined}", folder / "customers.parquet")
    then()
    published = [customers.plan.published[f.name] for f in customers.plan.use]
    if recipe.publishing.customers_csv == "features":
        wanted = [guarded("customer_id"), *published, "cluster"]
    else:
        described = [customers.plan.published[f.name] for f in customers.plan.profile]
        wanted = [
            guarded("customer_id"),
            *published,
            *described,
            *([guarded("country")] if homes else []),
            "cluster",
            "segment_id",
            guarded("segment"),
            "distance",
            "margin",
            "out_of_range",
            *(guarded(name) if name in _TEXTS else name for name in (*REASONS, *scored)),
        ]
    engine.write(f"SELECT {', '.join(wanted)} FROM {joined}", folder / "customers.csv")


def _assigned(customers: Customers, model: SegmentModel, clusters: NDArray[np.int32], *, reasoned: bool) -> Any:
    """Return where the customers are, and why if that is wanted, as an Arrow table; blocks of them are looked at side by side."""
    import pyarrow

    columns = {name: customers.columns[name] for name in model.features}

    def part(at: int) -> Any:
        rows = slice(at, at + _BLOCK)
        own = {name: values[rows] for name, values in columns.items()}
        found = model.assign(own, clusters[rows])
        nobody = found.cluster < 0
        reasons = model.explain(own, clusters[rows]).table() if reasoned else {}
        placed = {
            "customer_id": column(customers.ids[rows]),
            "cluster": column(found.cluster, nobody),
            "segment_id": _by_cluster(found.segment_id, found.cluster),
            "segment": _by_cluster(found.segment, found.cluster),
            "distance": column(found.distance, nobody),
            "margin": column(found.margin, np.isnan(found.margin)),
            "out_of_range": column(found.out_of_range),
        }
        return pyarrow.table({**placed, **reasons})

    parts = side_by_side(part, range(0, max(len(clusters), 1), _BLOCK))
    return pyarrow.concat_tables(parts, promote_options="default")


def _by_cluster(texts: Sequence[str], clusters: NDArray[np.int32]) -> Any:
    """Return what is said of customers by cluster as an Arrow column: each text is made one once, and not for every customer."""
    found, first, codes = np.unique(clusters, return_index=True, return_inverse=True)
    return column([texts[i] for i in first]).take(column(codes.reshape(-1).astype(np.int32))) if len(found) else column([])


def scored_columns(customers: Customers, rfm: Rfm | None) -> dict[str, Any]:
    """Return RFM scores and who is at risk, as columns of the customers."""
    return _rfm_columns(customers, rfm) | _risk_column(customers)


def _rfm_columns(customers: Customers, rfm: Rfm | None) -> dict[str, Any]:
    """Return RFM scores and group of every customer, null for those who kept nothing; no columns where there are no scores."""
    if rfm is None:
        return {}
    at = np.cumsum(customers.buying) - 1
    nobody = ~customers.buying
    given = {"rfm_recency": rfm.recency, "rfm_frequency": rfm.frequency, "rfm_money": rfm.money}
    scores = {name: column(values[at], nobody) for name, values in given.items()}
    return {**scores, "rfm_group": column(list(GROUPS)).take(column(rfm.places[at], nobody))}


def _risk_column(customers: Customers) -> dict[str, Any]:
    """Return whether each customer is at risk, null where that cannot be said; no column where the features are not there."""
    columns = customers.columns
    found = at_risk({name: columns[other] for name, other in customers.plan.published.items() if other in columns})
    return {"at_risk": column(found[0], ~found[1])} if found else {}


def _ahead_columns(outlook: Outlook | None) -> dict[str, Any]:
    """Return what each customer is expected to do, null where there is nothing to say; no columns where the recipe does without."""
    return {name: column(values, np.isnan(values)) for name, values in outlook.customers.items()} if outlook else {}


def _write_lines(engine: Engine, folder: Path, cleaned: Cleaned) -> None:
    """Write the kept lines under the notebook's names; whole quantities as whole numbers."""
    numbers = {one.name for one in COLUMNS if one.kind in ("number", "money")}
    listed = ", ".join(f"{name}::DOUBLE AS {name}" if name in numbers else name for name in ("source_row", *NOTEBOOK_LINES))
    lines = cleaned.engine.into(engine, "kept_lines", f"SELECT {listed} FROM {cleaned.table}")
    whole = engine.rows(f"SELECT coalesce(bool_and(quantity = floor(quantity)), FALSE) FROM {lines}")[0][0]
    cast = {"quantity": "BIGINT" if whole else "DOUBLE", "price": "DOUBLE", "transaction_value": "DOUBLE"}
    columns = [
        guarded(name, alias)
        if name in ("invoice_no", "product_id", "description", "customer_id", "country")
        else f"{name}::{cast.get(name, 'TIMESTAMP')} AS {alias}"
        for name, alias in NOTEBOOK_LINES.items()
    ]
    engine.write(f"SELECT {', '.join(columns)} FROM {lines} ORDER BY source_row", folder / "lines.csv")
