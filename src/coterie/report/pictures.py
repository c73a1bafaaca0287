"""What the charts are drawn from: titles that state the finding, rows, and the same rows as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coterie.model import SegmentModel
from coterie.report.ahead import ahead_picture
from coterie.report.choice import panels
from coterie.report.format import Format, isolated
from coterie.report.projection import project

ALSO = ("recency_days",)
"""Features that are drawn though no distance is measured in them."""


NAMES = {"recency_days": "Days since last order", "tenure_days": "Days since first order"}
"""Features whose name is a term."""


def label(name: str) -> str:
    """Return a feature's name as words.

    Examples
    --------
    >>> label("avg_order_value")
    'Average order value'
    """
    if name in NAMES:
        return NAMES[name]
    words = name.replace("_", " ").strip()
    words = "average " + words[4:] if words.startswith("avg ") else words
    return words[:1].upper() + words[1:]


def unit_of(name: str, unit: str) -> str:
    """Return a feature's unit where its figure and its name do not say it already.

    Examples
    --------
    >>> unit_of("active_days", "days"), unit_of("total_spend", "money"), unit_of("basket", "lines per visit")
    ('', '', 'lines per visit')
    """
    unit = unit.removeprefix("money").strip()
    return "" if unit in {"share", "date"} or set(unit.split()[-1:]) & set(label(name).lower().split()) else unit


def pictures(run: dict[str, Any], segments: list[dict[str, Any]], folder: Path, words: Format) -> dict[str, Any]:
    """Return the plain data of every chart of a run, by name."""
    return {
        "shares": _shares(segments, words),
        "ahead": ahead_picture(run, segments, words),
        "profile": _profile(run, segments, words),
        **panels(run["sweep"], words),
        "map": _map(folder, segments, words),
    }


def _shares(segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    first, valued = segments[0], all(one["revenue"] is not None for one in segments)
    brings = f" and {words.share(first['revenue_share'])} of revenue" if valued else ""
    title = f"{isolated(first['name'])} is {words.share(first['share'])} of customers{brings}"
    return {
        "title": title,
        "rows": [
            {
                "segment_id": one["segment_id"],
                "name": one["name"],
                "first": one["share"],
                "second": one["revenue_share"] if valued else None,
                "first_label": f"{words.share(one['share'])} of customers",
                "second_label": f"{words.share(one['revenue_share'])} of revenue",
            }
            for one in segments
        ],
        "table": [
            {
                "name": one["name"],
                "segment_id": one["segment_id"],
                "customers": words.count(int(one["customers"])),
                "share": words.share(one["share"]),
                "revenue": words.amount(one["revenue"]),
                "revenue_share": words.share(one["revenue_share"]),
            }
            for one in segments
        ],
    }


def _profile(run: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    population, units = run["segments"]["population"]["features"], run["segments"]["units"]
    names = [name for name in dict.fromkeys([*run["sweep"]["features"], *ALSO]) if name in population]
    names = [name for name in names if all(one["features"][name]["median"] is not None for one in segments)]
    drawn = [_panel(name, population[name], units.get(name, {}), segments, words) for name in names]
    title = _furthest(drawn)
    return {
        "title": title,
        "panels": drawn,
        "intervals": any(row["interval"] for panel in drawn for row in panel["rows"]),
        "table": [
            {
                "name": one["name"],
                "cells": [
                    {
                        "median": panel["rows"][place]["label"],
                        "range": panel["rows"][place]["range"],
                        "interval": panel["rows"][place]["interval"],
                    }
                    for panel in drawn
                ],
            }
            for place, one in enumerate(segments)
        ],
        "everybody": [words.measure(population[name]["median"], units.get(name, {}).get("unit", "")) for name in names],
    }


def _furthest(drawn: list[dict[str, Any]]) -> str:
    """Say where the segment worth most is furthest above all customers, or any segment where that one is like all."""
    rows = [(row, panel) for panel in drawn for row in panel["rows"]]
    if not drawn or len(drawn[0]["rows"]) == 1:
        return "The middle half of the customers"
    first = [(row, panel) for row, panel in rows if row is panel["rows"][0] and row["ratio"] > 1.15]
    row, panel = max(first or rows, key=lambda pair: pair[0]["ratio"])
    everybody = panel["population"]["label"].removeprefix("all ")
    who = isolated(row["name"])
    return f"{panel['label']}: a typical {who} customer has {row['label']}, a typical customer {everybody}"


def _panel(
    name: str, everybody: dict[str, Any], unit: dict[str, str], segments: list[dict[str, Any]], words: Format
) -> dict[str, Any]:
    kind = unit.get("unit", "")

    def write(value: Any) -> str:
        return words.measure(value, kind)

    rows = []
    for one in segments:
        own = one["features"][name]
        rows.append(
            {
                "segment_id": one["segment_id"],
                "name": one["name"],
                "median": own["median"],
                "q25": own["q25"],
                "q75": own["q75"],
                "low": own.get("low"),
                "high": own.get("high"),
                "label": write(own["median"]),
                "range": f"{write(own['q25'])} to {write(own['q75'])}",
                "interval": f"{write(own['low'])} to {write(own['high'])}" if own.get("low") is not None else "",
                "ratio": own["median"] / everybody["median"] if everybody["median"] else 0.0,
            }
        )
    return {
        "name": f"profile_{name}",
        "feature": name,
        "label": label(name),
        "title": f"{label(name)}: {isolated(rows[0]['name'])} {rows[0]['label']}, all customers {write(everybody['median'])}"
        if len(rows) > 1
        else f"{label(name)}: {write(everybody['median'])}",
        "meaning": unit.get("meaning", ""),
        "unit": unit_of(name, kind),
        "rows": rows,
        "scale": _scale(rows),
        "axis": ", ".join(part for part in (unit_of(name, kind), "" if _scale(rows) == "linear" else "log scale") if part),
        "population": {"median": everybody["median"], "label": f"all {write(everybody['median'])}"},
    }


def _scale(rows: list[dict[str, Any]]) -> str:
    """Return the scale that shows small and large medians alike: logarithmic where figures differ tenfold."""
    low, high = min(row["q25"] for row in rows), max(row["q75"] for row in rows)
    if low < 0 or high <= 10 * max(low, 1e-9) or high <= 10:
        return "linear"
    return "log" if low > 0 else "symlog"


def _map(folder: Path, segments: list[dict[str, Any]], words: Format) -> dict[str, Any] | None:
    if len(segments) == 1:
        return None  # A cloud of dots, with nothing to tell apart in it.
    model = SegmentModel.load(folder, assigning=False)
    found = project(folder / "customers.parquet", model)
    if found is None:
        return None
    across, up = (_grows(axis) for axis in found["axes"])
    return found | {
        "title": f"Two axes keep {words.share(found['kept'])} of what sets customers apart",
        "x_title": f"more {across} →",
        "y_title": f"more {up} →",
        "note": f"A dot is a customer, {words.count(found['drawn'])} drawn; a line is around most of a segment. "
        f"The other {words.share(1 - found['kept'])} is not in the picture: what overlaps may still be apart.",
        "table": _neighbours(model, segments, words),
    }


def _neighbours(model: SegmentModel, segments: list[dict[str, Any]], words: Format) -> list[dict[str, str]]:
    """Return each segment's nearest one, over all features: what the map shows, without its loss."""
    at = {one["segment_id"]: center for one, center in zip(model.segments, model.centers, strict=True)}
    rows = []
    for one in segments:
        own = at[one["segment_id"]]
        far = {
            other["name"]: float(((at[other["segment_id"]] - own) ** 2).sum() ** 0.5)
            for other in segments
            if other is not one
        }
        nearest = min(far, key=lambda name: far[name])
        rows.append({"name": one["name"], "nearest": nearest, "distance": words.score(far[nearest])})
    return rows


def _grows(axis: list[tuple[str, float]]) -> str:
    strongest = sorted(axis, key=lambda pair: -pair[1])[:2]
    return ", ".join(label(name).lower() for name, weight in strongest if weight > 0.1)
