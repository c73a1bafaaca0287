"""One customer of a run: figures beside their segment's, why they are there, how far from the others, and their orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.errors import RunError
from coterie.web.snapshot import Snapshot

MOST_ORDERS = 1000
LONGEST = 200
"""Letters of an id up to which others like it are looked for."""


def customer(snapshot: Snapshot, customer_id: str) -> dict[str, Any]:
    """Return everything that a run knows of a customer.

    Parameters
    ----------
    snapshot : Snapshot
        Of the run.
    customer_id : str
        Whom.

    Returns
    -------
    dict
        ``values``, every column of the customer table; what `placed` returns; ``orders``, newest first, and ``orders_total``.

    Raises
    ------
    RunError
        If the run has no such customer.
    """
    tables, model = snapshot.tables, snapshot.model
    rows = tables.rows("SELECT * FROM customers WHERE customer_id = ?", [customer_id])
    if not rows:
        total = tables.rows("SELECT count(*) AS customers FROM customers")[0]["customers"]
        raise RunError(
            "There is no such customer in this run.",
            found=f"{total:,} others.",
            fix="an id as it stands in customers.csv; /v1/customers?q= looks for one.",
            code="unknown_customer",
        )
    row = rows[0]
    figures = {name: row[name] for name in model.features}
    orders, total_orders = _orders(snapshot, customer_id)
    return {
        "schema": 1,
        "run": snapshot.number,
        "customer_id": row["customer_id"],
        "values": row,
        **placed(snapshot, figures, -1 if row["cluster"] is None else row["cluster"]),
        "segment_id": row["segment_id"],
        "segment": row["segment"],
        "orders": orders,
        "orders_total": total_orders,
    }


def placed(snapshot: Snapshot, figures: Mapping[str, float | None], cluster: int | None = None) -> dict[str, Any]:
    """Return where figures belong among the segments of a run, and why.

    Parameters
    ----------
    snapshot : Snapshot
        Of the run.
    figures : mapping of str to float or None
        Every feature of the model; None of a customer who kept nothing.
    cluster : int, optional
        Where they belong, if that is known; -1 for a customer who kept nothing; default the nearest centre.

    Returns
    -------
    dict
        ``segment_id``, ``segment``, ``features``, those of the model, each with ``value``, the segment's ``median``, the
        ``population``'s and its ``contribution``; ``distances`` by segment id; ``reason``, ``change``, ``nearest``, ``distance``,
        ``margin``, ``confidence``, ``out_of_range``.
    """
    model = snapshot.model
    columns = {name: np.array([np.nan if figures[name] is None else figures[name]], dtype=float) for name in model.features}
    known: NDArray[np.int32] | None = None if cluster is None else np.array([cluster], dtype=np.int32)
    with np.errstate(over="ignore"):
        why = model.explain(columns, known).as_dicts()[0]
        assigned = model.assign(columns, known)
        distances = model.distances(columns)[0].tolist()
    ids = [entry["segment_id"] for entry in model.segments]
    medians = {one["segment_id"]: one["features"] for one in snapshot.segments}.get(assigned.segment_id[0], {})
    everybody = snapshot.run.segments["population"]["features"]
    return {
        "segment_id": assigned.segment_id[0],
        "segment": assigned.segment[0],
        **why,
        "features": [
            {
                **one,
                "median": medians.get(one["feature"], {}).get("median"),
                "population": everybody.get(one["feature"], {}).get("median"),
            }
            for one in why["features"]
        ],
        "distances": {} if why["distance"] is None else dict(zip(ids, distances, strict=True)),
    }


def alike(snapshot: Snapshot, asked: str, most: int = 8) -> list[dict[str, Any]]:
    """Return customers whose id a person may have meant: those that have it as a part first, then those that are written alike.

    Parameters
    ----------
    snapshot : Snapshot
        Of the run.
    asked : str
        What was written.
    most : int, default 8
        How many at most.
    """
    part = asked.strip()
    if not part or len(part) > LONGEST:
        return []
    found = (
        "SELECT customer_id, segment_id, segment FROM (SELECT customer_id, segment_id, segment, "
        "contains(lower(customer_id), lower(?)) AS part, jaro_winkler_similarity(lower(customer_id), lower(?)) AS alike "
        f"FROM customers) WHERE part OR alike >= 0.8 ORDER BY part DESC, alike DESC, customer_id LIMIT {most}"
    )
    return snapshot.tables.rows(found, [part, part])


def _orders(snapshot: Snapshot, customer_id: str) -> tuple[list[dict[str, Any]] | None, int | None]:
    tables = snapshot.tables
    if "orders" not in tables.tables:
        return None, None
    newest = (
        "SELECT invoice_no, ordered_at, lines, quantity, value FROM orders WHERE customer_id = ? "
        f"ORDER BY ordered_at DESC, invoice_no DESC LIMIT {MOST_ORDERS}"
    )
    orders = tables.rows(newest, [customer_id])
    if len(orders) < MOST_ORDERS:
        return orders, len(orders)
    return orders, tables.rows("SELECT count(*) AS orders FROM orders WHERE customer_id = ?", [customer_id])[0]["orders"]


def order_days(snapshot: Snapshot, customer_id: str) -> list[dict[str, Any]]:
    """Return the days on which a customer ordered, in order: ``day``, ``orders`` and ``value``; none where orders are not known."""
    if "orders" not in snapshot.tables.tables:
        return []
    by_day = (
        "SELECT CAST(ordered_at AS DATE) AS day, count(*) AS orders, sum(value) AS value FROM orders "
        "WHERE customer_id = ? GROUP BY 1 ORDER BY 1"
    )
    return snapshot.tables.rows(by_day, [customer_id])
