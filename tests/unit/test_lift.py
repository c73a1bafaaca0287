"""A campaign's read-out: hand-counted groups, coverage without an effect, a planted one found, refusals."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

import coterie as ct
from coterie.campaign.interval import difference
from coterie.errors import CampaignError, MappingError, RecipeError
from coterie.exports.holdout import held_out

FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
SINCE = "2024-11-01"


def money(rng: np.random.Generator, size: int) -> Any:
    """Return skewed money of which most is nothing, as a month's revenue a customer is."""
    return np.where(rng.random(size) < 0.4, rng.lognormal(5, 1.2, size), 0.0)


def test_without_an_effect_the_interval_covers_zero_in_95_of_100() -> None:
    rng = np.random.default_rng(4)
    sizes = [(300, 30), (200, 60), (40, 40), (500, 50)]
    misses = {"above": 0, "below": 0}
    for i in range(400):
        one, other = (money(rng, size) for size in sizes[i % len(sizes)])
        found = difference(one, other, draws=999)
        misses["above"] += found.low > 0
        misses["below"] += found.high < 0
        assert found.sure == (found.lift_low > 0 or (found.lift_high is not None and found.lift_high < 0)), found
    # Of a binomial of 400 draws at 5 %, 99.9 % lie within these.
    assert 7 <= sum(misses.values()) <= 36, misses
    assert max(misses.values()) <= 22, misses


def test_a_planted_lift_is_found_and_covered() -> None:
    rng = np.random.default_rng(5)
    found = [difference(1.2 * rng.gamma(2, 50, 3000), rng.gamma(2, 50, 1000), draws=999) for _ in range(20)]
    assert all(one.low > 0 for one in found)
    assert sum(one.low <= 20 <= one.high for one in found) >= 17
    assert sum((one.lift_low or 0) <= 0.2 <= (one.lift_high or 0) for one in found) >= 17


def test_neither_order_nor_the_currencys_unit_matters() -> None:
    rng = np.random.default_rng(6)
    one, other = money(rng, 200), money(rng, 50)
    found, turned, pence = difference(one, other), difference(one[::-1], other[::-1]), difference(100 * one, 100 * other)
    assert (found.low, found.high) == pytest.approx((turned.low, turned.high), rel=1e-12)
    assert (100 * found.low, found.lift_high) == pytest.approx((pence.low, pence.lift_high), rel=1e-9)
    swapped = difference(other, one)
    assert (swapped.difference, swapped.low, swapped.high) == pytest.approx((-found.difference, -found.high, -found.low))


def test_a_control_group_that_bought_next_to_nothing_has_no_upper_lift() -> None:
    found = difference(np.full(50, 10.0) + np.arange(50), np.r_[1.0, np.zeros(29)])
    assert found.sure
    assert found.lift_high is None
    none = difference(np.arange(50.0), np.zeros(30))
    assert (none.lift, none.lift_low) == (None, None)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    """Return a shop's run in which a fifth of customers was held out, and the others spent half as much again since November."""
    lines = ct.simulate(900, seed=11).lines
    ids = [one or "" for one in lines["CustomerID"].to_pylist()]
    days = [str(at) for at in lines["InvoiceDate"].to_pylist()]
    dearer = [
        float(price) * (1.5 if one and at >= SINCE and not out else 1.0)
        for price, one, at, out in zip(lines["UnitPrice"].to_pylist(), ids, days, held_out(ids, 0.2, b"k"), strict=True)
    ]
    lines = lines.set_column(lines.column_names.index("UnitPrice"), "UnitPrice", pyarrow.array(dearer))
    return ct.run(lines, k=2, out=tmp_path_factory.mktemp("runs"), choice=FAST)


@pytest.fixture(scope="module")
def lists(run: ct.Run) -> tuple[list[str], list[str]]:
    ids = run.customers("arrow")["customer_id"].to_pylist()
    out = held_out(ids, 0.2, b"k")
    return [one for one, held in zip(ids, out, strict=True) if not held], [one for one, held in zip(ids, out, strict=True) if held]


def write(path: Path, ids: list[str], header: str = "customer_id") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[header], *([one] for one in ids)])
    return path


