"""What the charts are drawn from: titles that state the finding, rows, and the same rows as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coterie.model import SegmentModel
from coterie.report.choice import panels
from coterie.report.format import Format
from coterie.report.projection import project

ALSO = ("recency_days",)
"""Features that are drawn though no distance is measured in them."""


def label(name: str) -> str:
    """Return a feature's name as words.

    Examples
    --------
    >>> label("avg_order_value")
    'Average order value'
    """
    words = name.replace("_", " ").strip()
    words = "average " + words[4:] if words.startswith("avg ") else words
    return words[:1].upper() + words[1:]


def pictures(run: dict[str, Any], segments: list[dict[str, Any]], folder: Path, words: Format) -> dict[str, Any]:
    """Return the plain data of every chart of a run, by name."""
    return {
        "shares": _shares(segments, words),
        "profile": _profile(run, segments, words),
        "scores": {"panels": panels(run["sweep"], words)},
        "map": _map(project(folder / "customers.parquet", SegmentModel.load(folder)), words),
    }


def _shares(segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    first = segments[0]
    title = (f"{first['name']} is {words.share(first['share'])} of customers and {words.share(first['revenue_share'])} of revenue"
             if len(segments) > 1 else f"{first['name']} is everybody")
    return {
        "title": title,
        "rows": [{"segment_id": one["segment_id"], "name": one["name"], "share": float(one["share"]), "revenue_share": float(one["revenue_share"] or 0),
                  "share_label": f"{words.share(one['share'])} of customers", "revenue_label": f"{words.share(one['revenue_share'])} of revenue"}
                 for one in segments],
        "table": [{"name": one["name"], "segment_id": one["segment_id"], "customers": words.count(int(one["customers"])),
                   "share": words.share(one["share"]), "revenue": words.amount(float(one["revenue"])),
                   "revenue_share": words.share(one["revenue_share"])} for one in segments],
    }


def _profile(run: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    population, units = run["segments"]["population"]["features"], run["segments"]["units"]
    names = [name for name in dict.fromkeys([*run["sweep"]["features"], *ALSO]) if name in population]
    drawn = [_panel(name, population[name], units.get(name, {}), segments, words) for name in names]
    first = segments[0]["name"]
    apart = max(drawn, key=lambda panel: panel["rows"][0]["ratio"], default=None)
    title = (f"{first}: half have {apart['label'].lower()} of {apart['rows'][0]['label']} or more; of all customers, half have {apart['population']['label']} or more"
             if apart else "")
    return {
        "title": title, "panels": drawn,
        "table": [{"name": one["name"], "cells": [
            {"median": panel["rows"][place]["label"], "range": panel["rows"][place]["range"]} for panel in drawn]}
            for place, one in enumerate(segments)],
        "everybody": [panel["population"]["label"] for panel in drawn],
    }


def _panel(name: str, everybody: dict[str, Any], unit: dict[str, str], segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    kind = unit.get("unit", "")

    def write(value: Any) -> str:
        return words.measure(value, kind)

    rows = []
    for one in segments:
        own = one["features"][name]
        rows.append({"segment_id": one["segment_id"], "name": one["name"], "median": own["median"], "q25": own["q25"], "q75": own["q75"],
                     "label": write(own["median"]), "range": f"{write(own['q25'])} to {write(own['q75'])}",
                     "ratio": own["median"] / everybody["median"] if everybody["median"] else 0.0})
    return {
        "name": f"profile_{name}", "feature": name, "label": label(name), "title": label(name), "meaning": unit.get("meaning", ""),
        "unit": words.currency or "money" if kind == "money" else kind, "rows": rows, "scale": _scale(rows),
        "population": {"median": everybody["median"], "label": write(everybody["median"])},
    }


def _scale(rows: list[dict[str, Any]]) -> str:
    """Return the scale that shows small and large medians alike: logarithmic where figures differ tenfold."""
    low, high = min(row["q25"] for row in rows), max(row["q75"] for row in rows)
    if low < 0 or high <= 10 * max(low, 1e-9) or high <= 10:
        return "linear"
    return "log" if low > 0 else "symlog"


def _map(found: dict[str, Any] | None, words: Format) -> dict[str, Any] | None:
    if found is None:
        return None
    across, up = (_grows(axis) for axis in found["axes"])
    return found | {
        "title": f"Two axes keep {words.share(found['kept'])} of what sets customers apart",
        "x_title": f"more {across} →", "y_title": f"more {up} →", "axes": None,
        "note": f"A dot is a customer, {words.count(found['drawn'])} of them drawn; a line is around most of a segment. "
                f"{words.share(1 - found['kept'])} of the differences are not in the picture, so segments that overlap here may still be apart.",
    }


def _grows(axis: list[tuple[str, float]]) -> str:
    strongest = sorted(axis, key=lambda pair: -pair[1])[:2]
    return ", ".join(label(name).lower() for name, weight in strongest if weight > 0.1)
