"""Earlier month ends: only what was known then, and only where there was enough."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from coterie.engines import open_engine
from coterie.history import month_ends
from shop import cleaned, line, write

DAY = datetime.date


@pytest.mark.parametrize(("first", "as_of", "most", "ends"), [
    (DAY(2011, 1, 1), DAY(2011, 3, 31), 6, []),
    (DAY(2011, 1, 1), DAY(2011, 4, 1), 6, []),
    (DAY(2011, 1, 1), DAY(2011, 4, 2), 6, ["2011-04-01"]),
    (DAY(2011, 1, 15), DAY(2011, 5, 2), 6, ["2011-05-01"]),
    (DAY(2010, 12, 1), DAY(2011, 12, 10), 2, ["2011-11-01", "2011-12-01"]),
    (DAY(2010, 12, 1), DAY(2011, 12, 10), 0, []),
])
def test_month_ends_have_three_months_before_them(first, as_of, most: int, ends: list[str]) -> None:
    assert [day.isoformat() for day in month_ends(first, as_of, most)] == ends


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return write(tmp_path / "sales.csv", [
        line("1", quantity=10, date="2011-01-05 10:00:00"),
        line("2", "P2", quantity=3, date="2011-01-31 23:59:00"),
        line("C3", quantity=-4, date="2011-02-01 00:00:00"),
        line("4", "P3", quantity=2, date="2011-03-05 10:00:00"),
    ])


def kept(engine, table: str) -> list:
    return engine.rows(f"SELECT invoice_no, quantity::INTEGER FROM {table} ORDER BY invoice_no")


def test_a_return_is_not_known_before_its_day(sales: Path) -> None:
    with open_engine() as engine:
        found = cleaned(engine, sales)
        assert kept(engine, found.earlier.lines(DAY(2011, 2, 1))) == [("1", 10), ("2", 3)]
        assert kept(engine, found.earlier.lines(DAY(2011, 2, 2))) == [("1", 6), ("2", 3)]
        assert kept(engine, found.earlier.lines(None)) == kept(engine, found.table) == [("1", 6), ("2", 3), ("4", 2)]


def test_without_netting_the_sale_stands(sales: Path) -> None:
    with open_engine() as engine:
        found = cleaned(engine, sales)
        assert kept(engine, found.earlier.lines(None, netted=False)) == [("1", 10), ("2", 3), ("4", 2)]
