"""A campaign's read-out: revenue a customer and repurchase, exposed against hold-out, by intention to treat."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coterie.campaign.groups import Groups, groups
from coterie.campaign.interval import LEVEL, Difference, as_dict, difference
from coterie.errors import CampaignError, RecipeError
from coterie.runs import Run, open_run

Bought = dict[str, tuple[float, float]]
"""Money and number of orders by customer."""
METHOD = (
    "Everybody on a list counts, whether they were reached or not. 95 % intervals by the studentised permutation distribution; "
    "relative ones by Fieller's method on it."
)


def lift(
    run: Run | str | Path,
    *,
    exposed: Any,
    since: str | datetime.date,
    until: str | datetime.date | None = None,
    control: Any = None,
    on: str | None = None,
) -> dict[str, Any]:
    """Compare what exposed customers bought with what a control group bought.

    Parameters
    ----------
    run : Run or path
        A run whose lines cover the campaign's days.
    exposed : path, frame or collection of ids
        Who was to be reached.
    since, until : date or ISO text
        First and last day that count; ``until`` defaults to the last day of the run.
    control : path, frame or collection of ids, optional
        Who was held out. Without it, ``NAME-holdout.csv`` beside ``NAME.csv`` or ``NAME-exposed.csv``; else every earlier
        customer who is not exposed, which is no experiment and is said so.
    on : str, optional
        Column of the lists with the customer ids.

    Returns
    -------
    dict
        What ``coterie lift --json`` prints: docs/audiences.md has every key.

    Raises
    ------
    CampaignError
        If a group has fewer than 20 customers, the days are not in the run, or nobody bought.
    """
    opened = run if isinstance(run, Run) else open_run(Path(run))
    first, last = _days(opened, since, until)
    orders = _orders(opened)
    known = frozenset(opened.customers("arrow")["customer_id"].to_pylist())
    start, end = np.datetime64(first), np.datetime64(last + datetime.timedelta(days=1))
    earlier = frozenset(orders["customer_id"][orders["ordered_at"] < start])
    lists = groups(known, earlier, exposed, control, on=on)
    now, before = _bought(orders, start, end), _bought(orders, start - (end - start), start)
    one, other = (_summary(ids, now, before) for ids in (lists.exposed, lists.control))
    if not one["orders"] + other["orders"]:
        raise CampaignError(
            f"Nobody on either list bought anything from {first} to {last}.",
            found=f"{one['customers']:,} exposed and {other['customers']:,} control customers without an order.",
            fix="check --since and --until, and that the run covers the campaign.",
            code="no_orders",
        )
    revenue = difference(_values(lists.exposed, now, 0), _values(lists.control, now, 0))
    rate = difference(np.minimum(_values(lists.exposed, now, 1), 1), np.minimum(_values(lists.control, now, 1), 1))
    count = one["customers"]
    return {
        "schema": 1,
        "run": opened.number,
        "since": first.isoformat(),
        "until": last.isoformat(),
        "currency": opened.manifest["currency"],
        "drawn_by_lot": lists.drawn,
        "confidence": LEVEL,
        "exposed": {**one, "not_in_run": lists.missing[0]},
        "control": {**other, "not_in_run": lists.missing[1]},
        "in_both": lists.both,
        "in_neither": lists.neither,
        "revenue_per_customer": as_dict(revenue),
        "repurchase_rate": as_dict(rate),
        "revenue_caused": {
            "total": revenue.difference * count, "low": revenue.low * count, "high": revenue.high * count,
        },
        "verdict": _verdict(revenue, lists),
        "notes": list(lists.notes),
        "method": METHOD,
    }  # fmt: skip


def _days(run: Run, since: str | datetime.date, until: str | datetime.date | None) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day that count."""
    ends = datetime.date.fromisoformat(run.manifest["as_of"]) - datetime.timedelta(days=1)
    first, last = _day("since", since), ends if until is None else _day("until", until)
    if first > ends or last > ends:
        raise CampaignError(
            f"{first if first > ends else last} lies after the run's last day.",
            found=f"run {run.number} ends on {ends}.",
            fix=f"run again on later lines, or name days up to {ends}.",
            code="date_range",
        )
    if last < first:
        raise CampaignError(
            "The last day is before the first.",
            found=f"--since {first}, --until {last}.",
            fix=f"--since {last} --until {first}, or leave --until out.",
            code="date_range",
        )
    return first, last


def _day(flag: str, given: str | datetime.date) -> datetime.date:
    if isinstance(given, datetime.datetime):
        return given.date()
    if isinstance(given, datetime.date):
        return given
    try:
        return datetime.date.fromisoformat(given)
    except ValueError:
        wrong = f"--{flag} {given} is no day."
        raise RecipeError(wrong, found=f"{given!r}.", fix=f"--{flag} 2011-11-01", code="bad_date") from None


def _orders(run: Run) -> dict[str, Any]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(run.file("orders.parquet"), columns=["customer_id", "ordered_at", "value"])
    return {name: table[name].to_numpy() for name in table.column_names}


def _bought(orders: dict[str, Any], start: Any, end: Any) -> Bought:
    """Return money and orders of each customer who ordered between two moments, the second left out."""
    inside = (orders["ordered_at"] >= start) & (orders["ordered_at"] < end)
    found: Bought = {}
    for customer, value in zip(orders["customer_id"][inside], orders["value"][inside].astype(float), strict=True):
        money, count = found.get(customer, (0.0, 0.0))
        found[customer] = money + value, count + 1
    return found


def _values(ids: Sequence[str], bought: Bought, at: int) -> Any:
    return np.array([bought.get(one, (0.0, 0.0))[at] for one in ids])


def _summary(ids: Sequence[str], now: Bought, before: Bought) -> dict[str, Any]:
    money, orders = _values(ids, now, 0), _values(ids, now, 1)
    return {
        "customers": len(ids),
        "buyers": int((orders > 0).sum()),
        "orders": int(orders.sum()),
        "revenue": float(money.sum()),
        "revenue_per_customer": float(money.mean()),
        "repurchase_rate": float((orders > 0).mean()),
        "revenue_per_customer_before": float(_values(ids, before, 0).mean()),
    }


def _verdict(revenue: Difference, lists: Groups) -> str:
    """Return what may be said, in one sentence."""
    if not revenue.sure:
        return "No difference in revenue that chance could not make."
    more = "more" if revenue.difference > 0 else "less"
    if not lists.drawn:
        return f"Exposed customers spent {more}, but nobody drew the groups by lot: it may not be the campaign's doing."
    return f"Exposed customers spent {more}, beyond what chance makes."
