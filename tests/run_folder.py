"""A published run's folder, built from a few numbers: what the report reads, without running anything."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from coterie.model import SegmentModel
from coterie.scaling import ColumnTransform, Scaling
from run_findings import enrich

USED = ("total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days")
UNITS = {
    "total_orders": ("orders", "Distinct orders."),
    "total_quantity": ("units", "Units bought, returns taken off."),
    "total_spend": ("money", "Money spent, returns taken off."),
    "avg_order_value": ("money", "Spend divided by orders."),
    "active_days": ("days", "Whole days between a customer's first and last order."),
    "recency_days": ("days", "Days from the last order to the as-of date."),
}
# name, customers, orders, pounds an order, active days, recency: close to what the real file gives.
FOUR = (
    ("Core", 1037, 7.0, 435.0, 293.0, 16.0),
    ("Regular", 1627, 3.0, 243.0, 168.0, 50.0),
    ("One-time large", 857, 1.0, 381.0, 0.0, 120.0),
    ("One-time small", 806, 1.0, 136.0, 0.0, 160.0),
)
ONE = (("All customers", 400, 3.0, 200.0, 100.0, 40.0),)
TWELVE = tuple(
    (f"Group {number}", 40 + 30 * number, float(number), 60.0 * number, 20.0 * number, 200.0 / number)
    for number in range(1, 13)
)
OUTLIERS = (("Regular", 4335, 2.0, 150.0, 90.0, 50.0), ("Exceptional", 3, 60.0, 2800.0, 360.0, 2.0))
MARKUP = '</script><img src=x onerror="document.title=1"><script>document.title=2</script>'
HOSTILE = (
    (MARKUP, 300, 7.0, 435.0, 293.0, 16.0),
    ("עברית \u202eRTL", 400, 3.0, 243.0, 168.0, 50.0),
    ("🦄 & “quotes” 'n' \"more\"", 200, 1.0, 381.0, 0.0, 120.0),
    ("Long " + "very" * 40 + " name", 100, 1.0, 136.0, 0.0, 160.0),
)
LONG = tuple((f"<b>&\u202e🦄{'é' * 100} {group[0]}", *group[1:]) for group in TWELVE)
ASKED = {"smallest_share": 0.05, "jaccard": 0.75, "seed_ari": 0.95, "prediction_strength": 0.8, "refit_ari": 0.8}
MONTHS = ("2011-10-01", "2011-11-01", "2011-12-01")
# k: silhouette, macro, smallest, seeds, Jaccard, prediction strength, refits, inertia, Calinski-Harabasz, Davies-Bouldin.
READ = {
    2: (0.433, 0.432, 0.469, 1.0, 0.98, 0.96, 0.93, 9580.0, 3600.0, 0.91),
    3: (0.383, 0.376, 0.271, 1.0, 0.97, 0.90, 0.95, 7930.0, 3350.0, 0.99),
    4: (0.381, 0.387, 0.179, 1.0, 0.96, 0.87, 0.93, 6560.0, 3310.0, 0.98),
    5: (0.355, 0.350, 0.105, 1.0, 0.89, 0.72, 0.90, 5720.0, 3060.0, 1.04),
    6: (0.345, 0.323, 0.064, 0.97, 0.64, 0.55, 0.64, 5120.0, 2900.0, 1.10),
    8: (0.329, 0.319, 0.048, 0.93, 0.73, 0.56, 0.60, 4310.0, 2650.0, 1.12),
}
CHANGES = (
    ("transform robust", 0.001),
    ("transform rank", 0.595),
    ("without active_days", 0.428),
    ("without total_spend", 0.925),
    ("returns not netted", 0.97),
)
CALIBRATION = {
    "n_null": 20,
    "figures": {
        "silhouette": {"observed": 0.381, "null_mean": 0.327, "null_sd": 0.003},
        "prediction_strength": {"observed": 0.859, "null_mean": 0.826, "null_sd": 0.035},
    },
}
RFM = {
    "cuts": {"recency_days": [15.0, 33.0, 72.0, 180.0], "total_orders": [1.0, 2.0, 3.0, 5.0], "total_spend": [1.0, 2.0, 3.0, 4.0]},
    "groups": [
        {"group": "Champions", "customers": 100, "share": 0.25, "revenue": 61000.0, "revenue_share": 0.7},
        {"group": "New customers", "customers": 0, "share": 0.0, "revenue": 0.0, "revenue_share": 0.0},
        {"group": "Lost", "customers": 300, "share": 0.75, "revenue": 26000.0, "revenue_share": 0.3},
    ],
}
VARIANTS: dict[str, dict[str, Any]] = {
    "four": {},
    "one": {"groups": ONE},
    "twelve": {"groups": TWELVE},
    "hostile": {"groups": HOSTILE, "currency": None},
    "outliers": {"groups": OUTLIERS, "chosen_by": "silhouette"},
    "no_money": {"valued": False},
    "pattern": {"verdict": "pattern"},
    "override": {"verdict": "override", "chosen_by": "user"},
    "sampled": {"sampled": True, "null": "reproducible segments"},
    "full": {"full": True},
    "full_twelve": {"groups": TWELVE, "full": True},
    "full_hostile": {"groups": HOSTILE, "currency": None, "full": True},
    "full_long": {"groups": LONG, "full": True},
    "refused": {"full": True, "refused": True},
}


def build(
    folder: Path,
    groups: tuple[tuple[str, int, float, float, float, float], ...] = FOUR,
    *,
    chosen_by: str = "gates",
    currency: str | None = "GBP",
    valued: bool = True,
    verdict: str = "reproducible",
    sampled: bool = False,
    null: str | None = None,
    full: bool = False,
    refused: bool = False,
) -> Path:
    """Write a folder of the published shape; the groups are its segments."""
    folder.mkdir(parents=True, exist_ok=True)
    labels, table = _customers(groups)
    segments = _segments(groups, labels, table)
    if full:
        enrich(segments, labels, table, refused=refused)
    if not valued:
        for part in (segments["population"], *segments["segments"]):
            part["revenue"] = None
        for segment in segments["segments"]:
            segment["revenue_share"] = None
    logs = np.column_stack([np.log1p(table[n]) if n == "active_days" else np.log(table[n]) for n in USED])
    center, scale = logs.mean(axis=0), logs.std(axis=0)
    scaled = (logs - center) / np.where(scale == 0, 1, scale)
    columns = tuple(
        ColumnTransform(name, "log1p" if name == "active_days" else "log", {}, float(c), float(s or 1))
        for name, c, s in zip(USED, center, scale, strict=True)
    )
    ranges = [
        {"feature": name, "registered": name, "low": float(table[name].min()), "high": float(table[name].max())}
        for name in USED
    ]
    centers = np.array([scaled[labels == cluster].mean(axis=0) for cluster in range(len(groups))])
    named = [(one["segment_id"], one["name"]) for one in segments["segments"]]
    SegmentModel.from_parts(
        features=ranges, scaling=Scaling("log", columns), centers=centers, segments=named, about={"as_of": "2011-12-10"}
    ).save(folder / "model.json")
    if len(groups) == 1:
        segments["rfm"] = RFM
    sweep = _sweep(groups, chosen_by, verdict if len(groups) > 1 else "none")
    if chosen_by != "silhouette" and len(groups) > 1:
        sweep |= _evidence(groups)
    if sampled:
        for one in sweep["candidates"]:
            one["silhouette_interval"] = [one["silhouette"] - 0.007, one["silhouette"] + 0.007]
    if null:
        sweep["calibration"] = CALIBRATION | {"words": null}
    documents = {
        "segments": segments,
        "sweep": sweep,
        "ledger": _ledger(),
        "manifest": _manifest(currency, "notebook" if chosen_by == "silhouette" else "default"),
    }
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    _write_customers(folder / "customers.parquet", groups, labels, table)
    return folder


def _customers(groups: Any) -> tuple[Any, dict[str, Any]]:
    rng = np.random.default_rng(7)
    labels = np.repeat(np.arange(len(groups)), [g[1] for g in groups])
    orders, value, days, recency = (np.array([g[i] for g in groups])[labels] for i in (2, 3, 4, 5))
    spread = rng.normal(size=(5, len(labels)))
    orders = np.maximum(1, np.round(np.where(orders > 1, orders * np.exp(0.55 * spread[0]), 1)))
    avg = value * np.exp(0.5 * spread[1])
    return labels, {
        "total_orders": orders,
        "avg_order_value": avg,
        "total_spend": orders * avg,
        "total_quantity": np.maximum(1, np.round(orders * avg / 1.7 * np.exp(0.3 * spread[2]))),
        "active_days": np.where(days > 0, np.clip(np.round(days + 60 * spread[3]), 1, 373), 0),
        "recency_days": np.clip(np.round(recency * np.exp(0.6 * spread[4])), 1, 373),
    }


def _spread(values: Any) -> dict[str, float]:
    low, mid, high = np.quantile(values, [0.25, 0.5, 0.75])
    return {"mean": float(values.mean()), "median": float(mid), "q25": float(low), "q75": float(high)}


def _segments(groups: Any, labels: Any, table: dict[str, Any]) -> dict[str, Any]:
    spend, everybody = table["total_spend"], {name: _spread(values) for name, values in table.items()}
    rows = []
    for cluster, group in enumerate(groups):
        own = labels == cluster
        features = {name: _spread(values[own]) for name, values in table.items()}
        for name, figures in features.items():
            figures["lift"] = figures["median"] / everybody[name]["median"] if everybody[name]["median"] else None
        rows.append(
            {
                "cluster": cluster,
                "segment_id": f"s{cluster + 1}",
                "name": group[0],
                "customers": int(own.sum()),
                "share": float(own.mean()),
                "sentence": f"They typically order {features['total_orders']['median']:.0f} times.",
                "revenue": float(spend[own].sum()),
                "revenue_share": float(spend[own].sum() / spend.sum()),
                "orders": int(table["total_orders"][own].sum()),
                "features": features,
            }
        )
    return {
        "schema": 1,
        "segments": rows,
        "fully_returned": {"customers": 11, "revenue": 0.0},
        "units": {name: {"unit": unit, "meaning": meaning} for name, (unit, meaning) in UNITS.items()},
        "population": {
            "customers": len(labels),
            "revenue": float(spend.sum()),
            "orders": int(table["total_orders"].sum()),
            "features": everybody,
        },
    }


def _sweep(groups: Any, chosen_by: str, verdict: str) -> dict[str, Any]:
    k, smallest = len(groups), min(g[1] for g in groups) / sum(g[1] for g in groups)
    read = dict(READ)
    read |= {} if k in read or k == 1 else {k: (0.31, 0.30, smallest, 0.96, 0.82, 0.85, 0.9, 4000.0, 2400.0, 1.2)}
    candidates = []
    for n, (micro, macro, share, ari, jaccard, strength, refit, inertia, ch, db) in sorted(read.items()):
        share = smallest if n == k else share
        strength = 0.71 if n == k and verdict in {"pattern", "override"} else strength
        measured = chosen_by != "silhouette"
        again = [round(jaccard + 0.002 * place, 3) for place in range(n)]
        gates = []
        for gate, value in zip(ASKED, (share, jaccard, ari, strength, refit), strict=True):
            known = measured or gate == "smallest_share"
            passed = value >= ASKED[gate] if known else None
            gates.append({"gate": gate, "value": value if known else None, "threshold": ASKED[gate], "passed": passed})
        passed = all(gate["passed"] is not False for gate in gates)
        candidates.append(
            {
                "n_clusters": n,
                "silhouette": micro,
                "silhouette_macro": macro,
                "inertia": inertia,
                "calinski_harabasz": ch,
                "davies_bouldin": db,
                "smallest_share": share,
                "seed_ari": ari if measured else None,
                "jaccard": again if measured else None,
                "prediction_strength": strength if measured else None,
                "prediction_strength_se": 0.0 if measured else None,
                "refit_ari": {day: min(1.0, refit + 0.01 * place) for place, day in enumerate(MONTHS)} if measured else None,
                "sizes": [g[1] for g in groups] if n == k else [100] * n,
                "silhouette_by_cluster": [micro] * n,
                "gates": gates,
                "passed": passed,
                "verdict": "reproducible" if passed else "none",
                "why": "Chosen: the largest k that passes every gate." if n == k else "Lost.",
            }
        )
    return {
        "schema": 1,
        "n_clusters": k,
        "chosen_by": chosen_by,
        "verdict": verdict,
        "algorithm": "kmeans",
        "transform": "log",
        "features": list(USED),
        "why": f"k = {k} is the largest whose segments are substantial and come back from every seed.",
        "notes": [],
        "candidates": candidates,
        "neighbours": [],
        "sensitivity": [],
        "calibration": None,
    }


def _evidence(groups: Any) -> dict[str, Any]:
    """Return k - 1, where the last two segments are one, k + 1, where the first is split, and other decisions."""
    sizes = [g[1] for g in groups]
    k, total = len(sizes), sum(sizes)
    fewer = [[size if group == min(place, k - 2) else 0 for group in range(k - 1)] for place, size in enumerate(sizes)]
    more = [[size if group == place + 1 else 0 for group in range(k + 1)] for place, size in enumerate(sizes)]
    more[0][0], more[0][1] = sizes[0] // 3, sizes[0] - sizes[0] // 3
    return {
        "neighbours": [
            {"n_clusters": n, "customers": table} for n, table in ((k - 1, fewer), (k + 1, more)) if n > 1
        ],
        "sensitivity": [{"changed": changed, "customers": total, "ari": ari} for changed, ari in CHANGES],
    }


def _ledger() -> dict[str, Any]:
    sample = {
        "source_file": "online_retail.csv",
        "source_line": 623,
        "customer_id": None,
        "invoice_no": "536414",
        "product_id": "22139",
        "quantity": "56",
        "price": "0",
    }
    rules = [
        (
            "missing_customer",
            "quarantined",
            135080,
            "1447682.12",
            "The customer is not known.",
            "Guest checkouts: map an email column, or accept the loss.",
        ),
        (
            "duplicate",
            "merged",
            5225,
            "28661.02",
            "The same line twice, every column alike.",
            "Nothing to do; keep them with a recipe without the rule.",
        ),
        ("returns_netted", "netted", 14201, "580210.50", "A return, with the sale it cancels.", "Nothing to do."),
        (
            "unmatched_return",
            "quarantined",
            1403,
            "-88414.10",
            "A return without its sale.",
            "Export an earlier start date.",
        ),
    ]
    return {
        "schema": 1,
        "lines": {"read": 541909, "kept": 386000, "merged": 5225, "netted": 14201, "quarantined": 136483},
        "money": {
            "read": "9747747.934",
            "kept": "7779608.394",
            "merged": "28661.02",
            "netted": "580210.50",
            "quarantined": "1359268.02",
        },
        "without_value": 0,
        "period": {"first": "2010-12-01T08:26:00", "last": "2011-12-09T12:50:00"},
        "fully_returned": 11,
        "rules": [
            {"rule": r, "outcome": o, "lines": n, "money": m, "meaning": w, "fix": f, "samples": [sample]}
            for r, o, n, m, w, f in rules
        ],
    }


def _manifest(currency: str | None, recipe: str) -> dict[str, Any]:
    from coterie.recipe import Recipe

    return {
        "schema": 1,
        "run": "000001",
        "recipe": Recipe.load(recipe).model_dump(mode="json"),
        "as_of": "2011-12-10",
        "inputs": [{"name": "online_retail.csv.gz", "size": 7418000, "sha256": "ab" * 32, "records": 541909}],
        "outputs": {},
        "versions": {
            "coterie": "0.1.0",
            "python": "3.11.2",
            "duckdb": "2.0.0",
            "numpy": "2.4.6",
            "scikit-learn": "1.9.1",
        },
        "created": "2026-11-24T10:00:00Z",
        "currency": currency,
        "level": "line",
        "mapping": [
            {"column": "customer_id", "source": "CustomerID", "confidence": 1.0, "how": "known export: Online Retail"},
            {"column": "price", "source": "UnitPrice", "confidence": 0.9, "how": "synonym"},
        ],
        "warnings": [],
        "notes": ["Text read as UTF-8."],
        "features": {
            "not_available": [],
            "left_out": [{"feature": "tenure_days", "why": "It is the same for every customer."}],
        },
    }


def _write_customers(path: Path, groups: Any, labels: Any, table: dict[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = len(labels)
    columns: dict[str, Any] = {"customer_id": [str(12346 + i) for i in range(n)], **table}
    columns["cluster"] = pa.array([int(v) for v in labels], pa.int64())
    columns["segment_id"] = [f"s{v + 1}" for v in labels]
    columns["segment"] = [groups[v][0] for v in labels]
    columns["distance"], columns["margin"] = [math.sqrt(2)] * n, [0.5] * n
    columns["out_of_range"] = [False] * n
    pq.write_table(pa.table(columns), path)
