"""The look ahead of a run: what counts as an order, what is refused and why, and figures that add up."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

import coterie as ct
from buyers import VALUE, Buyers, buyers
from coterie.engines import open_engine
from coterie.lifetime.orders import read_repeat_orders
from coterie.lifetime.ranking import auc, explained, ranks, spearman
from shop import cleaned, line, write

DAY = datetime.date
QUICK = {
    "k": 3,
    "clustering": {"k_max": 3, "n_init": 2},
    "choice": {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False},
}


def run(lines, out: Path, **value) -> ct.Run:
    return ct.run(lines, out=out, **QUICK, value=value)


def segments(found: ct.Run) -> dict:
    return json.loads((found.path / "segments.json").read_text())


def columns(found: ct.Run) -> dict[str, np.ndarray]:
    table = pyarrow.parquet.read_table(found.path / "customers.parquet")
    return {
        name: table[name].to_numpy() for name in ("segment_id", "total_orders", "p_alive", "expected_orders", "expected_value")
    }


@pytest.fixture(scope="module")
def drawn() -> Buyers:
    return buyers(900, 7)


@pytest.fixture(scope="module")
def found(drawn: Buyers, tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return run(drawn.lines(), tmp_path_factory.mktemp("runs"))


def test_an_order_is_a_day_with_something_kept(tmp_path: Path) -> None:
    sales = write(tmp_path / "sales.csv", [
        line("1", quantity=2, date="2011-01-01 09:00:00", price="5.00", customer="A"),
        line("2", quantity=1, date="2011-01-01 18:00:00", price="5.00", customer="A"),
        line("3", "P2", quantity=1, date="2011-01-15 10:00:00", price="15.00", customer="A"),
        line("4", "P3", quantity=4, date="2011-01-22 10:00:00", price="9.00", customer="A"),
        line("C5", "P3", quantity=-4, date="2011-01-29 10:00:00", price="9.00", customer="A"),
        line("6", quantity=1, date="2011-01-20 10:00:00", price="7.00", customer="B"),
        line("7", quantity=1, date="2011-01-30 10:00:00", price="7.00", customer="C"),
        line("C8", quantity=-1, date="2011-01-31 10:00:00", price="7.00", customer="C"),
    ])  # fmt: skip
    with open_engine() as engine:
        kept = cleaned(engine, sales)
        engine.run("CREATE TABLE everybody AS SELECT unnest(['A', 'B', 'C']) AS customer_id")
        orders = read_repeat_orders(engine, "everybody", kept.table, DAY(2011, 1, 29), 14)
    assert orders.known.tolist() == [True, True, False]
    a, b, nobody = zip(*vars(orders).values(), strict=True)
    assert a == (1.0, 2.0, 4.0, 15.0, 1.0, 15.0)
    assert b == (0.0, 0.0, 9 / 7, 7.0, 1.0, 7.0)
    assert np.isnan(nobody).all()


def test_a_forecast_stands_beside_history_and_adds_up(found: ct.Run, drawn: Buyers) -> None:
    told, by_customer = segments(found), columns(found)
    assert told["ahead"]["refused"] is None
    assert told["ahead"]["bg_nbd"]["intervals"].keys() == {"r", "alpha", "a", "b"}
    low, high = told["ahead"]["gamma_gamma"]["intervals"]["q"]
    assert low < VALUE[1] < high
    for segment in told["segments"]:
        members = by_customer["segment_id"] == segment["segment_id"]
        ahead = segment["ahead"]
        assert ahead["expected_orders"] == pytest.approx(by_customer["expected_orders"][members].mean())
        assert ahead["total_value"] == pytest.approx(by_customer["expected_value"][members].sum())
        assert ahead["expected_value"] * segment["customers"] == pytest.approx(ahead["total_value"])
    last = drawn.week > drawn.week.max() - 90 / 7
    past = sum(segment["ahead"]["past_value"] * segment["customers"] for segment in told["segments"])
    assert past == pytest.approx(np.round(drawn.value[last], 2).sum(), rel=0.03)


def test_one_order_says_nothing_of_leaving(found: ct.Run) -> None:
    by_customer = columns(found)
    once = by_customer["total_orders"] == 1
    assert np.isnan(by_customer["p_alive"][once]).all()
    assert ((by_customer["p_alive"][~once] > 0) & (by_customer["p_alive"][~once] <= 1)).mean() > 0.97
    assert (by_customer["expected_orders"] > 0).all()


def test_the_proof_covers_everybody_of_that_day(found: ct.Run) -> None:
    proof = segments(found)["ahead"]["proof"]
    since = (datetime.date.fromisoformat(proof["until"]) - datetime.date.fromisoformat(proof["since"])).days
    assert since == 90
    for groups in (proof["segments"], proof["rfm"]):
        assert sum(group["customers"] for group in groups) == proof["customers"]
        assert sum(group["revenue_share"] for group in groups) == pytest.approx(1)
    compared = {row["by"]: row for row in proof["compared"]}
    assert list(compared) == ["segments", "rfm", "none", "own_history", "bg_nbd"]
    assert compared["none"]["auc"] == 0.5
    assert compared["none"]["explained"] == 0
    # On customers who buy as the model says, the model ranks them best, and any grouping beats none.
    assert compared["bg_nbd"]["rank_correlation"] == max(row["rank_correlation"] or 0 for row in compared.values())
    assert min(compared[by]["auc"] for by in ("segments", "rfm", "bg_nbd")) > 0.55


def test_rfm_crossed_counts_everybody_once(found: ct.Run) -> None:
    told = segments(found)
    crossed = told["rfm"]["crossed"]
    assert {pair["segment_id"] for pair in crossed} == {"s1", "s2", "s3"}
    for group in told["rfm"]["groups"]:
        assert sum(pair["customers"] for pair in crossed if pair["group"] == group["group"]) == group["customers"]


@pytest.mark.parametrize(("value", "why"), [
    ({"horizon_days": 400}, "days of history, and a forecast that is checked takes 800"),
    ({"fewest_repeaters": 5000}, "customers ordered and paid on more than one day, and a forecast takes 5,000."),
    ({"total_within": 0.0001}, "had been expected: "),
    ({"rank_correlation": 0.99}, "who was expected to order did not: rank correlation 0."),
])  # fmt: skip
def test_a_refusal_says_why_and_the_run_goes_on(drawn: Buyers, tmp_path: Path, value: dict, why: str) -> None:
    published = run(drawn.lines(), tmp_path, **value)
    told, by_customer = segments(published), columns(published)
    assert why in told["ahead"]["refused"]
    assert told["ahead"]["bg_nbd"] is None
    assert [segment["ahead"] for segment in told["segments"]] == [None] * 3
    assert all(np.isnan(by_customer[name].astype(float)).all() for name in ("p_alive", "expected_orders", "expected_value"))
    assert (told["ahead"]["proof"] is None) == ("horizon_days" in value)


def test_without_segments_there_is_still_a_forecast(drawn: Buyers, tmp_path: Path) -> None:
    nothing_passes = {**QUICK["choice"], "smallest_share": 0.9, "pattern_share": 0.9}
    published = ct.run(drawn.lines(), out=tmp_path, **{**QUICK, "k": None, "choice": nothing_passes})
    told = segments(published)
    assert told["segments"][0]["ahead"]["expected_orders"] > 0
    assert told["ahead"]["proof"]["segments"] is None
    assert [row["by"] for row in told["ahead"]["proof"]["compared"]] == ["rfm", "none", "own_history", "bg_nbd"]


def test_a_growing_shop_is_refused_for_its_totals(tmp_path: Path) -> None:
    drawn = buyers(900, 8)
    late = drawn.week > 78 - 90 / 7
    # In the last 90 days every order is placed again the day after.
    boosted = Buyers(
        np.concatenate([drawn.customer, drawn.customer[late]]),
        np.concatenate([drawn.week, np.minimum(drawn.week[late] + 1 / 7, 77.9)]),
        np.concatenate([drawn.value, drawn.value[late]]),
        78.0,
    )
    refused = segments(run(boosted.lines(), tmp_path))["ahead"]["refused"]
    assert "% short, and 25% is allowed." in refused


def test_the_notebook_looks_nowhere(drawn: Buyers, tmp_path: Path) -> None:
    published = ct.run(drawn.lines(), "notebook", out=tmp_path, k=2)
    assert segments(published)["ahead"] is None
    assert "p_alive" not in pyarrow.parquet.read_schema(published.path / "customers.parquet").names


def test_pence_ids_and_the_order_of_lines_change_nothing_else(found: ct.Run, drawn: Buyers, tmp_path: Path) -> None:
    others = [f"Z{i}" for i in np.random.default_rng(3).permutation(drawn.customer.max() + 1)]
    lines = drawn.lines(unit=100, ids=others).sample(frac=1, random_state=1)
    lines["price"] = lines["price"].round(0)
    told, pence = segments(found)["ahead"], segments(other := run(lines, tmp_path))["ahead"]
    assert pence["refused"] is None
    assert pence["bg_nbd"] == told["bg_nbd"]
    assert pence["gamma_gamma"]["gamma"] == pytest.approx(100 * told["gamma_gamma"]["gamma"], rel=1e-6)
    for row, scaled in zip(told["proof"]["compared"], pence["proof"]["compared"], strict=True):
        assert scaled.pop("by") == row.pop("by")
        figures = [name for name, value in row.items() if value is not None]
        assert [scaled[name] for name in figures] == pytest.approx([row[name] for name in figures], rel=1e-6)
    ours, theirs = columns(found), columns(other)
    place = [sorted(others).index(others[int(one[1:])]) for one in sorted(f"C{i}" for i in range(len(others)))]
    assert theirs["expected_value"][place] == pytest.approx(100 * ours["expected_value"], rel=1e-6)
    assert theirs["expected_orders"][place].tolist() == ours["expected_orders"].tolist()


def test_orders_without_products_are_enough(drawn: Buyers, tmp_path: Path) -> None:
    lines = drawn.lines()
    orders = lines[["invoice_no", "invoice_date", "customer_id"]].assign(transaction_value=lines["price"])
    told = segments(run(orders, tmp_path))
    assert told["ahead"]["refused"] is None
    assert told["segments"][0]["ahead"]["expected_value"] > 0


def test_ties_share_a_rank_and_random_groups_explain_nothing() -> None:
    rng = np.random.default_rng(0)
    outcome = rng.lognormal(size=4000)
    assert ranks(outcome).sum() == 4000 * 4001 / 2
    shares = [explained(rng.integers(0, 11, 4000), outcome) for _ in range(200)]
    assert np.mean(shares) == pytest.approx(0, abs=3e-4)
    assert spearman(outcome, np.exp(outcome)) == pytest.approx(1)
    assert spearman(np.zeros(5), outcome[:5]) is None
    assert auc(outcome, np.zeros(4000, dtype=bool)) is None
