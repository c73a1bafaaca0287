"""A list of customers: from what the address says to a query, and from its rows to the next page.

The API, the pages and the downloads ask here, so that a list is the same wherever it is read. Nothing that a person typed becomes
part of the SQL: columns are looked up, values are parameters.
"""

from __future__ import annotations

import base64
import datetime
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
MOST, WORDS, LETTERS = 1000, 8, 200
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class Listing:
    """Which customers, in which order, and from where.

    Parameters
    ----------
    where : tuple of (str, tuple)
        Conditions of SQL, each with its values.
    sort : str
        A column.
    descending : bool
        Which way; customers without a value come last either way, and alike ones by id.
    limit : int
        Customers a page.
    after : tuple or None
        Value and id of the last customer of the page before.
    columns : mapping of str to str
        The table's, with their types.
    asked : tuple of (str, str)
        What the address said of the filters, for the address of another page.
    """

    where: tuple[tuple[str, tuple[Any, ...]], ...]
    sort: str
    descending: bool
    limit: int
    after: tuple[Any, str] | None
    columns: Mapping[str, str]
    asked: tuple[tuple[str, str], ...] = field(default=())

    def counting(self, *, remaining: bool = False) -> tuple[str, list[Any]]:
        """Return the query for the number of customers: on all pages together, or from this page on."""
        sql, values = self._filter(self._beyond() if remaining else [])
        return f"SELECT count(*) AS customers FROM customers{sql}", values

    def grouping(self, column: str) -> tuple[str, list[Any]]:
        """Return the query for how many customers have each value of a column: ``value`` and ``customers``, the most first."""
        sql, values = self._filter([(f"{identifier(column)} IS NOT NULL", ())])
        name = identifier(column)
        return f"SELECT {name} AS value, count(*) AS customers FROM customers{sql} GROUP BY 1 ORDER BY 2 DESC, 1", values

    def query(self, wanted: Sequence[str] | None = None, *, whole: bool = False) -> tuple[str, list[Any]]:
        """Return the query for a page.

        Parameters
        ----------
        wanted : sequence of str, optional
            Columns; default all.
        whole : bool, default False
            Every customer that the filters leave, for a download.
        """
        sql, values = self._filter([] if whole else self._beyond())
        shown = ", ".join(identifier(name) for name in wanted or self.columns)
        way = "DESC" if self.descending else "ASC"
        order = f" ORDER BY {identifier(self.sort)} {way} NULLS LAST, customer_id"
        # One more than a page tells whether there is another.
        return f"SELECT {shown} FROM customers{sql}{order}" + ("" if whole else f" LIMIT {self.limit + 1}"), values

    def _filter(self, more: list[tuple[str, tuple[Any, ...]]]) -> tuple[str, list[Any]]:
        parts = [*self.where, *more]
        sql = " WHERE " + " AND ".join(f"({condition})" for condition, _ in parts) if parts else ""
        return sql, [value for _, values in parts for value in values]

    def _beyond(self) -> list[tuple[str, tuple[Any, ...]]]:
        if self.after is None:
            return []
        value, one = self.after
        column, sign = identifier(self.sort), "<" if self.descending else ">"
        if value is None:
            return [(f"{column} IS NULL AND customer_id > ?", (one,))]
        beyond = f"{column} {sign} ? OR ({column} = ? AND customer_id > ?) OR {column} IS NULL"
        return [(beyond, (value, value, one))]


def listed(asked: Iterable[tuple[str, str]], columns: Mapping[str, str], *, limit: int = 50) -> Listing:
    """Return the list that an address asks for.

    Parameters
    ----------
    asked : iterable of (str, str)
        Parameters of the address, in order. ``segment``, ``country``, ``rfm_group`` and ``nearest`` may come again; ``min_`` and
        ``max_`` stand before any numeric column; ``at_risk`` and ``out_of_range`` are ``true`` or ``false``; ``q`` are words;
        ``sort`` is a column, with ``-`` before it for the largest first; ``limit`` and ``after`` are the page's.
    columns : mapping of str to str
        Columns of the run's customers, with their types.
    limit : int, default 50
        Customers a page, where the address does not say.

    Raises
    ------
    InputError
        If there is no such parameter, or a value does not fit.

    Examples
    --------
    >>> columns = {"customer_id": "VARCHAR", "segment_id": "VARCHAR", "segment": "VARCHAR", "total_spend": "DOUBLE"}
    >>> found = listed([("segment", "s1"), ("min_spend", "100"), ("sort", "-total_spend")], columns, limit=2)
    >>> print(*found.query(["customer_id"]))
    SELECT "customer_id" FROM customers WHERE ("total_spend" >= ?) AND (segment_id IN (?) OR segment IN (?)) \
ORDER BY "total_spend" DESC NULLS LAST, customer_id LIMIT 3 [100.0, 's1', 's1']
    """
    where: list[tuple[str, tuple[Any, ...]]] = []
    chosen: dict[str, list[str]] = {}
    page: dict[str, str] = {}
    kept: list[tuple[str, str]] = []
    for name, text in asked:
        if name in ("sort", "limit", "after"):
            page[name] = text
        elif text.strip() == "":
            # A form sends what was left empty, too.
            continue
        elif name in CHOICES:
            chosen.setdefault(name, []).append(text)
        elif name == "q":
            where += _words(text, columns)
        elif name in TRUTHS:
            where.append(_truth(name, text, columns))
        elif name[:4] in ("min_", "max_"):
            where.append(_bound(name, text, columns))
        else:
            raise _unknown(name)
        if name not in ("limit", "after"):
            kept.append((name, text))
    for name, values in chosen.items():
        where.append(_choice(name, values, columns))
    sort = page.get("sort", "").strip() or ("-total_spend" if "total_spend" in columns else "customer_id")
    descending, sort = sort.startswith("-"), sort.removeprefix("-")
    sort = SHORT.get(sort, sort)
    if sort not in columns:
        raise _bad("sort", sort, f"one of {', '.join(columns)}")
    size = _limit(page.get("limit", ""), limit)
    after = _opened(page.get("after", ""), _order(sort, descending), columns[sort])
    return Listing(tuple(where), sort, descending, size, after, columns, tuple(kept))


