"""The list of customers, one for every page that has one: filters, columns that sort, and one page after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_decimal

from coterie.errors import InputError
from coterie.report.format import NOTHING, Format
from coterie.segments.identity import RETURNED
from coterie.web import filters
from coterie.web.filters import Asked
from coterie.web.listing import Listing, listing_in, page_of
from coterie.web.pages.visit import Data, Visit
from coterie.web.snapshot import Snapshot

Words = Callable[[Format, Any], str]


@dataclass(frozen=True)
class Column:
    """A column of the list.

    Parameters
    ----------
    name : str
        Of the customer table.
    title : str
        What stands above it.
    words : callable
        ``(words, value) -> str``.
    largest : bool
        Whether sorting by it begins with the largest.
    text : bool
        Whether it is read from the left.
    """

    name: str
    title: str
    words: Words = lambda words, value: str(value)
    largest: bool = False
    text: bool = True


def _count(words: Format, value: Any) -> str:
    return words.count(int(value))


def _inside(words: Format, value: Any) -> str:
    return str(format_decimal(value, format="0.00", locale=words.locale))


COLUMNS = (
    Column("customer_id", "Customer"),
    Column("segment", "Segment"),
    Column("country", "Country"),
    Column("total_orders", "Orders", _count, largest=True, text=False),
    Column("total_spend", "Spend", lambda words, value: words.amount(value), largest=True, text=False),
    Column("avg_order_value", "Per order", lambda words, value: words.money(value), largest=True, text=False),
    Column("recency_days", "Last seen, days ago", _count, text=False),
    Column("confidence", "Confidence", _inside, text=False),
    Column("at_risk", "At risk", lambda words, value: "yes" if value else "no", largest=True),
    Column("reason", "Why in this segment", lambda words, value: str(value).replace("->", "→")),
)
"""What a list shows, where the run has it; the downloads have every column."""


def listing_of(visit: Visit, fixed: Asked = (), own: tuple[str, ...] = ()) -> Listing:
    """Return the list that a page's address asks for.

    Parameters
    ----------
    visit : Visit
        The page.
    fixed : tuple of (str, str)
        Filters that the page stands for.
    own : tuple of str
        Parameters that are the page's, and no filters.

    Raises
    ------
    InputError
        If there is no such filter, or a value does not fit.
    """
    return listing_in(visit.snapshot, (*fixed, *asked_of(visit, fixed, own)))


def asked_of(visit: Visit, fixed: Asked, own: tuple[str, ...]) -> Asked:
    """Return what the address says of the list beside what the page stands for."""
    return tuple((name, value) for name, value in visit.asked if name not in (*dict(fixed), *own))


def table(visit: Visit, path: str, fixed: Asked = (), own: tuple[str, ...] = ()) -> Data:
    """Return a list as its template shows it.

    Parameters
    ----------
    visit : Visit
        The page.
    path : str
        Its address.
    fixed, own
        As for `listing_of`.

    Returns
    -------
    dict
        ``form``; ``active`` filters, each with the address without it; ``columns``; ``customers`` with words and raw ``values``;
        ``total``, ``from`` and ``to``; the addresses ``next``, ``previous``, ``first``, ``unfiltered``, ``csv``; and ``refused``,
        with nobody listed, where a filter does not hold.
    """
    found, asked = visit.snapshot, asked_of(visit, fixed, own)
    sent = filters.sent(asked)
    told: Data = {
        "form": {"action": path, "run": found.number if visit.pinned else None, **filters.fields(found, asked, fixed)},
        "active": [
            {"text": filters.said(found, name, value), "without": visit.at(path, *filters.without(asked, place))}
            for place, (name, value) in enumerate(sent)
        ],
        "unfiltered": visit.at(path, *(one for one in asked if one[0] in ("sort", "limit"))) if sent else None,
        "heading": "Customers",
        "refused": None,
        "returned": None,
    }
    try:
        listing = listing_of(visit, fixed, own)
    except InputError as refusal:
        return {**told, "refused": refusal.as_dict(), "columns": [], "customers": [], "total": 0, "leave": None}
    everybody, returned = _everybody(found, fixed)
    told |= _page(visit, path, asked, listing, alone="segment" in dict(fixed))
    of = f"{visit.words.count(told['total'])} of " if sent else ""
    return {**told, "heading": f"{of}{visit.words.count(everybody)} customer{'' if everybody == 1 else 's'}",
        "returned": _returned(visit, everybody, returned),
    }


def _returned(visit: Visit, everybody: int, returned: int) -> str | None:
    """Say why a list of everybody is longer than all segments together."""
    if not 0 < returned < everybody:
        return None
    words = visit.words
    verbs, others = "returned everything and is" if returned == 1 else "returned everything and are", everybody - returned
    return f"{words.count(returned)} of them {verbs} in no segment; the segments hold the other {words.count(others)}."


def _everybody(found: Snapshot, fixed: Asked) -> tuple[int, int]:
    """Return how many customers a list has without filters, and how many of them returned everything."""

    def counted() -> tuple[int, int]:
        listing = listing_in(found, fixed)
        groups = {row["value"]: int(row["customers"]) for row in found.tables.rows(*listing.grouping("segment_id"))}
        return int(found.tables.rows(*listing.counting())[0]["customers"]), groups.get(RETURNED, 0)

    return found.once(("everybody", fixed), counted)


def _page(visit: Visit, path: str, asked: Asked, listing: Listing, *, alone: bool) -> Data:
    found, words = visit.snapshot, visit.words
    shown = [one for one in COLUMNS if one.name in listing.columns and not (alone and one.name == "segment")]
    wanted = dict.fromkeys([*(one.name for one in shown), "segment_id", "segment", listing.sort])
    page = page_of(found, listing, list(wanted))
    kept = [one for one in asked if one[0] not in ("after", "back")]
    slots = {one["id"]: one["slot"] for one in found.summary["segments"]}
    total, first, last = page.total, page.first, page.first + len(page.rows) - 1
    return {
        "columns": [_heading(one, visit, path, kept, listing) for one in shown],
        "customers": [_row(row, shown, visit, slots) for row in page.rows],
        "total": total,
        "total_words": words.count(total),
        "from": first,
        "to": last,
        "place": f"{words.count(first)}–{words.count(last)} of {words.count(total)}" if total else words.count(0),
        "next": visit.at(path, *kept, after=page.after) if page.after else None,
        # The one before the second is the first: it has an address of its own.
        "previous": visit.at(path, *kept, back=page.before if first > listing.limit + 1 else None) if page.before else None,
        "first": visit.at(path, *kept) if first > listing.limit + 1 else None,
        "csv": visit.at(f"{path}.csv", *kept, run=found.number),
        # Of the run on the screen, whatever is published before the form is sent; the page stays pinned, or not, as it is.
        "leave": visit.at(f"{path}/download", *kept, **({} if visit.pinned else {"of": found.number})) if total else None,
    }


def _heading(column: Column, visit: Visit, path: str, asked: list[tuple[str, str]], listing: Listing) -> Data:
    """Return a column's head: its link turns the order round, or begins one."""
    here = listing.sort == column.name
    descending = not listing.descending if here else column.largest
    kept = [(name, value) for name, value in asked if name != "sort"]
    return {
        "name": column.name,
        "title": column.title,
        "text": column.text,
        "sorted": ("descending" if listing.descending else "ascending") if here else None,
        "address": visit.at(path, *kept, sort=f"{'-' if descending else ''}{column.name}"),
    }


def _row(row: dict[str, Any], shown: list[Column], visit: Visit, slots: dict[str, int]) -> Data:
    return {
        "id": row["customer_id"],
        "address": visit.at("/customer", id=row["customer_id"]),
        "segment_id": row["segment_id"],
        "segment": row["segment"],
        "slot": slots.get(row["segment_id"]),
        "values": {column.name: row[column.name] for column in shown},
        "cells": [
            {
                "column": column.name,
                "text": column.text,
                "words": NOTHING if row[column.name] is None else column.words(visit.words, row[column.name]),
            }
            for column in shown
        ],
    }
