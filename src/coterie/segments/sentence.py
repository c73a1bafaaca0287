"""One sentence on a segment: how many, worth what, and what is typical of them."""

from __future__ import annotations

from collections.abc import Mapping


def sentence(
    customers: int, share: float, revenue_share: float | None, medians: Mapping[str, float | None], currency: str | None
) -> str:
    """Return the sentence.

    Parameters
    ----------
    customers : int
        Members.
    share, revenue_share : float
        Of all customers and of their revenue, from 0 to 1; None where spend is not known.
    medians : mapping of str to float or None
        By feature, under its registered name.
    currency : str or None
        ISO code of the money.

    Examples
    --------
    >>> sentence(1109, 0.256, 0.78, {"total_orders": 7.0, "avg_order_value": 428.4, "recency_days": 18.0}, "GBP")
    '1,109 customers (26%) bring 78% of revenue: typically 7 orders, £428 an order, last seen 18 days ago.'
    """
    worth = "" if revenue_share is None else f" bring {_percent(revenue_share)} of revenue"
    who = f"{customers:,} customers ({_percent(share)}){worth}"
    orders, days, silent = (medians.get(name) for name in ("total_orders", "active_days", "recency_days"))
    order, line = medians.get("avg_order_value"), medians.get("avg_line_value")
    habits = [
        None if orders is None else f"{_short(orders)} order{_s(orders)}",
        f"{_money(order, currency)} an order" if order is not None else None,
        f"{_money(line, currency)} a line" if order is None and line is not None else None,
        # Who ordered once was active on a day, and the one order says so.
        f"active over {_short(days)} day{_s(days)}" if days else None,
        None if silent is None else f"last seen {_short(silent)} day{_s(silent)} ago",
    ]
    typical = ", ".join(habit for habit in habits if habit)
    return f"{who}: typically {typical}." if typical else f"{who}."


def _percent(share: float) -> str:
    # Nearly all is not all, and nearly nothing is not nothing.
    return f"{share:.0%}" if 0.1 <= share < 0.995 or share in (0, 1) else f"{share:.1%}"


def _money(value: float, currency: str | None) -> str:
    if currency is None:
        return _short(value)
    from babel.numbers import get_currency_symbol

    symbol = get_currency_symbol(currency, locale="en")
    return f"{symbol}{' ' if symbol[-1].isalpha() else ''}{_short(value)}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.3g}"


def _s(value: float) -> str:
    return "" if value == 1 else "s"
