"""A list of customers: from what the address says to a query, and from its rows to the next page.

The API, the pages and the downloads ask here, so that a list is the same wherever it is read. Nothing that a person typed becomes
part of the SQL: columns are looked up, values are parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coterie.engines import identifier
from coterie.web.conditions import (
    CHOICES,
    SEARCHED,
    SHORT,
    TRUTHS,
    Condition,
    Values,
    absent,
    bad,
    bound,
    choice,
    truth,
    unknown,
    words,
)
from coterie.web.marks import mark, no_mark, opened, order_of
from coterie.web.snapshot import Snapshot

MOST = 1000
"""Customers a page, at most."""
FEW = 300
"""Values that a column may have to be looked through by itself."""
PAGING = ("sort", "limit", "after", "back")
"""Parameters that are no filters."""


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
    after, before : tuple or None
        Value and id of the last customer of the page before, or of the first one of the page after.
    columns : mapping of str to str
        The table's, with their types.
    asked : tuple of (str, str)
        What the address said of the filters, for the address of another page.
    """

    where: tuple[Condition, ...]
    sort: str
    descending: bool
    limit: int
    after: tuple[Any, str] | None
    before: tuple[Any, str] | None
    columns: Mapping[str, str]
    asked: tuple[tuple[str, str], ...] = field(default=())

    def counting(self, *, here: bool = False) -> tuple[str, list[Any]]:
        """Return the query for the number of customers: on all pages together, or from the page on that `query` is of.

        Of a page that is before another one, from its end back to the first customer of all.
        """
        sql, values = self._filter(self._beside() if here else [])
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
        sql, values = self._filter([] if whole else self._beside())
        shown = ", ".join(identifier(name) for name in wanted or self.columns)
        # A page before another one is found from its end.
        back = self.before is not None and not whole
        way = "DESC" if self.descending != back else "ASC"
        nobody, ids = ("FIRST", " DESC") if back else ("LAST", "")
        order = f" ORDER BY {identifier(self.sort)} {way} NULLS {nobody}, customer_id{ids}"
        # One more than a page tells whether there is another.
        return f"SELECT {shown} FROM customers{sql}{order}" + ("" if whole else f" LIMIT {self.limit + 1}"), values

    def _filter(self, more: list[Condition]) -> tuple[str, list[Any]]:
        parts = [*self.where, *more]
        sql = " WHERE " + " AND ".join(f"({condition})" for condition, _ in parts) if parts else ""
        return sql, [value for _, values in parts for value in values]

    def _beside(self) -> list[Condition]:
        column = identifier(self.sort)
        if self.after is not None:
            value, one = self.after
            if value is None:
                return [(f"{column} IS NULL AND customer_id > ?", (one,))]
            beyond = f"{column} {'<' if self.descending else '>'} ? OR ({column} = ? AND customer_id > ?) OR {column} IS NULL"
            return [(beyond, (value, value, one))]
        if self.before is not None:
            value, one = self.before
            if value is None:
                return [(f"{column} IS NOT NULL OR customer_id < ?", (one,))]
            ahead = f"{column} {'>' if self.descending else '<'} ? OR ({column} = ? AND customer_id < ?)"
            return [(ahead, (value, value, one))]
        return []


@dataclass(frozen=True)
class Page:
    """A page of a list.

    Parameters
    ----------
    rows : list of dict
        Its customers, in order.
    total : int
        Customers on all pages together.
    first : int
        Place of its first customer in the list, from 1.
    after, before : str or None
        Marks of the pages beside it; None where there is none.
    """

    rows: list[dict[str, Any]]
    total: int
    first: int
    after: str | None
    before: str | None


