"""Nothing is lost: lines and money balance by rule, netting equals a stack worked by hand, and order never matters."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.engines import open_engine
from shop import cleaned, line, write

lines = st.builds(
    lambda number, cancels, product, quantity, minute, price, customer: line(
        f"{'C' if cancels else ''}{number}",
        product,
        -quantity if cancels else quantity,
        f"2011-01-01 10:{minute:02d}:00",
        price,
        customer,
    ),
    number=st.integers(1, 6),
    cancels=st.booleans(),
    product=st.sampled_from(["P1", "P2", ""]),
    quantity=st.integers(-1, 9),
    minute=st.integers(0, 59),
    price=st.sampled_from(["0", "0.01", "2.5", "1000000.123456", "x", "inf", ""]),
    customer=st.sampled_from(["", "17850", "12346"]),
)
shops = st.lists(lines, min_size=1, max_size=40)
bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SURE = line("0", "sure", 1, "2011-01-01 09:00:00", "9.99", "11111")


def _cleaned(rows, engine, folder):
    # One good line settles the formats of the columns.
    return cleaned(engine, write(Path(folder) / "sales.csv", [SURE, *rows]))


@bounded
@given(shops)
def test_lines_and_money_balance_by_rule(rows) -> None:
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        found = _cleaned(rows, engine, folder)
        assert found.ledger.balances(), found.ledger.as_dict()
        assert found.ledger.lines["read"] == len(rows) + 1
        marked = engine.rows(f"SELECT count(*), count(DISTINCT source_row) FROM {found.marks}")[0]
        kept = engine.rows(f"SELECT count(*), count(DISTINCT source_row) FROM {found.table}")[0]
        assert marked[0] == marked[1]
        assert kept[0] == kept[1]
        assert marked[0] + kept[0] == len(rows) + 1
        money = [Decimal(str(r[3])) * Decimal(r[5]) for r in [SURE, *rows] if r[5] not in ("x", "inf", "")]
        assert found.ledger.money["read"] == sum(money)


@bounded
@given(shops)
def test_netting_is_a_stack(rows) -> None:
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        found = _cleaned(rows, engine, folder)
        kept = defaultdict(Decimal)
        for customer, product, price, quantity in engine.rows(
            f"SELECT customer_id, product_id, price, sum(quantity) FROM {found.table} GROUP BY ALL"
        ):
            kept[customer, product or "", price] = quantity
        assert kept == _stacked(rows)


def _stacked(rows) -> dict:
    """Net returns by hand, one at a time."""
    readable = {row for row in rows if row[6] and row[5] not in ("x", "inf", "")} | {SURE}
    conflicts = {row[0] for row in readable if len({other[6] for other in readable if other[0] == row[0]}) > 1}
    good = [row for row in readable if row[0] not in conflicts]
    stacks = defaultdict(list)
    for row in sorted(good, key=lambda r: (r[4], r[3] < 0, r[0], r[3])):
        invoice, product, _, quantity, _, price, customer, _ = row
        key = (customer, product, Decimal(price))
        if quantity > 0:
            stacks[key].append(quantity)
        elif quantity < 0 and invoice.startswith("C"):
            back = -quantity
            while back and stacks[key]:
                taken = min(back, stacks[key][-1])
                back -= taken
                stacks[key][-1] -= taken
                if not stacks[key][-1]:
                    stacks[key].pop()
    return {key: Decimal(sum(stack)) for key, stack in stacks.items() if stack and key[2] > 0}


@bounded
@given(shops, st.randoms(use_true_random=False))
def test_row_order_changes_no_customer(rows, chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    totals = []
    for order in (rows, shuffled):
        with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
            found = _cleaned(order, engine, folder)
            totals.append(
                (
                    engine.rows(
                        f"SELECT customer_id, count(DISTINCT invoice_no), sum(quantity), sum(transaction_value), "
                        f"min(invoice_date), max(invoice_date) FROM {found.table} GROUP BY customer_id ORDER BY customer_id"
                    ),
                    found.ledger.lines,
                    found.ledger.money,
                )
            )
    assert totals[0] == totals[1]
