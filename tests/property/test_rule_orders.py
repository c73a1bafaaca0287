"""Any order of the recipe's rules: lines and money balance to the last digit, as a run counts them and as the compiled SQL does."""

from __future__ import annotations

import datetime
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coterie.cleaning import RULES, Cleaned
from coterie.compilation import compile_sql
from coterie.engines import Engine, open_engine
from coterie.errors import RecipeError
from coterie.recipe import Recipe
from shop import HEADER, cleaned, line, write

CHOSEN = [rule.name for rule in RULES if not rule.always and rule.name != "unmatched_return"]
SURE = line("0", "sure", 1, "2011-01-01 09:00:00", "9.99", "11111")

# Few values of each column, so that lines are equal, meet, and meet again.
lines = st.builds(
    lambda number, kind, product, quantity, hour, price, customer: line(
        f"{kind}{number}", product, -quantity if kind else quantity, f"2011-01-01 {hour:02d}:00:00", price, customer
    ),
    number=st.integers(1, 3),
    kind=st.sampled_from(["", "", "C", "c"]),
    product=st.sampled_from(["P1", "P1", "", "POST"]),
    quantity=st.sampled_from([5, 3, 2, 1, 0, -1, 0.333333]),
    hour=st.integers(10, 12),
    price=st.sampled_from(["2.5", "2.5", "0", "-1.25", "999999.123456", "x", ""]),
    customer=st.sampled_from(["17850", "17850", "12346", ""]),
)
shops = st.lists(st.tuples(lines, st.integers(1, 3)), min_size=1, max_size=15).map(
    lambda several: [row for row, times in several for _ in range(times)]
)
TAKE_RETURNS = [rule.name for rule in RULES if "line" in rule.takes_returns]


def means_something(rules: list[str]) -> bool:
    """Return whether netting stands before the rules that take every return."""
    before = rules[: rules.index("returns_netted")] if "returns_netted" in rules else []
    return not set(before) & set(TAKE_RETURNS)


orders = st.lists(st.sampled_from(CHOSEN), unique=True, max_size=len(CHOSEN)).filter(means_something)
bounded = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
RETURNED_IN_PART = [line("1", quantity=5), line("1", quantity=5), line("C2", quantity=-2, date="2011-01-02 10:00:00")]
"""Two equal sales, and a return that takes two units off the latter."""


def recipe_of(rules: list[str]) -> Recipe:
    return Recipe.load("default").override({"cleaning": {"rules": rules, "exclude_products": ["POST"]}})


def walk(engine: Engine, folder: str, rows: list[Any], rules: list[str]) -> Cleaned:
    """Clean rows by rules in this order."""
    return cleaned(engine, write(Path(folder) / "sales.csv", [SURE, *rows]), recipe_of(rules))


@bounded
@given(shops, orders)
@example(RETURNED_IN_PART, ["returns_netted", "duplicate"])
@example([line("1", quantity=5, price="-2"), line("C2", quantity=-2, price="-2", date="2011-01-02 10:00:00")],
         ["returns_netted", "price_not_positive"])  # fmt: skip
