"""One segment's card: who they are, what they are worth, how to know one, and what to do next."""

from __future__ import annotations

import math
import re
from typing import Any

from coterie.charts import slot
from coterie.report.advice import advise
from coterie.report.ahead import alive
from coterie.report.evidence import judged
from coterie.report.format import Format
from coterie.report.pictures import ALSO, label, unit_of
from coterie.report.rule import rule

APART = 1.15
"""A median sets a segment apart when it is this many times everybody's, or that many times less."""
SHOWN = 3
"""Products and countries on a card; segments.json has them all."""
HABITS = {
    "total_orders": ("{} orders", "{} order"),
    "avg_order_value": ("{} an order", ""),
    "active_days": ("active over {} days", "active over {} day"),
    "recency_days": ("seen {} days ago", "seen {} day ago"),
}
"""How a median is told: of many, of one."""
MORE = 1.05
"""Lift from which a product or a country is told: below, it is everybody's."""
PLAIN = re.compile(r"[^\W_](?:[\w .,&+/()-]*[\w.)])?")
"""A name that means the same between quotes in every shell; others are given by id."""


def card(segment: dict[str, Any], run: dict[str, Any], place: int, path: str, words: Format) -> dict[str, Any]:
    """Return all that one segment's card says.

    Parameters
    ----------
    segment : dict
        One of ``segments.json``.
    run : dict
        The documents of the run.
    place : int
        From 1, in the order of worth.
    path : str
        Of the run, as a command would name it.
    words : Format
        How figures are written.
    """
    document = run["segments"]
    registered = {one["feature"]: one["registered"] for one in run["model"]["features"]}
    per_order = registered.get("avg_order_value", "avg_order_value") == "avg_order_value"
    days = int((document.get("ahead") or {}).get("horizon_days", 0))
    return {
        "id": segment["segment_id"],
        "anchor": f"segment-{place}",
        "slot": slot(segment["segment_id"]) + 1,
        "name": segment["name"],
        "typical": typical(segment, words, per_order),
        "habit": ", ".join(_habits(segment, ("total_orders", "avg_order_value", "recency_days"), words, per_order)),
        "figures": _figures(segment, words),
        "worth": words.money(_each(segment)),
        "share": words.share(segment["share"]),
        "revenue_share": words.share(segment["revenue_share"]),
        "apart": apart(segment["features"], run, words),
        "rule": rule(segment, run, words),
        "bands": _bands(segment, words),
        "products": _top(segment, "products", words),
        "countries": _top(segment, "countries", words),
        "ahead": _ahead(segment, days, words),
        "advice": advise(segment, document["population"], days, words, per_order),
        "command": command(segment, path) if len(document["segments"]) > 1 else "",
    }


def typical(segment: dict[str, Any], words: Format, per_order: bool = True) -> str:
    """Say what a typical member does, in medians; the segment's own sentence where nothing is known of it.

    Examples
    --------
    >>> typical({"features": {"total_orders": {"median": 1.0}, "recency_days": {"median": 40.0}}}, Format("en"))
    'Typically 1 order, seen 40 days ago.'
    """
    told = ", ".join(_habits(segment, tuple(HABITS), words, per_order))
    return f"Typically {told}." if told else words.retold(segment["sentence"])


def _habits(segment: dict[str, Any], names: tuple[str, ...], words: Format, per_order: bool) -> list[str]:
    told = []
    for name in names:
        median = segment["features"].get(name, {}).get("median")
        many, one = HABITS[name]
        # Nought days of activity are one order, which is told already.
        if median is None or (median == 0 and name == "active_days"):
            continue
        value = words.money(median) if name == "avg_order_value" else words.number(median)
        many = many if per_order or name != "avg_order_value" else "{} a line"
        told.append((one if median == 1 and one else many).format(value))
    return told


def command(segment: dict[str, Any], path: str) -> str:
    """Return the command that writes the segment's list.

    Examples
    --------
    >>> command({"name": "Core", "segment_id": "s1"}, "coterie-runs/000001")
    'coterie export coterie-runs/000001 --to csv --segment "Core"'
    >>> command({"name": "$(reboot)", "segment_id": "s1"}, "coterie-runs/000001")
    'coterie export coterie-runs/000001 --to csv --segment s1'
    """
    name = segment["name"]
    given = f'"{name}"' if len(name) <= 60 and PLAIN.fullmatch(name) else segment["segment_id"]
    return f"coterie export {path} --to csv --segment {given}"


