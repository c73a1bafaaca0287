"""A place among the segments as pages tell it: how clear it is, what speaks for it, and what would change it."""

from __future__ import annotations

import numpy as np

from coterie.charts import slot
from coterie.model import FULLY_RETURNED
from coterie.report.format import Format, isolated
from coterie.report.pictures import label, unit_of
from coterie.segments.sentences import CLOSE
from coterie.web.pages.visit import Data, Visit

REACH = 2.5
"""Standard deviations from the middle of all customers to either end of a drawing."""
WIDE, EDGE, BAR = 180.0, 6.0, 80.0
"""Of a drawing: its width, and what is left free at either end; and the width of a bar that may go either way. Pixels."""
_FAR = ("On the border with {}", "Close to {}", "Some way from {}", "Far from {}")


def told(visit: Visit, found: Data) -> Data:
    """Return a place as `coterie.web.customer.placed` has it, in words and as drawn.

    Returns
    -------
    dict
        ``segment``, with ``id``, ``name``, ``slot`` and ``address``, None for who kept nothing; ``reason``; ``clear``, ``change``,
        ``outside``; ``distances`` and ``features``, rows in order.
    """
    return {
        "segment": named(visit, found["segment_id"], found["segment"]),
        "reason": found["reason"].replace(" -> ", " → "),
        "clear": _clear(found, visit.words),
        "change": _change(visit, found),
        "outside": _outside(visit, found),
        "distances": _distances(visit, found),
        "features": _features(visit, found),
    }


def named(visit: Visit, segment_id: str, name: str) -> Data:
    """Return what a link to a segment is made of; those who kept nothing are no segment, and have no page."""
    address = None if name == FULLY_RETURNED else visit.at(f"/segments/{segment_id}")
    return {"id": segment_id, "name": name, "slot": slot(segment_id) + 1, "address": address}


def _clear(found: Data, words: Format) -> Data | None:
    """Say how clear the case is: None where there is nothing to be told apart from."""
    if found["confidence"] is None:
        return None
    near, own, margin = isolated(found["nearest"]), isolated(found["segment"]), found["margin"]
    if margin is not None and margin < 0:
        title = f"Nearer to the middle of {near} than to that of {own}"
        sentence = "This run’s algorithm does not go by middles, so the two can differ."
    else:
        title = _FAR[sum(found["confidence"] >= below for below, _ in CLOSE)].format(near)
        sentence = (
            f"Confidence {words.share(found['confidence'])}, where 0% is the border with the next segment and 100% the middle of "
            f"{own}. The middle of {near} is {words.score(margin)} standard deviations farther away."
        )
    confidence = words.share(found["confidence"])
    return {"title": title, "near": near, "sentence": sentence, "confidence": confidence, "margin": words.score(margin)}


def _change(visit: Visit, found: Data) -> Data | None:
    change = found["change"]
    if change is None:
        return None
    to = next(one for one in visit.snapshot.model.segments if one["name"] == change["to"])
    what = change["words"].removesuffix(f" -> {change['to']}")
    return {"what": what[:1].upper() + what[1:], "to": named(visit, to["segment_id"], to["name"])}


def _outside(visit: Visit, found: Data) -> list[str]:
    """Say of every figure that the model was not fitted on its like."""
    values = {one["feature"]: one["value"] for one in found["features"]}
    told = []
    for one in visit.snapshot.model.document["features"] if found["out_of_range"] else ():
        low, high, value = one["low"], one["high"], values[one["feature"]]
        if not low <= value <= high:
            said = [visit.words.measure(figure, one.get("unit", "")) for figure in (value, low, high)]
            told.append(f"{label(one['feature'])} is {said[0]}; the customers it was fitted on have {said[1]} to {said[2]}")
    return told


def _distances(visit: Visit, found: Data) -> list[Data]:
    names = {one["segment_id"]: one["name"] for one in visit.snapshot.model.segments}
    known = {key: value for key, value in found["distances"].items() if np.isfinite(value)}
    longest = max(known.values(), default=0) or 1.0
    return [
        {
            **named(visit, key, names[key]),
            "distance": visit.words.score(value),
            "percent": round(100 * value / longest, 2),
            "own": key == found["segment_id"],
        }
        for key, value in sorted(known.items(), key=lambda pair: pair[1])
    ]


def _features(visit: Visit, found: Data) -> list[Data]:
    words, document = visit.words, visit.snapshot.run.segments
    units = {one["feature"]: one.get("unit", "") for one in visit.snapshot.model.document["features"]}
    own = {one["segment_id"]: one["features"] for one in document["segments"]}.get(found["segment_id"], {})
    heaviest = max((abs(one["contribution"] or 0) for one in found["features"]), default=0) or 1.0
    rows = []
    for one in found["features"]:
        name, unit, speaks = one["feature"], units[one["feature"]], one["contribution"]
        middle = {"low": own.get(name, {}).get("q25"), "high": own.get(name, {}).get("q75")}
        drawn = {**{key: one[key] for key in ("value", "median", "population")}, **middle}
        rows.append(
            {
                "feature": name,
                "label": label(name),
                "unit": unit_of(name, unit),
                "value": words.measure(one["value"], unit),
                "median": words.measure(one["median"], unit),
                "population": words.measure(one["population"], unit),
                "at": {key: _at(visit, name, value) for key, value in drawn.items()},
                "contribution": None if speaks is None else f"{'+' if speaks > 0 else ''}{words.score(speaks)}",
                "bar": None if speaks is None else _bar(speaks / heaviest),
            }
        )
    return rows


def _at(visit: Visit, feature: str, value: float | None) -> float | None:
    """Return where a value stands on a drawing: as the model sees it, so that all features share one scale."""
    column = next(one for one in visit.snapshot.model.scaling.columns if one.feature == feature)
    if value is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = float(column(np.array([value], dtype=float))[0])
    place = 0.5 + 0.5 * float(np.clip(scaled / REACH, -1, 1))
    return round(EDGE + (WIDE - 2 * EDGE) * place, 1) if np.isfinite(scaled) else None


def _bar(part: float) -> Data:
    """Return a bar to the right of the middle for what speaks for a segment, to the left for what speaks against it."""
    width = round(abs(part) * BAR / 2, 1)
    return {"side": "for" if part > 0 else "against", "x": BAR / 2 if part > 0 else round(BAR / 2 - width, 1), "width": width}
