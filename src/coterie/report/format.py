"""Figures in words: numbers, money, shares and dates by locale; three significant digits, counts and ids in full."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    format_scientific,
    get_currency_symbol,
    is_currency,
)

from coterie.errors import RunError

_FIGURE = re.compile(
    r"(?<![\w.])(?:(?P<date>\d{4}-\d\d-\d\d)|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<percent> ?%)?)(?!\w)"
)
NOTHING = "–"
"""What stands where there is no figure."""
HUGE = 1e15
"""From here on a figure is written by its power of ten: customers who are all but identical have scores beyond any name."""


class Format:
    """How one report writes its figures.

    Parameters
    ----------
    locale : str
        Such as ``"en"``, ``"de"`` or ``"ja"``.
    currency : str, optional
        ISO code of the money columns; without one, money has no symbol.

    Raises
    ------
    RunError
        If the locale or the currency is not known.

    Examples
    --------
    >>> en, de = Format("en", "GBP"), Format("de", "EUR")
    >>> en.count(4338), en.number(1234.5), en.money(8278519.2), en.money(435.2), en.share(0.779), en.share(3 / 4338)
    ('4,338', '1,230', '£8.28M', '£435', '78%', '0.069%')
    >>> de.count(4338), de.money(435.2)
    ('4.338', '435\\xa0€')
    """

    def __init__(self, locale: str = "en", currency: str | None = None) -> None:
        try:
            self.locale = Locale.parse(locale.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            raise RunError(
                f"There is no locale {locale!r}.",
                found="a name that Babel does not know.",
                fix="a language, or a language and a country, such as en, de or en_GB.",
                code="unknown_locale",
            ) from None
        if currency is not None and not is_currency(currency.upper()):
            raise RunError(
                f"There is no currency {currency!r}.",
                found="a code that ISO 4217 does not have.",
                fix="a code of three letters, such as GBP, EUR or USD.",
                code="unknown_currency",
            )
        self.currency = currency and currency.upper()

    def count(self, number: int) -> str:
        """Write a count in full."""
        return str(format_decimal(number, locale=self.locale))

    def number(self, value: float | None) -> str:
        """Write a measure with three significant digits."""
        if value is None or not math.isfinite(value):
            return NOTHING
        if abs(value) >= HUGE:
            return str(format_scientific(value, format="0.##E0", locale=self.locale))
        rounded, places = _three(value)
        return str(format_decimal(rounded, format=f"#,##0.{'#' * places}" if places else "#,##0", locale=self.locale))

    def score(self, value: float | None) -> str:
        """Write a score or an index: three digits, the trailing zeros kept, so that columns of them line up."""
        if value is None or not math.isfinite(value):
            return NOTHING
        if abs(value) >= HUGE:
            return self.number(value)
        rounded, places = _three(value)
        places = min(places, 3 if abs(value) < 1 else 2)
        return str(format_decimal(rounded, format=f"#,##0.{'0' * places}" if places else "#,##0", locale=self.locale))

    def money(self, value: float | None) -> str:
        """Write money with three significant digits, short from a million on."""
        if value is None or not math.isfinite(value):
            return NOTHING
        rounded, places = _three(value)
        if abs(rounded) >= 1e6:
            digits = max(0, 2 - (math.floor(math.log10(abs(rounded))) % 3))
            if self.currency is None:
                return str(format_compact_decimal(rounded, locale=self.locale, fraction_digits=digits))
            return str(format_compact_currency(rounded, self.currency, locale=self.locale, fraction_digits=digits))
        return self._currency(rounded, min(places, 2))

    def amount(self, value: float | None) -> str:
        """Write money in full, in whole units: for tables whose rows must add up before the reader's eyes."""
        return NOTHING if value is None or not math.isfinite(value) else self._currency(value, 0)

    def share(self, value: float | None) -> str:
        """Write a share as a percentage: whole where that is enough, and never 0 or 100 by rounding alone."""
        if value is None or not math.isfinite(value):
            return NOTHING
        end = min(abs(value), abs(1 - value)) * 100
        whole = abs(value) >= 0.0995 and (end == 0 or end >= 1)
        digits = 1 if abs(value) < 0.5 else 0
        places = 0 if whole or end == 0 else min(6, max(0, digits - math.floor(math.log10(end))))
        return str(format_percent(value, format=self._percent(places), locale=self.locale))

    def times(self, value: float) -> str:
        """Write a ratio with two digits, as in ``3.4``."""
        return str(format_decimal(value, format="#,##0.#" if abs(value) < 10 else "#,##0", locale=self.locale))

    def measure(self, value: Any, unit: str) -> str:
        """Write a feature's value by its unit; the unit itself is not repeated."""
        if value is None:
            return NOTHING
        if unit == "date" or isinstance(value, str):
            return self.day(str(value))
        if unit.startswith("money"):
            return self.money(value)
        return self.share(value) if unit == "share" else self.number(value)

    def day(self, text: str | None, *, short: bool = False) -> str:
        """Write an ISO date, or the date of an ISO timestamp; short where it stands large."""
        if not text:
            return NOTHING
        return str(
            format_date(
                datetime.date.fromisoformat(text[:10]), format="medium" if short else "long", locale=self.locale
            )
        )

    def moment(self, text: str | None) -> str:
        """Write an ISO timestamp to the minute."""
        if not text:
            return NOTHING
        return str(format_datetime(datetime.datetime.fromisoformat(text), format="medium", locale=self.locale))

    def retold(self, sentence: str) -> str:
        """Write the figures of one of our English sentences as this locale does, digit for digit, and its ISO dates in words.

        Examples
        --------
        >>> Format("de").retold("From 2011-09-11 on 4,464 came: 26% short, Jaccard 0.96, k = 4.")
        'From 11. September 2011 on 4.464 came: 26\\xa0% short, Jaccard 0,96, k = 4.'
        """
        return _FIGURE.sub(self._retold, sentence)

    def _retold(self, figure: re.Match[str]) -> str:
        if figure["date"]:
            return self.day(figure["date"])
        whole, _, behind = figure["number"].replace(",", "").partition(".")
        places = len(behind)
        pattern = f"#,##0.{'0' * places}" if places else "#,##0"
        if figure["percent"]:
            around = self.locale.percent_formats[None].pattern.replace("#,##0", pattern)
            return str(format_percent(Decimal(f"{whole}.{behind or 0}") / 100, format=around, locale=self.locale))
        grouped = "," in figure["number"]
        written = format_decimal(Decimal(f"{whole}.{behind or 0}"), format=pattern, locale=self.locale, group_separator=grouped)
        return str(written)

    def vega(self) -> dict[str, Any]:
        """Return the locale of numbers as Vega's ``formatLocale``."""
        symbols = self.locale.number_symbols.get("latn") or self.locale.number_symbols
        symbol = get_currency_symbol(self.currency, locale=self.locale) if self.currency else ""
        return {"decimal": symbols["decimal"], "thousands": symbols["group"], "grouping": [3], "currency": [symbol, ""]}

    def _currency(self, value: float, places: int) -> str:
        number = "#,##0." + "0" * places if places and value != int(value) else "#,##0"
        if self.currency is None:
            return str(format_decimal(value, format=number, locale=self.locale))
        pattern = self.locale.currency_formats["standard"].pattern
        around = pattern.split(";")[0].replace("#,##0.00", number).replace("#,##,##0.00", number)
        return str(format_currency(value, self.currency, format=around, locale=self.locale, currency_digits=False))

    def _percent(self, places: int) -> str:
        pattern = self.locale.percent_formats[None].pattern
        return str(pattern.replace("#,##0", "#,##0." + "#" * places if places else "#,##0"))


def isolated(name: str) -> str:
    """Return a name for the middle of a sentence: one that runs from right to left must not turn the words around it.

    Examples
    --------
    >>> isolated("Core"), isolated("עברית") == "\N{FIRST STRONG ISOLATE}עברית\N{POP DIRECTIONAL ISOLATE}"
    ('Core', True)
    """
    turns = any(
        unicodedata.bidirectional(letter) in {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"}
        for letter in name
    )
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" if turns else name


def _three(value: float) -> tuple[float, int]:
    """Return a value rounded to three significant digits, and how many of them stand behind the decimal mark."""
    if value == 0:
        return 0.0, 0
    places = 2 - math.floor(math.log10(abs(value)))
    return round(value, places), max(0, places)
