"""Too little, too odd to cluster: what a run makes of it, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

import coterie as ct
from coterie.errors import ClusteringError
from shop import line, write

QUICK = {"clustering": {"n_init": 3, "k_max": 5}, "choice": {"n_seeds": 1, "n_bootstrap": 3, "n_splits": 2}}


def shop(
    n: int, *, orders=lambda i: 1 + i % 4, price=lambda i: f"{1 + (i * 37 % 101) / 7:.2f}", quantity=lambda i: 1 + i % 9
) -> list:
    """Return a small shop of n customers."""
    return [
        line(
            f"{i}-{order}",
            f"P{i % 5}",
            quantity(i),
            f"2011-{1 + order * 2:02d}-{1 + i % 27:02d} 10:00:00",
            price(i),
            f"c{i:03d}",
        )
        for i in range(n)
        for order in range(orders(i))
    ]


@pytest.mark.parametrize(
    ("rows", "as_of", "rule"),
    [
        (shop(20), "2009-01-01", "date_range"),
        ([line(str(i), customer="") for i in range(20)], None, "missing_customer"),
    ],
)
def test_when_no_line_is_left_the_refusal_names_the_rule_that_took_them(tmp_path: Path, rows, as_of, rule: str) -> None:
    with pytest.raises(ClusteringError, match=r"Not one of \d+ lines counts") as raised:
        ct.run(write(tmp_path / "sales.csv", rows), out=tmp_path / "runs", as_of=as_of)
    assert rule in raised.value.found
    assert raised.value.code == "too_few"


@pytest.mark.parametrize(
    ("rows", "k", "code", "found"),
    [
        (shop(1), None, "too_few", "1 customer;"),
        (shop(3), None, "too_few", "3 customers"),
        (shop(9), 5, "too_few", "9 customers; 5 segments take at least 10"),
        (
            shop(20, orders=lambda i: 1, price=lambda i: "2.50", quantity=lambda i: 1),
            None,
            "no_variation",
            "one and the same features",
        ),
        (
            shop(40, orders=lambda i: 1, price=lambda i: "2.50", quantity=lambda i: 1 + i % 3),
            5,
            "k_too_large",
            "3 different rows",
        ),
    ],
)
def test_customers_that_cannot_be_clustered_are_refused(rows, k, code: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(ClusteringError) as refusal:
        ct.run(write(tmp_path / "s.csv", rows), out=tmp_path / "runs", k=k, **QUICK)
    assert refusal.value.code == code
    assert found in refusal.value.found
    assert refusal.value.fix.endswith(".")
    assert not list((tmp_path / "runs").glob("0*"))


def test_only_customers_who_returned_everything_are_too_few(tmp_path: Path) -> None:
    rows = [
        row
        for i in range(9)
        for row in (
            line(f"{i}", customer=f"c{i}"),
            line(f"C{i}", quantity=-1, customer=f"c{i}", date="2011-02-01 10:00:00"),
        )
    ]
    with pytest.raises(ClusteringError, match="0 customers are too few"):
        ct.run(write(tmp_path / "s.csv", rows), out=tmp_path / "runs", **QUICK)


def test_a_constant_feature_is_left_out_and_said(tmp_path: Path) -> None:
    run = ct.run(write(tmp_path / "s.csv", shop(80, orders=lambda i: 1)), out=tmp_path / "runs", **QUICK)
    left_out = {entry["feature"] for entry in run.manifest["features"]["left_out"]}
    assert left_out == {"total_orders", "active_days"}
    assert run.model.features == ["total_quantity", "total_spend", "avg_order_value"]
    assert "total_orders" in run.customers("arrow").column_names


def test_a_whale_changes_no_segment_of_its_own_under_the_size_gate(tmp_path: Path) -> None:
    rows = [*shop(200), line("w", "P1", 10**6, "2011-05-05 10:00:00", "99", "whale")]
    run = ct.run(write(tmp_path / "s.csv", rows), out=tmp_path / "runs", **QUICK)
    assert min(segment["share"] for segment in run.segments["segments"]) >= 0.05
    whale = next(row for row in run.customers("arrow").to_pylist() if row["customer_id"] == "whale")
    assert whale["cluster"] is not None


def test_a_segment_that_is_empty_on_a_new_day_stays_in_the_model(tmp_path: Path) -> None:
    run = ct.run(write(tmp_path / "s.csv", shop(200)), out=tmp_path / "runs", k=4, **QUICK)
    assigned = ct.assign(run.model, write(tmp_path / "new.csv", shop(1)))
    assert assigned.num_rows == 1
    assert len(run.model.segments) == 4


def test_a_new_customer_beyond_the_range_is_assigned_and_marked(tmp_path: Path) -> None:
    run = ct.run(write(tmp_path / "s.csv", shop(200)), out=tmp_path / "runs", **QUICK)
    assigned = ct.assign(
        run.model, write(tmp_path / "new.csv", [line("w", "P1", 10**6, "2011-05-05 10:00:00", "99", "whale")])
    )
    assert assigned["out_of_range"].to_pylist() == [True]
    assert assigned["cluster"].to_pylist()[0] is not None


def test_order_level_input_runs_end_to_end(tmp_path: Path) -> None:
    rows = [
        (f"{i}-{j}", f"2011-{1 + j:02d}-{1 + i % 28:02d}", f"c{i}", f"{5 + (i * 37 % 101) * (1 + j)}.00")
        for i in range(120)
        for j in range(1 + i % 5)
    ]
    run = ct.run(
        write(tmp_path / "orders.csv", rows, header=("order_id", "order_date", "customer_id", "total")),
        out=tmp_path / "runs",
        **QUICK,
    )
    assert run.manifest["level"] == "order"
    assert "total_quantity" in run.manifest["features"]["not_available"]
    assert "total_quantity" not in run.model.features
    assert run.file("report.html").stat().st_size < 1_500_000


def test_one_date_in_the_far_future_moves_nothing(tmp_path: Path) -> None:
    rows = [*shop(60), line("late", "P1", 1, "2031-05-05 10:00:00", "9", "c000")]
    run = ct.run(write(tmp_path / "s.csv", rows), out=tmp_path / "runs", **QUICK)
    assert run.manifest["as_of"] < "2012"
    assert {rule["rule"]: rule["lines"] for rule in run.ledger["rules"]}["date_range"] == 1
