"""What a published segments.json says beyond the profiles: made up from the groups of ``run_folder``."""

from __future__ import annotations

from typing import Any

import numpy as np

RECENCY = ((0, 30), (31, 90), (91, 180), (181, None))
ACTIVITY = ((0, 0), (1, 90), (91, 270), (271, None))
SHELF = (
    ("22423", "REGENCY CAKESTAND 3 TIER"),
    ("85099B", "JUMBO BAG RED RETROSPOT"),
    ("00123", "=HYPERLINK(\"http://x\") <b>& |pipe|</b>"),
    ("47566", "PARTY BUNTING\nof two lines"),
    ("84879", "ASSORTED COLOUR BIRD ORNAMENT " + "very " * 20 + "LONG"),
)


def enrich(document: dict[str, Any], labels: Any, table: dict[str, Any], *, refused: bool = False) -> None:
    """Add bands, top products, risk, rules, value ahead and RFM to a document without them."""
    segments, everybody = document["segments"], document["population"]["customers"]
    for part in (document["population"], *segments):
        for figures in part["features"].values():
            figures |= {"low": figures["median"] * 0.97, "high": figures["median"] * 1.04}
    for one in segments:
        own = labels == one["cluster"]
        one["bands"] = {
            "recency": _bands(table["recency_days"], own, RECENCY, "days"),
            "activity": _bands(table["active_days"], own, ACTIVITY, "days"),
        }
        one["top"] = {"products": _products(one, everybody), "countries": _countries(one, everybody)}
        known = int((own & (table["total_orders"] >= 3)).sum())
        silent = int((own & (table["total_orders"] >= 3) & (table["recency_days"] > 40)).sum())
        one["at_risk"] = {"customers": silent, "of": known, "share": silent / known} if known else None
        one["rule"] = _rule(one)
        spent, orders = one["revenue"] / one["customers"] / 4, one["orders"] / one["customers"] / 4
        ahead = {"p_alive": 0.8, "expected_orders": orders * 0.9, "expected_value": spent * 0.9, "past_orders": orders}
        ahead |= {"total_value": spent * 0.9 * one["customers"], "past_value": spent}
        one["ahead"] = None if refused else ahead
    used = ["total_orders", "avg_order_value"]
    document["rules"] = {"fidelity": 0.941, "features": used, "sql": "CASE ELSE 's1' END", "tree": {}}
    document["rfm"] = _rfm(segments, table)
    document["ahead"] = _ahead(segments, refused)


def _bands(values: Any, own: Any, edges: Any, unit: str) -> list[dict[str, Any]]:
    rows = []
    for low, high in edges:
        inside = (values >= low) & (values <= (np.inf if high is None else high))
        name = f"over {low - 1} {unit}" if high is None else f"{low}-{high} {unit}" if high != low else f"{low} {unit}"
        rows.append(
            {
                "band": name,
                "low": low,
                "high": high,
                "customers": int((own & inside).sum()),
                "share": float((own & inside).sum() / own.sum()),
                "population_share": float(inside.mean()),
            }
        )
    return rows


def _products(segment: dict[str, Any], everybody: int) -> list[dict[str, Any]]:
    return [
        {
            "product_id": product,
            "description": name,
            "customers": segment["customers"] // (2 + place),
            "share": 1 / (2 + place),
            "population_share": 0.6 / (2 + place),
            "lift": 1 / 0.6,
        }
        for place, (product, name) in enumerate(SHELF)
        if segment["customers"] // (2 + place) >= 10 and everybody
    ]


def _countries(segment: dict[str, Any], everybody: int) -> list[dict[str, Any]]:
    share = 0.02 * (1 + segment["cluster"])
    return [
        {
            "country": name,
            "customers": int(part * segment["customers"]),
            "share": part,
            "population_share": 0.03,
            "lift": part / 0.03,
        }
        for name, part in (("Germany", share), ("EIRE", share / 2))
        if part * segment["customers"] >= 10 and everybody
    ]


