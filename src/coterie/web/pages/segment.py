"""A segment: who they are, whom they are next to, and the list of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter

from coterie.errors import RunError
from coterie.report.format import isolated
from coterie.web.leave_form import form
from coterie.web.pages.visit import Data, Visit, published
from coterie.web.table import table

router = APIRouter()
PATH = "/segments/{segment:path}"
OWN = ("said",)
"""Parameters of the address that are the page's own, and no filters of its list."""


def known(visit: Visit) -> dict[str, Any]:
    """Return the segment that the address names, by id or by name, as ``segments.json`` has it.

    Raises
    ------
    RunError
        If the run has no such segment.
    """
    asked, there = visit.path["segment"], visit.snapshot.segments
    found = next((one for key in ("segment_id", "name") for one in there if one[key] == asked), None)
    if found is not None:
        return found
    raise RunError(
        f"Run {visit.snapshot.number} has no segment {asked[:100]!r}.",
        found=f"segments: {', '.join('{name} ({segment_id})'.format_map(one) for one in there)}.",
        fix=f"open one of these, such as /segments/{there[0]['segment_id']}.",
        code="no_segment",
    )


@published(router, PATH, "segment.html", same=True)
def segment(visit: Visit) -> Data:
    """Return a segment's card, its neighbours, and its customers."""
    found = known(visit)
    one = found["segment_id"]
    told = table(visit, f"/segments/{one}", fixed=(("segment", one),), own=OWN)
    cards = visit.snapshot.summary["segments"]
    return {
        "one": next(card for card in cards if card["id"] == one),
        "headline": _headline(visit, found),
        "segments": cards,
        "neighbours": _neighbours(visit, found),
        "list": told,
        "download": form(told["leave"]),
        "rename": _naming(visit, one),
        "refused": told["refused"],
    }


def _headline(visit: Visit, found: dict[str, Any]) -> str:
    words, share = visit.words, visit.words.share(found["share"])
    brings = "" if found["revenue_share"] is None else f", {words.share(found['revenue_share'])} of revenue"
    return f"{isolated(found['name'])}: {share} of customers{brings}"


def _naming(visit: Visit, one: str) -> Data:
    """Return the form for another name, and the names that people gave before, the last one first."""
    snapshot, newest = visit.snapshot, visit.library.numbers()[:1]
    given = [each for each in snapshot.model.document.get("approved", []) if each["segment_id"] == one]
    renamed = visit.first("said") == "renamed" and given and snapshot.run.manifest.get("renamed_from")
    return {
        "page": f"/segments/{quote(one)}",
        "action": f"/segments/{quote(one)}/rename",
        "of": snapshot.number,
        "newest": None if newest in ([], [snapshot.number]) else newest[0],
        "given": [{**each, "on": visit.words.day(each["at"]) if each["at"] else None} for each in reversed(given)],
        "done": {**given[-1], "run": snapshot.number, "before": snapshot.run.manifest["renamed_from"]} if renamed else None,
        "fields": {},
        "refused": None,
        "concerned": None,
    }


def _neighbours(visit: Visit, found: dict[str, Any]) -> list[Data]:
    """Return the other segments, each with how many of this one's customers are nearer to it than to any other."""
    snapshot, words = visit.snapshot, visit.words
    one, counts = found["segment_id"], dict[str, int]()
    if "nearest" in snapshot.tables.columns("customers"):
        sql = "SELECT nearest, count(*) AS customers FROM customers WHERE segment_id = ? AND nearest IS NOT NULL GROUP BY 1"
        counts = {row["nearest"]: row["customers"] for row in snapshot.tables.rows(sql, [one])}
    told = []
    for card in snapshot.summary["segments"]:
        nearest = counts.get(card["name"], 0)
        if card["id"] != one:
            told.append(
                {
                    "id": card["id"],
                    "name": card["name"],
                    "slot": card["slot"],
                    "customers": nearest,
                    "counted": words.count(nearest),
                    "share": words.share(nearest / found["customers"]) if found["customers"] else words.share(0),
                    "list": visit.at(f"/segments/{one}", nearest=card["name"], sort="confidence") if nearest else None,
                }
            )
    return sorted(told, key=lambda row: -row["customers"])
