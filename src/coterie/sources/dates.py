"""When it was bought: one date format for a whole column, found from the shapes of its texts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from coterie.engines.base import Engine, literal
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.cells import BLANKS, TIMES, Cell, Typed
from coterie.sources.order import Found, order_of, other_order, parsed
from coterie.sources.shapes import SHAPE, shape_of

LAST_YEAR = 2200
_OFFSET = r"(:\d\d(?:[.,]\d+)?) ?(?:Z|UTC|GMT|[-+]\d\d(?::?\d\d)?)$"


def read_dates(
    engine: Engine, relation: str, cell: Cell, reading: Reading, date_min: datetime.date
) -> tuple[Typed, list[str], list[str]]:
    """Return how the date column is read, notes and warnings.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    relation : str
        Table or view of the source.
    cell : Cell
        The mapped date column.
    reading : Reading
        Its ``date_format`` is heeded.
    date_min : datetime.date
        Earlier dates are out of range.

    Raises
    ------
    InputError
        If day and month could change places, no format fits most dates, or only some have an offset.
    """
    if cell.sql_type.startswith(("TIMESTAMP", "DATE")):
        notes = [f"{cell.source}: times with a zone are read in UTC."] if "TIME ZONE" in cell.sql_type else []
        return _ranged(f"TRY_CAST({cell.text} AS TIMESTAMP)", "'date'", date_min), notes, []
    raw = cell.text if cell.is_text else f"{cell.text}::VARCHAR"
    found = _shapes(engine, relation, cell, raw)
    if cell.is_text and any(item.text.strip(BLANKS) != item.text for item in found):
        raw = cell.wide
        found = _shapes(engine, relation, cell, raw)
    if reading.date_format:
        typed, notes = _declared(engine, relation, cell, raw, reading.date_format, date_min)
        return typed, notes, []
    total = sum(item.count for item in found)
    known = [item for item in found if item.shape]
    if not known:
        return _ranged("CAST(NULL AS TIMESTAMP)", "'date'", date_min), [], [_no_dates(cell, found)] if found else []
    offsets = _check_offsets(cell, known)
    family = _family(cell, known, total)
    text = raw
    if offsets:
        text = rf"regexp_replace({raw}, {literal(_OFFSET)}, '\1')"
    order = order_of(engine, relation, cell, (raw, text), family)
    formats = sorted({item.shape.format(order) for item in family if item.shape})
    shapes = ", ".join(literal(item.text) for item in family)
    other = other_order(text, family, order)
    problem = f"CASE WHEN {SHAPE.format(raw)} IN ({shapes}) AND NOT {other} THEN 'date_range' ELSE 'date' END"
    notes = [f"{cell.source}: dates read as {' or '.join(formats)}.", *offsets]
    rest = total - sum(item.count for item in family)
    warnings = [f"{cell.source}: {rest:,} of {total:,} dates are not written as {formats[0]} and are set aside."] if rest else []
    return _ranged(parsed(text, formats), problem, date_min), notes, warnings


def _shapes(engine: Engine, relation: str, cell: Cell, text: str) -> list[Found]:
    rows = engine.rows(
        f"SELECT {SHAPE.format('date')} AS shape, sum({TIMES})::BIGINT, min(date) FROM "
        f"(SELECT {text} AS date, {TIMES} FROM {cell.distinct(relation)}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
    )
    return [Found(shape, shape_of(shape), count, example) for shape, count, example in rows if shape is not None]


def _check_offsets(cell: Cell, known: Sequence[Found]) -> list[str]:
    """Return a note where every time has an offset; refuse a column in which only some have one."""
    with_offset = [item for item in known if item.shape and item.shape.offset]
    if not with_offset:
        return []
    without = [item for item in known if item.shape and not item.shape.offset]
    if without:
        raise InputError(
            f"Column {cell.source!r} mixes times with and without an offset from UTC.",
            found=f"{with_offset[0].example} on {sum(item.count for item in with_offset):,} lines, "
            f"{without[0].example} on {sum(item.count for item in without):,}.",
            fix="export every time in the shop's local time, or every time with its offset.",
            code="mixed_timezone",
        )
    count = sum(item.count for item in with_offset)
    return [_as_written(cell, count)]


def _family(cell: Cell, known: Sequence[Found], total: int) -> list[Found]:
    """Return the shapes of the most frequent way to write a date; it must cover most of the column."""
    families: dict[str, list[Found]] = {}
    for item in known:
        if item.shape:
            families.setdefault(item.shape.family, []).append(item)
    ranked = sorted(families.values(), key=lambda items: -sum(item.count for item in items))
    best = ranked[0]
    share = sum(item.count for item in best) / total
    example = best[0].shape.formats[0] if best[0].shape else ""
    if share <= 0.5 and len(ranked) > 1:
        raise InputError(
            f"Column {cell.source!r} has no date format that fits most of its dates.",
            found=", ".join(f"{sum(i.count for i in items):,} like {items[0].example}" for items in ranked[:5]) + ".",
            fix=f"--date-format {literal(example)}, or another one; the rest is then set aside.",
            code="ambiguous_date",
        )
    return best


def _declared(
    engine: Engine, relation: str, cell: Cell, text: str, date_format: str, date_min: datetime.date
) -> tuple[Typed, list[str]]:
    zone = next((one for one in ("%z", "%Z") if one in date_format), "")
    value = parsed(text, [date_format])
    if zone and date_format.endswith(zone):
        # The engine would turn the time to UTC; the shop's is the one as written, as it is without a declared format.
        as_written = rf"regexp_replace({text}, {literal(_ZONE)}, '')"
        local = parsed(as_written, [date_format.removesuffix(zone).rstrip()])
        value = f"CASE WHEN regexp_matches({text}, {literal(_ZONE)}) THEN {local} END"
    try:
        fits, example = engine.rows(f"SELECT count({value}), min({text}) FROM {cell.distinct(relation)}")[0]
        found = f"{example}, which it does not read"
    except Exception as error:  # Whatever the engine says, it is the format that it says it of.
        fits, example, found = 0, "", str(error).splitlines()[0][:200]
    if zone and not date_format.endswith(zone):
        fits, example, found = 0, "", f"{zone} before its end, where no offset is read"
    if not fits and example is not None:
        raise InputError(
            f"{date_format!r} is not the date format of column {cell.source!r}.",
            found=f"{found}.",
            fix="--date-format in the way of strptime, e.g. --date-format '%d/%m/%Y %H:%M', or leave it out.",
            code="date_format",
        )
    pattern = re.sub(r"%-?[a-zA-Z]", lambda m: _DIGITS.get(m.group()[-1], r"\S+"), re.escape(date_format).replace("\\%", "%"))
    shaped = f"regexp_matches({text}, {literal('^' + pattern + '$')})"
    typed = _ranged(value, f"CASE WHEN {shaped} THEN 'date_range' ELSE 'date' END", date_min)
    if not zone:
        return typed, []
    count = engine.rows(f"SELECT sum({TIMES}) FILTER (WHERE {value} IS NOT NULL) FROM {cell.distinct(relation)}")[0][0]
    return typed, [_as_written(cell, count)] if count else []


_ZONE = r" *(?:Z|UTC|GMT|[-+]\d\d(?::?\d\d)?)$"


def _as_written(cell: Cell, count: int) -> str:
    return f"{cell.source}: {count:,} times have an offset from UTC; the local time as written is used."


_DIGITS = {"Y": r"\d{4}", "y": r"\d{2}", "f": r"\d+", **dict.fromkeys("mdHIMS", r"\d{1,2}")}


def _ranged(value: str, unreadable: str, date_min: datetime.date) -> Typed:
    """Return a date with its problem: unreadable, before the first day accepted, or in a year from 2200 on."""
    early, late = f"TIMESTAMP {literal(date_min.isoformat())}", f"TIMESTAMP '{LAST_YEAR}-01-01'"
    problem = f"CASE WHEN {value} IS NULL THEN {unreadable} WHEN {value} < {early} OR {value} >= {late} THEN 'date_range' END"
    return Typed(value, problem, sure=f"{{0}} >= {early} AND {{0}} < {late}")


def _no_dates(cell: Cell, found: Sequence[Found]) -> str:
    serial = re.fullmatch(r"0{5}([.,]0+)?", found[0].text)
    looks = " They look like a spreadsheet's serial numbers: format the column as a date and export again." if serial else ""
    return f"{cell.source}: no value is a date; the first is {found[0].example[:40]!r}.{looks}"
