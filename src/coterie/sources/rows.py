"""Rows that came without a file: their hash, whatever their order, and numbers that came as exact text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from coterie.engines.base import Engine, identifier

_LANES = range(1, 61, 15)
"""Where 15 hex digits each of a row's hash begin: they fit a BIGINT, and their sums a HUGEINT."""
_DIGITS = 38


def digest_of_rows(engine: Engine, relation: str, columns: Sequence[str]) -> tuple[str, int, int]:
    """Return a SHA-256 of rows in whatever order, how many they are, and the bytes of their values as text.

    Every row is hashed by SHA-256 and the hashes are added up; the sums, the count and the names of the columns are hashed again. A
    database gives its rows in another order after an update, and they are the same rows.

    Parameters
    ----------
    engine : Engine
        Where the rows lie.
    relation : str
        Table or view.
    columns : sequence of str
        Its columns.
    """
    # A mark for NULL, and one between values, that texts do not hold.
    values = ", ".join(f"coalesce(CAST({identifier(column)} AS VARCHAR), chr(30))" for column in columns)
    sums = ", ".join(f"coalesce(sum(CAST('0x' || hash[{at}:{at + 14}] AS BIGINT)), 0)" for at in _LANES)
    count, size, *added = engine.rows(
        f"SELECT count(*), coalesce(sum(strlen(text)), 0), {sums} FROM "
        f"(SELECT text, sha256(text) AS hash FROM (SELECT concat_ws(chr(31), {values}) AS text FROM {relation}))"
    )[0]
    return hashlib.sha256(repr((tuple(columns), count, *map(int, added))).encode()).hexdigest(), count, int(size)


def exact(engine: Engine, relation: str, columns: Sequence[str]) -> dict[str, str]:
    """Return the SQL of numbers that came as text, by column: decimals of the scale they need, exact.

    Where some are NaN or infinite, or too long for a decimal, the column is DOUBLE: it holds every number in range to six places.

    Parameters
    ----------
    engine : Engine
        Where the rows lie.
    relation : str
        Table or view.
    columns : sequence of str
        Columns of texts such as ``-12.50``, ``NaN`` and ``Infinity``.
    """
    if not columns:
        return {}
    asked = ", ".join(
        f"max(length(split_part(ltrim({name}, '-'), '.', 1))), max(length(split_part({name}, '.', 2))), "
        f"coalesce(bool_or({name} IN ('NaN', 'Infinity', '-Infinity')), FALSE)"
        for name in map(identifier, columns)
    )
    found = engine.rows(f"SELECT {asked} FROM {relation}")[0]
    typed = {}
    for index, column in enumerate(columns):
        whole, scale, odd = found[3 * index : 3 * index + 3]
        fits = not odd and (whole or 0) + (scale or 0) <= _DIGITS
        typed[column] = f"CAST({identifier(column)} AS {f'DECIMAL({_DIGITS}, {scale or 0})' if fits else 'DOUBLE'})"
    return typed
