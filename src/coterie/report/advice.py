"""What to do next with a segment: registered suggestions, each with the threshold it hangs on; never by name or number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coterie.registry import Registry
from coterie.report.format import Format


@dataclass(frozen=True)
class Evidence:
    """What is known of one segment; None where it is not.

    Parameters
    ----------
    share, revenue_share : float, float or None
        Of all customers, and of all revenue.
    worth : float or None
        Revenue share over customer share: 1 is the average customer.
    upper_orders : float or None
        Orders of the upper quartile.
    order_value, recency : tuple of float, or None
        Own median and everybody's: money an order, days since the last order.
    at_risk : tuple of int, or None
        Silent longer than usual for them, and of how many that is known.
    ahead, past : float or None
        Expected value a customer, and that of an equally long past stretch.
    days : int
        Length of both stretches.
    """

    share: float
    revenue_share: float | None
    worth: float | None
    upper_orders: float | None
    order_value: tuple[float, float] | None
    recency: tuple[float, float] | None
    at_risk: tuple[int, int] | None
    ahead: float | None
    past: float | None
    days: int

    @property
    def once(self) -> bool:
        """Whether three quarters or more ordered only once."""
        return self.upper_orders is not None and self.upper_orders <= 1

    @property
    def large(self) -> bool:
        """Whether their orders are larger than is typical."""
        return self.order_value is not None and self.order_value[0] > LARGER * self.order_value[1]

    @property
    def gone(self) -> bool:
        """Whether they were last seen twice as long ago as customers typically are."""
        return self.recency is not None and self.recency[0] >= GONE * self.recency[1]


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


PRECIOUS = 2.0
"""Worth from which customers are looked after in person: twice their share of revenue."""
SLIGHT = 0.5
"""Worth below which only cheap channels pay."""
SILENT = 0.25
"""Share silent longer than usual from which it is worth a call."""
GONE = 2.0
"""Times everybody's recency from which a segment counts as gone."""
SMALLER, LARGER = 0.9, 1.1
"""Order value against everybody's below and above which it is another one."""
FADING = 0.7
"""Value ahead over past value below which a segment fades."""
MOST = 2
"""Suggestions a segment: more would be a list, not advice."""

ADVICE: Registry[Advice] = Registry("advice")
"""In order of weight: what comes first is shown first."""

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
        lambda e: e.once and e.gone and e.worth is not None and e.worth < SLIGHT and not e.large,
        lambda e, w: f"one order each, {_ago(e, w)}, {w.share(e.revenue_share)} of revenue",
    )
)
ADVICE.add(
    Advice(
        "second_order",
        "Ask for the second order: an offer that fits the first.",
        lambda e: e.once,
        lambda e, w: f"three quarters or more ordered only once{_of_value(e, w)}",
    )
)
ADVICE.add(
    Advice(
        "reactivate",
        "One try to win them back, then save the money.",
        lambda e: e.gone,
        lambda e, w: f"typically {_ago(e, w)}, all customers {_days(e.recency[1] if e.recency else 0, w)}",
    )
)
ADVICE.add(
    Advice(
        "larger_orders",
        "Make their orders larger: bundles, free delivery a little above the usual.",
        lambda e: e.order_value is not None and e.order_value[0] < SMALLER * e.order_value[1],
        lambda e, w: f"{_values(e, w)}",
    )
)
ADVICE.add(
    Advice(
        "more_often",
        "Bring them back sooner: a reminder when the usual time has passed.",
        lambda e: e.large,
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


def advise(segment: dict[str, Any], population: dict[str, Any], days: int, words: Format) -> list[dict[str, str]]:
    """Return what to do next with a segment, most important first, each with its evidence in words."""
    if segment["customers"] == population["customers"]:
        return []
    evidence = evidence_of(segment, population, days)
    found = [
        {"advice": one.name, "action": one.action, "short": _short(one.action), "because": one.because(evidence, words)}
        for one in ADVICE
        if one.fits(evidence)
    ]
    return found[:MOST] or [{"advice": "steady", "action": STEADY, "short": _short(STEADY), "because": ""}]


def evidence_of(segment: dict[str, Any], population: dict[str, Any], days: int) -> Evidence:
    """Return what the thresholds look at: shares, ratios and counts, so that the currency's unit cannot matter."""

    def medians(name: str) -> tuple[float, float] | None:
        own, all_ = (part["features"].get(name, {}).get("median") for part in (segment, population))
        return None if own is None or not all_ else (own, all_)

    risk, ahead, share = segment.get("at_risk"), segment.get("ahead") or {}, segment["share"]
    worth = segment["revenue_share"]
    return Evidence(
        share=share,
        revenue_share=worth,
        worth=None if worth is None else worth / share,
        upper_orders=segment["features"].get("total_orders", {}).get("q75"),
        order_value=medians("avg_order_value"),
        recency=medians("recency_days"),
        at_risk=(risk["customers"], risk["of"]) if risk else None,
        ahead=ahead.get("expected_value"),
        past=ahead.get("past_value"),
        days=days,
    )


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
