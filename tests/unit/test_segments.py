"""Names and profiles: unique, from evidence, blind to the currency."""

from __future__ import annotations

import numpy as np
import pytest

from coterie.segments import describe, names
from coterie.segments.profile import FIGURES


def test_alike_segments_are_told_apart_by_what_differs() -> None:
    regulars = [
        {"value": 1.0, "upper_orders": 5, "avg_order_value": 1.0, "recency_days": 2.0},
        {"value": 0.9, "upper_orders": 5, "avg_order_value": 1.0, "recency_days": 0.5},
    ]
    assert names(regulars) == ["Regular, longer silent", "Regular, more recent"]


@pytest.mark.parametrize(
    ("evidence", "name"),
    [
        ({"value": 0.4, "tenure_days": 0.3, "recency_days": 0.5, "upper_orders": 1}, "New"),
        ({"value": 0.3, "upper_orders": 1, "avg_order_value": 1.05}, "One-time"),
        ({"value": 0.8, "recency_days": 4, "at_risk": 0.8, "total_orders": 1}, "Lapsed"),
        ({"value": 1.6, "recency_days": 4, "silent_days": 120, "total_orders": 1}, "Lapsed high value"),
        ({"value": 0.8, "recency_days": 4, "at_risk": 0.1, "total_orders": 1}, "Regular"),
        ({"value": 2.0, "total_orders": 0.5, "avg_order_value": 5}, "Big spenders"),
        ({"value": 12.0, "total_orders": 0.5}, "Exceptional"),
        ({"value": 0.9, "total_orders": 0.5, "monthly_orders": 0.2, "avg_order_value": 2}, "Occasional large"),
        ({"value": 0.9, "total_orders": 0.5, "monthly_orders": 4, "avg_order_value": 2}, "Regular"),
        ({"value": 0.9, "total_orders": 3, "avg_order_value": 0.3}, "Frequent small orders"),
        ({"value": 0.2, "total_orders": 0.9}, "Light"),
        ({"value": 0.2, "total_orders": 1.2, "total_spend": 0.9}, "Regular"),
        ({"value": 0.9, "median_orders": 2}, "Occasional"),
        ({"value": 0.9, "median_orders": 2, "median_days_between_orders": 0.9, "active_days": 0.3}, "Few orders"),
        ({"value": 0.2, "median_orders": 6, "total_orders": 2, "total_spend": 2, "recency_days": 0.5}, "Loyal"),
        ({"total_orders": 1.6}, "Frequent"),
        ({"share": 0.95, "value": 0.9, "upper_orders": 1}, "Most customers"),
        ({}, "Customers"),
    ],
)
def test_a_name_follows_from_its_line_of_the_table(evidence: dict[str, float], name: str) -> None:
    assert names([evidence, {"value": 5.0}])[0] == name


def test_three_of_a_name_are_told_apart_by_one_trait() -> None:
    sizes = (0.7, 2.0, 1.2)
    assert names([{"value": 1.0, "avg_order_value": size} for size in sizes]) == [
        "Regular, smaller orders", "Regular, larger orders", "Regular, mid-size orders",
    ]  # fmt: skip


def test_names_and_sentences_go_by_what_a_feature_is() -> None:
    """The notebook publishes the mean line value as avg_order_value."""
    columns = {"total_orders": np.array([2.0, 2.0]), "avg_order_value": np.array([17.0, 17.0])}
    labels = np.zeros(2, dtype=np.int32)
    published = {"total_orders": "total_orders", "avg_line_value": "avg_order_value"}
    _, [segment] = describe(columns, labels, published=published, currency="EUR")
    assert segment.sentence == "2 customers (100%): typically 2 orders, €17 a line."


def test_one_segment_is_everybody() -> None:
    assert names([{"share": 1.0}]) == ["All customers"]


def test_profiles_add_up_and_the_currency_changes_no_name() -> None:
    rng = np.random.default_rng(0)
    spend = rng.lognormal(5, 1, 200)
    labels = (spend < np.median(spend)).astype(np.int32)
    columns = {"total_spend": spend, "total_orders": rng.integers(1, 9, 200).astype(float), "gap": np.full(200, np.nan)}
    population, segments = describe(columns, labels)
    _, again = describe({**columns, "total_spend": spend * 100}, labels)
    assert [s.name for s in segments] == [s.name for s in again]
    assert sum(s.customers for s in segments) == population["customers"] == 200
    assert sum(s.share for s in segments) == 1
    assert sum(s.revenue_share for s in segments) == 1
    assert segments[0].features["total_spend"]["median"] == np.median(spend[labels == 0])
    assert segments[0].features["gap"] == dict.fromkeys([*FIGURES, "lift"])
