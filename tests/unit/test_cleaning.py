"""Cleaning by hand: each rule takes just the lines it names."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from coterie.cleaning import RULES
from coterie.engines import open_engine
from coterie.recipe import Recipe
from shop import cleaned, fates, line, write

GOOD = line("1")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ([line("2", customer="")], "missing_customer"),
        ([line("2", quantity=0)], "quantity_not_positive"),
        ([line("2", quantity=-3)], "quantity_not_positive"),
        ([line("2", price=0)], "price_not_positive"),
        ([line("2", price="-1.5")], "price_not_positive"),
        ([line("2", price="nan")], "non_finite"),
        ([line("2", quantity=2**31)], "range"),
        ([line("2", quantity="many")], "not_a_number"),
        ([line("2", date="2011-02-29 10:00:00")], "date_range"),
        ([line("2", date="soon")], "date"),
        ([line("C2", quantity=-1, product="P9")], "unmatched_return"),
    ],
)
def test_a_bad_line_is_quarantined_with_its_reason(tmp_path: Path, bad: list, reason: str) -> None:
    path = write(tmp_path / "sales.csv", [GOOD, line("3", product="P2"), *bad, line("4", product="P3")])
    with open_engine() as engine:
        found = cleaned(engine, path)
        assert fates(engine, found) == {4: reason}
        assert found.ledger.balances()
        assert found.ledger.lines == {"read": 4, "kept": 3, "merged": 0, "netted": 0, "quarantined": 1}
        quarantine = engine.rows(found.quarantine_sql())
        assert len(quarantine) == 1
        assert quarantine[0][-4:-1] == (reason, "sales.csv", 4)


def test_equal_lines_are_merged_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [GOOD, GOOD, line("1", quantity=2), GOOD])
    with open_engine() as engine:
        found = cleaned(engine, path)
        assert fates(engine, found) == {3: "duplicate", 5: "duplicate"}
        assert found.ledger.money["merged"] == Decimal("5")


def test_an_invoice_of_two_customers_is_set_aside_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [GOOD, line("2"), line("2", customer="99")])
    with open_engine() as engine:
        assert fates(engine, cleaned(engine, path)) == {3: "invoice_conflict", 4: "invoice_conflict"}


def test_a_return_takes_back_the_latest_earlier_sale(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sales.csv",
        [
            line("1", quantity=10, date="2011-01-01 10:00:00"),
            line("2", quantity=5, date="2011-01-02 10:00:00"),
            line("C3", quantity=-7, date="2011-01-03 10:00:00"),
            line("4", quantity=4, date="2011-01-04 10:00:00"),
        ],
    )
    with open_engine() as engine:
        found = cleaned(engine, path)
        kept = engine.rows(f"SELECT invoice_no, quantity, transaction_value FROM {found.table} ORDER BY invoice_no")
        assert kept == [("1", 8, Decimal(20)), ("4", 4, Decimal(10))]
        assert fates(engine, found) == {3: "returns_netted", 4: "returns_netted"}
        assert engine.rows(f"SELECT * FROM {found.returned}") == [("17850", 7, Decimal("17.5"))]
        assert found.ledger.money["netted"] == 0


def test_a_return_of_too_much_nets_what_it_can_and_the_rest_is_set_aside(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sales.csv",
        [
            line("1", quantity=3),
            line("C2", quantity=-5, date="2011-01-02 10:00:00"),
            line("3", quantity=2, date="2011-01-03 10:00:00"),
        ],
    )
    with open_engine() as engine:
        found = cleaned(engine, path)
        assert fates(engine, found) == {2: "returns_netted", 3: "unmatched_return"}
        assert engine.rows(f"SELECT invoice_no, quantity FROM {found.table}") == [("3", 2)]
        assert found.ledger.money["quarantined"] == Decimal("-5")
        assert found.ledger.balances()


@pytest.mark.parametrize(
    "other", [{"customer": "99"}, {"product": "P2"}, {"price": "2.49"}, {"date": "2011-01-03 10:00:00"}]
)
def test_a_return_matches_customer_product_price_and_an_earlier_sale(tmp_path: Path, other: dict) -> None:
    path = write(tmp_path / "sales.csv", [line("1", **other), line("C2", quantity=-1, date="2011-01-02 10:00:00")])
    with open_engine() as engine:
        assert fates(engine, cleaned(engine, path)) == {3: "unmatched_return"}


def test_an_invoice_number_that_starts_with_c_and_sells_is_a_sale(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [line("C100"), line("C101", product="P2")])
    with open_engine() as engine:
        assert fates(engine, cleaned(engine, path)) == {}


def test_the_notebook_drops_cancellations_and_keeps_the_sale(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [line("1"), line("C2", quantity=-1, date="2011-01-02 10:00:00")])
    with open_engine() as engine:
        assert fates(engine, cleaned(engine, path, "notebook")) == {3: "cancellation"}


def test_codes_that_are_no_goods_are_left_out_only_where_the_recipe_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [line("1"), line("1", product="POST")])
    with open_engine() as engine:
        assert fates(engine, cleaned(engine, path)) == {}
        recipe = Recipe.load("default").override({"cleaning": {"exclude_products": ["POST", "it's"]}})
        assert fates(engine, cleaned(engine, path, recipe)) == {3: "excluded_product"}


def test_columns_named_like_ours_survive_in_the_quarantine(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sales.csv",
        [[*GOOD, "mine", "too"], [*line("2", price=0), "mine", "too"]],
        header=[
            *("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"),
            "reason",
            'x"; DROP TABLE t;--',
        ],
    )
    with open_engine() as engine:
        found = cleaned(engine, path)
        columns = engine.columns(f"({found.quarantine_sql()})")
        assert {"reason", "reason_", 'x"; DROP TABLE t;--'} <= columns.keys()
        assert len(engine.rows(found.quarantine_sql())) == 1


@pytest.mark.parametrize("rule", list(RULES), ids=lambda rule: rule.name)
def test_every_rule_says_what_it_means_and_what_to_do(rule) -> None:
    assert rule.meaning.endswith(".")
    assert rule.fix.endswith(".")
    assert rule.name == rule.name.lower()
