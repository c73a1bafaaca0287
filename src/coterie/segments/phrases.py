"""How a feature's value is said: "12 orders", "at least 250 an order", "2 to 4 orders"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from coterie.features import FEATURES
from coterie.registry import Registry


@dataclass(frozen=True)
class Phrase:
    """The words around a feature's value.

    Parameters
    ----------
    name : str
        The feature, as registered.
    many, one : str
        With ``{}`` for the value; ``one`` where it is 1, default as ``many``.
    none : str, optional
        For 0, where that has words of its own.
    """

    name: str
    many: str
    one: str = ""
    none: str = ""

    @cached_property
    def whole(self) -> bool:
        """Whether only whole numbers are said of it: counts, and units."""
        return self.name in FEATURES and (FEATURES[self.name].kind == "count" or FEATURES[self.name].unit == "units")

    def exact(self, value: float) -> str:
        """Say a value.

        Examples
        --------
        >>> PHRASES["total_orders"].exact(1), PHRASES["total_spend"].exact(5123.4), PHRASES["active_days"].exact(0)
        ('1 order', '5,120 spent', 'orders on one day only')
        """
        if value == 0 and self.none:
            return self.none
        return (self.one or self.many if value == 1 else self.many).format(figure(value, whole=self.whole))

    def within(self, low: float | None, high: float | None, least: float | None = None) -> str:
        """Say a range: from ``low`` on, below ``high``; ``least`` is the smallest value there is.

        Examples
        --------
        >>> orders, value = PHRASES["total_orders"], PHRASES["avg_order_value"]
        >>> orders.within(4, None), value.within(None, 250), orders.within(2, 5), value.within(100, 250)
        ('at least 4 orders', 'less than 250 an order', '2 to 4 orders', '100 to 250 an order')
        >>> orders.within(None, 2, least=1)
        '1 order'
        """
        start = least if low is None and self.whole else low
        if self.whole and start is not None and high is not None:
            if high == start + 1:
                return self.exact(start)
            if low is not None:
                return self.many.format(f"{_written(low)} to {_written(high - 1)}")
        if high is None:
            return (self.one or self.many if low == 1 else self.many).format(f"at least {_written(low or 0.0)}")
        if low is None:
            return self.many.format(f"{'fewer' if self.whole else 'less'} than {_written(high)}")
        return self.many.format(f"{_written(low)} to {_written(high)}")


PHRASES: Registry[Phrase] = Registry("phrase")
for _name, *_words in (
    ("total_orders", "{} orders", "{} order"),
    ("total_quantity", "{} units", "{} unit"),
    ("total_spend", "{} spent"),
    ("avg_order_value", "{} an order"),
    ("avg_line_value", "{} a line"),
    ("active_days", "{} days between first and last order", "{} day between first and last order", "orders on one day only"),
    ("recency_days", "{} days since the last order", "{} day since the last order"),
    ("tenure_days", "{} days since the first order", "{} day since the first order"),
    ("orders_per_month", "{} orders a month", "{} order a month"),
    ("avg_basket_lines", "{} lines an order", "{} line an order"),
    ("avg_basket_quantity", "{} units an order", "{} unit an order"),
    ("distinct_products", "{} products", "{} product"),
    ("median_days_between_orders", "{} days between orders", "{} day between orders"),
    ("longest_days_between_orders", "{} days without an order at the longest", "{} day without an order at the longest"),
    ("return_rate", "a share of {} taken back", "a share of {} taken back", "nothing taken back"),
):
    PHRASES.add(Phrase(_name, *_words))


def phrase(registered: str) -> Phrase:
    """Return the phrase of a feature, or one made of its name."""
    return PHRASES[registered] if registered in PHRASES else Phrase(registered, registered.replace("_", " ") + " {}")


def figure(value: float, *, whole: bool = False) -> str:
    """Write a value with three significant digits, a count in full.

    Examples
    --------
    >>> figure(5123.4), figure(43.333), figure(1234, whole=True), figure(0.5)
    ('5,120', '43.3', '1,234', '0.5')
    """
    return _written(value if whole and value == int(value) else float(f"{value:.3g}"))


def _written(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.15g}" if abs(value) >= 1 else f"{value:.15g}"
