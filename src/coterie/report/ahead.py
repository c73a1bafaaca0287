"""Value ahead: what is expected of each segment beside what it brought, and whether such a forecast has been right before."""

from __future__ import annotations

from typing import Any

from coterie.charts import slot
from coterie.report.format import Format, isolated

WAYS = {
    "segments": "These segments",
    "rfm": "RFM groups",
    "none": "All customers alike",
    "own_history": "Each customer’s own last {days} days",
    "bg_nbd": "Each customer’s forecast",
}


def ahead(run: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any] | None:
    """Return what is expected of the segments, and the proof of their use; None where the run did not look ahead."""
    found = run["segments"].get("ahead")
    if not found:
        return None
    days = int(found["horizon_days"])
    refused = words.retold(found.get("refused") or "")
    told = [one for one in segments if one.get("ahead")]
    return {
        "days": words.count(days),
        "title": "No forecast: it would not hold" if refused or not told else _title(told, days, words),
        "refused": refused or ("" if told else "There is no forecast of any segment."),
        "rows": [] if refused else [_row(one, words) for one in told],
        "calibration": _calibration(found.get("calibration"), days, words),
        "warning": words.retold((found.get("independence") or {}).get("warning") or ""),
        "models": _models(found, words),
        "proof": _proof(found.get("proof"), segments, days, words),
    }


def ahead_picture(run: dict[str, Any], segments: list[dict[str, Any]], words: Format) -> dict[str, Any] | None:
    """Return the value of the last stretch beside that of the next, by segment; None where either is not known."""
    found = run["segments"].get("ahead") or {}
    if not segments or any(not _known(one) for one in segments) or found.get("refused"):
        return None
    days = int(found.get("horizon_days", 0))
    return {
        "title": _title(segments, days, words),
        "first": f"the last {words.count(days)} days",
        "second": f"the next {words.count(days)}",
        "rows": [
            {
                "segment_id": one["segment_id"],
                "name": one["name"],
                "first": one["ahead"]["past_value"] * one["customers"],
                "second": one["ahead"]["total_value"],
                "first_label": f"{words.money(one['ahead']['past_value'] * one['customers'])} in the last {words.count(days)} days",
                "second_label": f"{words.money(one['ahead']['total_value'])} in the next",
            }
            for one in segments
        ],
    }


def alive(segment: dict[str, Any]) -> float | None:
    """Return how many of a segment are likely still customers; None where most ordered once, of whom the model knows nothing.

    Examples
    --------
    >>> once, often = {"total_orders": {"q75": 1.0}}, {"total_orders": {"q75": 9.0}}
    >>> alive({"features": once, "ahead": {"p_alive": 0.9}}), alive({"features": often, "ahead": {"p_alive": 0.9}})
    (None, 0.9)
    """
    upper = segment["features"].get("total_orders", {}).get("q75")
    found: float | None = (segment.get("ahead") or {}).get("p_alive")
    return None if upper is None or upper <= 1 else found


def _known(segment: dict[str, Any]) -> bool:
    found = segment.get("ahead") or {}
    return found.get("past_value") is not None and found.get("total_value") is not None


def _title(segments: list[dict[str, Any]], days: int, words: Format) -> str:
    valued = [one for one in segments if _known(one)]
    if not valued:
        return f"What is expected in the next {words.count(days)} days"
    next_ = sum(one["ahead"]["total_value"] for one in valued)
    past = sum(one["ahead"]["past_value"] * one["customers"] for one in valued)
    return f"{words.money(next_)} expected in the next {words.count(days)} days, after {words.money(past)} in the last"


def _row(one: dict[str, Any], words: Format) -> dict[str, Any]:
    found = one["ahead"]
    return {
        "name": one["name"],
        "slot": slot(one["segment_id"]) + 1,
        "customers": words.count(int(one["customers"])),
        "alive": words.share(alive(one)),
        "past_orders": words.number(found.get("past_orders")),
        "orders": words.number(found.get("expected_orders")),
        "past_value": words.money(found.get("past_value")),
        "value": words.money(found.get("expected_value")),
        "total": words.money(found.get("total_value")),
    }


