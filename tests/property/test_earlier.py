"""Earlier days: a stack of sales and returns by hand says what was left on each; added up by order, customers are the same."""

from __future__ import annotations

import datetime
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.engines import open_engine
from coterie.features import FEATURES, Plan, compute_customers, plan_features
from coterie.recipe import Recipe
from shop import cleaned, line, write

RULES = ["returns_netted", "quantity_not_positive", "price_not_positive"]
RECIPE = Recipe.load("default").override({"cleaning": {"rules": RULES}})
DAYS = [datetime.date(2011, 1, day) for day in range(1, 6)]
ORDERS = ("customer_id", "invoice_no", "invoice_date", "transaction_value")

sold = st.builds(
    lambda number, back, product, quantity, day, hour, price, customer: line(
        f"{'C' if back else ''}{number}", product, -quantity if back else quantity, f"2011-01-0{day} {hour}:00:00", price, customer
    ),
    number=st.integers(1, 4), back=st.booleans(), product=st.sampled_from(["P1", "P2"]), quantity=st.sampled_from([3, 2, 1, 0.5]),
    day=st.integers(1, 5), hour=st.integers(10, 11), price=st.sampled_from(["2.5", "0"]), customer=st.sampled_from(["7", "8"]),
)  # fmt: skip
placed = st.builds(
    lambda number, back, value, day, customer: (
        customer, f"{'C' if back else ''}{number}", f"2011-01-0{day} 10:00:00", f"{'-' if back else ''}{value}"
    ),
    number=st.integers(1, 4), back=st.booleans(), value=st.sampled_from(["5", "7.25"]), day=st.integers(1, 5),
    customer=st.sampled_from(["7", "8"]),
)  # fmt: skip
bounded = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def left_by_hand(events: list[tuple[int, str, str, Decimal, Decimal, str, str]], until: datetime.date) -> dict[int, Decimal]:
    """Return what was left of each sale: (row, customer, product, price, units, moment, invoice) pushed and popped in time."""
    stacks: dict[Any, list[list[Any]]] = defaultdict(list)
    for row, customer, product, price, units, moment, invoice in sorted(
        events, key=lambda event: (event[5], event[4] < 0, event[6], event[4], event[0])
    ):
        if moment >= until.isoformat():
            continue
        stack = stacks[customer, product, price]
        if units > 0:
            stack.append([row, units])
        elif invoice.startswith("C"):
            back = -units
            while back and stack:
                taken = min(back, stack[-1][1])
                back, stack[-1][1] = back - taken, stack[-1][1] - taken
                if not stack[-1][1]:
                    stack.pop()
    return {row: units for (_, _, price), stack in stacks.items() for row, units in stack if price > 0}


@bounded
@given(st.lists(sold, min_size=1, max_size=12))
def test_what_was_left_of_a_sale_is_what_a_stack_says(rows: list[Any]) -> None:
    events = [
        (row, customer, product, Decimal(price), Decimal(str(quantity)), date, invoice)
        for row, (invoice, product, _, quantity, date, price, customer, *_) in enumerate(rows, 1)
    ]
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        found = cleaned(engine, write(Path(folder) / "sales.csv", rows), RECIPE)
        for day in DAYS:
            view = found.earlier.lines(day)
            said = engine.rows(f"SELECT source_row, quantity, transaction_value, price FROM {view}")
            assert {row: quantity for row, quantity, _, _ in said} == left_by_hand(events, day)
            assert all(value == quantity * price for _, quantity, value, price in said)


@bounded
@given(st.lists(placed, min_size=1, max_size=12))
def test_of_orders_a_refund_takes_back_one_of_its_value(rows: list[Any]) -> None:
    events = [
        (row, customer, "", abs(Decimal(value)), Decimal(1).copy_sign(Decimal(value)), date, invoice)
        for row, (customer, invoice, date, value) in enumerate(rows, 1)
    ]
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        found = cleaned(engine, write(Path(folder) / "orders.csv", rows, ORDERS), RECIPE)
        for day in DAYS:
            said = engine.rows(f"SELECT source_row FROM {found.earlier.lines(day)}")
            assert {row for (row,) in said} == set(left_by_hand(events, day))


@bounded
@given(st.lists(sold, min_size=1, max_size=12), st.booleans())
def test_added_up_lines_make_the_same_customers(rows: list[Any], netted: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        found = cleaned(engine, write(Path(folder) / "sales.csv", rows), RECIPE)
        chosen = plan_features(RECIPE.features, found.lines.available)
        plan = Plan(tuple(f for f in chosen.features if Plan((f,), (), (), {f.name: f.name}).adds_up), (), (), chosen.published)
        assert {"total_orders", "total_spend", "active_days", "median_days_between_orders"} <= {f.name for f in plan.use}
        assert plan.adds_up
        for day in DAYS:
            one, other = (
                compute_customers(engine, plan, found.earlier.lines(day, netted=netted, added_up=added_up), None, day)
                for added_up in (False, True)
            )
            assert one.ids.tolist() == other.ids.tolist()
            for name, values in one.columns.items():
                np.testing.assert_array_equal(values, other.columns[name], name)


@pytest.mark.parametrize("name", ["distinct_products", "avg_line_value", "avg_basket_lines"])
def test_what_looks_at_single_lines_is_not_added_up(name: str) -> None:
    assert not Plan((FEATURES[name],), (), (), {name: name}).adds_up
