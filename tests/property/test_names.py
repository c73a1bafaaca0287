"""Names: unique, true of the segment they name, blind to cluster numbers and to the currency's unit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coterie.segments import describe, names

lift = st.floats(0.001, 1000) | st.sampled_from([0.35, 0.5, 0.6, 2 / 3, 0.9, 1.0, 1.1, 1.5, 2.0, 10.0])
evidence = st.fixed_dictionaries(
    {"share": st.floats(0.001, 1)},
    optional={
        "value": lift,
        "median_orders": st.floats(1, 50),
        "upper_orders": st.floats(1, 50),
        "monthly_orders": st.floats(0.01, 50),
        "silent_days": st.floats(0, 1000),
        "at_risk": st.floats(0, 1),
        "avg_order_value": lift,
        "total_orders": lift,
        "total_spend": lift,
        "median_days_between_orders": lift,
        "active_days": lift,
        "recency_days": lift,
        "tenure_days": lift,
    },
)
segments = st.lists(evidence, min_size=2, max_size=12)
HEAVY = ("Core", "Exceptional", "Big spenders", "Lapsed high value")


@given(segments)
def test_names_are_unique_and_short(found) -> None:
    given_names = names(found)
    assert len(set(given_names)) == len(found)
    for name in given_names:
        assert len(name.partition(",")[0]) <= 21
        assert len(name) <= 120


@given(segments)
def test_names_never_mislead(found) -> None:
    for one, name in zip(found, names(found), strict=True):
        base = name.partition(",")[0]
        if base == "Most customers":
            assert one["share"] >= 0.899
        if base.startswith("One-time"):
            assert one["upper_orders"] <= 1.001
        if base.endswith(" large"):
            assert one["avg_order_value"] > 1
        if base.endswith(" small") or base == "Frequent small orders":
            assert one["avg_order_value"] < 1
        if base in HEAVY:
            assert one["value"] >= 1.499
        if base.startswith("Lapsed"):
            assert one["recency_days"] > 1
            assert one.get("at_risk", 1) > 0.6
            assert "at_risk" in one or one["silent_days"] >= 89.9
        if base == "New":
            assert one["tenure_days"] < 1
            assert one["recency_days"] <= 1.001
            assert one.get("value", 1) < 1.5
        if base == "Big spenders":
            assert one["total_orders"] < 1
        if base == "Core":
            assert one.get("total_orders", 1) >= 0.999
        if base in ("Regular", "Frequent", "Light", "Loyal", "Frequent small orders"):
            assert one.get("median_orders", 3) >= 2.999, "who ordered twice is not one of these"
        if base.startswith("Frequent") or base == "Loyal":
            assert one["total_orders"] > 1
        if base == "Loyal":
            assert one["recency_days"] <= 1.001
            assert one["total_spend"] > 1
        if base == "Light":
            assert one["value"] < 0.35
        if base.startswith("Occasional") or base == "Few orders":
            assert one.get("median_orders", 3) < 3 or (one["total_orders"] < 1 and one["monthly_orders"] < 1)
            assert one.get("value", 1) < 1.5
            brief = one.get("active_days", 1) < 0.8 and one.get("median_days_between_orders", 2) < 1.3
            assert brief or base != "Few orders"


@given(segments, st.randoms(use_true_random=False))
def test_permuted_clusters_permute_their_names(found, chance) -> None:
    order = list(range(len(found)))
    chance.shuffle(order)
    plain, shuffled = names(found), names([found[i] for i in order])
    assert sorted(plain) == sorted(shuffled)
    for place, i in enumerate(order):
        # Segments that are equal in everything have nothing but their number to tell them apart.
        if found.count(found[i]) == 1:
            assert shuffled[place] == plain[i]


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.floats(1e-4, 1e6))
def test_the_currency_changes_no_name(seed: int, k: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    n = 40 * k
    labels = (np.arange(n) % k).astype(np.int32)
    orders = rng.poisson(rng.lognormal(0, 1, k)[labels]) + 1.0
    spend = np.round(rng.lognormal(rng.normal(0, 1, k)[labels] + 4, 0.5), 2) * orders
    days = rng.integers(1, 400, n).astype(float)
    columns = {"total_orders": orders, "recency_days": days, "tenure_days": days + rng.integers(0, 300, n)}

    def named(unit: float) -> list[str]:
        money = {"total_spend": spend * unit, "avg_order_value": spend * unit / orders}
        return [segment.name for segment in describe({**columns, **money}, labels)[1]]

    assert named(1.0) == named(100.0) == named(rate)