def _rule(segment: dict[str, Any]) -> dict[str, Any]:
    orders, value = (segment["features"][name]["median"] for name in ("total_orders", "avg_order_value"))
    return {
        "sentence": f"At least {orders:.0f} orders, and {value:.0f} or more an order",
        "leaves": [
            {
                "when": [
                    {"feature": "total_orders", "op": ">=", "value": orders},
                    {"feature": "avg_order_value", "op": ">=", "value": round(value)},
                ],
                "sentence": f"At least {orders:.0f} orders, and {value:.0f} or more an order",
                "customers": segment["customers"] - 5,
            },
            {
                "when": [
                    {"feature": "active_days", "op": ">=", "value": 100},
                    {"feature": "active_days", "op": "<", "value": 300},
                ],
                "sentence": "Active over 100 to 300 days",
                "customers": 5,
            },
        ],
        "recall": 0.951,
        "precision": 0.934,
    }


def _rfm(segments: list[dict[str, Any]], table: dict[str, Any]) -> dict[str, Any]:
    names = ("Champions", "New customers", "Lost")
    parts = {"Champions": 0.25, "New customers": 0.0, "Lost": 0.75}
    crossed = []
    for one in segments:
        champions = one["customers"] * (3 if one is segments[0] else 1) // 4
        counts = {"Champions": champions, "New customers": 0, "Lost": one["customers"] - champions}
        crossed += [{"group": name, "segment_id": one["segment_id"], "customers": counts[name]} for name in names]
    return {
        "cuts": {
            name: [float(cut) for cut in np.quantile(table[name], [0.2, 0.4, 0.6, 0.8])]
            for name in ("recency_days", "total_orders", "total_spend")
        },
        "groups": [
            {
                "group": name,
                "customers": int(400 * share),
                "share": share,
                "revenue": 87000.0 * (1 - share) if share else 0.0,
                "revenue_share": {"Champions": 0.7, "Lost": 0.3}.get(name, 0.0),
            }
            for name, share in parts.items()
        ],
        "crossed": crossed,
    }


def _ahead(segments: list[dict[str, Any]], refused: bool) -> dict[str, Any]:
    customers = sum(one["customers"] for one in segments)
    figures = {"rank_correlation": 0.41, "auc": 0.72, "explained": 0.11, "explained_ranks": 0.24}
    brought = [
        {
            "segment_id": one["segment_id"],
            "customers": one["customers"],
            "share": one["share"],
            "orders": one["customers"] // 2,
            "revenue": one["revenue"] / 5,
            "revenue_share": one["revenue_share"],
            "repurchased": 0.4,
            "past_orders": one["customers"] // 2,
            "past_revenue": one["revenue"] / 4,
        }
        for one in segments
    ]
    totals = {"customers": 400, "orders": 210, "expected_orders": 228.4, "value": 61000.0, "expected_value": 64800.0}
    return {
        "horizon_days": 90,
        "unit": "weeks",
        "bg_nbd": None if refused else {"r": 0.7, "alpha": 9.1, "a": 0.2, "b": 3.1, "intervals": {}},
        "gamma_gamma": None if refused else {"p": 2.1, "q": 3.4, "gamma": 410.0},
        "independence": {"correlation": 0.31, "limit": 0.3, "warning": "Customers who order more often place larger orders."},
        "calibration": {
            "since": "2011-09-11",
            **totals,
            "rank_correlation": 0.44,
            "deciles": [{"decile": place, **totals} for place in range(1, 11)],
        },
        "refused": "In the 90 days from 2011-09-11 customers placed 210 orders where 90 had been expected." if refused else None,
        "proof": {
            "since": "2011-09-11",
            "until": "2011-12-10",
            "customers": customers,
            "segments": brought,
            "rfm": None,
            "compared": [
                {"by": "segments", "groups": len(segments), **figures},
                {"by": "rfm", "groups": 11, **figures},
                {"by": "none", "groups": 1, "rank_correlation": None, "auc": 0.5, "explained": 0.0, "explained_ranks": -0.001},
                {"by": "own_history", "groups": None, **figures},
                {"by": "bg_nbd", "groups": None, **figures},
            ],
        },
    }