def test_the_groups_are_counted_as_by_hand(run: ct.Run, lists: tuple[list[str], list[str]], tmp_path: Path) -> None:
    exposed, control = lists
    found = ct.lift(
        run,
        exposed=write(tmp_path / "e.csv", [*exposed[:-5], control[0], "stranger"]),
        control=write(tmp_path / "c.csv", control),
        since=SINCE,
    )
    orders = pyarrow.parquet.read_table(run.file("orders.parquet")).to_pylist()
    mine = set(exposed[:-5])
    counted = [row for row in orders if str(row["ordered_at"]) >= SINCE and row["customer_id"] in mine]
    assert found["exposed"]["customers"] == len(mine) + 1
    assert found["exposed"]["not_in_run"] == 1
    assert found["exposed"]["orders"] == len(counted)
    assert found["exposed"]["buyers"] == len({row["customer_id"] for row in counted})
    assert found["exposed"]["revenue"] == pytest.approx(sum(row["value"] for row in counted))
    assert found["exposed"]["revenue_per_customer"] == pytest.approx(sum(row["value"] for row in counted) / (len(mine) + 1))
    assert found["control"]["customers"] == len(control) - 1
    assert (found["in_both"], found["in_neither"]) == (1, 5)
    assert found["drawn_by_lot"] is True


def test_the_planted_effect_is_in_the_interval(run: ct.Run, lists: tuple[list[str], list[str]]) -> None:
    found = ct.lift(run, exposed=lists[0], control=lists[1], since=SINCE)
    effect = found["revenue_per_customer"]
    assert effect["lift_low"] < 0.5 < effect["lift_high"]
    assert found["repurchase_rate"]["low"] < 0 < found["repurchase_rate"]["high"], "nobody was made to buy who did not"
    total = found["revenue_caused"]
    assert total["low"] < total["total"] < total["high"]


def test_the_list_beside_is_found(run: ct.Run, lists: tuple[list[str], list[str]], tmp_path: Path) -> None:
    exposed = write(tmp_path / "spring-exposed.csv", lists[0])
    write(tmp_path / "spring-holdout.csv", lists[1])
    beside = ct.lift(run, exposed=exposed, since=SINCE)
    assert beside["control"]["customers"] == len(lists[1])
    assert "spring-holdout.csv" in beside["notes"][0]


def test_without_a_control_list_it_is_said_that_nobody_drew_lots(run: ct.Run, lists: tuple[list[str], list[str]]) -> None:
    found = ct.lift(run, exposed=lists[0], since=SINCE)
    assert found["drawn_by_lot"] is False
    assert any("by lot" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"since": "2030-01-01"}, "date_range"),
        ({"until": "2030-01-01"}, "date_range"),
        ({"until": "2024-10-01"}, "date_range"),
        ({"since": "soon"}, "bad_date"),
        ({"control": ["1"] * 30}, "no_match"),
        ({"since": "2023-01-01", "until": "2023-01-31"}, "no_orders"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    run: ct.Run, lists: tuple[list[str], list[str]], change: dict[str, Any], code: str
) -> None:
    with pytest.raises((CampaignError, RecipeError)) as refused:
        ct.lift(run, **{"exposed": lists[0], "control": lists[1], "since": SINCE, **change})
    assert refused.value.code == code


def test_days_the_wrong_way_round_are_turned(run: ct.Run, lists: tuple[list[str], list[str]]) -> None:
    with pytest.raises(CampaignError, match="--since 2024-10-01 --until 2024-11-01"):
        ct.lift(run, exposed=lists[0], control=lists[1], since="2024-11-01", until="2024-10-01")


def test_groups_under_twenty_are_refused(run: ct.Run, lists: tuple[list[str], list[str]]) -> None:
    with pytest.raises(CampaignError, match="control group is too small"):
        ct.lift(run, exposed=lists[0], control=lists[1][:19], since=SINCE)
    with pytest.raises(CampaignError, match="exposed group is too small"):
        ct.lift(run, exposed=lists[0][:19], control=lists[1], since=SINCE)


def test_a_hashed_audience_is_no_list_of_customers(run: ct.Run, tmp_path: Path) -> None:
    hashed = tmp_path / "google.csv"
    hashed.write_text("Email,Phone\nab,cd\n", "utf-8")
    with pytest.raises(MappingError, match="no customer column"):
        ct.lift(run, exposed=hashed, since=SINCE)
