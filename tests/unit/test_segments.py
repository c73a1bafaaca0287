"""Names and profiles: unique, from evidence, blind to the currency."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coterie.segments import describe, names
from coterie.segments.profile import FIGURES

lift = st.floats(0.001, 1000)
evidence = st.fixed_dictionaries(
    {"share": st.floats(0.001, 1)},
    optional={
        "value": lift,
        "upper_orders": st.floats(1, 50),
        "avg_order_value": lift,
        "total_orders": lift,
        "recency_days": lift,
        "tenure_days": lift,
    },
)


@given(st.lists(evidence, min_size=2, max_size=12))
def test_names_are_unique_and_short(found) -> None:
    given_names = names(found)
    assert len(set(given_names)) == len(found)
    assert all(0 < len(name) <= 120 for name in given_names)


@given(st.lists(evidence, min_size=2, max_size=12))
def test_names_never_mislead(found) -> None:
    for one, name in zip(found, names(found), strict=True):
        if name.startswith("One-time"):
            assert one["upper_orders"] <= 1
        if name.startswith(("Core", "Exceptional")):
            assert one["value"] >= 1.5
        if name.startswith("Occasional"):
            assert one["value"] < 0.35


@given(st.lists(evidence, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_names_do_not_depend_on_cluster_numbers(found, chance) -> None:
    order = list(range(len(found)))
    chance.shuffle(order)
    plain = dict(zip(range(len(found)), names(found), strict=True))
    shuffled = dict(zip(order, names([found[i] for i in order]), strict=True))
    for i in plain:
        if "group" not in plain[i]:
            assert shuffled[i] == plain[i]


def test_alike_segments_are_told_apart_by_what_differs() -> None:
    regulars = [
        {"value": 1.0, "upper_orders": 5, "avg_order_value": 1.0, "recency_days": 2.0},
        {"value": 0.9, "upper_orders": 5, "avg_order_value": 1.0, "recency_days": 0.5},
    ]
    assert names(regulars) == ["Regular, longer silent", "Regular, more recent"]


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
