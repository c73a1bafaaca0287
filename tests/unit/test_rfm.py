"""RFM: eleven groups that cover everybody, scores that see values and not ids."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coterie.segments import score_rfm
from coterie.segments.rfm import GRID, GROUPS

customers = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 30), st.integers(1, 10_000)), min_size=1, max_size=60)


def columns(rows):
    recency, orders, spend = np.asarray(rows, dtype=float).T
    return {"recency_days": recency, "total_orders": orders, "total_spend": spend}


@given(customers)
def test_everybody_has_one_of_the_groups_and_equals_score_equal(rows) -> None:
    found = score_rfm(columns(rows))
    assert found is not None
    assert set(found.groups) <= set(GROUPS)
    seen = {}
    for row, scores in zip(rows, zip(found.recency, found.frequency, found.money, found.groups, strict=True), strict=True):
        assert seen.setdefault(row, scores) == scores
        assert all(1 <= score <= 5 for score in scores[:3])


@given(customers, st.randoms(use_true_random=False))
def test_order_and_currency_change_nothing(rows, chance) -> None:
    order = list(range(len(rows)))
    chance.shuffle(order)
    base, shuffled = score_rfm(columns(rows)), score_rfm(columns([rows[i] for i in order]))
    assert [base.groups[i] for i in order] == shuffled.groups.tolist()
    pence = columns(rows)
    assert score_rfm({**pence, "total_spend": pence["total_spend"] * 128}).groups.tolist() == base.groups.tolist()


def test_all_eleven_groups_can_be_reached() -> None:
    assert {name for row in GRID for name in row} == set(GROUPS)
    assert len(GROUPS) == 11


def test_shares_add_up() -> None:
    rows = [(i * 7 % 300, 1 + i % 9, 10 + i * 31 % 997) for i in range(200)]
    spend = columns(rows)["total_spend"]
    summary = score_rfm(columns(rows)).summary(spend)
    assert sum(group["customers"] for group in summary["groups"]) == 200
    assert abs(sum(group["revenue_share"] for group in summary["groups"]) - 1) < 1e-9


def test_without_a_feature_there_are_no_scores() -> None:
    assert score_rfm({"recency_days": np.array([1.0])}) is None
