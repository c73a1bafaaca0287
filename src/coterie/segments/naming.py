"""Names from evidence: a segment's own profile against all customers, never its cluster number.

The first line of the table that is true gives the name. *Value* is revenue per customer over the average, which a few whales can
lift far above the typical customer; spend, orders, order size, intervals, active time, recency and tenure are medians over the
population's. What is not known is not true.

=========================  ==============================================================================================
name                       evidence
=========================  ==============================================================================================
Most customers             nine in ten of all: what is typical of them is typical of everybody
New                        tenure at most half, recency at most the population's, value under 1.5
One-time large             three quarters ordered at most once; order size above 1.1
One-time small             likewise; order size under 0.9
One-time                   likewise
Lapsed high value          recency at least twice, and silence: two in three are silent longer than ever before, or the typical
                           customer for 90 days where too few have a rhythm to judge by; value at least 1.5
Lapsed                     likewise, value less
Exceptional                value at least 10
Big spenders               value at least 1.5, orders under 1: few orders, and much in each
Core                       value at least 1.5
Loyal                      three orders or more, orders and spend at least 1.5, recency at most the population's
Few orders                 seldom, intervals between orders at most 1.25, active time at most 0.75: they come as often as others,
                           for a while
Occasional large           seldom, order size above 1.1. Seldom: fewer than three orders; or orders at most 2/3, and fewer than
                           one a month
Occasional                 seldom
Frequent small orders      orders at least twice, order size at most 0.6
Regular                    value at least 0.35, or spend at least 0.75
Light                      less of both
Frequent, Customers        value not known; orders at least 1.5, or less
=========================  ==============================================================================================

Where segments would share a name, what tells them apart is added: order size, frequency, recency, tenure, value or number of
customers; the first that differs by half, else the one that differs most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

Evidence = Mapping[str, float]

_TELLING = (
    ("avg_order_value", "larger orders", "mid-size orders", "smaller orders"),
    ("total_orders", "more orders", "mid frequency", "fewer orders"),
    ("recency_days", "longer silent", "mid recency", "more recent"),
    ("tenure_days", "longer known", "mid tenure", "newer"),
    ("value", "higher value", "mid value", "lower value"),
    ("share", "larger group", "mid-size group", "smaller group"),
)
_APART, _WELL_APART = 1.1, 1.5
"""Neighbours whose figures differ by less are not told apart by them; those that differ by more need no other trait."""


def names(evidence: Sequence[Evidence]) -> list[str]:
    """Name segments by their evidence; every name is unique.

    Parameters
    ----------
    evidence : sequence of mapping of str to float
        By segment, as far as known: ``value`` (revenue per customer over the average); ``share`` (of the customers); the lifts of
        ``total_orders``, ``total_spend``, ``avg_order_value``, ``median_days_between_orders``,
        ``active_days``, ``recency_days`` and ``tenure_days``; and as they are ``median_orders``,
        ``upper_orders`` (upper quartile), ``monthly_orders``, ``silent_days`` (medians), ``at_risk`` (share).

    Examples
    --------
    >>> names([{"value": 3.2, "upper_orders": 9}, {"value": 0.2, "upper_orders": 1, "avg_order_value": 1.4}])
    ['Core', 'One-time large']
    """
    if len(evidence) == 1:
        return ["All customers"]
    # Nine digits: what another unit of the currency leaves of rounding must not tip a threshold.
    known = [{trait: float(f"{figure:.9g}") for trait, figure in one.items()} for one in evidence]
    found = [_base(one) for one in known]
    for name in sorted({name for name in found if found.count(name) > 1}):
        alike = [i for i, other in enumerate(found) if other == name]
        for i, qualified in zip(alike, _qualified(name, [known[i] for i in alike]), strict=True):
            found[i] = qualified
    return found


def _base(one: Evidence) -> str:
    if one.get("share", 0.0) >= 0.9:
        return "Most customers"
    value, orders, size = one.get("value"), one.get("total_orders"), one.get("avg_order_value", 1.0)
    if one.get("tenure_days", 1.0) <= 0.5 and one.get("recency_days", 2.0) <= 1 and not (value and value >= 1.5):
        return "New"
    if one.get("upper_orders", 2.0) <= 1:
        return "One-time large" if size > 1.1 else "One-time small" if size < 0.9 else "One-time"
    if _lapsed(one):
        return "Lapsed high value" if value and value >= 1.5 else "Lapsed"
    if value and value >= 1.5:
        return "Exceptional" if value >= 10 else "Big spenders" if orders is not None and orders < 1 else "Core"
    if _loyal(one):
        return "Loyal"
    if _seldom(one):
        if one.get("median_days_between_orders", 2.0) <= 1.25 and one.get("active_days", 1.0) <= 0.75:
            return "Few orders"
        return "Occasional large" if size > 1.1 else "Occasional"
    if orders is not None and orders >= 2 and size <= 0.6:
        return "Frequent small orders"
    if value is None:
        return "Frequent" if orders is not None and orders >= 1.5 else "Customers"
    return "Regular" if value >= 0.35 or one.get("total_spend", 0.0) >= 0.75 else "Light"


def _lapsed(one: Evidence) -> bool:
    silent = one["at_risk"] >= 2 / 3 if "at_risk" in one else one.get("silent_days", 0.0) >= 90
    return one.get("recency_days", 1.0) >= 2 and silent


def _loyal(one: Evidence) -> bool:
    often = one.get("median_orders", 1.0) >= 3 and one.get("total_orders", 1.0) >= 1.5
    return often and one.get("total_spend", 1.0) >= 1.5 and one.get("recency_days", 2.0) <= 1


def _seldom(one: Evidence) -> bool:
    fewer = one.get("total_orders", 1.0) <= 2 / 3 and one.get("monthly_orders", 1.0) < 1
    return one.get("median_orders", 3.0) < 3 or fewer


def _qualified(name: str, alike: Sequence[Evidence]) -> list[str]:
    """Tell segments of one name apart: by one trait where one does, else by halves, and what is left by rank."""
    if len(alike) == 1:
        return [name]
    apart = [(min(_gap(trait, alike), _WELL_APART), trait, words) for trait, *words in _TELLING if len(alike) <= len(words)]
    gap, trait, words = max(apart, key=lambda one: one[0], default=(0.0, "", []))
    if gap >= _APART:
        order = sorted(range(len(alike)), key=lambda i: -alike[i][trait])
        chosen = words if len(alike) == 3 else words[::2]
        return [f"{name}, {chosen[order.index(i)]}" for i in range(len(alike))]
    for trait, high, _, low in _TELLING:
        figures = [one.get(trait, 0.0) for one in alike]
        if max(figures) >= _APART * min(figures) > 0:
            middle = (max(figures) * min(figures)) ** 0.5
            found: dict[int, str] = {}
            for upper, word in ((True, high), (False, low)):
                half = [i for i, figure in enumerate(figures) if (figure > middle) == upper]
                found.update(zip(half, _qualified(f"{name}, {word}", [alike[i] for i in half]), strict=True))
            return [found[i] for i in range(len(alike))]
    ranked = sorted(
        range(len(alike)), key=lambda i: ([-alike[i].get(row[0], 0.0) for row in _TELLING], sorted(alike[i].items()))
    )
    return [f"{name}, group {ranked.index(i) + 1}" for i in range(len(alike))]


def _gap(trait: str, alike: Sequence[Evidence]) -> float:
    """Return the smallest ratio between neighbours in order of a trait; 0 where it is not known of all."""
    figures = sorted(one.get(trait, 0.0) for one in alike)
    return min(high / low for low, high in pairwise(figures)) if figures[0] > 0 else 0.0
