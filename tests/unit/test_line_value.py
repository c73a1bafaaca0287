"""Money of a line: exact at six places each, and no overflow where a line is worth millions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import coterie as ct
from coterie.columns import DECIMAL, VALUE, line_value
from coterie.engines import open_engine

HEADER = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Amount\n"


@pytest.mark.parametrize(("quantity", "price"), [
    ("1", "1000000.123456"),
    ("0.000001", "0.000001"),
    ("999999999.999999", "999999999.999999"),
    ("-999999999.999999", "999999999.999999"),
])
def test_a_line_is_quantity_times_price_to_the_last_digit(quantity: str, price: str) -> None:
    typed = [f"CAST('{value}' AS {DECIMAL})" for value in (quantity, price)]
    with open_engine() as engine:
        [(value, kind)] = engine.rows(f"SELECT v, typeof(v) FROM (SELECT {line_value(*typed)} AS v)")
    assert Fraction(value) == Fraction(quantity) * Fraction(price)
    assert kind == VALUE.replace(" ", "")


@pytest.mark.parametrize(("amount", "warned"), [("2000000", False), ("1999999", True)])
def test_a_money_column_of_millions_is_compared_with_the_product(tmp_path: Path, amount: str, warned: bool) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(f"{HEADER}1,A,2000,2011-01-01 10:00:00,1000,7,{amount}\n2,A,1,2011-01-02 10:00:00,10,8,10\n")
    found = ct.check([str(path)])
    assert any("not quantity times price" in warning for warning in found.warnings) is warned
