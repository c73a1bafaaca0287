"""Files become lines: the contract's columns and types, the level, and Online Retail to its known figures."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from coterie.columns import COLUMNS, SOURCE_ROW, VALUE
from coterie.engines import Engine, open_engine
from coterie.recipe import Recipe
from coterie.sources import read_lines

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_tables_keep_the_contract(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"{HEADER}\n1,A,Cup,2,2011-01-15,2.5,7,UK\n")
    lines = read_lines(engine, path, Recipe.load("default"))
    types = {column.name: column.sql_type.replace(" ", "") for column in COLUMNS}
    types["transaction_value"] = VALUE.replace(" ", "")
    assert engine.columns(lines.table) == {SOURCE_ROW: "BIGINT", **types, "problem": "VARCHAR"}
    assert list(engine.columns(lines.raw)) == [
        "source_row", "source_file", "source_line", "source_text", *HEADER.split(",")]  # fmt: skip
    assert lines.available == {column.name for column in COLUMNS}


def test_an_input_is_known_by_its_bytes(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"{HEADER}\n1,A,Cup,2,2011-01-15,2.5,7,UK\nragged\n")
    (found,) = read_lines(engine, path, Recipe.load("default")).inputs
    assert (found.name, found.size, found.records) == ("a.csv", path.stat().st_size, 2)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_order_file_without_numbers_gets_one_a_row(engine: Engine, tmp_path: Path) -> None:
    lines = read_lines(engine, written(tmp_path / "a.csv", "client,day,total\n7,2011-01-15,5\n7,2011-01-15,5\n"),
                       Recipe.load("default"))  # fmt: skip
    assert lines.level == "order"
    assert engine.rows(f"SELECT count(DISTINCT invoice_no), sum(transaction_value) FROM {lines.table}") == [(2, 10)]
    assert {"quantity", "price", "product_id"}.isdisjoint(lines.available)
    assert any("every row is one order" in note for note in lines.notes)


BLANK = chr(0xA0)


@pytest.mark.parametrize("padded", ["{}", " {}", "{} ", BLANK + "{}", "{}" + BLANK])
def test_one_padded_value_is_read_like_the_others(engine: Engine, tmp_path: Path, padded: str) -> None:
    rows = ["1,A,Cup,2,2011-01-15,2.5,7.0,UK"] * 3
    cells = ",".join(padded.format(cell) for cell in rows[0].split(","))
    path = written(tmp_path / "a.csv", "\n".join([HEADER, *rows, cells, ",,,,,,,", ""]))
    lines = read_lines(engine, path, Recipe.load("default"))
    columns = ", ".join(column.name for column in COLUMNS)
    found = engine.rows(f"SELECT {columns}, problem, count(*) FROM {lines.table} GROUP BY ALL ORDER BY 10")
    (read, empty) = sorted(found, key=lambda row: -row[-1])
    assert read[-2:] == (None, 4)
    assert read[[column.name for column in COLUMNS].index("customer_id")] == "7"
    assert empty == (*[None] * len(COLUMNS), "date", 1)


def test_nothing_is_left_of_what_columns_were_asked(engine: Engine, tmp_path: Path) -> None:
    read_lines(engine, written(tmp_path / "a.csv", f"{HEADER}\n1,A,Cup,2,2011-01-15,2.5,7,UK\n"), Recipe.load("default"))
    assert not engine.rows("SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%\\_of\\_%' ESCAPE '\\'")


def test_the_order_of_rows_changes_no_line(engine: Engine, tmp_path: Path) -> None:
    rows = [f"{i},A,Cup,{i % 7},{i % 28 + 1}/{i % 12 + 1}/2011 8:0{i % 9},{i}.5,{i % 9}.0,UK" for i in range(300)]
    found = []
    for seed in (1, 2):
        random.Random(seed).shuffle(rows)
        lines = read_lines(engine, written(tmp_path / "a.csv", "\n".join([HEADER, *rows])), Recipe.load("default"))
        found.append(engine.rows(f"SELECT * EXCLUDE (source_row) FROM {lines.table} ORDER BY ALL"))
    assert found[0] == found[1]
    assert {row[-1] for row in found[0]} == {None}


@pytest.fixture(scope="module")
def retail(online_retail: Path) -> Iterator[tuple[Engine, str]]:
    with open_engine() as engine:
        yield engine, read_lines(engine, online_retail, Recipe.load("default")).table


def test_online_retail_to_the_penny(retail: tuple[Engine, str]) -> None:
    engine, table = retail
    counts = "count(*), count(problem), count(customer_id), count(DISTINCT customer_id), count(DISTINCT invoice_no)"
    money = "round(sum(transaction_value), 3)::DOUBLE"
    assert engine.rows(f"SELECT {counts}, {money}, min(invoice_date)::VARCHAR, max(invoice_date)::VARCHAR FROM {table}") == [
        (541_909, 0, 406_829, 4_372, 25_900, 9_747_747.934, "2010-12-01 08:26:00", "2011-12-09 12:50:00")
    ]


def test_online_retail_ids_are_whole_and_products_keep_their_letters(retail: tuple[Engine, str]) -> None:
    engine, table = retail
    assert engine.rows(f"SELECT count(*) FROM {table} WHERE customer_id LIKE '%.%'") == [(0,)]
    assert engine.rows(f"SELECT customer_id, product_id FROM {table} WHERE source_row = 1") == [("17850", "85123A")]
