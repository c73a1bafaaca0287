"""Figures in words: three digits, by locale, never more certain than they are."""

from __future__ import annotations

import pytest

from coterie.errors import RunError
from coterie.report.format import NOTHING, Format


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.239, "24%"),
        (0.0606, "6.1%"),
        (0.0134, "1.3%"),
        (3 / 4338, "0.069%"),
        (4335 / 4338, "99.93%"),
        (0.9999999, "99.99999%"),
        (0.5, "50%"),
        (0.0996, "10%"),
        (None, NOTHING),
        (float("nan"), NOTHING),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(share: float | None, written: str) -> None:
    assert Format("en").share(share) == written


@pytest.mark.parametrize(
    ("locale", "currency", "value", "written"),
    [
        ("en", "GBP", 8278519.2, "£8.28M"),
        ("en", "GBP", 435.24, "£435"),
        ("en", "GBP", 1.336, "£1.34"),
        ("en", "GBP", -88414.1, "-£88,400"),
        ("en", None, 780123.0, "780,000"),
        ("en", None, 8278519.2, "8.28M"),
        ("de", "EUR", 2910.4, "2.910\u00a0€"),
        ("de_CH", "CHF", 435.0, "CHF\u00a0435"),
        ("ja", "JPY", 780123.0, "￥780,000"),
        ("en", "GBP", 0.0, "£0"),
        ("en", "GBP", None, NOTHING),
        ("en_IN", "INR", 435.0, "₹435"),
    ],
)
def test_money_has_three_digits_and_the_locale_s_symbol(
    locale: str, currency: str | None, value: float | None, written: str
) -> None:
    assert Format(locale, currency).money(value) == written


def test_counts_are_whole_and_measures_have_three_digits() -> None:
    words = Format("en")
    assert words.count(541909) == "541,909"
    assert [words.number(value) for value in (0, 0.00123456, 0.5, 12.345, 1743.0, 5152002)] == [
        "0",
        "0.00123",
        "0.5",
        "12.3",
        "1,740",
        "5,150,000",
    ]
    assert [words.score(value) for value in (1.0, 0.38191, 3603.07, None)] == ["1.00", "0.382", "3,600", NOTHING]


def test_an_unknown_locale_is_refused_with_a_fix() -> None:
    with pytest.raises(RunError) as refused:
        Format("klingon")
    assert refused.value.code == "unknown_locale"
    assert "de" in refused.value.fix


def test_an_unknown_currency_is_refused_with_a_fix() -> None:
    with pytest.raises(RunError, match="GBP, EUR or USD") as refused:
        Format("en", "POUNDS")
    assert refused.value.code == "unknown_currency"
    assert Format("en", "gbp").money(435.0) == "£435"


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", "From September 11, 2011 on 4,464 came, 2011 new: 26% short, 0.96 of 1.00, k = 4."),
        ("de_DE", "From 11. September 2011 on 4.464 came, 2011 new: 26\u00a0% short, 0,96 of 1,00, k = 4."),
        ("ja", "From 2011年9月11日 on 4,464 came, 2011 new: 26% short, 0.96 of 1.00, k = 4."),
    ],
)
def test_the_figures_of_a_sentence_are_the_locale_s_and_lose_no_digit(locale: str, written: str) -> None:
    told = "From 2011-09-11 on 4,464 came, 2011 new: 26% short, 0.96 of 1.00, k = 4."
    assert Format(locale).retold(told) == written
    assert Format(locale).retold("A4 and v1.2.3 stay") == "A4 and v1.2.3 stay"


def test_vega_writes_numbers_as_the_locale_does() -> None:
    assert (Format("de").vega()["decimal"], Format("de").vega()["thousands"]) == (",", ".")


def test_figures_beyond_any_name_are_written_by_their_power_of_ten() -> None:
    assert Format("en").score(1.234e32) == "1.23E32"
    assert Format("de").number(-5e20) == "-5E20"
