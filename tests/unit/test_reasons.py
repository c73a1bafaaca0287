"""Reasons: contributions that add up, a confidence that is what it says, and changes that do what is said."""

from __future__ import annotations

import numpy as np
import pytest

from coterie.model import SegmentModel
from coterie.scaling import TRANSFORMS, fit_scaling
from coterie.segments.moves import MOVES, paths_of
from coterie.segments.reasons import Reasons

NAMES = ("total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days")
SEGMENTS = [("s1", "Core"), ("s2", "Regular"), ("s3", "One-time")]


def customers(n: int = 600, seed: int = 4, unit: float = 1.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    orders = np.where(rng.random(n) < 0.4, 1, 1 + rng.poisson(5, n)).astype(float)
    value = np.round(rng.lognormal(5, 0.9, n), 2)
    days = np.where(orders > 1, rng.integers(0, 370, n), 0).astype(float)
    units = 1 + np.round(orders * value / 3)
    return dict(zip(NAMES, (orders, units, orders * value * unit, value * unit, days), strict=True))


def model_of(columns: dict[str, np.ndarray], method: str = "log", segments: list = SEGMENTS, **how) -> SegmentModel:
    values = np.column_stack(list(columns.values()))
    scaling = fit_scaling(method, values, list(columns), [name == "active_days" for name in columns])
    points = scaling(values)
    order = np.argsort(values[:, 2])
    centers = np.array([points[part].mean(axis=0) for part in np.array_split(order[::-1], len(segments))])
    ranges = [{"feature": name, "low": float(x.min()), "high": float(x.max())} for name, x in columns.items()]
    return SegmentModel.from_parts(features=ranges, scaling=scaling, centers=centers, segments=segments, about={}, **how)


def stated(model: SegmentModel, columns: dict[str, np.ndarray], found: Reasons) -> int:
    """Replay every stated change, and the step before it; return how many there are."""
    changes = found.changes
    assert changes is not None
    has = changes.path >= 0
    own = model.assign(columns).cluster
    after = model.assign(changes.columns(columns, found.registered)).cluster
    before = model.assign(changes.columns(columns, found.registered, short=1)).cluster
    np.testing.assert_array_equal(after[has], changes.to[has])
    assert (after[has] != own[has]).all()
    np.testing.assert_array_equal(before[has], own[has])
    assert (changes.to[~has] == -1).all()
    return int(has.sum())


def test_contributions_add_up_to_the_gap() -> None:
    columns = customers()
    model = model_of(columns)
    found, assigned = model.explain(columns), model.assign(columns)
    np.testing.assert_array_equal(found.cluster, assigned.cluster)
    np.testing.assert_array_equal(found.distance, assigned.distance)
    np.testing.assert_array_equal(found.margin, assigned.margin)
    second = assigned.distance + assigned.margin
    np.testing.assert_allclose(found.contributions.sum(axis=1), second**2 - assigned.distance**2, atol=1e-12)


def test_confidence_runs_from_the_border_to_the_middle_and_is_whole_beyond() -> None:
    columns = {"total_spend": np.exp(np.array([-9.0, 0.0, 0.5, 1.0, 1.25, 2.0, 40.0]))}
    model = SegmentModel.from_parts(
        features=[{"feature": "total_spend", "low": 0.1, "high": 10.0}],
        scaling=fit_scaling("log", np.exp(np.array([[-1.0], [1.0]])), ["total_spend"], [False]),
        centers=np.array([[2.0], [0.0]]),
        segments=SEGMENTS[:2],
        about={},
    )
    found = model.explain(columns)
    np.testing.assert_allclose(found.confidence, [1.0, 1.0, 0.5, 0.0, 0.25, 1.0, 1.0], atol=1e-12)


def test_confidence_is_of_the_nearest_of_all_borders() -> None:
    columns = customers()
    model = model_of(columns)
    found, (_, distances) = model.explain(columns), model._distances(columns)
    apart = np.linalg.norm(model.centers[:, None] - model.centers, axis=2)
    for row, own in enumerate(found.cluster):
        others = [c for c in range(len(model.centers)) if c != own]
        to_border = [(distances[row, c] ** 2 - distances[row, own] ** 2) / (2 * apart[own, c]) for c in others]
        depths = [way / (apart[own, c] / 2) for way, c in zip(to_border, others, strict=True)]
        assert found.confidence[row] == pytest.approx(min(1.0, min(depths)))


@pytest.mark.parametrize("method", TRANSFORMS.names())
def test_every_change_does_what_is_said_and_one_step_less_does_not(method: str) -> None:
    columns = customers()
    model = model_of(columns, method)
    assert stated(model, columns, model.explain(columns)) > 100


def test_under_logarithms_no_smaller_change_of_the_kind_is_missed() -> None:
    columns = customers(150)
    model = model_of(columns)
    found = model.explain(columns)
    assert found.changes is not None
    orders = np.flatnonzero((columns["total_orders"] > 1) | (columns["active_days"] > 0))
    for row in orders:
        have = {name: x[row] for name, x in columns.items()}
        needed = None
        for more in range(1, int(9 * have["total_orders"]) + 1):
            factor = (have["total_orders"] + more) / have["total_orders"]
            grown = {name: have[name] * (factor if name in NAMES[:3] else 1) for name in NAMES}
            if model.assign({name: np.array([x]) for name, x in grown.items()}).cluster[0] != found.cluster[row]:
                needed = more
                break
        if found.changes.path[row] >= 0 and found.changes.moves[found.changes.path[row]] == "orders":
            assert found.changes.amounts[row] == needed
        if needed is not None:
            assert found.changes.path[row] >= 0


def test_words_of_a_change() -> None:
    columns = customers()
    found = model_of(columns).explain(columns)
    assert found.changes is not None
    said = {found.changes.moves[path]: text for path, text in zip(found.changes.path, found.change, strict=True) if path >= 0}
    assert {"orders", "later order", "larger orders"} <= said.keys()
    assert " more order" in said["orders"]
    assert said["later order"].startswith("one more order, ")
    assert said["larger orders"].startswith("a usual order of ")
    assert all(" -> " in text for text in said.values())
    for sentence, change in zip(found.sentence, found.change, strict=True):
        assert sentence.endswith(f"; {change}.") if change else "; next is " in sentence


def test_one_customer_is_told_what_he_is_told_in_a_batch() -> None:
    columns = customers(80)
    model = model_of(columns)
    batch = model.explain(columns)
    for row in range(80):
        alone = model.explain({name: x[row : row + 1] for name, x in columns.items()})
        assert (alone.sentence[0], alone.nearest[0], alone.confidence[0]) == (
            batch.sentence[row],
            batch.nearest[row],
            batch.confidence[row],
        )
        assert alone.as_dicts()[0] == batch.as_dicts()[row]


def test_pence_for_pounds_change_neither_segment_nor_orders() -> None:
    pounds, pence = customers(), customers(unit=100.0)
    one, other = model_of(pounds).explain(pounds), model_of(pence).explain(pence)
    assert one.changes is not None
    assert other.changes is not None
    np.testing.assert_array_equal(one.cluster, other.cluster)
    np.testing.assert_array_equal(one.changes.path, other.changes.path)
    moves = np.array([*one.changes.moves, ""])[one.changes.path]
    scale = np.where(np.char.endswith(moves.astype(str), "er orders"), 100.0, 1.0)
    np.testing.assert_allclose(other.changes.amounts, one.changes.amounts * scale)


def test_who_kept_nothing_has_no_reason_to_give() -> None:
    columns = customers(30)
    model = model_of(columns)
    for name in NAMES:
        columns[name][:2] = 0.0, np.nan
    found = model.explain(columns)
    assert found.sentence[0] == found.sentence[1] == "Everything came back, so there is nothing to go by."
    assert found.nearest[0] is None
    assert np.isnan(found.confidence[:2]).all()
    assert found.as_dicts()[0]["change"] is None
    assert np.isfinite(found.confidence[2:]).all()
    kept = model.explain({name: x[2:] for name, x in columns.items()})
    assert kept.sentence.tolist() == found.sentence[2:].tolist()


def test_a_single_segment_has_no_next() -> None:
    columns = customers(30)
    found = model_of(columns, segments=[("s1", "All customers")]).explain(columns)
    assert found.changes is None
    assert set(found.sentence) == {"All customers: the only segment."}
    assert found.as_dicts()[3]["nearest"] is None
    assert found.as_dicts()[3]["margin"] is None


def test_where_the_algorithm_does_not_go_by_centres() -> None:
    columns = customers()
    model = model_of(columns, assigns=False)
    other = ((model.assign(columns).cluster + 1) % 3).astype(np.int32)
    found = model.explain(columns, other)
    assert found.changes is None
    assert (found.margin < 0).all()
    assert (found.confidence == 0).all()
    row = int(np.flatnonzero(other == 0)[0])
    assert found.sentence[row] == f"Core, though nearer to the middle of {found.nearest[row]}."


def test_a_customer_outside_the_fitted_range_is_marked() -> None:
    columns = customers()
    model = model_of(columns)
    far = {name: x[:1] * (1e4 if name == "total_spend" else 1) for name, x in columns.items()}
    assert model.explain(far).out_of_range.tolist() == [True]
    assert model.explain(columns).out_of_range.sum() == 0


@pytest.mark.parametrize("move", MOVES.names())
def test_every_move_takes_steps_that_can_be_taken(move: str) -> None:
    have = {**customers(60), "recency_days": np.arange(60.0), "avg_basket_lines": np.arange(1.0, 61.0)}
    ranges = {name: (float(x.min()), float(x.max())) for name, x in have.items()}
    paths = [path for one, path in paths_of(have, ranges) if one.name == move]
    assert paths
    for path in paths:
        rows = np.flatnonzero(path.last > 0)
        assert len(rows)
        near, far = (path.at(rows, steps) for steps in (np.ones(len(rows), dtype=np.int64), path.last[rows]))
        assert near.keys() <= have.keys()
        for name in near:
            assert (near[name] != have[name][rows]).all()
            assert np.isfinite(far[name]).all()
            assert (far[name] >= 0).all()
        if {"total_spend", "avg_order_value"} & near.keys():
            spend, value = (near.get(name, have[name][rows]) for name in ("total_spend", "avg_order_value"))
            np.testing.assert_allclose(spend, value * near.get("total_orders", have["total_orders"][rows]))
        assert path.words(float(path.amount(rows[:1], np.ones(1, dtype=np.int64))[0]))
