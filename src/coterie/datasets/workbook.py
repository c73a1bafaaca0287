"""From the Online Retail workbook to the raw CSV export: one text for one workbook, so that it can have a checksum."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from coterie.errors import InputError

MOST_UNPACKED = 1 << 30
"""Bytes; a workbook that unpacks to more is refused before it is read."""


def _text(cell: object) -> str:
    """Codes are numbers in some cells and text in others: 536365 and C536379."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _number(cell: object) -> str:
    return repr(float(cell)) if isinstance(cell, (int, float)) else str(cell)


def _moment(cell: object) -> str:
    """Excel counts days in binary fractions: round to the second."""
    if not isinstance(cell, datetime):
        return str(cell)
    return f"{(cell + timedelta(microseconds=500_000)).replace(microsecond=0):%Y-%m-%d %H:%M:%S}"


COLUMNS: dict[str, Callable[[object], str]] = {
    "InvoiceNo": _text,
    "StockCode": _text,
    "Description": _text,
    "Quantity": _text,
    "InvoiceDate": _moment,
    "UnitPrice": _number,
    "CustomerID": _number,
    "Country": _text,
}
"""The raw export's columns, and how each is written: prices and customers with a decimal point (``17850.0``)."""


def unpack_workbook(archive: Path, into: Path) -> Path:
    """Take the one ``.xlsx`` out of a zip archive.

    Parameters
    ----------
    archive : Path
        The zip archive.
    into : Path
        Folder to unpack to.

    Returns
    -------
    Path
        The workbook.

    Raises
    ------
    InputError
        If it is no zip archive, holds no workbook or several, or would unpack to more than 1 GiB.
    """
    path = into / "workbook.xlsx"
    try:
        with zipfile.ZipFile(archive) as outer:
            books = [member for member in outer.infolist() if member.filename.lower().endswith(".xlsx")]
            if len(books) != 1:
                raise _unusable(f"{len(books)} workbooks in it.")
            _refuse_bomb(books)
            with outer.open(books[0]) as packed, path.open("wb") as file:
                while block := packed.read(1 << 20):
                    file.write(block)
        with zipfile.ZipFile(path) as inner:
            _refuse_bomb(inner.infolist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unusable(f"{error}.") from None
    return path


def write_raw_csv(workbook: Path, file: TextIO) -> int:
    """Write the first sheet of a workbook as the raw export: commas, quotes where needed, ``\\n`` after each line.

    Parameters
    ----------
    workbook : Path
        An ``.xlsx`` whose first sheet has the columns ``COLUMNS``.
    file : text file
        Opened with ``newline=""``.

    Returns
    -------
    int
        Lines written, the header not counted.

    Raises
    ------
    InputError
        If it is no workbook, or has other columns.
    """
    rows = _rows(workbook)
    header = tuple(str(cell) for cell in next(rows, []))
    if header != tuple(COLUMNS):
        raise _unusable(f"the columns {', '.join(header) or 'none'}.")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    n_lines = 0
    for row in rows:
        writer.writerow([write(cell) for write, cell in zip(COLUMNS.values(), row, strict=True)])
        n_lines += 1
    return n_lines


def _rows(workbook: Path) -> Iterator[Sequence[object]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(workbook) as book:
            yield from book.get_sheet_by_index(0).iter_rows()
    except CalamineError as error:
        raise _unusable(f"{error}.") from None


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    size = sum(member.file_size for member in members)
    if size > MOST_UNPACKED:
        raise _unusable(f"{size:,} bytes when unpacked, where {MOST_UNPACKED:,} are the limit.")


def _unusable(found: str) -> InputError:
    return InputError(
        "The download is not the archive with the Online Retail workbook.",
        found=found,
        fix="--url with the address of the zip archive that holds the .xlsx.",
        code="not_the_workbook",
    )
