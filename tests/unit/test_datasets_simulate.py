"""The simulated shop keeps the promises of its documentation."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from coterie.datasets import Flaws, Simulation, simulate, simulate_to_parquet
from coterie.datasets.customers import TYPES
from coterie.datasets.shop import open_shop
from coterie.engines import open_engine
from coterie.errors import InputError

HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]


@pytest.fixture(scope="module")
def shop() -> Simulation:
    return simulate(1000, seed=5)


def test_same_arguments_give_the_same_lines_and_another_seed_others() -> None:
    first, again, other = simulate(60, seed=3), simulate(60, seed=3), simulate(60, seed=4)
    assert first.lines.equals(again.lines)
    assert first.planted == again.planted
    assert not first.lines.equals(other.lines)


def test_the_lines_of_a_seed_are_the_same_on_every_platform_and_version() -> None:
    digest = hashlib.sha256()
    for line in simulate(60, seed=3).lines.to_pylist():
        digest.update("|".join(map(str, line.values())).encode())
    assert digest.hexdigest() == "7b0b0127cde97e617436ab89f2c5ecb5c712f7de3023a50e2b3ee0d2e4b31f7b"


def test_lines_have_the_raw_header_and_exact_types(shop: Simulation) -> None:
    assert shop.lines.column_names == HEADER
    types = dict(zip(HEADER, shop.lines.schema.types, strict=True))
    assert types["Quantity"] == pa.int32()
    assert types["InvoiceDate"] == pa.timestamp("us")
    assert types["UnitPrice"] == pa.decimal128(10, 2)
    assert {types[name] for name in HEADER if name not in ("Quantity", "InvoiceDate", "UnitPrice")} == {pa.string()}
    assert shop.lines.column("CustomerID").null_count > 0
    assert sum(shop.lines.column(name).null_count for name in HEADER if name != "CustomerID") == 0


def test_planted_types_have_their_shares_and_cover_every_customer(shop: Simulation) -> None:
    assert len(shop.planted) == 1000
    assert set(shop.lines.column("CustomerID").drop_null().to_pylist()) == set(shop.planted)
    counts = Counter(shop.planted.values())
    assert counts["cancelled"] == 2
    for kind in TYPES:
        assert counts[kind.name] == pytest.approx(1000 * kind.share, abs=2)


def test_shares_of_flaws_are_what_was_asked_for() -> None:
    lines = simulate(500, seed=1, flaws=Flaws(missing_customers=0.4, duplicates=0.05, free=0.01)).lines
    assert lines.column("CustomerID").null_count / len(lines) == pytest.approx(0.4, abs=0.03)
    distinct = len(lines.group_by(HEADER).aggregate([]))
    assert 1 - distinct / len(lines) == pytest.approx(0.05, abs=0.01)
    assert pc.sum(pc.equal(lines.column("UnitPrice"), pa.scalar(0, pa.decimal128(10, 2)))).as_py() / len(lines) == (
        pytest.approx(0.01, abs=0.003)
    )


def test_no_flaws_when_none_are_asked_for() -> None:
    lines = simulate(100, flaws=Flaws(missing_customers=0, cancellations=0, duplicates=0, free=0)).lines
    assert lines.column("CustomerID").null_count == 0
    assert pc.min(lines.column("UnitPrice")).as_py() > 0
    returned = lines.filter(pc.less(lines.column("Quantity"), 0))
    assert len(returned) == 2, "only the huge orders are cancelled"


def test_trade_keeps_opening_hours_and_has_an_autumn_peak(shop: Simulation) -> None:
    moments = shop.lines.column("InvoiceDate").to_numpy()
    days = moments.astype("datetime64[D]")
    assert not np.any(days.astype(int) % 7 == 2), "1970-01-03 was a Saturday"
    hours = (moments - days).astype("timedelta64[h]").astype(int)
    assert hours.min() >= 8
    assert hours.max() <= 18
    assert np.all(np.diff(moments.astype(int)) >= 0), "lines are in order of time"
    by_month = Counter(moments.astype("datetime64[M]").astype(str))
    assert max(by_month, key=lambda month: by_month[month]) == "2024-11"
    assert (min(by_month), max(by_month)) == ("2023-12", "2024-12")


def test_the_calendar_never_runs_backwards_and_fills_the_period() -> None:
    shop = open_shop(date(2024, 2, 17), 1)
    minutes = shop.minutes(np.linspace(0, 1, 10_000, endpoint=False))
    assert np.all(np.diff(minutes) >= 0)
    assert str(shop.opens) == "2024-02-01T00:00"
    assert minutes[-1] // 1440 == 28, "2024-02-29, a Thursday"


def test_most_cancellations_match_an_earlier_sale_and_some_none(shop: Simulation) -> None:
    with open_engine(threads=1) as engine:
        engine.register("lines", shop.lines)
        matched, n_lines = engine.rows(
            """
            SELECT count(*) FILTER (WHERE EXISTS (
                       SELECT 1 FROM lines AS sale
                       WHERE sale.CustomerID IS NOT DISTINCT FROM back.CustomerID AND sale.StockCode = back.StockCode
                         AND sale.UnitPrice = back.UnitPrice AND sale.InvoiceDate <= back.InvoiceDate
                         AND sale.Quantity >= -back.Quantity)),
                   count(*)
            FROM lines AS back WHERE back.Quantity < 0
            """
        )[0]
        [(strays,)] = engine.rows(
            "SELECT count(*) FROM lines WHERE (Quantity < 0) != starts_with(InvoiceNo, 'C') OR Quantity = 0"
        )
    assert strays == 0
    assert n_lines > 100
    assert matched / n_lines == pytest.approx(0.9, abs=0.06)


def test_huge_orders_are_cancelled_whole_within_the_day(shop: Simulation) -> None:
    for customer in (name for name, kind in shop.planted.items() if kind == "cancelled"):
        sale, back = shop.lines.filter(pc.equal(shop.lines.column("CustomerID"), customer)).to_pylist()
        assert sale["Quantity"] == -back["Quantity"]
        assert sale["Quantity"] * sale["UnitPrice"] > 20_000
        assert sale["InvoiceDate"] <= back["InvoiceDate"]
        assert (back["InvoiceDate"] - sale["InvoiceDate"]).days == 0
        assert back["InvoiceNo"].startswith("C")


def test_spend_is_heavy_tailed_and_baskets_hold_dozens_of_lines(shop: Simulation) -> None:
    with open_engine(threads=1) as engine:
        engine.register("lines", shop.lines)
        [(top_share, one_time)] = engine.rows(
            """
            WITH customers AS (
                SELECT CustomerID, sum(Quantity * UnitPrice)::DOUBLE AS spend,
                       count(DISTINCT InvoiceNo) FILTER (WHERE Quantity > 0) AS orders
                FROM lines WHERE CustomerID IS NOT NULL GROUP BY ALL)
            SELECT (SELECT sum(spend) FROM (FROM customers ORDER BY spend DESC LIMIT 200)) / sum(spend),
                   avg((orders = 1)::INTEGER) FROM customers
            """
        )
        [(basket,)] = engine.rows(
            """
            SELECT median(n) FROM (
                SELECT count(*) AS n FROM lines WHERE CustomerID IS NOT NULL AND Quantity > 0 GROUP BY InvoiceNo)
            """
        )
    assert top_share > 0.7, "a fifth of the customers bring most of the money"
    assert one_time == pytest.approx(0.4, abs=0.03)
    assert 15 <= basket <= 30


def test_postage_is_charged_abroad_and_never_at_home(shop: Simulation) -> None:
    post = shop.lines.filter(pc.equal(shop.lines.column("StockCode"), "POST"))
    assert len(post) > 50
    assert "United Kingdom" not in post.column("Country").to_pylist()


def test_parquet_has_exactly_the_lines_asked_for_in_order_and_typed(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    n_customers = simulate_to_parquet(path, n_lines=1_200_000, seed=2)
    table = pq.read_table(path, columns=["InvoiceNo", "InvoiceDate", "UnitPrice", "CustomerID"])
    assert len(table) == 1_200_000, "more than one chunk"
    assert pq.read_schema(path).types == simulate(50).lines.schema.types
    assert len(pc.unique(table.column("CustomerID").drop_null())) == pytest.approx(n_customers, rel=0.02)
    assert np.all(np.diff(table.column("InvoiceDate").to_numpy().astype(int)) >= 0)


def test_a_stretch_is_made_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "short.parquet"
    n_customers = simulate_to_parquet(path, n_lines=10_000, seed=2)
    whole = simulate(n_customers, seed=2).lines
    assert pq.read_table(path).equals(whole[:10_000])


@pytest.mark.parametrize(("arguments", "noun"), [({"n_customers": 49}, "customers"), ({"months": 0}, "months")])
def test_too_small_a_shop_is_refused(arguments: dict[str, int], noun: str) -> None:
    with pytest.raises(InputError, match=noun) as refusal:
        simulate(**arguments)  # type: ignore[arg-type]
    assert refusal.value.code == "too_few"


def test_too_few_lines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    with pytest.raises(InputError, match="10,000 lines"):
        simulate_to_parquet(path, n_lines=9_999)
    assert not path.exists()


def test_the_documented_table_is_the_one_in_use() -> None:
    page = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    for kind in TYPES:
        row = (
            f"| {kind.name} | {kind.share * 100:g} % "
            f"| {kind.orders:g} ({kind.orders_spread:g}), {kind.fewest_orders}–{kind.most_orders} "
            f"| {kind.span[0]:g}–{kind.span[1]:g} | {kind.lines:g} ({kind.lines_spread:g}) "
            f"| {kind.line_value:g} ({kind.value_spread:g}) |"
        )
        assert row in page
    for name, share in asdict(Flaws()).items():
        assert f"| `{name}` | {share:g} |" in page
