"""What is known of a customer besides their place: what they did, who is at risk, what may come, and every other figure."""

from __future__ import annotations

import datetime
from typing import Any

from coterie.report.format import Format
from coterie.report.pictures import label, unit_of
from coterie.web.pages.visit import Data
from coterie.web.snapshot import Snapshot


def figure(snapshot: Snapshot, values: Data, registered: str) -> Any:
    """Return a customer's figure by the name that its feature is registered under: a recipe may publish it under another."""
    renamed = snapshot.run.manifest["recipe"]["features"].get("rename") or {}
    name = renamed.get(registered, registered)
    return None if name in renamed.values() and registered not in renamed else values.get(name)


def numbers(snapshot: Snapshot, values: Data, words: Format) -> list[Data]:
    """Return what a customer did, in three figures: orders, money, and how long ago the last order was."""
    orders, spent, value, silent, last = (
        figure(snapshot, values, name)
        for name in ("total_orders", "total_spend", "avg_order_value", "recency_days", "last_order_date")
    )
    told = []
    if orders is not None:
        told.append({"label": "Orders", "value": words.count(int(orders)), "note": ""})
    if spent is not None:
        told.append({"label": "Spent", "value": words.money(spent), "note": f"{words.money(value)} an order" if value else ""})
    if silent is not None:
        ago = f"{words.count(int(silent))} day{'' if silent == 1 else 's'} ago"
        told.append({"label": "Last order", "value": ago, "note": words.day(str(last), short=True) if last else ""})
    return told


def besides(snapshot: Snapshot, values: Data, words: Format) -> list[Data]:
    """Return what else is known: at risk, RFM group, value ahead, country; each only where the run has it."""
    told = []
    if "at_risk" in values and values["segment_id"] != "returned":
        told.append(_risk(snapshot, values, words))
    if values.get("rfm_group"):
        scores = " · ".join(str(values[f"rfm_{one}"]) for one in ("recency", "frequency", "money"))
        told.append({"label": "RFM group", "value": values["rfm_group"], "note": f"{scores} of 5 for recency, frequency, money"})
    if values.get("expected_orders") is not None:
        days = words.count(int(snapshot.run.segments["ahead"]["horizon_days"]))
        money, alive = values.get("expected_value"), values.get("p_alive")
        orders = f"{words.number(values['expected_orders'])} orders"
        likely = f"{words.share(alive)} likely still a customer" if alive is not None else ""
        value, note = (orders, likely) if money is None else (words.money(money), f"{orders}; {likely}".removesuffix("; "))
        told.append({"label": f"Expected, next {days} days", "value": value, "note": note})
    if values.get("country"):
        told.append({"label": "Country", "value": values["country"], "note": ""})
    return told


def _risk(snapshot: Snapshot, values: Data, words: Format) -> Data:
    silent, longest = (figure(snapshot, values, name) for name in ("recency_days", "longest_days_between_orders"))
    if values["at_risk"] is None:
        return {"label": "At risk", "value": "Cannot be said", "note": "fewer than three orders, or all on one day"}
    word = "Yes" if values["at_risk"] else "No"
    if silent is None or longest is None:
        return {"label": "At risk", "value": word, "note": ""}
    than = "longer than ever before" if values["at_risk"] else "not longer than ever before"
    return {
        "label": "At risk",
        "value": word,
        "note": f"silent for {words.count(int(silent))} days, {than} ({words.number(longest)})",
    }


def more(snapshot: Snapshot, values: Data, words: Format) -> list[Data]:
    """Return the figures that place nobody, beside the medians."""
    document = snapshot.run.segments
    own = {one["segment_id"]: one["features"] for one in document["segments"]}.get(values["segment_id"], {})
    everybody, rows = document["population"]["features"], []
    for name, about in document["units"].items():
        if name in snapshot.model.features or values.get(name) is None:
            continue
        unit = about.get("unit", "")
        told = (values[name], own.get(name, {}).get("median"), everybody.get(name, {}).get("median"))
        value, median, population = (words.measure(_plain(one), unit) for one in told)
        rows.append(
            {
                "label": label(name),
                "unit": unit_of(name, unit),
                "meaning": about.get("meaning", ""),
                "value": value,
                "median": median,
                "population": population,
            }
        )
    return rows


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value