def apart(features: dict[str, Any], run: dict[str, Any], words: Format) -> list[dict[str, str]]:
    """Return the three features whose median is furthest from everybody's, in words.

    Only features that every customer has: a median over the few who have a second order would describe the few.
    """
    everybody, found = run["segments"]["population"]["features"], []
    for name in dict.fromkeys([*run["sweep"]["features"], *ALSO]):
        own, all_ = (part.get(name, {}).get("median") for part in (features, everybody))
        if own is None or all_ is None or own == all_:
            continue
        unit = run["segments"]["units"].get(name, {}).get("unit", "")
        ratio = own / all_ if own > 0 and all_ > 0 else None
        distance = abs(math.log(ratio)) if ratio else math.log(3)
        if distance < math.log(APART):
            continue
        against = words.measure(all_, unit)
        compared = "" if ratio is None else f"{words.times(ratio)} × " if ratio >= 1 else f"{words.share(ratio)} of "
        line = {
            "feature": label(name),
            "value": words.measure(own, unit),
            "unit": unit_of(name, unit),
            "against": f"{compared}the median, {against}" if ratio else f"the median is {against}",
        }
        found.append((distance, line))
    return [line for _, line in sorted(found, key=lambda pair: -pair[0])[:3]]


def _figures(segment: dict[str, Any], words: Format) -> list[dict[str, str]]:
    figures = [
        {"label": "Customers", "value": words.count(int(segment["customers"])), "note": f"{words.share(segment['share'])} of all"}
    ]
    if segment["revenue"] is not None:
        figures += [
            {
                "label": "Revenue",
                "value": words.money(float(segment["revenue"])),
                "note": f"{words.share(segment['revenue_share'])} of all",
            },
            {"label": "A customer", "value": words.money(_each(segment)), "note": "on average"},
        ]
    if risk := judged(segment):
        figures.append(
            {
                "label": "At risk",
                "value": words.share(risk["share"]),
                "note": f"{words.count(risk['customers'])} of {words.count(risk['of'])} who can be judged",
            }
        )
    return figures


def _bands(segment: dict[str, Any], words: Format) -> list[dict[str, Any]]:
    found = segment.get("bands") or {}
    titles = {"recency": "Last order, days ago", "activity": "Active over, days"}
    return [
        {
            "title": title,
            "rows": [
                {
                    "band": _band(row, words),
                    "share": words.share(row["share"]),
                    "percent": round(100 * row["share"], 2),
                    "everybody": round(100 * row["population_share"], 2),
                    "population": words.share(row["population_share"]),
                }
                for row in found[name]
            ],
        }
        for name, title in titles.items()
        if found.get(name)
    ]


def _band(row: dict[str, Any], words: Format) -> str:
    """Return a band's edges without its unit, which the title has."""
    low, high = row["low"], row["high"]
    if high is None:
        return f"{words.count(int(low))} or more"
    return words.count(int(low)) if low == high else f"{words.count(int(low))}–{words.count(int(high))}"


def _top(segment: dict[str, Any], kind: str, words: Format) -> list[dict[str, str]]:
    rows = (segment.get("top") or {}).get(kind) or []
    return [
        {
            "name": row.get("description") or row.get("product_id") or row.get("country") or "",
            "share": words.share(row["share"]),
            "lift": f"{words.times(row['lift'])} ×",
            "customers": words.count(int(row["customers"])),
        }
        for row in [row for row in rows if row["lift"] >= MORE][:SHOWN]
    ]


def _ahead(segment: dict[str, Any], days: int, words: Format) -> dict[str, Any] | None:
    found = segment.get("ahead")
    if not found:
        return None
    rows = [
        {"label": "Orders each", "past": words.number(found["past_orders"]), "next": words.number(found["expected_orders"])}
    ]
    if found.get("expected_value") is not None:
        rows.append(
            {"label": "Value each", "past": words.money(found["past_value"]), "next": words.money(found["expected_value"])}
        )
    living = f"{words.share(alive(segment))} are likely still customers" if alive(segment) is not None else ""
    total = f"{words.money(found['total_value'])} in all" if found.get("total_value") is not None else ""
    told = "; ".join(part for part in (total, living) if part)
    return {"days": words.count(days), "rows": rows, "note": f"{told[:1].upper()}{told[1:]}." if told else ""}


def _each(segment: dict[str, Any]) -> float | None:
    """Return the mean revenue of a customer."""
    return None if segment["revenue"] is None else float(segment["revenue"]) / max(1, int(segment["customers"]))
