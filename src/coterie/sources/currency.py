"""Amounts with a currency's symbol or code: stripped where the currency was declared, refused where it was not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from coterie.engines.base import Engine, Tables, identifier, literal
from coterie.errors import InputError
from coterie.sources.cells import Cell
from coterie.sources.mapping import normalised

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
    found = signs(engine, relation, [cell])
    if found:
        refuse_signs(cell.source, found)


def signs(engine: Engine, relation: str, cells: Sequence[Cell]) -> list[tuple[str, int]]:
    """Return the currency signs in columns of amounts and on how many rows each stands, most frequent first."""
    union = " UNION ALL ".join(f"SELECT {_sign(cell)} AS sign FROM {relation}" for cell in cells if cell.is_text)
    if not union:
        return []
    query = f"SELECT sign, count(*) FROM ({union}) WHERE sign <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
    return [(sign, count) for sign, count in engine.rows(query)]


def _sign(cell: Cell) -> str:
    before, behind = (f"regexp_extract({cell.wide}, {literal(pattern)}, 1)" for pattern in (_BEFORE, _BEHIND))
    return f"coalesce(nullif({before}, ''), {behind})"


def refuse_signs(column: str, found: Sequence[tuple[str, int]]) -> NoReturn:
    """Refuse amounts with signs of a currency that was not declared.

    Raises
    ------
    InputError
        Always; it lists the signs.
    """
    codes = [code for code, symbol in _SYMBOLS.items() if found[0][0] in (code, symbol)]
    more = "" if len(found) == 1 else " Lines in another currency are set aside; convert them before, or split the file."
    raise InputError(
        f"Column {column!r} holds amounts with a currency sign, and no currency was declared.",
        found=", ".join(f"{sign} on {count:,} lines" for sign, count in found) + ".",
        fix=f"--currency {codes[0] if codes else 'GBP'}.{more}",
        code="currency",
    )


def check_one_currency(engine: Tables, relation: str, columns: Sequence[str], declared: str | None) -> str | None:
    """Refuse a source whose own currency column holds several, or another than was declared: such amounts do not add up.

    Returns
    -------
    str or None
        SQL of a row's problem where its currency is not the one declared; None where there is no such row.

    Raises
    ------
    InputError
        If there are several currencies and none was declared, or the one declared is none of them.
    """
    for column in columns:
        if normalised(column) not in ("currency", "currencycode"):
            continue
        code = f"upper(trim(CAST({identifier(column)} AS VARCHAR)))"
        found = engine.rows(
            f"SELECT code, count(*) FROM (SELECT {code} AS code FROM {relation}) AS codes WHERE code <> '' "
            "GROUP BY code ORDER BY 2 DESC, 1 LIMIT 20"
        )
        if declared and declared in [sign for sign, _ in found]:
            return f"CASE WHEN {code} <> {literal(declared)} THEN 'other_currency' END" if len(found) > 1 else None
        if len(found) > 1 or (found and declared and re.fullmatch("[A-Z]{3}", found[0][0])):
            listed = ", ".join(f"{sign} on {count:,} lines" for sign, count in found)
            several = f"holds {len(found)} currencies, whose amounts do not add up" if len(found) > 1 else f"is not {declared}"
            raise InputError(
                f"Column {column!r} {several}.",
                found=f"{listed}.",
                fix=f"--currency {found[0][0]} to set lines of another aside, convert the amounts before, or split the file.",
                code="currency",
            )
    return None


def other_sign(cell: Cell, declared: str) -> str:
    """Return SQL of a row's problem where an amount has the sign of another currency than the one declared."""
    own = ", ".join(literal(sign) for sign in _signs_of(declared))
    return f"CASE WHEN {_sign(cell)} <> '' AND {_sign(cell)} NOT IN ({own}) THEN 'other_currency' END"


def _signs_of(declared: str) -> list[str]:
    code = declared.upper()
    return [*{code: 1, _SYMBOLS.get(code, code): 1, declared: 1}]


def without_currency(cell: Cell, declared: str | None) -> str:
    """Return the SQL of a column's text without the declared currency's symbol and code."""
    if not declared or cell.kind != "money":
        return cell.wide
    own = "|".join(map(re.escape, _signs_of(declared)))
    space = r"[\s\x{a0}\x{202f}]*"
    before = f"regexp_replace({cell.wide}, {literal(rf'^([-+]?){space}(?:{own}){space}')}, '\\1')"
    return f"regexp_replace({before}, {literal(rf'{space}(?:{own})$')}, '')"
