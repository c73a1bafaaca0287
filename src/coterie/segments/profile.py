"""What a segment looks like against all customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.segments.median import median_interval
from coterie.segments.naming import names

FIGURES = ("mean", "median", "q25", "q75", "low", "high")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """A cluster with an id, a name and a profile.

    Parameters
    ----------
    cluster : int
        Its label.
    segment_id : str
        ``"s1"`` and so on; an id never changes its meaning.
    name, sentence : str
        In plain words.
    customers : int
        Members.
    share : float
        Of the clustered customers, from 0 to 1.
    revenue : float or None
        Money, where spend is known.
    revenue_share : float or None
        Of the clustered customers' revenue, from 0 to 1.
    orders : int or None
        Orders, where they are known.
    features : dict of str to dict
        By feature: ``mean``, ``median``, ``q25``, ``q75``, ``low`` and ``high`` (95 % bootstrap interval of the median), and ``lift``
        (median over the population's median; None where that is 0).
    """

    cluster: int
    segment_id: str
    name: str
    sentence: str
    customers: int
    share: float
    revenue: float | None
    revenue_share: float | None
    orders: int | None
    features: dict[str, dict[str, float | None]]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return dict(vars(self))


def profile(columns: Mapping[str, Array]) -> dict[str, dict[str, float | None]]:
    """Return mean, median with its 95 % bootstrap interval, and quartiles of every feature; None where nobody has it.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        NaN where a customer has none.

    Examples
    --------
    >>> profile({"total_orders": np.array([1.0, 2.0, 6.0])})
    {'total_orders': {'mean': 3.0, 'median': 2.0, 'q25': 1.5, 'q75': 4.0, 'low': 1.0, 'high': 6.0}}
    """
    described: dict[str, dict[str, float | None]] = {}
    for name, values in columns.items():
        # Sorted, so that a sum's last digit does not depend on the order of the customers.
        known = np.sort(values[~np.isnan(values)])
        if not len(known):
            described[name] = dict.fromkeys(FIGURES)
            continue
        q25, median, q75 = (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75]))
        figures = (float(known.mean()), median, q25, q75, *median_interval(known))
        described[name] = dict(zip(FIGURES, figures, strict=True))
    return described


def describe(columns: Mapping[str, Array], labels: NDArray[np.int32]) -> tuple[dict[str, Any], list[Segment]]:
    """Profile the population and every cluster, and name the segments.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        Numeric features under their published names.
    labels : ndarray of shape (n_customers,)
        Clusters from 0.

    Returns
    -------
    population : dict
        ``customers``, ``revenue``, ``orders``, ``features``.
    segments : list of Segment
        By cluster.
    """
    population = {"customers": len(labels), **_totals(columns), "features": profile(columns)}
    segments = [_segment(cluster, columns, labels, population) for cluster in range(int(labels.max()) + 1)]
    named = names([_evidence(segment) for segment in segments])
    return population, [
        replace(segment, name=name, sentence=_sentence(segment)) for segment, name in zip(segments, named, strict=True)
    ]


def _totals(columns: Mapping[str, Array]) -> dict[str, Any]:
    spend, orders = columns.get("total_spend"), columns.get("total_orders")
    return {
        "revenue": None if spend is None else float(np.round(np.sort(spend).sum(), 6)),
        "orders": None if orders is None else int(orders.sum()),
    }


def _segment(
    cluster: int, columns: Mapping[str, Array], labels: NDArray[np.int32], population: Mapping[str, Any]
) -> Segment:
    members = labels == cluster
    own = {name: values[members] for name, values in columns.items()}
    totals, described = _totals(own), profile(own)
    for name, figures in described.items():
        figures["lift"] = _ratio(figures["median"], population["features"][name]["median"])
    return Segment(
        cluster=cluster,
        segment_id=f"s{cluster + 1}",
        name="",
        sentence="",
        customers=int(members.sum()),
        share=float(members.mean()),
        revenue=totals["revenue"],
        revenue_share=_ratio(totals["revenue"], population["revenue"]),
        orders=totals["orders"],
        features=described,
    )


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _evidence(segment: Segment) -> dict[str, float]:
    """Return the figures a name is decided by: lifts and ratios only, so that the currency's unit cannot matter."""
    evidence = {"share": segment.share}
    if segment.revenue_share is not None:
        evidence["value"] = segment.revenue_share / segment.share
    for name, figures in segment.features.items():
        if (lift := figures.get("lift")) is not None:
            evidence[name] = lift
    orders = segment.features.get("total_orders")
    if orders is not None and orders["q75"] is not None:
        evidence["upper_orders"] = orders["q75"]
    return evidence


def _sentence(segment: Segment) -> str:
    worth = "" if segment.revenue_share is None else f" bring {_percent(segment.revenue_share)} of revenue"
    parts = [f"{segment.customers:,} customers ({_percent(segment.share)}){worth}"]
    habits = [
        text.format(_short(median), "" if median == 1 else "s")
        for name, text in (
            ("total_orders", "{} order{}"),
            ("avg_order_value", "{} an order"),
            ("active_days", "active over {} day{}"),
            ("recency_days", "last seen {} day{} ago"),
        )
        if (median := segment.features.get(name, {}).get("median")) is not None
    ]
    return ": typically ".join([*parts, ", ".join(habits)] if habits else parts) + "."


def _percent(share: float) -> str:
    # Nearly all is not all, and nearly nothing is not nothing.
    return f"{share:.0%}" if 0.1 <= share < 0.995 or share in (0, 1) else f"{share:.1%}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.3g}"
