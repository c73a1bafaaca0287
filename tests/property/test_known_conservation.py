"""Of a known export nothing is lost either: any of its rows, in any order, some cells spoilt, balance in lines and money."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.engines import open_engine
from coterie.errors import CoterieError
from known_texts import TEXT, cleaned, customers

bounded = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TABLES = {name: list(csv.reader(io.StringIO(text))) for name, text in TEXT.items()}
SPOILT = ["", "x", "-5", "0", "1e999", "refunded", "99999999999"]
AMOUNT = {"stripe": "Amount", "stripe-older": "Amount", "woocommerce-analytics": "Net Sales", "magento": "Grand Total (Base)"}


def text_of(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("name", TABLES)
@bounded
@given(data=st.data())
def test_lines_and_money_balance_whatever_the_rows_are(name: str, data: st.DataObject) -> None:
    header, *rows = TABLES[name]
    # Every row once settles the formats; then some again, with a cell that was spoilt.
    for _ in range(data.draw(st.integers(0, 12))):
        row = list(data.draw(st.sampled_from(rows)))
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(st.sampled_from(SPOILT))
        rows = [*rows, row]
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        path = Path(folder) / "export.csv"
        path.write_text(text_of([header, *rows]), encoding="utf-8")
        try:
            found = cleaned(engine, path)
        except CoterieError:
            return  # Refused whole: nothing was lost.
        assert found.ledger.balances(), found.ledger.as_dict()
        assert found.ledger.lines["read"] == len(rows)
        marked, kept = (engine.rows(f"SELECT count(*), count(DISTINCT source_row) FROM {t}")[0] for t in (found.marks, found.table))
        assert marked[0] == marked[1]
        assert kept[0] == kept[1]
        assert marked[0] + kept[0] == len(rows)
        assert engine.rows(f"SELECT count(*) FROM {found.table} WHERE transaction_value <= 0")[0][0] == 0
        if name in AMOUNT:
            at = header.index(AMOUNT[name])
            texts = [row[at].replace(",", "") for row in rows]
            money = [Decimal(text) for text in texts if text.lstrip("-").replace(".", "").isdigit()]
            assert found.ledger.money["read"] == sum(amount for amount in money if abs(amount) < 10**9)


square_rows = st.lists(
    st.tuples(
        st.sampled_from(["T1", "T2", "C3"]),
        st.sampled_from(["1.0", "3.0", "7.0", "0.5", "0.333", "12345.0", "-1.0", "0.0", "x"]),
        st.integers(-300_000, 99_999_999),
        st.sampled_from(["Payment", "Payment", "Refund"]),
    ),
    max_size=15,
)


@settings(bounded, max_examples=40)
@given(square_rows)
def test_of_square_every_order_comes_to_its_net_sales(sold: list[tuple[str, str, int, str]]) -> None:
    header, first, *_ = TABLES["square"]
    rows, sums = [first], {first[header.index("Transaction ID")]: Decimal("4.5")}
    for order, quantity, cents, event in sold:
        cell = {"Transaction ID": order, "Qty": quantity, "Net Sales": f"${Decimal(cents) / 100}", "Event Type": event}
        rows.append([cell.get(name, value) for name, value in zip(header, first, strict=True)])
        # A refund is one with a sign or without.
        sums[order] = sums.get(order, Decimal(0)) + Decimal(-abs(cents) if event == "Refund" else cents) / 100
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        path = Path(folder) / "export.csv"
        path.write_text(text_of([header, *rows]).replace("$-", "-$"), encoding="utf-8")
        found = cleaned(engine, path)
        read = engine.rows(f"SELECT ltrim(invoice_no, 'C#'), sum(transaction_value) FROM {found.lines.table} GROUP BY ALL")
        assert {(order.lstrip("C#"), money) for order, money in sums.items()} == set(read)
        assert found.ledger.balances(), found.ledger.as_dict()
        # An order that no return and no rule has met is kept whole.
        taken = {order for (order,) in engine.rows(
            f"SELECT DISTINCT ltrim(invoice_no, 'C#') FROM {found.marks} JOIN {found.lines.table} USING (source_row)")}  # fmt: skip
        whole = engine.rows(
            f"SELECT ltrim(invoice_no, 'C#'), sum(transaction_value) FROM {found.table} GROUP BY ALL "
            "HAVING NOT bool_or(met_a_return)"
        )
        assert {order: money for order, money in whole if order not in taken}.items() <= {
            order.lstrip("C#"): money for order, money in sums.items()
        }.items()


@pytest.mark.parametrize("name", sorted(TABLES.keys() - {"woocommerce-orders"}))
@bounded
@given(chance=st.randoms(use_true_random=False))
def test_row_order_changes_no_customer(name: str, chance: random.Random) -> None:
    header, *rows = TABLES[name]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    seen = []
    for order in (rows, shuffled):
        with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
            path = Path(folder) / "export.csv"
            path.write_text(text_of([header, *order]), encoding="utf-8")
            found = cleaned(engine, path)
            seen.append((customers(engine, found), found.ledger.lines, found.ledger.money))
    assert seen[0] == seen[1]
