"""Numbers, names and the functions of a transform, as SQL in DuckDB's dialect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from coterie.engines import identifier
from coterie.features import FEATURES
from coterie.scaling import ColumnTransform


def number(value: float) -> str:
    """Return a float as a literal that reads back as the same float.

    The exponent makes it a floating-point literal; without one, most databases would read an exact decimal and go on in decimals.

    Examples
    --------
    >>> number(0.942), number(-1e-7), number(3)
    ('0.942e0', '-1e-07', '3.0e0')
    """
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def plus(value: float) -> str:
    """Return the SQL that adds a number: ``" + 0.5e0"`` or ``" - 0.5e0"``."""
    return f" {'-' if value < 0 else '+'} {number(abs(value))}"


def name(text: str) -> str:
    """Return a feature's column, quoted unless it is a registered feature's: those are plain words that no database reserves.

    What is not quoted is found however a database folds its names.

    Examples
    --------
    >>> print(name("total_spend"), name("Total spend"), name("group"))
    total_spend "Total spend" "group"
    """
    return text if text in FEATURES else identifier(text)


def axis(feature: str) -> str:
    """Return the column of a feature's scaled value."""
    return f"scaled_{feature}" if feature in FEATURES else identifier(f"scaled_{feature}")


def scaled(column: ColumnTransform) -> str:
    """Return a feature's scaled value; NULL where Python's would not be finite, and the customer is in no segment.

    Infinities and NaN, which counts as above all or as nothing, fall out with what no customer can reach: some databases stop at
    an overflow.
    """
    x = name(column.feature)
    function = FUNCTIONS[column.function]
    inner = function.sql(x, column.parameters)
    moved = f"({inner}{plus(-column.center)})" if column.center else f"({inner})"
    spread = f" / {number(column.scale)}" if column.scale != 1 else ""
    return f"CASE WHEN {x} > {function.above} AND {x} < {function.below} THEN {moved}{spread} END"


def _yeo_johnson(x: str, parameters: dict[str, Any]) -> str:
    lam, x = parameters["lambda"], f"CAST({x} AS DOUBLE)"
    rise = f"LN({x} + 1)" if lam == 0 else f"(POWER({x} + 1, {number(lam)}) - 1) / {number(lam)}"
    fall = f"-LN(1 - {x})" if lam == 2 else f"-(POWER(1 - {x}, {number(2 - lam)}) - 1) / {number(2 - lam)}"
    return f"CASE WHEN {x} >= 0 THEN {rise} ELSE {fall} END"


def _interpolate(x: str, parameters: dict[str, Any]) -> str:
    return _between(f"CAST({x} AS DOUBLE)", parameters["x"], parameters["y"])


def _between(x: str, knots: Sequence[float], values: Sequence[float]) -> str:
    """Return straight lines between knots, flat outside: a tree of cases, so that a row passes ten of them and not a thousand."""

    def inside(low: int, high: int) -> str:
        if high - low == 1:
            slope = (values[high] - values[low]) / (knots[high] - knots[low])
            return f"{number(slope)} * ({x}{plus(-knots[low])}){plus(values[low])}"
        middle = (low + high) // 2
        return f"CASE WHEN {x} < {number(knots[middle])} THEN {inside(low, middle)} ELSE {inside(middle, high)} END"

    last = len(knots) - 1
    ends = f"WHEN {x} >= {number(knots[last])} THEN {number(values[last])} WHEN {x} < {number(knots[0])} THEN {number(values[0])}"
    return f"CASE {ends} ELSE {inside(0, last)} END" if last else number(values[0])


@dataclass(frozen=True)
class Function:
    """A function of `coterie.scaling` as SQL.

    Parameters
    ----------
    sql : callable
        ``(x, parameters) -> SQL``.
    above, below : str
        Between which literals a value must lie.
    """

    sql: Callable[[str, dict[str, Any]], str]
    above: str = "-1e100"
    below: str = "1e100"


FUNCTIONS: dict[str, Function] = {
    "identity": Function(lambda x, _: f"CAST({x} AS DOUBLE)"),
    "log": Function(lambda x, _: f"LN({x})", above="0"),
    "log1p": Function(lambda x, _: f"LN(1 + {x})", above="-1"),
    "yeo_johnson": Function(_yeo_johnson, above="-1e40", below="1e40"),  # to the seventh power at most
    "interpolate": Function(_interpolate),
}
"""By `coterie.scaling.FUNCTIONS`."""
