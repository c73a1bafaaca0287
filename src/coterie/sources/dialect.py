"""How a delimited text is laid out: its delimiter, quote, header and what stands above it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from coterie.engines.base import Dialect
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.headers import checked_header, given_names
from coterie.sources.text import Text

MAX_COLUMNS = 2_000
# The comma last: it may stand in decimals, as often as another delimiter between them.
_DELIMITERS = (";", "\t", "|", ",")
_RECORDS = 200
_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "runs of spaces"}


@dataclass(frozen=True)
class Layout:
    """A text's layout: the engine's dialect, and what to say about it."""

    dialect: Dialect
    note: str


def recognise(name: str, text: Text, reading: Reading) -> Layout:
    """Return how a text is laid out.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : Text
        The text; its sample is looked at.
    reading : Reading
        Its ``delimiter``, ``header`` and ``columns`` are heeded.

    Raises
    ------
    InputError
        If there is no delimiter to be seen, the header is missing or double, or there are too many columns.
    """
    delimiter, skip = _declared(reading.delimiter), 0
    declared_line = re.match(r"sep=(.)\r?\n", text.sample)
    if declared_line:
        delimiter, skip = delimiter or declared_line.group(1), 1
    body = text.sample[declared_line.end() if declared_line else 0 :]
    delimiter = delimiter or _delimiter(name, body, text.whole)
    records = _records(body, delimiter, text.whole)
    above = _title_lines(records)
    first = records[above] if above < len(records) else []
    if max(len(first), body[: 1 << 20].partition("\n")[0].count(delimiter)) > MAX_COLUMNS:
        raise InputError(
            f"{name} has more than {MAX_COLUMNS:,} columns.",
            found=f"{body.partition(chr(10))[0].count(delimiter) + 1:,} in its first line.",
            fix="--delimiter to name the separator, or export only the columns that describe a sale.",
            code="limit",
        )
    header = _header(name, first, records[above + 1 :], reading)
    dialect = Dialect(
        columns=header,
        delimiter=delimiter,
        quote='"',
        skip=skip + above + (1 if reading.header else 0),
    )
    shown = "runs of spaces" if reading.delimiter == " " else _WORDS.get(delimiter, repr(delimiter))
    return Layout(dialect, f"{name}: columns separated by {shown}.")


def _declared(delimiter: str | None) -> str | None:
    """Return the delimiter in the prepared text: runs of spaces were made tabs; ``\\t`` and ``tab`` may be typed."""
    found = {" ": "\t", "\\t": "\t", "tab": "\t"}.get(delimiter or "", delimiter)
    if found and (len(found) > 1 or found in '"\r\n'):
        raise InputError(
            f"{found!r} cannot separate columns.",
            found="a delimiter that is not a single character, or is the quote or a line end.",
            fix="--delimiter ';', or another single character, tab, or ' ' for runs of spaces; left out, it is recognised.",
            code="columns",
        )
    return found


def _records(body: str, delimiter: str, whole: bool) -> list[list[str]]:
    """Return the first records; the last is left out where the sample may have cut it."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True):
            records.append(record)
            if len(records) == _RECORDS:
                return records
    except csv.Error:  # A field too long for this reader, or a quote that never ends: the engine says which and where.
        return records
    return records if whole or len(records) < 2 else records[:-1]


def _delimiter(name: str, body: str, whole: bool) -> str:
    """Return the delimiter under which most records have one number of fields."""
    most, choice = 0, ""
    for delimiter in _DELIMITERS:
        counts = Counter(len(record) for record in _records(body, delimiter, whole) if record)
        width, records = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if width > 1 and records > most:
            most, choice = records, delimiter
    if not choice:
        raise InputError(
            f"{name} has no columns to be seen.",
            found=repr(body[:80]) + ", without a comma, semicolon, tab or bar that repeats.",
            fix='--delimiter to name the separator; --delimiter " " for runs of spaces.',
            code="columns",
        )
    return choice


def _title_lines(records: list[list[str]]) -> int:
    """Return how many records stand above the table: blank ones, and titles of a single cell above a wide table."""
    width = max((len(record) for record in records), default=0)
    least = 1 if width > 2 else 0
    return next((i for i, record in enumerate(records) if sum(bool(cell.strip()) for cell in record) > least), 0)


def _header(name: str, first: list[str], below: list[list[str]], reading: Reading) -> tuple[str, ...]:
    if given := given_names(name, first, reading):
        return checked_header(name, given, len(first))
    widths = Counter(len(record) for record in below if record)
    usual = max(widths, key=lambda width: (widths[width], width == len(first)), default=len(first))
    return checked_header(name, first, usual)
