"""The filters of a list as conditions of SQL: columns are looked up, what a person typed are values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from coterie.engines import identifier
from coterie.errors import InputError

SHORT = {
    "spend": "total_spend",
    "orders": "total_orders",
    "quantity": "total_quantity",
    "order_value": "avg_order_value",
    "recency": "recency_days",
    "tenure": "tenure_days",
}
"""Short names of columns in ``min_spend`` and the like; any other numeric column goes by its own name."""
SEARCHED = ("customer_id", "segment", "country", "rfm_group", "reason")
"""Where ``q`` looks: every word of it has to be in one of these."""
CHOICES = ("segment", "country", "rfm_group", "nearest")
"""Columns that one or more values may be chosen of, each parameter repeated."""
TRUTHS = ("at_risk", "out_of_range")
WORDS, LETTERS = 8, 200
LARGEST = 1e15
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL")
"""Types of columns that bounds go for."""
Condition = tuple[str, tuple[Any, ...]]
Values = Mapping[str, Mapping[str, str]]
"""All values of columns that have few, each with how the database writes it small."""


def words(text: str, columns: Mapping[str, str], values: Values) -> list[Condition]:
    """Return a condition for every word: it has to be somewhere in one of the columns that are searched."""
    found = text.split()
    if len(text) > LETTERS or len(found) > WORDS:
        raise bad("q", f"{len(found)} words, {len(text)} letters", f"at most {WORDS} words and {LETTERS} letters")
    return [_anywhere(word, [name for name in SEARCHED if name in columns], values) for word in found]


def _anywhere(word: str, searched: list[str], values: Values) -> Condition:
    parts: list[Condition] = []
    for name in searched:
        if name in values and word.isascii():
            # Few values are looked through once, and not half a million times.
            having = [value for value, small in values[name].items() if word.lower() in small]
            parts += [_among(name, having)] if having else []
        else:
            parts.append((f"contains(lower({identifier(name)}), lower(?))", (word,)))
    return " OR ".join(sql for sql, _ in parts), tuple(value for _, some in parts for value in some)


def choice(name: str, chosen: list[str], columns: Mapping[str, str], values: Values) -> Condition:
    """Return the condition that a column has one of some values; a segment goes by its id and by its name."""
    if name != "segment":
        return _among(_known(name, columns), chosen)
    # What is the id of a segment and no name need not be compared with names, and the other way round.
    ids, names = values.get("segment_id", {}), values.get("segment", {})
    by_id = [one for one in chosen if one in ids or one not in names]
    by_name = [one for one in chosen if one in names or one not in ids]
    parts = [_among(column, some) for column, some in (("segment_id", by_id), ("segment", by_name)) if some]
    return " OR ".join(sql for sql, _ in parts), tuple(value for _, some in parts for value in some)


def _among(name: str, chosen: list[str]) -> Condition:
    return f"{identifier(name)} IN ({', '.join('?' for _ in chosen)})", tuple(chosen)


def truth(name: str, text: str, columns: Mapping[str, str]) -> Condition:
    """Return the condition that a column is true, or that it is false."""
    if text not in ("true", "false"):
        raise bad(name, text, "true or false")
    return f"{'' if text == 'true' else 'NOT '}{identifier(_known(name, columns))}", ()


def bound(name: str, text: str, columns: Mapping[str, str]) -> Condition:
    """Return the condition that a column is at least or at most so much."""
    column = SHORT.get(name[4:], name[4:])
    numeric = {one: kind for one, kind in columns.items() if kind.startswith(NUMBERS)}
    if column not in numeric:
        raise unknown(name) if column not in columns and column not in SHORT.values() else absent(name, column, numeric)
    value = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
    if not abs(value) <= LARGEST:
        raise bad(name, text, f"a number, at most {LARGEST:g} in size")
    return f"{identifier(column)} {'>=' if name.startswith('min_') else '<='} ?", (value,)


def _known(name: str, columns: Mapping[str, str]) -> str:
    if name not in columns:
        raise absent(name, name, columns)
    return name


def bad(name: str, given: str, wanted: str) -> InputError:
    """Return the refusal of a value."""
    return InputError(f"{name} cannot be that.", found=f"{given[:100]!r}.", fix=f"{name} is {wanted}.", code="bad_filter")


def absent(name: str, column: str, columns: Mapping[str, str]) -> InputError:
    """Return the refusal of a column that a run has not."""
    return InputError(
        f"This run cannot be {'sorted' if name == 'sort' else 'filtered'} by {column[:100] if name == 'sort' else name}.",
        found=f"no {column[:100]} among {', '.join(columns)}.",
        fix="leave it out, or name one of those; the run's recipe or its source has no such column.",
        code="no_column",
    )


def unknown(name: str) -> InputError:
    """Return the refusal of a filter that there is not."""
    return InputError(
        "The list has no such filter.",
        found=f"{name[:100]!r}.",
        fix=f"one of q, {', '.join(CHOICES)}, {', '.join(TRUTHS)}, or min_ or max_ before a column, such as min_spend.",
        code="bad_filter",
    )