def mark(listing: Listing, rows: Sequence[Mapping[str, Any]], run: str) -> str | None:
    """Return what ``after`` has to be for the next page; None where this is the last.

    Parameters
    ----------
    listing : Listing
        The list.
    rows : sequence of mapping
        Of `Listing.query`, the one too many still among them.
    run : str
        The run they are of: its next page is of the same, whatever is published meanwhile.
    """
    if len(rows) <= listing.limit:
        return None
    last = rows[listing.limit - 1]
    value = last[listing.sort]
    if isinstance(value, datetime.date):
        value = value.isoformat()
    content = [run, _order(listing.sort, listing.descending), value, last["customer_id"]]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def run_of(after: str | None) -> str | None:
    """Return the run that a page after another belongs to."""
    return None if not after else _read(after)[0]


def _order(sort: str, descending: bool) -> str:
    return f"-{sort}" if descending else sort


def _opened(after: str, order: str, kind: str) -> tuple[Any, str] | None:
    """Return value and id of the last customer before, or refuse a mark of another order."""
    if not after:
        return None
    _, of, value, one = _read(after)
    try:
        if of == order:
            return (None if value is None else _valued(value, kind)), one
    except (TypeError, ValueError):
        pass
    raise _no_mark("a mark of a list in another order.")


def _read(after: str) -> tuple[str, str, Any, str]:
    try:
        content = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True).decode()
        run, order, value, one = json.loads(content)
        # Anybody may make a mark up, and of half a letter, too.
        "".join((run, order, one, value if isinstance(value, str) else "")).encode()
    except (ValueError, TypeError, RecursionError):
        raise _no_mark("a mark that is none.") from None
    return run, order, value, one


def _valued(value: Any, kind: str) -> Any:
    """Return a value of a mark as its column has it; ValueError or TypeError for one that the column cannot have."""
    if kind.startswith(_NUMBERS):
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and -(2**63) < value < 2**63
    elif kind == "BOOLEAN":
        fits = isinstance(value, bool)
    elif kind == "VARCHAR":
        fits = isinstance(value, str)
    else:
        return datetime.datetime.fromisoformat(value)
    if not fits:
        raise ValueError(kind)
    return value


def _words(text: str, columns: Mapping[str, str]) -> list[tuple[str, tuple[Any, ...]]]:
    words = text.split()
    if len(text) > LETTERS or len(words) > WORDS:
        raise _bad("q", f"{len(words)} words, {len(text)} letters", f"at most {WORDS} words and {LETTERS} letters")
    searched = [identifier(name) for name in SEARCHED if name in columns]
    anywhere = " OR ".join(f"contains(lower({name}), lower(?))" for name in searched)
    return [(anywhere, (word,) * len(searched)) for word in words]


def _choice(name: str, values: list[str], columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]]:
    places = ", ".join("?" for _ in values)
    if name == "segment":
        return f"segment_id IN ({places}) OR segment IN ({places})", (*values, *values)
    return f"{_column(name, columns)} IN ({places})", tuple(values)


def _truth(name: str, text: str, columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]]:
    if text not in ("true", "false"):
        raise _bad(name, text, "true or false")
    return f"{'' if text == 'true' else 'NOT '}{_column(name, columns)}", ()


def _bound(name: str, text: str, columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]]:
    column = SHORT.get(name[4:], name[4:])
    if not columns.get(column, "").startswith(_NUMBERS):
        raise _unknown(name) if column not in columns and column not in SHORT.values() else _absent(name, column)
    value = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
    if not math.isfinite(value):
        raise _bad(name, text, "a number")
    return f"{identifier(column)} {'>=' if name.startswith('min_') else '<='} ?", (value,)


def _limit(text: str, default: int) -> int:
    if not text.strip():
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= MOST:
        raise _bad("limit", text, f"a number from 1 to {MOST:,}")
    return int(text)


def _column(name: str, columns: Mapping[str, str]) -> str:
    if name not in columns:
        raise _absent(name, name)
    return identifier(name)


def _no_mark(found: str) -> InputError:
    return InputError("That is not a page of this list.", found=found, fix="begin without after=.", code="bad_page")


def _bad(name: str, given: str, wanted: str) -> InputError:
    return InputError(f"{name} cannot be that.", found=f"{given[:100]!r}.", fix=f"{name} is {wanted}.", code="bad_filter")


def _absent(name: str, column: str) -> InputError:
    return InputError(
        f"This run cannot be filtered by {name}.",
        found=f"no {column} among the customers' numbers and names.",
        fix="leave it out; the run's recipe or its source has no such column.",
        code="no_column",
    )


def _unknown(name: str) -> InputError:
    return InputError(
        "The list has no such filter.",
        found=f"{name[:100]!r}.",
        fix=f"one of q, {', '.join(CHOICES)}, {', '.join(TRUTHS)}, or min_ or max_ before a column, such as min_spend.",
        code="bad_filter",
    )
