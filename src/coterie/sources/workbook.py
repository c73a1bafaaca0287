"""Worksheets: one sheet of an .xlsx workbook as typed columns, refused by content before it is parsed."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coterie.engines.base import Engine
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.headers import checked_header, given_names
from coterie.sources.lines import InputFile
from coterie.sources.part import Part
from coterie.sources.tables import load_arrow
from coterie.sources.text import FREE, RATIO

MAX_ROWS = 1_048_576
CAP = 4 << 30
# A formula with no value behind it: the program that wrote the file did not compute it.
_UNCOMPUTED = re.compile(rb"<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>")


def load_workbook(engine: Engine, table: str, name: str, path: Path, sha256: str, reading: Reading) -> Part:
    """Copy one worksheet into the engine.

    Raises
    ------
    InputError
        If the workbook is damaged or a bomb, has several filled sheets and none was named, or a header that is not one.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    uncomputed = _inspect(name, path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = {title: book.get_sheet_by_name(title) for title in _sheets(name, book.sheet_names, reading.sheet)}
        filled = [title for title, sheet in sheets.items() if sheet.total_height]
        title = _one_sheet(name, filled or list(sheets), reading.sheet)
        rows: list[list[Any]] = sheets[title].to_python(skip_empty_area=False)
    except CalamineError as error:
        raise _refusal(name, "is damaged", f"{error}", "open it in a spreadsheet and save it again.", "corrupt") from None
    head = next((index for index, row in enumerate(rows) if sum(cell != "" for cell in row) > 1), None)
    if head is None:
        raise _refusal(name, "is empty", f"no table on sheet {title!r}", "--sheet with the sheet that holds the sales.", "empty")
    while all(cell == "" for cell in rows[-1]):
        rows.pop()
    # A value beside the table widens it: its column has no name, which is refused rather than lost.
    width = max(index + 1 for row in rows[head:] for index in range(len(row)) if row[index] != "")
    names, body = _named(name, rows[head][:width], rows[head + 1 :], width, reading)
    frame = _arrow(names, body, reading.decimal or ".")
    warnings = []
    if len(rows) >= MAX_ROWS:
        warnings.append(f"{name}: sheet {title!r} is full ({MAX_ROWS:,} rows); what came after may have been cut off.")
    if uncomputed:
        warnings.append(f"{name}: {uncomputed:,} formulas have no value; open and save the workbook to compute them.")
    found = InputFile(name, path.stat().st_size, sha256, frame.num_rows)
    return load_arrow(engine, table, frame, found, head + (2 if reading.header else 1), tuple(warnings))


def _inspect(name: str, path: Path) -> int:
    """Refuse an archive that is no workbook or unpacks to too much; return the number of formulas without a value."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" not in names:
                raise _refusal(name, "is a ZIP archive but no .xlsx workbook", ", ".join(sorted(names)[:10]),
                               "unpack it, and read the files in it.", "kind")  # fmt: skip
            size, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
            if size > CAP or (size > FREE and size > RATIO * packed):
                found = f"{packed:,} bytes that become {size:,}"
                raise _refusal(name, "unpacks to far more than it holds", found, "save the sheet as CSV.", "decompression_bomb")
            parts = [e for e in entries if e.filename.endswith(".xml")]
            if any(b"<!DOCTYPE" in archive.open(part).read(4096) for part in parts):
                raise _refusal(name, "declares a document type, which no workbook needs", "<!DOCTYPE in its XML",
                               "open it in a spreadsheet and save it again.", "xml_bomb")  # fmt: skip
            return sum(_count_uncomputed(archive, part) for part in parts if "worksheets/" in part.filename)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:
        raise _refusal(name, "is damaged", f"{error}", "copy or save it again.", "corrupt") from None


def _count_uncomputed(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    count, rest = 0, b""
    with archive.open(part) as file:
        while chunk := file.read(1 << 20):
            # A cell may be cut by the chunk's end: count up to the last whole one, keep the rest.
            whole, end, rest = (rest + chunk).rpartition(b"</c>")
            count += len(_UNCOMPUTED.findall(whole + end)) if b"<f" in whole else 0
    return count


def _sheets(name: str, titles: Sequence[str], wanted: str | None) -> list[str]:
    if wanted is None:
        return list(titles)
    if wanted in titles:
        return [wanted]
    raise _refusal(name, f"has no sheet called {wanted!r}", ", ".join(titles), f'--sheet "{titles[0]}"', "choose_one")


def _one_sheet(name: str, titles: Sequence[str], wanted: str | None) -> str:
    if wanted or len(titles) == 1:
        return titles[0]
    raise _refusal(name, f"has {len(titles)} sheets", ", ".join(titles), f'--sheet "{titles[0]}"', "choose_one")


def _named(
    name: str, head: list[Any], body: list[list[Any]], width: int, reading: Reading
) -> tuple[tuple[str, ...], list[list[Any]]]:
    first = [_text(cell) or "" for cell in head]
    if given := given_names(name, first, reading):
        return checked_header(name, given, width, values=False), [head, *body]
    return checked_header(name, first, width), body


def _arrow(names: Sequence[str], rows: list[list[Any]], decimal: str) -> Any:
    """Return typed columns: numbers and dates where a column holds nothing else, else text."""
    import pyarrow as pa

    columns = {}
    for index, name in enumerate(names):
        values = [None if row[index] == "" else row[index] for row in rows]
        kinds = {type(value) for value in values if value is not None}
        if kinds and kinds <= {int, float}:
            columns[name] = pa.array([None if v is None else float(v) for v in values], pa.float64())
        elif kinds and kinds <= {datetime.datetime, datetime.date}:
            columns[name] = pa.array([_moment(v) for v in values], pa.timestamp("us"))
        else:
            columns[name] = pa.array([_text(v, decimal) for v in values], pa.string())
    return pa.table(columns)


def _moment(value: Any) -> datetime.datetime | None:
    if value is None or isinstance(value, datetime.datetime):
        return value
    return datetime.datetime(value.year, value.month, value.day)


def _text(value: Any, decimal: str = ".") -> str | None:
    """Return a cell as text: whole numbers without a point, other numbers with the decimal mark of the texts beside them."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, float):
        return str(value).replace(".", decimal)
    return value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else str(value)


def _refusal(name: str, wrong: str, found: str, fix: str, code: str) -> InputError:
    return InputError(f"{name} {wrong}.", found=f"{found}.", fix=fix, code=code)