def page_of(found: Snapshot, listing: Listing, wanted: Sequence[str] | None = None) -> Page:
    """Return a page.

    Parameters
    ----------
    found : Snapshot
        Of the run.
    listing : Listing
        The list.
    wanted : sequence of str, optional
        Columns, the one that the list is sorted by among them; default all.
    """

    def count(**of: bool) -> int:
        return int(found.tables.rows(*listing.counting(**of))[0]["customers"])

    rows = found.tables.rows(*listing.query(wanted))
    more, rows = len(rows) > listing.limit, rows[: listing.limit]
    back = listing.before is not None
    # Who sees all of a list need not have it counted.
    total = len(rows) if not more and not back and listing.after is None else count()
    if back:
        rows.reverse()
        first = (count(here=True) if more else len(rows)) - len(rows) + 1
    else:
        first = 1 if listing.after is None else total - (count(here=True) if more else len(rows)) + 1
    following, preceding = (bool(rows), more) if back else (more, first > 1 and bool(rows))
    after = mark(listing, rows[-1], found.number) if following else None
    return Page(rows, total, first, after, mark(listing, rows[0], found.number) if preceding else None)


def listing_in(found: Snapshot, asked: Iterable[tuple[str, str]]) -> Listing:
    """Return the list of a run's customers that an address asks for, as `listed` does."""
    return listed(asked, found.tables.columns("customers"), values=found.once("values", lambda: _values(found)))


def _values(found: Snapshot) -> dict[str, dict[str, str]]:
    columns = [name for name in ("segment_id", *SEARCHED[1:-1]) if name in found.tables.columns("customers")]
    many = {}
    for name in map(identifier, columns):
        many[name] = found.tables.rows(f"SELECT DISTINCT {name} AS v, lower({name}) AS small FROM customers LIMIT {FEW + 1}")
    few = {name: rows for name, rows in zip(columns, many.values(), strict=True) if len(rows) <= FEW}
    return {name: {row["v"]: row["small"] for row in rows if row["v"] is not None} for name, rows in few.items()}


def listed(
    asked: Iterable[tuple[str, str]], columns: Mapping[str, str], *, values: Values | None = None, limit: int = 50
) -> Listing:
    """Return the list that an address asks for.

    Parameters
    ----------
    asked : iterable of (str, str)
        Parameters of the address, in order. ``segment``, ``country``, ``rfm_group`` and ``nearest`` may come again; ``min_`` and
        ``max_`` stand before any numeric column; ``at_risk`` and ``out_of_range`` are ``true`` or ``false``; ``q`` are words;
        ``sort`` is a column, with ``-`` before it for the largest first; ``limit``, ``after`` and ``back`` are the page's.
    columns : mapping of str to str
        Columns of the run's customers, with their types.
    values : mapping of str to mapping, optional
        All values of columns that have few, each with how the database writes it small: what is asked for is then told sooner.
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
    SELECT "customer_id" FROM customers WHERE ("total_spend" >= ?) AND ("segment_id" IN (?) OR "segment" IN (?)) \
ORDER BY "total_spend" DESC NULLS LAST, customer_id LIMIT 3 [100.0, 's1', 's1']
    """
    values = values or {}
    where: list[Condition] = []
    chosen: dict[str, list[str]] = {}
    page: dict[str, str] = {}
    kept: list[tuple[str, str]] = []
    for name, text in asked:
        if name in PAGING:
            page[name] = text
        elif text.strip() == "":
            # A form sends what was left empty, too.
            continue
        elif name in CHOICES:
            chosen.setdefault(name, []).append(text)
        elif name == "q":
            where += words(text, columns, values)
        elif name in TRUTHS:
            where.append(truth(name, text, columns))
        elif name[:4] in ("min_", "max_"):
            where.append(bound(name, text, columns))
        else:
            raise unknown(name)
        if name == "sort" or name not in PAGING:
            kept.append((name, text))
    for name, several in chosen.items():
        where.append(choice(name, several, columns, values))
    sort = page.get("sort", "").strip() or ("-total_spend" if "total_spend" in columns else "customer_id")
    descending, sort = sort.startswith("-"), sort.removeprefix("-")
    sort = SHORT.get(sort, sort)
    if sort not in columns:
        raise absent("sort", sort, columns)
    size = _limit(page.get("limit", ""), limit)
    after, before = (opened(page.get(name, ""), order_of(sort, descending), columns[sort]) for name in ("after", "back"))
    if after and before:
        raise no_mark("a mark to go on from, and another to go back from.")
    return Listing(tuple(where), sort, descending, size, after, before, columns, tuple(kept))


def _limit(text: str, default: int) -> int:
    if not text.strip():
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= MOST:
        raise bad("limit", text, f"a number from 1 to {MOST:,}")
    return int(text)
