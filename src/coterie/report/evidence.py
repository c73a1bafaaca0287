"""What speaks for or against an advice: a segment's shares, ratios and counts, none of which a currency's unit can change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KNOWN = 0.25
"""Share of a segment's members with a rhythm of their own from which those silent speak for it."""
SLIGHT = 0.5
"""Worth below which only cheap channels pay."""
GONE = 2.0
"""Times everybody's recency from which a segment counts as gone."""
SMALLER, LARGER = 0.9, 1.1
"""Order value against everybody's below and above which it is another one."""


@dataclass(frozen=True)
class Evidence:
    """What is known of one segment; None where it is not.

    Parameters
    ----------
    customers : int
        Members.
    share, revenue_share : float, float or None
        Of all customers, and of all revenue.
    worth : float or None
        Revenue share over customer share: 1 is the average customer.
    upper_orders : float or None
        Orders of the upper quartile.
    orders, order_value, recency : tuple of float, or None
        Own median and everybody's: orders, money an order, days since the last order.
    at_risk : tuple of int, or None
        Silent longer than usual for them, and of how many that is known; None where it is known of too few.
    ahead, past : float or None
        Expected value a customer, and that of an equally long past stretch.
    days : int
        Length of both stretches.
    """

    customers: int
    share: float
    revenue_share: float | None
    worth: float | None
    upper_orders: float | None
    orders: tuple[float, float] | None
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
    def cheap(self) -> bool:
        """Whether they came once, for little, and long ago."""
        return self.once and self.gone and self.worth is not None and self.worth < SLIGHT and not self.large

    @property
    def rare(self) -> bool:
        """Whether they order no more often than is typical, but more than once."""
        return not self.once and self.orders is not None and self.orders[0] <= self.orders[1]

    @property
    def small(self) -> bool:
        """Whether their orders are smaller than is typical."""
        return self.order_value is not None and self.order_value[0] < SMALLER * self.order_value[1]

    @property
    def large(self) -> bool:
        """Whether their orders are larger than is typical."""
        return self.order_value is not None and self.order_value[0] > LARGER * self.order_value[1]

    @property
    def gone(self) -> bool:
        """Whether they were last seen twice as long ago as customers typically are."""
        return self.recency is not None and self.recency[0] >= GONE * self.recency[1]


def judged(segment: dict[str, Any]) -> dict[str, Any] | None:
    """Return who of a segment is at risk, where that is known of enough of them to speak for the segment.

    Examples
    --------
    >>> judged({"customers": 774, "at_risk": {"customers": 8, "of": 14, "share": 0.571}}) is None
    True
    """
    risk: dict[str, Any] | None = segment.get("at_risk")
    return risk if risk and risk["of"] >= KNOWN * segment["customers"] else None


def evidence_of(segment: dict[str, Any], population: dict[str, Any], days: int, per_order: bool = True) -> Evidence:
    """Return what the thresholds look at: shares, ratios and counts, so that the currency's unit cannot matter.

    Parameters
    ----------
    segment, population : dict
        Of ``segments.json``.
    days : int
        Length of the look ahead.
    per_order : bool
        Whether ``avg_order_value`` is what it says; the notebook's is the mean line.
    """

    def medians(name: str) -> tuple[float, float] | None:
        own, all_ = (part["features"].get(name, {}).get("median") for part in (segment, population))
        return None if own is None or not all_ else (own, all_)

    risk, ahead, share = judged(segment), segment.get("ahead") or {}, segment["share"]
    worth = segment["revenue_share"]
    return Evidence(
        customers=int(segment["customers"]),
        share=share,
        revenue_share=worth,
        worth=None if worth is None else worth / share,
        upper_orders=segment["features"].get("total_orders", {}).get("q75"),
        orders=medians("total_orders"),
        order_value=medians("avg_order_value") if per_order else None,
        recency=medians("recency_days"),
        at_risk=(risk["customers"], risk["of"]) if risk else None,
        ahead=ahead.get("expected_value"),
        past=ahead.get("past_value"),
        days=days,
    )
