"""Amounts with a currency's symbol or code: stripped where the currency was declared, refused where it was not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from coterie.engines.base import Engine, identifier, literal
from coterie.errors import InputError
from coterie.sources.cells import Cell

_SYMBOLS = {
    "GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "PLN": "zł",
    "SEK": "kr", "NOK": "kr", "DKK": "kr", "AUD": "$", "CAD": "$", "NZD": "$", "CZK": "Kč", "TRY": "₺", "UAH": "₴",
}  # fmt: skip
_SIGN = r"\p{Sc}|[A-Z]{1,2}\$|[A-Z]{3}|zł|kr\.?|Kč"
_BEFORE = rf"^[-+]?\s*({_SIGN})[\s\x{{a0}}\x{{202f}}]*[-+]?[\d.,]"
_BEHIND = rf"[\d.,][\s\x{{a0}}\x{{202f}}]*({_SIGN})$"


def check_currency(engine: Engine, relation: str, cell: Cell, declared: str | None) -> None:
    """Refuse amounts with currency signs where no currency was declared.

    Raises
    ------
    InputError
        If there are signs and none was declared; it lists them.
    """
    if declared:
        return
    text = cell.wide
    before, behind = (f"regexp_extract({text}, {literal(pattern)}, 1)" for pattern in (_BEFORE, _BEHIND))
    found = engine.rows(
        f"SELECT coalesce(nullif({before}, ''), {behind}) AS sign, count(*) FROM {relation} "
        "GROUP BY 1 HAVING sign <> '' ORDER BY 2 DESC, 1 LIMIT 20"
    )
    if not found:
        return
    codes = [code for code, symbol in _SYMBOLS.items() if found[0][0] in (code, symbol)]
    more = "" if len(found) == 1 else " Lines in another currency are set aside; convert them before, or split the file."
    raise InputError(
        f"Column {cell.source!r} holds amounts with a currency sign, and no currency was declared.",
        found=", ".join(f"{sign} on {count:,} lines" for sign, count in found) + ".",
        fix=f"--currency {codes[0] if codes else 'GBP'}.{more}",
        code="currency",
    )


def check_one_currency(engine: Engine, relation: str, columns: Sequence[str]) -> None:
    """Refuse a source whose own currency column holds several: amounts of two currencies do not add up.

    Raises
    ------
    InputError
        If there is such a column; it lists its currencies.
    """
    for column in columns:
        if column.strip().casefold() not in ("currency", "currency code", "currency_code", "currencycode"):
            continue
        code = f"upper(trim(CAST({identifier(column)} AS VARCHAR)))"
        found = engine.rows(
            f"SELECT {code} AS code, count(*) FROM {relation} GROUP BY 1 HAVING code <> '' ORDER BY 2 DESC, 1 LIMIT 20"
        )
        if len(found) > 1:
            raise InputError(
                f"Column {column!r} holds {len(found)} currencies, whose amounts do not add up.",
                found=", ".join(f"{sign} on {count:,} lines" for sign, count in found) + ".",
                fix="convert the amounts to one currency, or run a file of one currency at a time.",
                code="currency",
            )


def without_currency(cell: Cell, declared: str | None) -> str:
    """Return the SQL of a column's text without the declared currency's symbol and code."""
    if not declared or cell.kind != "money":
        return cell.wide
    code = declared.upper()
    signs = "|".join(re.escape(sign) for sign in {code: 1, _SYMBOLS.get(code, code): 1, declared: 1})
    space = r"[\s\x{a0}\x{202f}]*"
    before = f"regexp_replace({cell.wide}, {literal(rf'^([-+]?){space}(?:{signs}){space}')}, '\\1')"
    return f"regexp_replace({before}, {literal(rf'{space}(?:{signs})$')}, '')"
