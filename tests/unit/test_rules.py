"""Rules: round cut-offs, a leaf for every segment, and text that, evaluated, gives the tree's labels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from coterie.engines import identifier, open_engine
from coterie.features import FEATURES
from coterie.segments.conditions import matches
from coterie.segments.cutoffs import cutoffs, roundness
from coterie.segments.phrases import PHRASES, phrase
from coterie.segments.rules import LEAVES_PER_SEGMENT, Rules, find_rules

NAMES = ("total_orders", "total_spend", "avg_order_value", "active_days", 'x"; DROP TABLE t;--')
FUNCTIONS = ("log", "log", "log", "log1p", "identity")
IDS = ("s1", "s2", "s3", "s4")


def shop(n: int = 2000, seed: int = 3) -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.choice(4, n, p=[0.2, 0.4, 0.37, 0.03]).astype(np.int32)
    orders = 1 + rng.poisson(np.array([8, 3, 0, 0])[labels])
    value = np.round(rng.lognormal(np.array([6.0, 5.0, 4.5, 8.5])[labels], 0.5), 2)
    days = np.where(orders > 1, rng.integers(1, 370, n), 0)
    columns = (orders, orders * value, value, days, rng.normal(size=n))
    return {name: np.asarray(x, dtype=float) for name, x in zip(NAMES, columns, strict=True)}, labels


def rules_of(columns: dict[str, np.ndarray], labels: np.ndarray) -> Rules:
    ranges = [{"feature": name, "low": float(x.min()), "high": float(x.max())} for name, x in columns.items()]
    found = find_rules(columns, labels, ranges, FUNCTIONS, IDS)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found() -> Rules:
    return rules_of(*shop())


def test_few_leaves_and_one_at_least_for_every_segment(found: Rules) -> None:
    leaves = [leaf for _, leaf in found.tree.leaves()]
    assert len(leaves) <= LEAVES_PER_SEGMENT * len(IDS)
    assert {leaf.label for leaf in leaves} == set(range(4))


def test_a_segment_of_very_few_gets_its_leaf_as_well() -> None:
    columns, labels = shop(4000)
    labels[np.flatnonzero(labels == 3)[3:]] = 2
    assert rules_of(columns, labels).of(3)["leaves"]


def test_figures_are_those_of_the_labels(found: Rules) -> None:
    columns, labels = shop()
    said = found.labels(columns)
    assert found.as_dict()["fidelity"] == pytest.approx((said == labels).mean())
    assert found.as_dict()["fidelity"] > 0.85
    for cluster in range(4):
        rule = found.of(cluster)
        assert rule["recall"] == pytest.approx((said == labels)[labels == cluster].mean())
        assert rule["precision"] == pytest.approx((said == labels)[said == cluster].mean())


def test_the_conditions_evaluated_are_the_tree(found: Rules) -> None:
    columns, _ = shop(seed=8)
    said = found.labels(columns)
    times = np.zeros(len(said), dtype=int)
    for cluster in range(4):
        for leaf in found.of(cluster)["leaves"]:
            hold = matches(leaf["when"], columns)
            assert (said[hold] == cluster).all()
            times += hold
    assert (times == 1).all()


def test_the_sql_executed_is_the_tree(found: Rules) -> None:
    columns, _ = shop(seed=9)
    # On every cut-off, and beside it.
    for leaf in found.of(0)["leaves"]:
        for one in leaf["when"]:
            columns[one["feature"]][:3] = one["value"], np.nextafter(one["value"], -np.inf), np.nextafter(one["value"], np.inf)
    expected = [IDS[label] for label in found.labels(columns)]
    columns["total_spend"][5:7] = 0, -3.5
    expected[5:7] = "returned", "returned"
    with open_engine() as engine:
        engine.register("customers", pa.table({**columns, "at": np.arange(len(expected))}))
        said = engine.rows(f"SELECT {found.sql} FROM customers ORDER BY {identifier('at')}")
    assert [row[0] for row in said] == expected


def test_order_of_rows_changes_nothing(found: Rules) -> None:
    columns, labels = shop()
    order = np.random.default_rng(1).permutation(len(labels))
    again = rules_of({name: x[order] for name, x in columns.items()}, labels[order])
    assert (again.as_dict(), [again.of(c) for c in range(4)]) == (found.as_dict(), [found.of(c) for c in range(4)])


def test_another_unit_of_money_moves_the_cut_offs_and_nothing_else() -> None:
    columns, labels = shop()
    pennies = {name: np.round(x * 100) if "spend" in name or "value" in name else x for name, x in columns.items()}
    pounds, pence = rules_of(columns, labels), rules_of(pennies, labels)
    np.testing.assert_array_equal(pounds.labels(columns), pence.labels(pennies))
    for cluster in range(4):
        for one, other in zip(pounds.of(cluster)["leaves"], pence.of(cluster)["leaves"], strict=True):
            for a, b in zip(one["when"], other["when"], strict=True):
                money = "spend" in a["feature"] or "value" in a["feature"]
                assert b["value"] == pytest.approx(a["value"] * (100 if money else 1))


def test_cut_offs_are_round_and_counts_whole(found: Rules) -> None:
    for cluster in range(4):
        for leaf in found.of(cluster)["leaves"]:
            for one in leaf["when"]:
                assert float(f"{one['value']:.2g}") == one["value"]
                if PHRASES[one["feature"]].whole:
                    assert one["value"] == int(one["value"])


def test_cut_offs_take_more_digits_only_where_values_lie_close() -> None:
    close = cutoffs(np.linspace(20_100, 20_130, 200))
    assert len(close) >= 16
    assert all(20_100 < cut <= 20_130 for cut in close)
    np.testing.assert_array_equal(cutoffs(np.array([-40.0, -3.0, 0.0, 0.0, 7.0])), [-20.0, -2.0, 5.0])


@pytest.mark.parametrize("value", [100.0, 0.01, 1e9])
def test_round_is_round_at_any_size(value: float) -> None:
    assert roundness(value) == 0 < roundness(value * 3) < roundness(value * 1.5) < roundness(value * 1.7)


def test_one_segment_has_no_rules() -> None:
    columns, labels = shop(50)
    assert find_rules(columns, np.zeros_like(labels), [{"feature": "total_orders"}], ["log"], ["s1"]) is None


def test_segments_that_nothing_tells_apart_leave_one_leaf() -> None:
    same = find_rules({"x": np.ones(9)}, np.arange(9, dtype=np.int32) % 2, [{"feature": "x"}], ["identity"], ["s1", "s2"])
    assert same is not None
    assert same.of(0)["sentence"] == "Everybody."
    assert same.of(1) == {"sentence": "No short rule finds them.", "leaves": [], "recall": 0.0, "precision": None}
    assert "WHEN TRUE THEN 's1'" in same.sql


@pytest.mark.parametrize("one", [one.name for one in FEATURES if one.kind != "date"])
def test_every_feature_can_be_said(one: str) -> None:
    assert "7" in phrase(one).exact(7.0)
    assert phrase(one).within(2.0, None).replace("at least 2", "{}") == phrase(one).many


def test_every_phrase_is_of_a_feature() -> None:
    assert set(PHRASES.names()) <= set(FEATURES.names())
    assert phrase("days_since_hello").within(None, 2.5) == "days since hello less than 2.5"


def test_cut_offs_that_nearly_agree_are_told_as_one() -> None:
    rng = np.random.default_rng(6)
    spend, days = rng.uniform(1, 100, 4000).round(2), rng.integers(0, 2, 4000).astype(float) * 50
    labels = np.where(spend < np.where(days > 0, 50, 50.1), 2, np.where(days > 0, 0, 1)).astype(np.int32)
    ranges = [{"feature": name} for name in ("total_spend", "active_days")]
    found = find_rules({"total_spend": spend, "active_days": days}, labels, ranges, ["log", "log1p"], IDS[:3])
    assert found is not None
    assert found.of(2)["sentence"] == "Less than 50 spent."
    assert found.of(2)["leaves"][0]["customers"] == (spend < 50).sum()
    assert found.as_dict()["fidelity"] >= 0.998
