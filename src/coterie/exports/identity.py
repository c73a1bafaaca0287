"""What a person is matched by elsewhere: e-mail, phone, name and country in one normal form, and their hash."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterable

from coterie.errors import RecipeError
from coterie.exports.extras import needed

_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"'=+\-＝＋－＠][^\s@,;:<>()\[\]\"]*@[^\s@,;:<>()\[\]\"]+\.[^\s@.,;:<>()\[\]\"]+")
# Unions, pseudo-locales and the unknown region stand among the territories.
_NONE = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
_SHA256 = re.compile(r"[0-9a-f]{64}")


def normal_email(text: str | None) -> str | None:
    """Return an e-mail address in lower case without blanks, or a SHA-256 of one as it is; None for anything else.

    An address that starts like a formula is none: no mailing tool could be given it unharmed.

    Examples
    --------
    >>> normal_email(" Ann.Lee@Example.COM "), normal_email("=cmd@example.com"), normal_email("ann at example.com")
    ('ann.lee@example.com', None, None)
    """
    bare = "".join((text or "").split()).lower()
    return bare if _EMAIL.fullmatch(bare) or is_hash(bare) else None


def is_hash(text: str) -> bool:
    """Whether a text is a SHA-256 in hexadecimal, lower case."""
    return bool(_SHA256.fullmatch(text))


def sha256(text: str | None) -> str | None:
    """Return the SHA-256 of a text in hexadecimal, of a SHA-256 itself; None of nothing.

    Examples
    --------
    >>> sha256("test@example.com")
    '973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b'
    """
    if not text:
        return None
    return text if is_hash(text) else hashlib.sha256(text.encode()).hexdigest()


def normal_name(text: str | None) -> str | None:
    """Return a name as it is hashed: composed, lower case, single blanks.

    Examples
    --------
    >>> normal_name(" Zoe\u0301  Pe\u0301rez ")
    'zoé pérez'
    """
    return " ".join(unicodedata.normalize("NFC", text).lower().split()) or None if text else None


def letters(text: str | None) -> str | None:
    """Return a name's letters and digits alone, lower case.

    Examples
    --------
    >>> letters("St. Louis"), letters("O'Neil")
    ('stlouis', 'oneil')
    """
    return "".join(mark for mark in unicodedata.normalize("NFC", text).lower() if mark.isalnum()) or None if text else None


@functools.lru_cache(maxsize=4096)
def country_code(text: str | None) -> str | None:
    """Return the two letters of a country given by code or by its English name; None where it is not known.

    Examples
    --------
    >>> country_code("United Kingdom"), country_code("uk"), country_code("DEU"), country_code("Unspecified")
    ('GB', 'GB', 'DE', None)
    """
    if not text:
        return None
    code = text.strip().upper()
    names, aliases = _countries()
    return names.get(text.strip().casefold()) or (code if code in names.values() else aliases.get(code))


@functools.cache
def _countries() -> tuple[dict[str, str], dict[str, str]]:
    from babel import Locale
    from babel.core import get_global

    codes = {
        code: name for code, name in Locale("en").territories.items() if code.isalpha() and len(code) == 2 and code not in _NONE
    }
    aliases = {old: new[0] for old, new in get_global("territory_aliases").items() if new[0] in codes}
    also = {"usa": "US", "great britain": "GB", "england": "GB", "eire": "IE", "holland": "NL", "czech republic": "CZ", "rsa": "ZA"}
    return {**{name.casefold(): code for code, name in codes.items()}, **also}, aliases


def checked_country(text: str | None) -> str | None:
    """Return the default country's two letters.

    Raises
    ------
    RecipeError
        If it is no country.
    """
    if text is None:
        return None
    code = country_code(text)
    if code is None:
        raise RecipeError(f"{text!r} is no country.", found=f"{text!r}.", fix="--country-code GB", code="unknown_country")
    return code


def normal_phones(numbers: Iterable[tuple[str | None, str | None]]) -> list[str | None]:
    """Return phone numbers as ``+`` and digits (E.164), None where one is not valid.

    Parameters
    ----------
    numbers : iterable of (number, country)
        The country's two letters say what a number without ``+`` means; without them it is not valid.

    Raises
    ------
    CoterieError
        If there is a number, and the package that knows the world's numbering plans is not installed.

    Examples
    --------
    >>> normal_phones([("0151 12345678", "DE"), ("0044 20 7946 0958", None), ("0151 12345678", None), ("12", "DE"), (None, "DE")])
    ['+4915112345678', '+442079460958', None, None, None]
    """
    given = list(numbers)
    if not any(number for number, _ in given):
        return [None] * len(given)
    phonenumbers = needed("phonenumbers", extra="audience")

    def normal(number: str | None, country: str | None) -> str | None:
        if not number:
            return None
        # Two zeros are what most of the world dials for a plus.
        text = "+" + number[2:] if number.startswith("00") and country is None else number
        try:
            parsed = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(parsed):
            return None
        return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))

    return [normal(number, country) for number, country in given]