@example([*RETURNED_IN_PART[1:], line("1", customer="12346")], ["returns_netted", "invoice_conflict"])
def test_lines_and_money_balance(rows: list[Any], rules: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        found = walk(engine, folder, rows, rules)
        ledger = found.ledger
        fates = ("kept", "merged", "netted", "quarantined")
        assert ledger.lines["read"] == sum(ledger.lines[fate] for fate in fates) == len(rows) + 1
        assert ledger.money["read"] == sum(ledger.money[fate] for fate in fates), ledger.as_dict()
        assert ledger.balances(), ledger.as_dict()
        money = [Decimal(str(r[3])) * Decimal(str(r[5])) for r in [SURE, *rows] if r[5] not in ("x", "")]
        assert ledger.money["read"] == sum(money)
        assert ledger.money["kept"] == engine.rows(f"SELECT sum(transaction_value) FROM {found.table}")[0][0]
        assert len({entry.rule for entry in ledger.entries}) == len(ledger.entries)


@settings(bounded, max_examples=40)
@given(shops, orders)
@example(RETURNED_IN_PART, ["returns_netted", "duplicate"])
def test_compiled_sql_counts_the_same(rows: list[Any], rules: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        # A table has no text that is no number.
        ledger = walk(engine, folder, [row for row in rows if row[5] not in ("x", "")], rules).ledger
        names = list(HEADER)
        typed = {"Quantity": "DECIMAL(18, 6)", "UnitPrice": "DECIMAL(18, 6)", "InvoiceDate": "TIMESTAMP"}
        listed = ", ".join(f'"{name}"::{typed.get(name, "VARCHAR")} AS "{name}"' for name in names)
        engine.run(f"CREATE TABLE sold AS SELECT {listed} FROM read_csv('{folder}/sales.csv', all_varchar = true)")
        script = compile_sql(recipe_of(rules), table="sold", what="ledger", columns=[f'"{name}"' for name in names], mapping={
            "invoice_no": '"InvoiceNo"', "product_id": '"StockCode"', "quantity": '"Quantity"', "invoice_date": '"InvoiceDate"',
            "price": '"UnitPrice"', "customer_id": '"CustomerID"'})  # fmt: skip
        said = {rule: (count, money) for rule, _, count, money in engine.rows(script)}
        assert said == {
            "read": (ledger.lines["read"], ledger.money["read"]),
            "kept": (ledger.lines["kept"], ledger.money["kept"]),
            **{entry.rule: (entry.lines, entry.money) for entry in ledger.entries if entry.rule in said},
        }
        assert sum(count for rule, (count, _) in said.items() if rule != "read") == said["read"][0]
        assert sum(money for rule, (_, money) in said.items() if rule != "read") == said["read"][1]


@pytest.mark.parametrize(("until", "quantities"), [(None, [5]), (datetime.date(2011, 1, 2), [5])])
def test_what_a_later_rule_took_counts_on_no_day(tmp_path: Path, until: datetime.date | None, quantities: list[int]) -> None:
    with open_engine() as engine:
        found = walk(engine, str(tmp_path), RETURNED_IN_PART, ["returns_netted", "duplicate"])
        for netted in (True, False):
            view = found.earlier.lines(until, netted=netted)
            assert [q for (q,) in engine.rows(f"SELECT quantity FROM {view} WHERE product_id = 'P1'")] == quantities


@pytest.mark.parametrize("before", TAKE_RETURNS)
def test_a_rule_that_takes_every_return_may_not_come_before_netting(tmp_path: Path, before: str) -> None:
    path = write(tmp_path / "sales.csv", RETURNED_IN_PART)
    with open_engine() as engine, pytest.raises(RecipeError) as refused:
        cleaned(engine, path, recipe_of(["duplicate", before, "returns_netted"]))
    assert refused.value.code == "rule_order"
    assert f"{before!r} before 'returns_netted'" in refused.value.wrong
    assert f"name 'returns_netted' before {before!r}" in refused.value.fix


def test_of_orders_a_refund_is_no_positive_price(tmp_path: Path) -> None:
    header = ("customer_id", "invoice_no", "invoice_date", "transaction_value")
    rows = [("1", "A1", "2011-01-01", "10"), ("1", "C2", "2011-01-02", "-10"), ("2", "A3", "2011-01-02", "7")]
    path = write(tmp_path / "orders.csv", rows, header)
    with open_engine() as engine:
        with pytest.raises(RecipeError, match="'price_not_positive' before"):
            cleaned(engine, path, recipe_of(["price_not_positive", "returns_netted"]))
        # At that level there is no quantity, and its rule, which does not apply, takes nothing.
        found = cleaned(engine, path, recipe_of(["quantity_not_positive", "returns_netted", "price_not_positive"]))
        assert found.ledger.lines == {"read": 3, "kept": 1, "merged": 0, "netted": 2, "quarantined": 0}


def test_unmatched_returns_are_those_of_netting(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [*RETURNED_IN_PART, line("C9", product="P9", quantity=-1)])
    with open_engine() as engine:
        with pytest.raises(RecipeError, match="without 'returns_netted'"):
            cleaned(engine, path, recipe_of(["unmatched_return"]))
        named = ["returns_netted"], ["returns_netted", "unmatched_return"], ["unmatched_return", "refunded", "returns_netted"]
        ledgers = [cleaned(engine, path, recipe_of(list(rules))).ledger for rules in named]
    assert all(ledger.balances() for ledger in ledgers)
    assert ledgers[0] == ledgers[1] == ledgers[2]


def test_a_rule_named_twice_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"cleaning\.rules: 'duplicate' is named twice"):
        recipe_of(["duplicate", "returns_netted", "duplicate"])
