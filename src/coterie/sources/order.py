"""Day before month or month before day: decided by the dates of a whole column that only one order can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coterie.engines.base import Engine, literal
from coterie.errors import InputError
from coterie.sources.cells import TIMES, Cell
from coterie.sources.shapes import SHAPE, Shape

TOLERATED = 0.1
"""Share of the deciding dates that may contradict the chosen order of day and month and is set aside."""


@dataclass(frozen=True)
class Found:
    """Texts of one shape: what the shape says, how many there are, and the first of them."""

    text: str
    shape: Shape | None
    count: int
    example: str


def order_of(engine: Engine, relation: str, cell: Cell, texts: tuple[str, str], family: Sequence[Found]) -> int:
    """Return which order of day, month and year the column is in; refuse where two fit and differ."""
    raw, text = texts
    shapes = [item.shape for item in family if item.shape]
    orders = len(shapes[0].formats)
    if orders == 1:
        return 0
    columns = ", ".join(f"{parsed(text, sorted({s.formats[order] for s in shapes}))} AS d{order}" for order in range(orders))
    inside = ", ".join(literal(item.text) for item in family)
    pairs = [(a, b) for a in range(orders) for b in range(orders) if a != b]
    tests = [
        *(f"d{a} IS NOT NULL AND d{b} IS NULL" for a, b in pairs),
        *(f"d{a} <> d{b}" for a, b in pairs),
        *(f"d{order} IS NOT NULL" for order in range(orders)),
    ]
    counted = ", ".join(f"coalesce(sum({TIMES}) FILTER (WHERE {test}), 0)" for test in tests)
    row = engine.rows(
        f"SELECT {counted} FROM (SELECT {TIMES}, {columns} FROM {cell.distinct(relation)} WHERE {SHAPE.format(raw)} IN ({inside}))"
    )[0]
    only = dict(zip(pairs, row[: len(pairs)], strict=True))
    unlike = dict(zip(pairs, row[len(pairs) : 2 * len(pairs)], strict=True))
    best = max(range(orders), key=lambda order: (row[2 * len(pairs) + order], -order))
    for other in range(orders):
        if other == best:
            continue
        for_best, for_other = only[best, other], only[other, best]
        one, two = shapes[0].formats[best], shapes[0].formats[other]
        undecided = not for_best and not for_other and unlike[best, other]
        contradicted = for_other > TOLERATED * (for_best + for_other)
        if undecided or contradicted:
            raise InputError(
                f"The dates of column {cell.source!r} can be read in two ways.",
                found=f"{family[0].example}: {for_best:,} dates fit {one} alone, {for_other:,} fit {two} alone.",
                fix=f"--date-format {literal(one)} or --date-format {literal(two)}",
                code="ambiguous_date",
            )
    return best


def other_order(text: str, family: Sequence[Found], order: int) -> str:
    """Return SQL that is true where a text is a date in another order than the column's."""
    shapes = [item.shape for item in family if item.shape]
    others = sorted({fmt for shape in shapes for index, fmt in enumerate(shape.formats) if index != order})
    return f"({parsed(text, others)} IS NOT NULL)" if others else "FALSE"


def parsed(text: str, formats: Sequence[str]) -> str:
    """Return SQL of a text as a timestamp in the first of the formats that reads it, else NULL."""
    if len(formats) == 1:
        return f"try_strptime({text}, {literal(formats[0])})"
    return f"try_strptime({text}, [{', '.join(literal(fmt) for fmt in formats)}])"
