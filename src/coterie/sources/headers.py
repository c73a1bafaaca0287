"""A header that names every column once, and in no name that Coterie needs for itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from coterie.columns import COLUMNS
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.cells import stored

RESERVED = frozenset(
    {"source_row", "source_file", "source_line", "source_text", "source_nth", "source_order", "source_again"}
    | {stored(column.name) for column in COLUMNS}
)
_VALUE = re.compile(r"[-+]?[\d.,]*\d[\d.,]*|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")


def checked_header(name: str, cells: list[str], width: int, *, values: bool = True) -> tuple[str, ...]:
    """Return the header's names, trimmed.

    Parameters
    ----------
    name : str
        The file's name, for the message.
    cells : list of str
        The header as it stands.
    width : int
        Number of fields in the first record below.
    values : bool
        Whether a header that looks like values is refused.

    Returns
    -------
    tuple of str
        Unique names; one that Coterie needs for itself gets an underscore behind it.

    Raises
    ------
    InputError
        If a name is missing or double, the header is of another width than the rows, or there is none.

    Examples
    --------
    >>> checked_header("sales.csv", [" Qty ", "source_row"], 2)
    ('Qty', 'source_row_')
    """
    names = [cell.strip().strip("\ufeff\u00a0") for cell in cells]
    if len(names) != width and not (names and width == 0):
        _refuse(
            name,
            "has a header that does not fit its rows",
            f"{len(names)} names ({_listed(names)}) above {width} values",
        )
    blank = [str(index + 1) for index, cell in enumerate(names) if not cell]
    if blank:
        _refuse(name, f"has no name for column {', '.join(blank[:10])}", _listed(names))
    double = [cell for cell, count in Counter(cell.casefold() for cell in names).items() if count > 1]
    if double:
        _refuse(name, f"has more than one column called {', '.join(double[:10])}", _listed(names))
    if values and sum(bool(_VALUE.fullmatch(cell)) for cell in names) * 3 >= len(names):
        _refuse(name, "has no header: its first line holds values", _listed(names))
    return tuple(cell + "_" if cell.casefold() in RESERVED else cell for cell in names)


def _listed(names: list[str]) -> str:
    return ", ".join(cell or "(no name)" for cell in names[:50])


def _refuse(name: str, wrong: str, found: str) -> None:
    raise InputError(
        f"{name} {wrong}.",
        found=f"{found}.",
        fix="name every column once in the first line, or --no-header --columns with a name for each.",
        code="columns",
    )


def given_names(name: str, first: Sequence[str], reading: Reading) -> list[str]:
    """Return the names that ``--columns`` gives the columns of a table without a header; none where it has one.

    Parameters
    ----------
    name : str
        What to call the table.
    first : sequence of str
        The cells of its first line.
    reading : Reading
        Its ``header`` and ``columns``.

    Raises
    ------
    InputError
        If there are names beside a header, or not one for every column.
    """
    shown = f"the first line: {', '.join(first)[:200]}"
    if reading.header and reading.columns:
        raise InputError(
            f"{name} has a header, and --columns names the columns too.",
            found=f"{shown}.",
            fix="--no-header beside --columns if that line is data; else leave --columns out.",
            code="columns",
        )
    if not reading.header and not reading.columns:
        raise InputError(
            f"{name} is read without a header, and its columns have no names.",
            found=f"{len(first)} columns, {shown}.",
            fix="--no-header --columns customer_id,invoice_date,quantity,transaction_value",
            code="columns",
        )
    if not reading.header and len(reading.columns) != len(first):
        raise InputError(
            f"{name} does not have the columns that were named.",
            found=f"{len(first)} columns in the first line, {len(reading.columns)} names in --columns.",
            fix="--columns with one name for every column of the file.",
            code="columns",
        )
    return list(reading.columns)
