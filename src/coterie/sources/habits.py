"""How a column is read as a whole: what is decided once of all its texts, in a few words that a later file is held against."""

from __future__ import annotations

import re
from collections.abc import Mapping

from coterie.sources.cells import Typed
from coterie.sources.ids import IDS

WHOLE, AS_WRITTEN = "whole numbers", "as written"
_NUMBERS = ("quantity", "price", "transaction_value")


def habits_of(typed: Mapping[str, Typed]) -> dict[str, str]:
    """Return by column what was decided of it.

    Parameters
    ----------
    typed : mapping of str to Typed
        How each mapped column is read.

    Returns
    -------
    dict of str to str
        Of an id, whether its ``.0`` goes; of a number, its decimal mark; of a date, its formats and whether it has an offset.
    """
    found = {}
    for name, one in typed.items():
        if name in IDS:
            found[name] = WHOLE if r"'\.0+$'" in one.value or "AS BIGINT" in one.value else AS_WRITTEN
        elif name in _NUMBERS:
            found[name] = "," if "',', '.')" in one.value else "."
        elif name == "invoice_date":
            offset = ["with offset"] if "regexp_replace" in one.value else []
            found[name] = "; ".join([*_formats(one.value), *offset])
    return found


def agree(name: str, then: str, now: str) -> bool:
    """Return whether a column of a later file is read as it was; dates by their order of day, month and year.

    Examples
    --------
    >>> agree("invoice_date", "%d/%m/%Y %H:%M; %d/%m/%Y", "%d/%m/%Y"), agree("invoice_date", "%d/%m/%Y", "%m/%d/%Y")
    (True, False)
    """
    return then == now if name != "invoice_date" else _orders(then) >= _orders(now)


def date_formats(habit: str) -> list[str]:
    """Return the formats of a date column's habit."""
    return [one for one in habit.split("; ") if "%" in one]


def _formats(sql: str) -> list[str]:
    return sorted(set(re.findall(r"'([^']*%[dmYyHbB][^']*)'", sql)))


def _orders(habit: str) -> set[str]:
    return {"".join(re.findall(r"%-?([dmbBYy])", one)) if "%" in one else one for one in habit.split("; ") if one}
