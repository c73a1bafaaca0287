"""How to know a member of a segment: the cases of its rule as sentences, in the figures of the locale."""

from __future__ import annotations

from typing import Any

from coterie.report.format import Format
from coterie.report.gates import listed
from coterie.segments.phrases import phrase

CASES = 3
"""Cases of a rule that are told, the largest first."""


def rule(segment: dict[str, Any], run: dict[str, Any], words: Format) -> dict[str, Any] | None:
    """Return the largest cases of a segment's rule as sentences, and how well it finds the segment; None where there is none."""
    found = segment.get("rule")
    if not found or not found.get("leaves") or len(run["segments"]["segments"]) == 1:
        return None
    cases = sorted(found["leaves"], key=lambda leaf: -leaf["customers"])
    features = {one["feature"]: one for one in run["model"]["features"]}
    told = [_case(leaf["when"], features, run["segments"]["units"], words) for leaf in cases[:CASES]]
    told[0] = told[0][:1].upper() + told[0][1:]
    finds = f"Finds {words.share(found['recall'])} of them" if found.get("recall") is not None else ""
    right = f"{words.share(found['precision'])} of those it finds are theirs" if found.get("precision") is not None else ""
    fidelity = "; ".join(part for part in (finds, right) if part)
    return {"cases": told, "more": max(0, len(cases) - CASES), "fidelity": f"{fidelity}." if fidelity else ""}


def _case(when: list[dict[str, Any]], features: dict[str, Any], units: dict[str, Any], words: Format) -> str:
    """Return the conditions of a leaf as a sentence, in the locale's figures; both ends of one feature together."""
    told = []
    for name in dict.fromkeys(one["feature"] for one in when):
        own = features.get(name, {})
        ends = {one["op"]: float(one["value"]) for one in when if one["feature"] == name}
        unit = units.get(name, {}).get("unit", "")
        told.append(within(own.get("registered", name), unit, ends.get(">="), ends.get("<"), own.get("low"), words))
    text = listed(told)
    return f"{text}."


def within(
    registered: str, unit: str, low: float | None, high: float | None, least: float | None, words: Format
) -> str:
    """Say a range of a feature: from ``low`` on, below ``high``; ``least`` is the smallest value there is.

    Examples
    --------
    >>> words = Format("de", "EUR")
    >>> within("total_orders", "orders", None, 2.0, 1.0, words), within("avg_order_value", "money", 1250.0, None, 3.0, words)
    ('1 order', 'at least 1.250\xa0€ an order')
    """
    said = phrase(registered)

    def write(value: float) -> str:
        return words.count(int(value)) if said.whole else words.measure(value, unit)

    start = least if low is None else low
    if said.whole and high is not None and start == high - 1:
        many = said.none or said.many if start == 0 else said.one or said.many if start == 1 else said.many
        return many.format(write(start))
    if low is None:
        return said.many.format(f"{'fewer' if said.whole else 'less'} than {write(high or 0.0)}")
    if high is None:
        return (said.one if low == 1 and said.one else said.many).format(f"at least {write(low)}")
    return said.many.format(f"{write(low)} to {write(high - 1 if said.whole else high)}")
