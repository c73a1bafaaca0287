"""RFM beside the segments: the cut-offs of the scores, the groups, and who of them is in which segment."""

from __future__ import annotations

from typing import Any

from coterie.charts import slot
from coterie.report.format import Format, isolated
from coterie.report.pictures import label


def rfm_groups(run: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any] | None:
    """Return RFM groups, the one worth most first, with their cut-offs; crossed with the segments where there are any."""
    found = run["segments"].get("rfm")
    groups = [one for one in (found or {}).get("groups", []) if one["customers"]]
    if not found or not groups:
        return None
    groups.sort(key=lambda one: (-(one["revenue"] or 0), -one["customers"], one["group"]))
    first = groups[0]
    crossed = found.get("crossed") if len(segments) > 1 else None
    return {
        "title": f"{first['group']}, {words.share(first['share'])} of customers, "
        f"bring {words.share(first['revenue_share'])} of revenue",
        "rows": [
            {
                "name": one["group"],
                "customers": words.count(one["customers"]),
                "share": words.share(one["share"]),
                "revenue": words.amount(one["revenue"]),
                "revenue_share": words.share(one["revenue_share"]),
            }
            for one in groups
        ],
        "cuts": _cuts(found.get("cuts") or {}, run["segments"]["units"], words),
        "crossed": _crossed(crossed, groups, segments, words) if crossed else None,
    }


def _cuts(cuts: dict[str, list[float]], units: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return what each score from 5 to 1 means, feature by feature; a value equal to a cut belongs below it."""

    def between(name: str, low: float | None, high: float | None) -> str:
        unit = units.get(name, {}).get("unit", "")
        low_, high_ = words.measure(low, unit), words.measure(high, unit)
        if low is not None and high is not None:
            return f"over {low_} to {high_}" if low < high else "nobody"
        return f"{high_} or less" if low is None else f"over {low_}"

    rows = []
    for score in range(5, 0, -1):
        told = []
        for name, values in cuts.items():
            # The latest customers have the best score for recency; the most the others.
            place = 5 - score if name == "recency_days" else score - 1
            edges = [None, *values, None]
            told.append(between(name, edges[place], edges[place + 1]))
        rows.append({"score": score, "told": told})
    return {"names": [label(name) for name in cuts], "rows": rows if cuts else []}


def _crossed(
    crossed: list[dict[str, Any]], groups: list[dict[str, Any]], segments: list[dict[str, Any]], words: Format
) -> dict[str, Any]:
    counts = {(one["group"], one["segment_id"]): int(one["customers"]) for one in crossed}
    rows = []
    for group in groups:
        own = [counts.get((group["group"], one["segment_id"]), 0) for one in segments]
        total = max(1, sum(own))
        rows.append(
            {
                "name": group["group"],
                "own": own,
                "cells": [
                    {
                        "share": words.share(number / total) if number else "",
                        "customers": words.count(number),
                        "heat": round(10 * number / total),
                    }
                    for number in own
                ],
            }
        )
    return {
        "title": _finding(rows[0], segments, words),
        "wide": len(segments) > 6,
        "columns": [{"name": one["name"], "slot": slot(one["segment_id"]) + 1} for one in segments],
        "rows": rows,
    }


def _finding(row: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> str:
    place = max(range(len(segments)), key=lambda one: row["own"][one])
    share = row["own"][place] / max(1, sum(row["own"]))
    return f"{words.share(share)} of the {row['name']} are in {isolated(segments[place]['name'])}"
