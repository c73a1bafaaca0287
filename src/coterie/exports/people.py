"""A file or frame with a person a row, its columns found by their headers and its ids read as a run's ids are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coterie.engines import Engine, open_engine
from coterie.errors import InputError, MappingError
from coterie.recipe import Reading
from coterie.sources import Match
from coterie.sources.cells import cells_of
from coterie.sources.files import load
from coterie.sources.ids import read_ids
from coterie.sources.part import Source

CUSTOMER = (
    "customer_id", "customer", "client_id", "client", "customer_no", "customer_number", "cust_id", "user_id", "id",
)  # fmt: skip
"""Headers of a customer's id, the surest first."""
_AS_IDS = frozenset({"customer_id", "phone", "zip"})
# Marks without a picture of their own, and those that turn the direction of writing: none belongs in a name.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class People:
    """Persons as they were given.

    Parameters
    ----------
    name : str
        What the file is called in a message.
    header : tuple of str
        Its columns.
    found : dict of str to str
        Field to column.
    values : dict of str to list
        Field to one text a row, None where there is none; all of the same length, in the order of the rows.
    raw_ids : list
        ``customer_id`` before whole numbers lost their ``.0``; empty without that field.
    """

    name: str
    header: tuple[str, ...]
    found: dict[str, str]
    values: dict[str, list[str | None]]
    raw_ids: list[str | None]

    def __len__(self) -> int:
        return len(next(iter(self.values.values()), []))

    def ids(self, known: frozenset[str] | set[str]) -> list[str | None]:
        """Return each row's id as one of the known ones, where it is one as given, as read, or without its guard.

        A list of ours has ``'`` before an id that a spreadsheet would take for a formula.
        """
        return [_one_of(known, raw, read) for raw, read in zip(self.raw_ids, self.values["customer_id"], strict=True)]


def read_people(source: Any, fields: Mapping[str, Sequence[str]], named: Mapping[str, str] | None = None) -> People:
    """Read persons from a file or a frame.

    Parameters
    ----------
    source : path or frame
        CSV, Parquet, workbook or DuckDB file, or a frame.
    fields : mapping of str to sequence of str
        Field to the headers it may have, the surest first; case, blanks and punctuation do not count. Where ``value`` is a field,
        a text file of one column needs no header.
    named : mapping of str to str, optional
        Field to column, as a person said it.

    Raises
    ------
    InputError
        If the source cannot be read, a row does not fit its header, or an id has lost digits.
    MappingError
        If a named column is not there, or a field is unknown.
    """
    is_text = isinstance(source, (str, Path))
    try:
        people = _people(source, fields, named or {}, {})
    except InputError as error:
        # One column has no separator to be seen, and a lone line is taken for a header.
        if not is_text or error.code not in ("columns", "no_rows"):
            raise
        try:
            return _lone(source, fields, named or {})
        except InputError:
            raise error from None
    known = fields.keys() & people.found.keys()
    return people if known or not is_text or len(people.header) > 1 else _lone(source, fields, named or {})


def _lone(source: Any, fields: Mapping[str, Sequence[str]], named: Mapping[str, str]) -> People:
    """Read a text file of one column, with a header or, where a value may stand alone, without."""
    try:
        people = _people(source, fields, named, {"delimiter": ","})
        if people.found or "value" not in fields:
            return people
    except InputError as error:
        if error.code not in ("columns", "no_rows") or "value" not in fields:
            raise
    people = _people(source, fields, named, {"delimiter": ",", "header": False, "columns": ("value",)})
    headers = {folded(header) for names in fields.values() for header in names}
    if len(people) == 1 and folded(people.values["value"][0] or "") in headers:
        raise InputError(
            f"{people.name} has no lines.",
            found=f"a header ({people.values['value'][0]}) and nothing below it.",
            fix="leave the file out, or export it again.",
            code="no_rows",
        )
    return people


def _people(source: Any, fields: Mapping[str, Sequence[str]], named: Mapping[str, str], reading: dict[str, Any]) -> People:
    with open_engine() as engine:
        loaded = load(engine, "people", source, Reading.model_validate(reading))
        _whole(engine, loaded)
        return _read(engine, loaded, _found(loaded, fields, named))


