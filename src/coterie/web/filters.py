"""The filters of a list of customers as a form has them: what there is to choose, what was chosen, and how to take it back."""

from __future__ import annotations

from typing import Any

from coterie.report.pictures import label
from coterie.web.conditions import SHORT
from coterie.web.listing import PAGING, listing_in
from coterie.web.snapshot import Snapshot

Asked = tuple[tuple[str, str], ...]
BOUNDS = (
    ("recency", "Last order, days ago", "1"),
    ("spend", "Spend", "any"),
    ("confidence", "Confidence, 0 to 1", "any"),
)
"""Numbers that the form asks from and to; the address takes any numeric column."""
MOST = 500
"""Values that a list to choose from may have."""


def fields(found: Snapshot, asked: Asked, fixed: Asked) -> dict[str, Any]:
    """Return the fields of the form.

    Parameters
    ----------
    found : Snapshot
        The run.
    asked : tuple of (str, str)
        What the address says.
    fixed : tuple of (str, str)
        What the page stands for, which nobody can take away: a segment's list has its segment.

    Returns
    -------
    dict
        ``q``; ``choices``, each with ``name``, ``label``, ``any``, ``several`` and ``options``; ``bounds``, each with ``name``,
        ``label``, ``step``, ``low`` and ``high``; and ``rest``, what the form sends along as it came.
    """
    columns = found.tables.columns("customers")
    choices = [_choice(name, asked, options) for name, options in _options(found, fixed).items()]
    bounds = [
        {"name": name, "label": said, "step": step, "low": _first(asked, f"min_{name}"), "high": _first(asked, f"max_{name}")}
        for name, said, step in BOUNDS
        if SHORT.get(name, name) in columns
    ]
    shown = {"q", *(choice["name"] for choice in choices), *(f"{end}_{one['name']}" for one in bounds for end in ("min", "max"))}
    several = {choice["name"] for choice in choices if choice["several"]}
    rest, seen = [], set[str]()
    for name, value in asked:
        # The page begins anew where the filters change; what a field cannot show a second time is sent along unseen.
        if name not in ("after", "back") and (name not in shown or (name in seen and name not in several)):
            rest.append((name, value))
        seen.add(name)
    return {"q": _first(asked, "q"), "choices": choices, "bounds": bounds, "rest": rest}


def said(found: Snapshot, name: str, value: str) -> str:
    """Say a filter of the address in words.

    A run's own names stand for ids, and figures are as they were typed.
    """
    if name == "q":
        return f"“{value}”"
    if name == "segment":
        return next((str(one["name"]) for one in found.segments if value in (one["segment_id"], one["name"])), value)
    if name == "at_risk":
        return "At risk" if value.lower() in ("true", "1", "yes") else "Not at risk"
    if name[:4] in ("min_", "max_"):
        column = SHORT.get(name[4:], name[4:])
        noun = next((text.split(",")[0] for key, text, _ in BOUNDS if SHORT.get(key, key) == column), label(column))
        days = " days ago" if column == "recency_days" else ""
        return f"{noun} {'at least' if name.startswith('min_') else 'at most'} {value}{days}"
    return value if name == "country" else f"{label(name)}: {value}"


def _options(found: Snapshot, fixed: Asked) -> dict[str, list[tuple[str, str, int | None]]]:
    """Return what may be chosen: for each filter value, words and customers."""
    columns = found.tables.columns("customers")
    offered: dict[str, list[tuple[str, str, int | None]]] = {}
    if "segment" not in dict(fixed):
        names = {str(one["segment_id"]): str(one["name"]) for one in found.segments}
        offered["segment"] = [(one, names.get(one, "Fully returned"), count) for one, count in _counts(found, fixed, "segment_id")]
    if "country" in columns:
        offered["country"] = [(one, one, count) for one, count in _counts(found, fixed, "country")]
    if "at_risk" in columns:
        counts = dict(_counts(found, fixed, "at_risk"))
        offered["at_risk"] = [("true", "At risk", counts.get("True", 0)), ("false", "Not at risk", counts.get("False", 0))]
    return offered


def _counts(found: Snapshot, fixed: Asked, column: str) -> list[tuple[str, int]]:
    def counted() -> list[tuple[str, int]]:
        asked = listing_in(found, fixed).grouping(column)
        return [(str(row["value"]), row["customers"]) for row in found.tables.rows(*asked)[:MOST]]

    return found.once(("counts", fixed, column), counted)


_SAID = {"segment": ("Segment", "All segments"), "country": ("Country", "All countries"), "at_risk": ("At risk", "Everybody")}


def _choice(name: str, asked: Asked, options: list[tuple[str, str, int | None]]) -> dict[str, Any]:
    chosen = [value for key, value in asked if key == name and value]
    known = {value for value, _, _ in options}
    # A segment may be asked for by its name, and a country by a link of another day.
    shown = [(value, text, count, value in chosen or text in chosen) for value, text, count in options]
    shown += [(value, value, None, True) for value in chosen if value not in known and not any(value == one[1] for one in shown)]
    said_as, anything = _SAID[name]
    return {
        "name": name,
        "label": said_as,
        "any": anything,
        "several": len(chosen) > 1,
        "options": [dict(zip(("value", "text", "customers", "chosen"), one, strict=True)) for one in shown],
    }


def _first(asked: Asked, name: str) -> str:
    return next((value for key, value in asked if key == name), "")


def sent(asked: Asked) -> Asked:
    """Return what of an address is a filter."""
    return tuple((name, value) for name, value in asked if name not in PAGING and value.strip())


def without(asked: Asked, place: int) -> Asked:
    """Return an address' parameters, but one of its filters, on the first page."""
    kept = [one for number, one in enumerate(sent(asked)) if number != place]
    return (*kept, *(one for one in asked if one[0] in ("sort", "limit")))
