"""Names from evidence: a segment's own profile against all customers, never its cluster number.

====================  =====================================================================
name                  evidence
====================  =====================================================================
One-time large        three quarters ordered at most once; orders above the typical value
One-time small        three quarters ordered at most once; orders at or below it
Exceptional           a customer brings at least 10 times the average revenue
Core                  at least 1.5 times
Regular               at least 0.35 times
Occasional            less
====================  =====================================================================

Where two segments would share a name, what tells them apart is added: order size, frequency, recency, tenure, in that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_TELLING = (
    ("avg_order_value", "larger orders", "smaller orders"),
    ("total_orders", "more orders", "fewer orders"),
    ("recency_days", "longer silent", "more recent"),
    ("tenure_days", "longer known", "newer"),
    ("value", "higher value", "lower value"),
    ("share", "larger group", "smaller group"),
)


def names(evidence: Sequence[Mapping[str, float]]) -> list[str]:
    """Name segments by their evidence; every name is unique.

    Parameters
    ----------
    evidence : sequence of mapping of str to float
        A segment's ``value`` (revenue per customer over the average), ``upper_orders`` (upper quartile of orders),
        ``share``, and the lift of each feature's median.

    Examples
    --------
    >>> names([{"value": 3.2, "upper_orders": 9}, {"value": 0.2, "upper_orders": 1, "avg_order_value": 1.4}])
    ['Core', 'One-time large']
    """
    if len(evidence) == 1:
        return ["All customers"]
    found = [_base(one) for one in evidence]
    for trait, high, low in _TELLING:
        for name in {name for name in found if found.count(name) > 1}:
            alike = [i for i, other in enumerate(found) if other == name]
            _split(found, alike, [evidence[i].get(trait) for i in alike], high, low)
    for name in {name for name in found if found.count(name) > 1}:
        for number, i in enumerate([i for i, other in enumerate(found) if other == name], start=1):
            found[i] = f"{name}, group {number}"
    return found


def _base(one: Mapping[str, float]) -> str:
    if one.get("upper_orders", 2.0) <= 1:
        return "One-time large" if one.get("avg_order_value", 1.0) > 1 else "One-time small"
    value = one.get("value")
    if value is None:
        return "Customers"
    for least, name in ((10.0, "Exceptional"), (1.5, "Core"), (0.35, "Regular")):
        if value >= least:
            return name
    return "Occasional"


def _split(found: list[str], alike: list[int], traits: list[float | None], high: str, low: str) -> None:
    """Add a qualifier to segments of one name where a trait parts them by a tenth or more."""
    known = [trait for trait in traits if trait is not None]
    if len(known) < len(traits) or max(known) < 1.1 * min(known):
        return
    middle = (max(known) * min(known)) ** 0.5
    for i, trait in zip(alike, known, strict=True):
        found[i] += f", {high if trait > middle else low}"
