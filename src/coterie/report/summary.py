"""A run in plain data: everything its report prints, so that no template computes and every figure can be tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coterie.charts import slot
from coterie.errors import RunError
from coterie.model import model_file
from coterie.report.ahead import ahead
from coterie.report.card import card
from coterie.report.choice import NUMERALS, candidates
from coterie.report.evidence import judged
from coterie.report.format import Format, isolated
from coterie.report.pictures import pictures
from coterie.report.quality import method, quality
from coterie.report.rfm import rfm_groups
from coterie.report.stability import stability
from coterie.report.verdict import handful, verdict


def summarise(
    run_folder: Path | str, *, locale: str | None = None, currency: str | None = None
) -> dict[str, Any]:
    """Return what a run found as plain data: words and figures as they are printed, rows as they are drawn.

    Parameters
    ----------
    run_folder : Path or str
        A published run; only its files are read.
    locale : str, optional
        Language and country that figures and dates are written for; by default the run's own, and English where it has none.
    currency : str, optional
        ISO code; by default the run's own, and no symbol where it has none.

    Returns
    -------
    dict
        ``headline``, ``verdict``, ``numbers``, ``bands``, ``segments``, ``legend``, ``ahead``, ``rfm``, ``pictures``, ``choice``,
        ``stability``, ``quality``, ``method``, ``source``.

    Raises
    ------
    RunError
        If the folder is no run, or a file of it is missing or damaged.
    """
    folder = Path(run_folder)
    run = {name: _read(folder / f"{name}.json") for name in ("manifest", "ledger", "sweep", "segments")}
    run["model"] = _read(model_file(folder))
    words = Format(locale or locale_of(run["manifest"]), currency or run["manifest"].get("currency"))
    population, segments = run["segments"]["population"], by_worth(run["segments"]["segments"])
    evidence, path = stability(run, segments, words), f"{folder.absolute().parent.name}/{run['manifest']['run']}"
    return {
        "run": str(run["manifest"]["run"]),
        "headline": headline(segments, words),
        "verdict": verdict(run, words),
        "numbers": _numbers(run, words),
        "bands": {
            "customers": _band(segments, "share", words),
            "revenue": _band(segments, "revenue_share", words) if valued(segments) else [],
        },
        "segments": [card(segment, run, place, path, words) for place, segment in enumerate(segments, 1)],
        "legend": legend(segments),
        "ahead": ahead(run, segments, words),
        "rfm": rfm_groups(run, segments, words),
        "pictures": pictures(run, segments, folder, words)
        | {name: evidence.pop(name) for name in ("refits", "sensitivity")},
        "choice": candidates(run["sweep"], words),
        "stability": evidence,
        "quality": quality(run, words),
        "method": method(run, words),
        "source": f"Run {run['manifest']['run']}, as of {words.day(run['manifest']['as_of'])}, "
        f"{words.count(population['customers'])} customers",
        "vega_locale": words.vega(),
    }


def locale_of(manifest: dict[str, Any]) -> str:
    """Return the locale that a run was made with."""
    return str(manifest["recipe"].get("publishing", {}).get("locale") or "en")


def by_worth(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return segments in the order they are shown in: by revenue, or customers where it is not known, highest first."""
    worth = "revenue" if valued(segments) else "customers"
    return sorted(segments, key=lambda segment: (-segment[worth], segment["segment_id"]))


def valued(segments: list[dict[str, Any]]) -> bool:
    """Return whether this run knows revenue."""
    return all(segment["revenue"] is not None for segment in segments)


def headline(segments: list[dict[str, Any]], words: Format) -> str:
    """Say in one sentence how many segments there are, and what the one worth most brings, or what to beware of.

    Examples
    --------
    >>> core = {"name": "Core", "customers": 239, "share": 0.239, "revenue": 9.0, "revenue_share": 0.779}
    >>> headline([core, core | {"name": "Rest", "customers": 761}], Format("en"))
    'Two segments. Core, 24% of customers, brings 78% of revenue.'
    """
    sizes, first = [int(segment["customers"]) for segment in segments], segments[0]
    if len(segments) == 1:
        return f"One group: {words.count(sizes[0])} customers, no segments among them."
    number = NUMERALS.get(len(segments), words.count(len(segments))).capitalize()
    if handful(sizes):
        return (
            f"{number} segments, but one holds only {words.count(min(sizes))} of {words.count(sum(sizes))} customers."
        )
    brings = f", brings {words.share(first['revenue_share'])} of revenue" if valued(segments) else ""
    return f"{number} segments. {isolated(first['name'])}, {words.share(first['share'])} of customers{brings}."


def legend(segments: list[dict[str, Any]]) -> str:
    """Say how to read the cards: only what is on them."""
    told = []
    if any(judged(one) for one in segments):
        told.append("At risk: silent for longer than ever between two of their own orders.")
    if any(one.get("rule") for one in segments) and len(segments) > 1:
        told.append("How to know one: round cut-offs that find most of a segment.")
    if len(segments) > 1:
        told.append("What to do follows from the figures by fixed rules; try it beside customers held back.")
    return " ".join(told)


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RunError(
            f"{path.parent} is no run.",
            found=f"no {path.name} in it.",
            fix="name a folder that coterie run wrote, such as coterie-runs/000001.",
            code="no_run",
        ) from None
    except ValueError as error:
        raise RunError(
            f"{path} is damaged.",
            found=f"{error}.",
            fix="run again: coterie run writes a new folder.",
            code="damaged_run",
        ) from None
    return document


def _numbers(run: dict[str, Any], words: Format) -> list[dict[str, str]]:
    population, period = run["segments"]["population"], run["ledger"].get("period") or {}
    customers, orders, revenue = int(population["customers"]), population.get("orders"), population.get("revenue")
    since = f"since {words.day(period['first'])}" if period.get("first") else ""
    found = [
        {
            "label": "Customers",
            "value": words.count(customers),
            "note": f"{words.count(int(orders))} orders" if orders is not None else "",
        }
    ]
    if revenue is not None:
        found.append(
            {
                "label": "Revenue",
                "value": words.money(float(revenue)),
                "note": f"{words.money(float(revenue) / max(1, customers))} a customer",
            }
        )
    return [*found, {"label": "As of", "value": words.day(run["manifest"]["as_of"], short=True), "note": since}]


def _band(segments: list[dict[str, Any]], key: str, words: Format) -> list[dict[str, Any]]:
    start, blocks = 0.0, []
    for segment in segments:
        share = max(0.0, float(segment[key] or 0))
        blocks.append(
            {
                "slot": slot(segment["segment_id"]) + 1,
                "name": segment["name"],
                "label": words.share(segment[key]),
                "start": round(start * 1000, 2),
                "width": round(share * 1000, 2),
                "percent": round(share * 100, 3),
                "fit": "none" if share < 0.05 else "figure" if share < 0.15 else "all",
            }
        )
        start += share
    return blocks