def _calibration(found: dict[str, Any] | None, days: int, words: Format) -> dict[str, Any] | None:
    """Return how a forecast made one horizon ago did: totals in a sentence, tenths of the customers as a table."""
    if not found or found.get("expected_orders") is None:
        return None
    agreement = found.get("rank_correlation")
    return {
        "title": f"The same forecast, made {words.count(days)} days earlier, expected "
        f"{words.count(round(found['expected_orders']))} orders; {words.count(found['orders'])} came",
        "money": f"In money: {words.money(found['expected_value'])} expected, {words.money(found['value'])} came."
        if found.get("expected_value") is not None
        else "",
        "agreement": f"Who was expected to order more did: rank correlation {words.score(agreement)}."
        if agreement is not None
        else "",
        "rows": [
            {
                "decile": words.count(one["decile"]),
                "customers": words.count(one["customers"]),
                "expected_orders": words.number(one["expected_orders"]),
                "orders": words.number(one["orders"]),
                "expected_value": words.money(one["expected_value"]),
                "value": words.money(one["value"]),
            }
            for one in reversed(found.get("deciles") or [])
        ],
    }


def _models(found: dict[str, Any], words: Format) -> str:
    """Return the fitted parameters in a line."""
    names = {"bg_nbd": ("BG/NBD", ("r", "alpha", "a", "b")), "gamma_gamma": ("Gamma-Gamma", ("p", "q", "gamma"))}
    told = []
    for key, (name, parameters) in names.items():
        own = found.get(key)
        if own:
            told.append(f"{name} " + ", ".join(f"{one} {words.number(own[one])}" for one in parameters if one in own))
    unit = f" (time in {found['unit']})" if told and found.get("unit") else ""
    return f"{'; '.join(told)}{unit}." if told else ""


def _proof(
    found: dict[str, Any] | None, segments: list[dict[str, Any]], days: int, words: Format
) -> dict[str, Any] | None:
    if not found:
        return None
    names = {one["segment_id"]: (one["name"], slot(one["segment_id"]) + 1, place) for place, one in enumerate(segments)}
    rows = [one for one in found.get("segments") or [] if one["segment_id"] in names]
    rows.sort(key=lambda one: names[one["segment_id"]][2])
    since = words.day(found["since"])
    return {
        "title": _proved(rows, names, since, words),
        "since": since,
        "customers": words.count(int(found["customers"])),
        "rows": [
            {
                "name": names[one["segment_id"]][0],
                "slot": names[one["segment_id"]][1],
                "customers": words.count(int(one["customers"])),
                "repurchased": words.share(one["repurchased"]),
                "each": words.money(one["revenue"] / max(1, one["customers"])),
                "past_each": words.money(one["past_revenue"] / max(1, one["customers"])),
                "revenue_share": words.share(one["revenue_share"]),
            }
            for one in rows
        ],
        "compared": [
            {
                "name": WAYS.get(one["by"], one["by"]).format(days=words.count(days)),
                "groups": words.count(one["groups"]) if one["groups"] else "",
                "figures": [
                    words.score(one["rank_correlation"]),
                    words.score(one["auc"]),
                    words.score(one["explained"]),
                    words.score(one["explained_ranks"]),
                ],
            }
            for one in found["compared"]
        ],
    }


def _proved(rows: list[dict[str, Any]], names: dict[str, Any], since: str, words: Format) -> str:
    if not rows or rows[0].get("revenue_share") is None:
        return f"What the recipe would have said on {since}, and what came"
    first = rows[0]
    return (
        f"{isolated(names[first['segment_id']][0])}, as it would have been on {since}, brought "
        f"{words.share(first['revenue_share'])} of the revenue since"
    )
