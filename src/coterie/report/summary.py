"""A run in plain data: everything that its report prints, so that no template computes and every figure can be tested."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from coterie.charts import slot
from coterie.errors import RunError
from coterie.report.choice import candidates, verdict
from coterie.report.format import Format
from coterie.report.pictures import label, pictures
from coterie.report.quality import method, quality

APART = 1.15
"""A median sets a segment apart when it is this many times everybody's, or that many times less."""
NUMERALS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def summarise(run_folder: Path | str, *, locale: str = "en", currency: str | None = None) -> dict[str, Any]:
    """Return what a run found as plain data: words and figures as they are printed, rows as they are drawn.

    Parameters
    ----------
    run_folder : Path or str
        A published run; only its files are read.
    locale : str
        Language and country that figures and dates are written for.
    currency : str, optional
        ISO code; by default the run's own, and no symbol where it has none.

    Returns
    -------
    dict
        ``headline``, ``verdict``, ``numbers``, ``bands``, ``segments``, ``pictures``, ``choice``, ``quality``, ``method``, ``source``.

    Raises
    ------
    RunError
        If the folder is no run, or a file of it is missing or damaged.
    """
    folder = Path(run_folder)
    run = {name: _read(folder / f"{name}.json") for name in ("manifest", "ledger", "sweep", "segments", "model")}
    words = Format(locale, currency or run["manifest"].get("currency"))
    population, segments = run["segments"]["population"], by_worth(run["segments"]["segments"])
    return {
        "run": str(run["manifest"]["run"]),
        "headline": headline(segments, words),
        "verdict": verdict(run["sweep"], population["customers"], words),
        "numbers": _numbers(run, words),
        "bands": {"customers": _band(segments, "share", words), "revenue": _band(segments, "revenue_share", words)},
        "segments": [_card(segment, run, words) for segment in segments],
        "pictures": pictures(run, segments, folder, words),
        "choice": candidates(run["sweep"], words),
        "quality": quality(run, words),
        "method": method(run, words),
        "source": f"Run {run['manifest']['run']}, as of {words.day(run['manifest']['as_of'])}, "
                  f"{words.count(population['customers'])} customers",
        "vega_locale": words.vega(),
    }


def by_worth(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return segments in the order that they are shown in: by revenue, highest first."""
    return sorted(segments, key=lambda segment: (-segment["revenue"], segment["segment_id"]))


def headline(segments: list[dict[str, Any]], words: Format) -> str:
    """Say in one sentence how many segments there are, and what the one worth most brings.

    Examples
    --------
    >>> core = {"name": "Core", "share": 0.239, "revenue_share": 0.779}
    >>> headline([core, core | {"name": "Rest"}], Format("en"))
    'Two segments. Core, 24% of customers, brings 78% of revenue.'
    """
    if len(segments) == 1:
        return f"One segment. {segments[0]['name']} holds every customer."
    number = NUMERALS[len(segments)] if len(segments) < len(NUMERALS) else words.count(len(segments))
    first = segments[0]
    return f"{number} segments. {first['name']}, {words.share(first['share'])} of customers, brings {words.share(first['revenue_share'])} of revenue."


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path.parent} is no run.", found=f"no {path.name} in it.",
                       fix="name a folder that coterie run wrote, such as coterie-runs/000001.", code="no_run") from None
    except ValueError as error:
        raise RunError(f"{path} is damaged.", found=f"{error}.", fix="run again: coterie run writes a new folder.",
                       code="damaged_run") from None
    return document


def _numbers(run: dict[str, Any], words: Format) -> list[dict[str, str]]:
    population, period = run["segments"]["population"], run["ledger"].get("period", {})
    since = f"lines from {words.day(period.get('first'))} to {words.day(period.get('last'))}" if period.get("first") else ""
    orders = population.get("orders")
    return [
        {"label": "Customers", "value": words.count(population["customers"]),
         "note": f"{words.count(int(orders))} orders" if orders is not None else ""},
        {"label": "Revenue", "value": words.money(float(population["revenue"])),
         "note": f"{words.money(float(population['revenue']) / max(1, population['customers']))} a customer"},
        {"label": "As of", "value": words.day(run["manifest"]["as_of"]), "note": since},
    ]


def _band(segments: list[dict[str, Any]], key: str, words: Format) -> list[dict[str, Any]]:
    start, blocks = 0.0, []
    for segment in segments:
        share = max(0.0, float(segment[key] or 0))
        blocks.append({"slot": slot(segment["segment_id"]) + 1, "name": segment["name"], "label": words.share(segment[key]),
                       "start": round(start * 1000, 2), "width": round(share * 1000, 2), "percent": round(share * 100, 3)})
        start += share
    return blocks


def _card(segment: dict[str, Any], run: dict[str, Any], words: Format) -> dict[str, Any]:
    customers = int(segment["customers"])
    return {
        "id": segment["segment_id"], "slot": slot(segment["segment_id"]) + 1, "name": segment["name"], "sentence": segment["sentence"],
        "figures": [
            {"label": "Customers", "value": words.count(customers), "note": words.share(segment["share"])},
            {"label": "Revenue", "value": words.money(float(segment["revenue"])), "note": words.share(segment["revenue_share"])},
            {"label": "A customer", "value": words.money(float(segment["revenue"]) / max(1, customers)), "note": "mean revenue"},
        ],
        "apart": _apart(segment["features"], run, words),
    }


def _apart(features: dict[str, Any], run: dict[str, Any], words: Format) -> list[dict[str, str]]:
    """Return the three features whose median is furthest from everybody's, in words."""
    everybody, found = run["segments"]["population"]["features"], []
    for name in [name for name in features if name in everybody]:
        own, all_ = features[name]["median"], everybody[name]["median"]
        unit = run["segments"]["units"].get(name, {}).get("unit", "")
        if not isinstance(own, (int, float)) or not isinstance(all_, (int, float)) or own == all_:
            continue
        ratio = own / all_ if own > 0 and all_ > 0 else None
        distance = abs(math.log(ratio)) if ratio else math.log(3)
        if distance < math.log(APART):
            continue
        compared = ("none, " if own == 0 else "") if ratio is None else f"{words.times(ratio)} × " if ratio >= 1 else f"1/{words.times(1 / ratio)} "
        found.append((distance, {
            "feature": label(name), "value": with_unit(words.measure(own, unit), unit),
            "against": f"{compared}the median of all, {words.measure(all_, unit)}" if ratio else f"the median of all is {words.measure(all_, unit)}"}))
    return [words_ for _, words_ in sorted(found, key=lambda pair: -pair[0])[:3]]


def with_unit(text: str, unit: str) -> str:
    """Return a figure with its unit behind it where the figure does not carry it already."""
    return text if unit in {"", "money", "share", "ratio", "date"} else f"{text} {unit}"