def folded(header: str) -> str:
    """Return a header without case, accents, blanks and punctuation.

    Examples
    --------
    >>> folded("E-Mail (Billing)"), folded("Téléphone")
    ('emailbilling', 'telephone')
    """
    return "".join(mark for mark in unicodedata.normalize("NFKD", header).casefold() if mark.isalnum())


def _found(loaded: Source, fields: Mapping[str, Sequence[str]], named: Mapping[str, str]) -> dict[str, str]:
    foreign = [f for f in named if f not in fields]
    absent = [column for column in named.values() if column not in loaded.columns]
    if foreign or absent:
        raise MappingError(
            f"{loaded.name} has no column {absent[0]!r}." if absent else f"There is no field called {foreign[0]!r}.",
            found=f"columns: {', '.join(loaded.columns[:50])}." if absent else f"fields: {', '.join(fields)}.",
            fix="name a column that is there: --on for the customer id, --map FIELD=COLUMN for others."
            if absent
            else "name one of these fields, as FIELD=COLUMN.",
            code="no_column",
        )
    by_fold: dict[str, str] = {}
    for column in loaded.columns:
        by_fold.setdefault(folded(column), column)
    # A column named for one field may be another's too: the e-mail may be the customer's id.
    found, taken = dict(named), set[str]()
    for name, headers in fields.items():
        free = (by_fold.get(folded(header)) for header in headers)
        first = next((column for column in free if column and column not in taken), None)
        if name not in found and first:
            found[name] = first
            taken.add(first)
    return found


def _read(engine: Engine, loaded: Source, found: dict[str, str]) -> People:
    matches = [Match(name, column, 1.0, "by its header") for name, column in found.items()]
    cells = cells_of(engine, loaded.rows, matches)
    typed = read_ids(engine, loaded.rows, [cell for name, cell in cells.items() if name in _AS_IDS], Reading.model_validate({}))
    wanted = {name: typed[name].value if name in typed else f"CAST({cell.wide} AS VARCHAR)" for name, cell in cells.items()}
    if "customer_id" in cells:
        wanted["raw_id"] = f"CAST({cells['customer_id'].wide} AS VARCHAR)"
    listed = "".join(f"{sql} AS {name}, " for name, sql in wanted.items())
    columns = engine.arrays(f"SELECT {listed} source_row FROM {loaded.rows} ORDER BY source_row")
    columns.pop("source_row")
    raw = columns.pop("raw_id").tolist() if "raw_id" in columns else []
    values = {name: [clean(value) for value in column.tolist()] for name, column in columns.items()}
    if "customer_id" in values:
        values["customer_id"] = columns["customer_id"].tolist()
    return People(loaded.name, loaded.columns, found, values, raw)


def clean(text: str | None) -> str | None:
    """Return a text on one line, without marks that cannot be seen; None where nothing is left.

    Examples
    --------
    >>> clean(" Ann\\nLee\\u202e "), clean("\\x00")
    ('Ann Lee', None)
    """
    return (_TURNING.sub("", _UNSEEN.sub(" ", text)).strip() or None) if text else None


def _one_of(known: frozenset[str] | set[str], raw: str | None, read: str | None) -> str | None:
    for text in (raw, read):
        if text is not None and text in known:
            return text
    bare = read[1:] if read and read.startswith("'") else None
    return bare if bare in known else read


def _whole(engine: Engine, loaded: Source) -> None:
    """Refuse a file of which a row does not fit: a person left out of a suppression list would be written to."""
    misfits = engine.rows(f"SELECT source_file, source_line, left(source_text, 80) FROM {loaded.rejects} ORDER BY source_row")
    if misfits:
        file, line, text = misfits[0]
        raise InputError(
            f"{file}: record {line} does not fit the header.",
            found=f"{text!r}; {len(misfits):,} such records.",
            fix="give every record a cell for each column, quoted where it holds a separator.",
            code="ragged",
        )
