"""The customers and segments as a workbook: numbers are numbers, dates dates, ids text, and no cell a formula."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from coterie.cells import guard
from coterie.exports.extras import needed
from coterie.runs import Run

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header; more go on another sheet."""
MOST_TEXT = 32_767
"""Characters of a cell; more are cut."""
_DATE = "yyyy-mm-dd hh:mm"
_SEGMENT = ("name", "segment_id", "customers", "share", "revenue", "revenue_share", "orders", "sentence")


def write_workbook(run: Run, table: Any, path: Path, *, most_rows: int = MOST_ROWS) -> None:
    """Write customers and segments as an .xlsx workbook.

    Parameters
    ----------
    run : Run
        Whose segments.
    table : pyarrow.Table
        Customers.
    path : Path
        Where to.
    most_rows : int
        Customers of one sheet; more go on ``Customers 2`` and so on.

    Raises
    ------
    CoterieError
        If the package that writes workbooks is not installed.
    """
    xlsxwriter = needed("xlsxwriter", extra="xlsx")
    with path.open("wb") as file, xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        # Else the clock would be read: the same run gives the same bytes.
        book.set_properties({"created": datetime.datetime.fromisoformat(run.manifest["as_of"])})
        styles = {"head": book.add_format({"bold": True, "bottom": 1}), "date": book.add_format({"num_format": _DATE})}
        for number, start in enumerate(range(0, max(table.num_rows, 1), most_rows), 1):
            part = table.slice(start, most_rows)
            name = "Customers" if number == 1 else f"Customers {number}"
            _fill(book.add_worksheet(name), styles, table.column_names, _rows(part))
        header, rows = _segments(run)
        _fill(book.add_worksheet("Segments"), styles, header, rows)


def _rows(table: Any) -> Iterable[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _segments(run: Run) -> tuple[list[str], list[list[Any]]]:
    """Return a row a segment, with its medians, and one for those who kept nothing."""
    medians = list(run.segments["population"]["features"])
    rows = [
        [one.get(key) for key in _SEGMENT] + [one["features"].get(name, {}).get("median") for name in medians]
        for one in run.segments["segments"]
    ]
    returned = run.segments["fully_returned"]["customers"]
    if returned:
        rows.append(["Fully returned", "returned", returned])
    return [*_SEGMENT, *(f"median {name}" for name in medians)], rows


def _fill(sheet: Any, styles: dict[str, Any], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet.freeze_panes(1, 1)
    for i, name in enumerate(header):
        sheet.set_column(i, i, min(max(len(name) + 2, 12), 40))
    for i, name in enumerate(header):
        _write(sheet, 0, i, name, styles["head"], styles)
    last = 0
    for last, row in enumerate(rows, 1):
        for i, value in enumerate(row):
            _write(sheet, last, i, value, None, styles)
    if last:
        sheet.autofilter(0, 0, last, len(header) - 1)


def _write(sheet: Any, row: int, column: int, value: Any, style: Any, styles: dict[str, Any]) -> None:
    """Write a cell by the type of its value: nothing is left to be guessed from a text."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value, style)
    elif isinstance(value, datetime.datetime):
        sheet.write_datetime(row, column, value, styles["date"])
    else:
        text = guard(str(value))
        sheet.write_string(row, column, text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…", style)
