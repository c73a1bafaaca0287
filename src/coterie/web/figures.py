"""Figures as a person types them: read, worked out where they follow from others, and doubted where they do not fit them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coterie.engines import identifier
from coterie.features import FEATURES
from coterie.report.pictures import label
from coterie.web.snapshot import Snapshot

MOST = 1e15
"""From here on, whole numbers are no longer told apart."""
SLACK = 0.01
"""Part by which a figure may differ from what the others give: people round."""


@dataclass
class Figures:
    """What was made of the texts of a form.

    Parameters
    ----------
    values : dict of str to float
        By feature; those that can be read, and those that follow.
    problems : dict of str to str
        Feature -> what is wrong with it.
    follows : dict of str to float
        Feature -> what the others give, whether it was given itself or not.
    doubts : dict of str to str
        Feature -> how the given one differs from that.
    """

    values: dict[str, float] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    follows: dict[str, float] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)


def read(snapshot: Snapshot, texts: Mapping[str, str]) -> Figures:
    """Read the figures of a customer.

    Parameters
    ----------
    snapshot : Snapshot
        Of a run, whose features they are.
    texts : mapping of str to str
        By feature; what is absent or blank is missing.
    """
    found, missing = Figures(), []
    for entry in snapshot.model.document["features"]:
        name, text = entry["feature"], texts.get(entry["feature"], "").strip()
        if not text:
            missing.append(name)
            continue
        value, problem = _number(text, label(name), entry["registered"])
        if problem:
            found.problems[name] = problem
        else:
            found.values[name] = value
    following = derived(snapshot)
    for name, parts in following.items():
        if all(part in found.values for part in parts):
            _follow(snapshot, found, name, parts)
    for name in missing:
        # What follows is there as soon as its parts are: they are what to correct.
        if name not in found.values and all(part in found.values for part in following.get(name, [])):
            found.problems[name] = f"Enter {label(name).lower()}."
    return found


def derived(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the features of a run's model that follow from others of it, with those: an order's value from spend and orders."""
    names = {one["registered"]: one["feature"] for one in snapshot.model.document["features"]}
    found = {}
    for registered, name in names.items():
        if registered in FEATURES and FEATURES[registered].level == "customers":
            words = set(re.findall(r"\b[a-z_]+\b(?!\s*\()", FEATURES[registered].sql))
            if words <= names.keys():
                found[name] = [names[word] for word in sorted(words)]
    return found


def typed(value: float, registered: str) -> str:
    """Return a figure as a person would type it: no sign between thousands, a count in whole.

    Examples
    --------
    >>> typed(163.5, "active_days"), typed(3598.2100000000005, "total_spend"), typed(260.0, "total_spend")
    ('164', '3598.21', '260')
    """
    return str(math.floor(value + 0.5)) if _whole(registered) else f"{value:.12g}"


def _number(text: str, first: str, registered: str) -> tuple[float, str]:
    """Return a number, and what is wrong with it."""
    try:
        value = float(text.replace("_", "x"))
    except ValueError:
        value = math.nan
    if math.isnan(value):
        return 0.0, f"{first} is not a number: write digits, with a point before the decimals, such as 1234.5."
    zero = registered not in FEATURES or FEATURES[registered].can_be_zero
    if value < 0 or (value == 0 and not zero):
        return 0.0, f"{first} must be {'0 or more' if zero else 'more than 0'}."
    if value >= MOST:
        return 0.0, f"{first} is larger than any customer’s."
    if _whole(registered) and value != math.floor(value):
        return 0.0, f"{first} must be a whole number."
    return value, ""


def _whole(registered: str) -> bool:
    return registered in FEATURES and FEATURES[registered].kind == "count"


def _follow(snapshot: Snapshot, found: Figures, name: str, parts: list[str]) -> None:
    registered = {one["feature"]: one["registered"] for one in snapshot.model.document["features"]}
    # The feature's own definition, of the registry and not of a file; what was typed are values.
    given = ", ".join(f"CAST(? AS DOUBLE) AS {identifier(registered[part])}" for part in parts)
    asked: list[Any] = [found.values[part] for part in parts]
    value = snapshot.tables.rows(f"SELECT {FEATURES[registered[name]].sql} AS value FROM (SELECT {given})", asked)[0]["value"]
    if value is None or not math.isfinite(value):
        return
    found.follows[name] = float(value)
    if name in found.problems:
        return
    if name not in found.values:
        found.values[name] = float(value)
    elif abs(found.values[name] - value) > SLACK * abs(value):
        found.doubts[name] = " and ".join(label(part).lower() for part in parts)
