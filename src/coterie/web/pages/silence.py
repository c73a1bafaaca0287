"""A customer's orders over time: the finding in words, what its picture is drawn from, and what each was worth."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from babel.dates import format_skeleton
from babel.numbers import format_decimal, get_currency_precision

from coterie.report.format import NOTHING, Format
from coterie.web.pages.visit import Data

STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
"""Months between two labels of the axis."""
TICKS = 7
"""Labels of the axis at most."""
ROOM = 0.3
"""Of the whole time, from which a silence has words of its own in the picture."""


def orders_title(days: Sequence[Data], as_of: datetime.date, words: Format) -> str:
    """Say how many orders there are, since when, and how long ago the last one was.

    Examples
    --------
    >>> day = datetime.date(2011, 11, 1)
    >>> orders_title([{"day": day, "orders": 2, "value": 9.0}], datetime.date(2011, 12, 10), Format("en"))
    '2 orders on one day, 39 days ago'
    """
    if not days:
        return "No orders that count"
    total, first, last = sum(one["orders"] for one in days), days[0]["day"], days[-1]["day"]
    ago = _ago((as_of - last).days, words)
    if len(days) == 1:
        return f"One order, {ago}" if total == 1 else f"{words.count(total)} orders on one day, {ago}"
    return f"{words.count(total)} orders since {words.day(first.isoformat(), short=True)}, the last {ago}"


def timeline(days: Sequence[Data], as_of: datetime.date, segment_id: str, words: Format) -> Data | None:
    """Return what `coterie.charts.orders_over_time` draws; None where a line through them would say nothing.

    Parameters
    ----------
    days : sequence of dict
        In order: ``day``, ``orders``, ``value``.
    as_of : date
        The day of the run.
    segment_id : str
        Whose colour the line has.
    words : Format
        How figures are written.
    """
    known = [one for one in days if one["value"] is not None]
    if len(known) < 2:
        return None
    start, end = known[0]["day"].replace(day=1), max(as_of, known[-1]["day"])
    rows, total = [], 0.0
    for one in known:
        total += float(one["value"])
        orders = f"{words.count(one['orders'])} order{'' if one['orders'] == 1 else 's'}"
        spent = f"{words.money(float(one['value']))}; {words.money(total)} in all"
        said = f"{words.day(one['day'].isoformat(), short=True)}: {orders}, {spent}"
        rows.append({"day": (one["day"] - start).days, "total": round(total, 6), "label": said})
    silent = (end - known[-1]["day"]).days
    # Three digits would round a long line's figures alike; below a thousand, SI's own letters would be in the way.
    plain = "~s" if total >= 1000 else ",~f"
    return {
        "segment_id": segment_id,
        "rows": rows,
        "end": (end - start).days,
        # Where there is room for it, under the line.
        "silence": f"{words.count(silent)} days since" if silent > ROOM * (end - start).days else "",
        "ticks": _ticks(start, end, words),
        "format": f"${plain}" if words.currency else plain,
    }


def exact(value: float | None, words: Format) -> str:
    """Write money to the smallest coin, for a column whose rows a person may add up; its symbol stands in the head.

    Examples
    --------
    >>> exact(61.0, Format("en")), exact(1214.95, Format("de", "EUR")), exact(None, Format("en"))
    ('61.00', '1.214,95', '–')
    """
    if value is None:
        return NOTHING
    places = get_currency_precision(words.currency) if words.currency else 2
    return str(format_decimal(value, format="#,##0." + "0" * places if places else "#,##0", locale=words.locale))


def _ticks(start: datetime.date, end: datetime.date, words: Format) -> list[Data]:
    """Return the first days of months, so many apart that there are few."""
    months = (end.year - start.year) * 12 + end.month - start.month
    step = next((one for one in STEPS if months // one < TICKS), STEPS[-1])
    months_on = [divmod(start.month - 1 + at, 12) for at in range(0, months + 1, step)]
    firsts = [datetime.date(start.year + years, month + 1, 1) for years, month in months_on]
    return [{"day": (day - start).days, "label": format_skeleton("yMMM", day, locale=words.locale)} for day in firsts]


def _ago(days: int, words: Format) -> str:
    return "on the day of this run" if days <= 0 else f"{words.count(days)} day{'' if days == 1 else 's'} ago"
