"""One customer of a run: figures beside their segment's, why they are there, how far from the others, and their orders."""

from __future__ import annotations

from typing import Any

import numpy as np

from coterie.errors import RunError
from coterie.web.snapshot import Snapshot

MOST_ORDERS = 1000


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
        ``values``, every column of the customer table; ``features``, those of the model, each with ``value``, the segment's
        ``median``, the ``population``'s and its ``contribution``; ``distances`` by segment id; ``reason``, ``change``, ``nearest``,
        ``distance``, ``margin``, ``confidence``, ``out_of_range``; ``orders``, newest first, and ``orders_total``.

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
    columns = {name: np.array([np.nan if row[name] is None else row[name]], dtype=float) for name in model.features}
    cluster = np.array([-1 if row["cluster"] is None else row["cluster"]], dtype=np.int32)
    why = model.explain(columns, cluster).as_dicts()[0]
    distances = model.distances(columns)[0].tolist()
    ids = [entry["segment_id"] for entry in model.segments]
    medians = {one["segment_id"]: one["features"] for one in snapshot.segments}.get(row["segment_id"], {})
    everybody = snapshot.run.segments["population"]["features"]
    orders, total_orders = _orders(snapshot, customer_id)
    return {
        "schema": 1,
        "run": snapshot.number,
        **{name: row[name] for name in ("customer_id", "segment_id", "segment")},
        "values": row,
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
        "orders": orders,
        "orders_total": total_orders,
    }


def _orders(snapshot: Snapshot, customer_id: str) -> tuple[list[dict[str, Any]] | None, int | None]:
    tables = snapshot.tables
    if "orders" not in tables.tables:
        return None, None
    total = tables.rows("SELECT count(*) AS orders FROM orders WHERE customer_id = ?", [customer_id])[0]["orders"]
    newest = (
        "SELECT invoice_no, ordered_at, lines, quantity, value FROM orders WHERE customer_id = ? "
        f"ORDER BY ordered_at DESC, invoice_no DESC LIMIT {MOST_ORDERS}"
    )
    return tables.rows(newest, [customer_id]), total
