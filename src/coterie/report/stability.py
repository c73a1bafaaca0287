"""How sure each part of the answer is: segment by segment, over months, beside its neighbours, and if asked otherwise."""

from __future__ import annotations

import datetime
from typing import Any

from babel.dates import format_skeleton

from coterie.charts import slot
from coterie.report.choice import NUMERALS
from coterie.report.format import Format, isolated
from coterie.report.gates import listed
from coterie.report.pictures import label

SPLIT = 0.15
"""A segment is split where this share of it or more goes another way than most."""
WIDE = 7
"""Groups from which a matrix has a line of its own."""
SAME = 0.9
"""Agreement from which two groupings are as good as the same."""
WORDS = {
    "natural clusters": "Customers without any groups would score clearly lower: these groups stand apart in the data.",
    "reproducible segments": "On one score at least, customers without any groups do nearly as well: the segments are a "
    "reproducible way to divide customers, not natural kinds of them.",
    "constructed": "The segments are constructed: a useful way to divide customers at best, and not one that the data insists on.",
}


def stability(run: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    """Return the evidence beyond the checks, segments in the order given; each part is None where it was not measured."""
    sweep = run["sweep"]
    chosen: dict[str, Any] = next((one for one in sweep["candidates"] if one["n_clusters"] == sweep["n_clusters"]), {})
    return {
        "segments": _segments(chosen, segments, words) if chosen.get("jaccard") else None,
        "refits": _refits(sweep, chosen["refit_ari"], words) if chosen.get("refit_ari") else None,
        "neighbours": [neighbour(one, segments, words) for one in sweep.get("neighbours") or []],
        "sensitivity": _sensitivity(sweep, words) if sweep.get("sensitivity") else None,
        "calibration": _calibration(sweep["calibration"], words) if sweep.get("calibration") else None,
    }


def _segments(chosen: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    again, own = chosen["jaccard"], chosen["silhouette_by_cluster"]
    worst = min(segments, key=lambda one: again[one["cluster"]])
    return {
        "title": f"{isolated(worst['name'])} comes back least when customers are resampled: "
        f"{words.score(again[worst['cluster']])} of 1",
        "rows": [
            {
                "name": one["name"],
                "slot": slot(one["segment_id"]) + 1,
                "customers": words.count(int(one["customers"])),
                "jaccard": words.score(again[one["cluster"]]),
                "silhouette": words.score(own[one["cluster"]]),
            }
            for one in segments
        ],
    }


def _refits(sweep: dict[str, Any], own: dict[str, float], words: Format) -> dict[str, Any]:
    """Return, for every k, how alike each month end's answer is to the next month's."""
    rows = [one for one in sweep["candidates"] if one.get("refit_ari")]
    gate = next(gate for gate in rows[0]["gates"] if gate["gate"] == "refit_ari")
    months = sorted({day for one in rows for day in one["refit_ari"]})
    worst = min(own, key=lambda day: own[day])
    return {
        "title": f"Least like the next month’s are the segments of {_month(worst, words)}: {words.score(own[worst])} of 1",
        "threshold": gate["threshold"],
        "n_clusters": sweep["n_clusters"],
        "months": [_month(day, words) for day in months],
        "points": [
            {
                "month": _month(day, words),
                "n_clusters": one["n_clusters"],
                "ari": one["refit_ari"][day],
                "chosen": one["n_clusters"] == sweep["n_clusters"],
                "label": f"k = {one['n_clusters']}",
            }
            for one in rows
            for day in months
            if day in one["refit_ari"]
        ],
        "table": [
            {
                "n_clusters": one["n_clusters"],
                "chosen": one["n_clusters"] == sweep["n_clusters"],
                "figures": [words.score(one["refit_ari"].get(day)) for day in months],
            }
            for one in rows
        ],
    }


def _month(day: str, words: Format) -> str:
    """Return the month that ended before a day."""
    last = datetime.date.fromisoformat(day) - datetime.timedelta(days=1)
    return str(format_skeleton("yMMM", last, locale=words.locale))


def neighbour(one: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any]:
    """Return where each segment's customers would be under another k: a matrix, and what it shows in a sentence."""
    k, table = one["n_clusters"], one["customers"]
    shares = {s["cluster"]: [n / max(1, sum(table[s["cluster"]])) for n in table[s["cluster"]]] for s in segments}
    # Groups in the order in which the segments fill them: most customers then stand near the diagonal.
    homes = {s["cluster"]: max(range(k), key=lambda group: shares[s["cluster"]][group]) for s in segments}
    groups = sorted(range(k), key=lambda g: (_first(g, segments, shares), g))
    number = NUMERALS.get(k, str(k))
    return {
        "n_clusters": k,
        "wide": k >= WIDE,
        "title": f"With {number}, {_moves(segments, shares, homes) or _new(segments, table, homes, words)}",
        "groups": [
            {
                "group": group,
                "name": f"Group {place}" if k < WIDE else str(place),
                "customers": words.count(sum(row[group] for row in table)),
            }
            for place, group in enumerate(groups, 1)
        ],
        "rows": [
            {
                "name": s["name"],
                "slot": slot(s["segment_id"]) + 1,
                "cells": [
                    {
                        "share": words.share(shares[s["cluster"]][group]) if table[s["cluster"]][group] else "",
                        "customers": words.count(table[s["cluster"]][group]),
                        "heat": round(shares[s["cluster"]][group] * 10),
                    }
                    for group in groups
                ],
            }
            for s in segments
        ],
    }


def _first(group: int, segments: list[dict[str, Any]], shares: dict[int, list[float]]) -> int:
    """Return the place of the segment that most of a group's customers, by share, come from."""
    return max(range(len(segments)), key=lambda place: shares[segments[place]["cluster"]][group])


def _moves(segments: list[dict[str, Any]], shares: dict[int, list[float]], homes: dict[int, int]) -> str:
    joined = []
    for group in dict.fromkeys(homes.values()):
        names = [isolated(s["name"]) for s in segments if homes[s["cluster"]] == group]
        if len(names) > 1:
            joined.append(f"{listed(names)} are one group")
    split = [isolated(s["name"]) for s in segments if sorted(shares[s["cluster"]])[-2:][0] >= SPLIT]
    found = joined + ([f"{listed(split)} {'is' if len(split) == 1 else 'are'} split"] if split else [])
    return listed(found)


def _new(segments: list[dict[str, Any]], table: list[list[int]], homes: dict[int, int], words: Format) -> str:
    """Return where the customers of a group come from that takes a part of no segment, but a little of several."""
    sizes = {group: sum(row[group] for row in table) for group in range(len(table[0])) if group not in homes.values()}
    if not sizes:
        return "the segments stay as they are, but for a few customers"
    group = max(sizes, key=lambda one: sizes[one])
    most = max(segments, key=lambda one: int(table[one["cluster"]][group]))
    return f"a new group of {words.count(sizes[group])} customers comes mostly from {isolated(most['name'])}"


def _sensitivity(sweep: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return how much of the answer stays under each change, least first, and what it hangs on in a sentence."""
    found = sorted(sweep["sensitivity"], key=lambda one: one["ari"])
    rows = [
        {
            "changed": _change(one["changed"], sweep["transform"]),
            "ari": max(0.0, one["ari"]),
            "label": words.score(one["ari"]),
            "customers": words.count(one["customers"]),
        }
        for one in found
    ]
    steady = sum(one["ari"] >= SAME for one in found)
    return {
        "title": f"The answer hangs most {_hangs(found, sweep['transform'], words)}",
        "note": "Each line changes one decision and groups all customers again. 1: the same segments; 0: no more alike than by "
        f"chance. Of {words.count(len(rows))} changes, {words.count(steady)} hardly matter ({words.number(SAME)} or more).",
        "rows": rows,
    }


def _hangs(found: list[dict[str, Any]], transform: str, words: Format) -> str:
    """Return what the answer hangs on most; a transform is told together with the feature that matters most."""
    said = []
    for kind, of, how in (
        ("transform ", f"the {transform} transform", "with {}"),
        ("without ", "{}", "without"),
        ("returns ", "the netting of returns", "without"),
    ):
        worst = next((one for one in found if one["changed"].startswith(kind)), None)
        if worst and (worst is found[0] or kind == "without "):
            name = worst["changed"].removeprefix(kind)
            name = label(name).lower() if kind == "without " else name
            said.append(f"on {of.format(name)} ({words.score(worst['ari'])} is left {how.format(name)})")
    return listed(said)


def _change(changed: str, transform: str) -> str:
    """Return a change in words.

    Examples
    --------
    >>> _change("transform rank", "log"), _change("without avg_order_value", "log"), _change("returns not netted", "log")
    ('Transform rank, not log', 'Without average order value', 'Returns not netted')
    """
    kind, _, name = changed.partition(" ")
    if kind == "transform":
        return f"Transform {name}, not {transform}"
    return f"Without {label(name).lower()}" if kind == "without" else changed[:1].upper() + changed[1:]


def _calibration(found: dict[str, Any], words: Format) -> dict[str, Any]:
    names = {"silhouette": "Silhouette", "prediction_strength": "Prediction strength"}
    return {
        "title": f"Held against {words.count(found['n_null'])} data sets without groups, these are {found['words']}",
        "sentence": WORDS.get(found["words"], ""),
        "rows": [
            {
                "name": names.get(name, name),
                "observed": words.score(one["observed"]),
                "null": words.score(one["null_mean"]),
                "range": f"{words.score(one['null_mean'] - 2 * one['null_sd'])} to "
                f"{words.score(one['null_mean'] + 2 * one['null_sd'])}",
                "beyond": one["observed"] > one["null_mean"] + 2 * one["null_sd"],
            }
            for name, one in found["figures"].items()
        ],
    }
