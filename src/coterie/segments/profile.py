"""What a segment looks like against all customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.kernels import side_by_side
from coterie.segments.bands import banded
from coterie.segments.median import median_interval
from coterie.segments.naming import names
from coterie.segments.risk import risk_summary
from coterie.segments.segment import Segment
from coterie.segments.sentence import sentence

FIGURES = ("mean", "median", "q25", "q75", "low", "high")

Array = NDArray[np.float64]
_LIFTS = (
    "total_orders",
    "total_spend",
    "avg_order_value",
    "median_days_between_orders",
    "active_days",
    "recency_days",
    "tenure_days",
)


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


def describe(
    columns: Mapping[str, Array],
    labels: NDArray[np.int32],
    *,
    published: Mapping[str, str] | None = None,
    currency: str | None = None,
) -> tuple[dict[str, Any], list[Segment]]:
    """Profile the population and every cluster, and name the segments.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        Numeric features under their published names.
    labels : ndarray of shape (n_customers,)
        Clusters from 0.
    published : mapping of str to str, optional
        Registered name to published name of every feature; by default they are the same. Names and sentences go by what a feature
        is, not by what it is called.
    currency : str, optional
        ISO code of the money, for the sentences.

    Returns
    -------
    population : dict
        ``customers``, ``revenue``, ``orders``, ``features``.
    segments : list of Segment
        By cluster.
    """
    called = {name: name for name in columns} if published is None else published
    known = {name: columns[other] for name, other in called.items() if other in columns}
    population = {"customers": len(labels), **_totals(known), "features": profile(columns)}
    segments = side_by_side(lambda one: _segment(one, columns, called, labels, population), range(int(labels.max()) + 1))
    named = names([_evidence(segment, called) for segment in segments])
    return population, [
        replace(segment, name=name, sentence=_sentence(segment, called, currency))
        for segment, name in zip(segments, named, strict=True)
    ]


def _totals(known: Mapping[str, Array]) -> dict[str, Any]:
    spend, orders = known.get("total_spend"), known.get("total_orders")
    return {
        "revenue": None if spend is None else float(np.round(np.sort(spend).sum(), 6)),
        "orders": None if orders is None else int(orders.sum()),
    }


def _segment(
    cluster: int,
    columns: Mapping[str, Array],
    called: Mapping[str, str],
    labels: NDArray[np.int32],
    population: Mapping[str, Any],
) -> Segment:
    members = labels == cluster
    gathered = {name: values[members] for name, values in columns.items()}
    own, known = ({name: all_[other] for name, other in called.items() if other in all_} for all_ in (gathered, columns))
    totals, described = _totals(own), profile(gathered)
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
        bands=banded(own, known),
        at_risk=risk_summary(own),
    )


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _evidence(segment: Segment, published: Mapping[str, str]) -> dict[str, float]:
    """Return the figures a name is decided by: lifts, ratios, orders and days, so that the currency's unit cannot matter."""

    def figure(feature: str, name: str) -> float | None:
        return segment.features.get(published.get(feature, ""), {}).get(name)

    risk = segment.at_risk
    evidence = {
        "share": segment.share,
        "value": _ratio(segment.revenue_share, segment.share),
        "median_orders": figure("total_orders", "median"),
        "upper_orders": figure("total_orders", "q75"),
        "monthly_orders": figure("orders_per_month", "median"),
        "silent_days": figure("recency_days", "median"),
        # A share of a few says nothing about the segment.
        "at_risk": risk["share"] if risk and risk["of"] >= segment.customers / 2 else None,
        **{f: figure(f, "lift") for f in _LIFTS},
    }
    return {name: value for name, value in evidence.items() if value is not None}


def _sentence(segment: Segment, published: Mapping[str, str], currency: str | None) -> str:
    medians = {feature: segment.features[name]["median"] for feature, name in published.items() if name in segment.features}
    return sentence(segment.customers, segment.share, segment.revenue_share, medians, currency)
