"""The workbook: types of its cells, its sheets, its bytes."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pytest

import coterie as ct
from coterie.exports import EXPORTS
from coterie.exports.xlsx import MOST_TEXT, write_workbook

FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    lines = ct.simulate(120, seed=8).lines
    at = lines.column_names.index("CustomerID")
    padded = [None if one is None else f"00{one}" for one in lines["CustomerID"].to_pylist()]
    lines = lines.set_column(at, "CustomerID", pyarrow.array(padded, pyarrow.string()))
    return ct.run(lines, k=2, out=tmp_path_factory.mktemp("runs"), choice=FAST)


@pytest.fixture(scope="module")
def book(run: ct.Run, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    EXPORTS["xlsx"](run, path)
    return openpyxl.load_workbook(path)


def test_every_cell_has_the_type_of_its_value(run: ct.Run, book: Any) -> None:
    sheet = book["Customers"]
    header = [cell.value for cell in sheet[1]]
    rows = run.customers("arrow").to_pylist()
    assert header == list(rows[0])
    assert sheet.max_row == len(rows) + 1
    for row, cells in zip(rows, sheet.iter_rows(min_row=2, values_only=True), strict=True):
        for name, cell in zip(header, cells, strict=True):
            if isinstance(row[name], datetime.datetime):
                assert abs((cell - row[name]).total_seconds()) < 1
            elif row[name] is None:
                assert cell is None
            else:
                assert cell == pytest.approx(row[name]) if isinstance(row[name], float) else cell == row[name]
                assert isinstance(cell, bool) == isinstance(row[name], bool)


def test_an_id_keeps_its_zeros_and_the_header_stays_in_sight(book: Any) -> None:
    sheet = book["Customers"]
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.startswith("00")
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["A"].width >= 12


def test_the_second_sheet_has_the_segments(run: ct.Run, book: Any) -> None:
    rows = list(book["Segments"].iter_rows(values_only=True))
    header = list(rows[0])
    for segment, row in zip(run.segments["segments"], rows[1:], strict=False):
        found = dict(zip(header, row, strict=True))
        assert (found["name"], found["customers"]) == (segment["name"], segment["customers"])
        assert found["median total_orders"] == segment["features"]["total_orders"]["median"]


def test_more_rows_than_a_sheet_takes_go_on_another(run: ct.Run, tmp_path: Path) -> None:
    table = run.customers("arrow")
    write_workbook(run, table, tmp_path / "a.xlsx", most_rows=50)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    names = [name for name in book.sheetnames if name.startswith("Customers")]
    assert names[:2] == ["Customers", "Customers 2"]
    ids = [row[0] for name in names for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert ids == table["customer_id"].to_pylist()


def test_a_text_longer_than_a_cell_takes_is_cut_and_not_lost(run: ct.Run, tmp_path: Path) -> None:
    table = pyarrow.table({"customer_id": ["x" * 40_000, "nul\x00 bell\x07 _x0041_"]})
    write_workbook(run, table, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Customers"]
    assert sheet["A2"].value == "x" * (MOST_TEXT - 1) + "…"
    assert "nul" in sheet["A3"].value


def test_the_same_run_gives_the_same_bytes(run: ct.Run, tmp_path: Path) -> None:
    for name in "a.xlsx", "b.xlsx":
        EXPORTS["xlsx"](run, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
