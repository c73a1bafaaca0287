"""What to do next with a segment: registered suggestions, each with the threshold it hangs on; never by name or number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coterie.registry import Registry
from coterie.report.evidence import Evidence, evidence_of
from coterie.report.format import Format


@dataclass(frozen=True)
class Advice:
    """One suggestion.

    Parameters
    ----------
    name : str
        Key.
    action : str
        What to do, in a few words.
    fits : callable
        Whether the evidence speaks for it.
    because : callable
        The evidence in words, without a full stop.
    """

    name: str
    action: str
    fits: Callable[[Evidence], bool]
    because: Callable[[Evidence, Format], str]


HANDFUL = 30
"""Customers below which a segment is a list of names: no average of them means much."""
PRECIOUS = 1.5
"""Worth from which customers are looked after in person: half as much again as the average customer's."""
SILENT = 0.25
"""Share silent longer than usual from which it is worth a call."""
FADING = 0.7
"""Value ahead over past value below which a segment fades."""
MOST = 2
"""Suggestions a segment: more would be a list, not advice."""

ADVICE: Registry[Advice] = Registry("advice")
"""In order of weight: what comes first is shown first."""

ADVICE.add(
    Advice(
        "one_by_one",
        "Look at each of them: a handful is no group to write to.",
        lambda e: e.customers < HANDFUL,
        lambda e, w: f"they are {w.count(e.customers)}",
    )
)
ADVICE.add(
    Advice(
        "keep",
        "Look after them first: service, early access, a name to call.",
        lambda e: e.worth is not None and e.worth >= PRECIOUS,
        lambda e, w: f"{w.share(e.share)} of customers bring {w.share(e.revenue_share)} of revenue",
    )
)
ADVICE.add(
    Advice(
        "win_back",
        "Write to those fallen silent: now, before they are gone.",
        lambda e: not e.once and e.at_risk is not None and e.at_risk[1] > 0 and e.at_risk[0] >= SILENT * e.at_risk[1],
        lambda e, w: f"{_silent(e, w)} are silent for longer than is usual for them",
    )
)
ADVICE.add(
    Advice(
        "spend_little",
        "Cheap channels only: a newsletter, a seasonal offer.",
        lambda e: e.cheap,
        lambda e, w: f"one order each, {_ago(e, w)}, {w.share(e.revenue_share)} of revenue",
    )
)
ADVICE.add(
    Advice(
        "second_order",
        "Ask for the second order: an offer that fits the first.",
        lambda e: e.once and not e.cheap,
        lambda e, w: f"three quarters or more ordered only once{_of_value(e, w)}",
    )
)
ADVICE.add(
    Advice(
        "reactivate",
        "One try to win them back, then save the money.",
        lambda e: e.gone and not e.once,
        lambda e, w: f"typically {_ago(e, w)}, all customers {_days(e.recency[1] if e.recency else 0, w)}",
    )
)
ADVICE.add(
    Advice(
        "larger_orders",
        "Make their orders larger: bundles, free delivery a little above the usual.",
        lambda e: e.small and not e.once,
        lambda e, w: _values(e, w),
    )
)
ADVICE.add(
    Advice(
        "more_often",
        "Bring them back sooner: a reminder when the usual time has passed.",
        lambda e: e.large and e.rare,
        lambda e, w: f"{_values(e, w)}: each order counts",
    )
)
ADVICE.add(
    Advice(
        "fading",
        "Find out why they buy less before spending on them.",
        lambda e: e.ahead is not None and bool(e.past) and e.ahead < FADING * (e.past or 0),
        lambda e, w: f"{w.money(e.ahead)} a customer expected in {w.count(e.days)} days, after {w.money(e.past)} in the last",
    )
)
STEADY = "Nothing stands out: test a small offer against customers who do not get it."


def advise(
    segment: dict[str, Any], population: dict[str, Any], days: int, words: Format, per_order: bool = True
) -> list[dict[str, str]]:
    """Return what to do next with a segment, most important first, each with its evidence in words."""
    if segment["customers"] == population["customers"]:
        return []
    evidence = evidence_of(segment, population, days, per_order)
    found = [
        {"advice": one.name, "action": one.action, "short": _short(one.action), "because": one.because(evidence, words)}
        for one in ADVICE
        if one.fits(evidence)
    ]
    return found[:MOST] or [{"advice": "steady", "action": STEADY, "short": _short(STEADY), "because": ""}]


def _short(action: str) -> str:
    return action.partition(":")[0].rstrip(".")


def _silent(e: Evidence, words: Format) -> str:
    silent, known = e.at_risk or (0, 0)
    return f"{words.count(silent)} of {words.count(known)} ({words.share(silent / max(1, known))})"


def _days(value: float, words: Format) -> str:
    return f"{words.number(value)} day{'' if value == 1 else 's'}"


def _ago(e: Evidence, words: Format) -> str:
    return f"last seen {_days(e.recency[0], words)} ago" if e.recency else ""


def _values(e: Evidence, words: Format) -> str:
    own, all_ = e.order_value or (0.0, 0.0)
    return f"{words.money(own)} an order, all customers {words.money(all_)}"


def _of_value(e: Evidence, words: Format) -> str:
    return f", {words.money(e.order_value[0])} an order" if e.order_value else ""
