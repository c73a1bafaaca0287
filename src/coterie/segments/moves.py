"""Moves: what a customer could do differently, one thing at a time, by steps that a person can name.

====================  ====================================================================================================
move                  what changes
====================  ====================================================================================================
orders                more orders of their usual size: units and spend grow in proportion, the value of an order stays
later order           for who bought on one day only: one more order of that size, so many days later
larger orders         a larger usual order, to the next round amount: spend grows with it
smaller orders        a smaller one
more                  any other single feature, upward
less                  any other single feature, downward, where it can go down: what was bought stays bought
====================  ====================================================================================================

The first three are what a shop can bring about: one of the others is told only where it is far the smaller change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.registry import Registry
from coterie.segments.cutoffs import ladder
from coterie.segments.phrases import figure, phrase
from coterie.segments.rungs import FARTHEST, rungs_from

Array = NDArray[np.float64]
Steps = NDArray[np.int64]
Changed = dict[str, Array]

_MOST_ORDERS = 1000
_LATEST_DAY = 365
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_KEEPS_GROWING = {"total_quantity", "total_spend", "active_days", "tenure_days", "distinct_products"}


@dataclass(frozen=True)
class Path:
    """One thing that could change, in steps from none.

    Parameters
    ----------
    last : ndarray of int, shape (n_customers,)
        The farthest step of each customer; 0 where the path is not theirs.
    at : callable
        ``(rows, steps) -> features`` that differ after so many steps, under their registered names.
    amount : callable
        ``(rows, steps)`` -> what is said of it.
    words : callable
        ``amount -> text``.
    """

    last: Steps
    at: Callable[[Steps, Steps], Changed]
    amount: Callable[[Steps, Steps], Array]
    words: Callable[[float], str]


@dataclass(frozen=True)
class Move:
    """A kind of change.

    Parameters
    ----------
    name, meaning : str
        For people.
    paths : callable
        ``(features by registered name, their fitted ranges) -> paths``, none where the features for it are absent.
    first : bool
        Whether a shop can bring it about, so that it is told before the others.
    """

    name: str
    meaning: str
    paths: Callable[[Mapping[str, Array], Mapping[str, tuple[float, float]]], list[Path]]
    first: bool = False


MOVES: Registry[Move] = Registry("move")


def number(count: float) -> str:
    """Write a small count as a word."""
    return _WORDS[int(count)] if count < len(_WORDS) else f"{int(count):,}"


def _one_day(have: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Return who bought on one day only, where that is known."""
    return have["active_days"] == 0 if "active_days" in have else np.zeros(len(have["total_orders"]), dtype=bool)


def _scaled(have: Mapping[str, Array], rows: Steps, factor: Array) -> Changed:
    return {name: have[name][rows] * factor for name in ("total_orders", "total_quantity", "total_spend") if name in have}


def _orders(have: Mapping[str, Array], _: Mapping[str, tuple[float, float]]) -> list[Path]:
    if "total_orders" not in have:
        return []
    orders = have["total_orders"]
    last = np.minimum((FARTHEST - 1) * orders, _MOST_ORDERS).astype(np.int64)

    def at(rows: Steps, steps: Steps) -> Changed:
        changed = _scaled(have, rows, (orders[rows] + steps) / orders[rows])
        return changed | {"total_orders": orders[rows] + steps}

    return [
        Path(
            np.where(_one_day(have), 0, last),
            at,
            lambda rows, steps: steps.astype(float),
            lambda n: f"{number(n)} more order{'' if n == 1 else 's'} like theirs",
        )
    ]


def _later_order(have: Mapping[str, Array], _: Mapping[str, tuple[float, float]]) -> list[Path]:
    if not {"total_orders", "active_days"} <= have.keys():
        return []
    days = ladder(1, _LATEST_DAY, whole=True)

    def at(rows: Steps, steps: Steps) -> Changed:
        orders = have["total_orders"][rows]
        changed = _scaled(have, rows, (orders + 1) / orders)
        return changed | {"total_orders": orders + 1, "active_days": days[steps - 1]}

    return [
        Path(
            np.where(_one_day(have), len(days), 0),
            at,
            lambda rows, steps: days[steps - 1],
            lambda n: f"one more order, {n:,.0f} day{'' if n == 1 else 's'} later",
        )
    ]


def _order_value(sign: int) -> Callable[[Mapping[str, Array], Mapping[str, tuple[float, float]]], list[Path]]:
    def paths(have: Mapping[str, Array], _: Mapping[str, tuple[float, float]]) -> list[Path]:
        if "total_spend" not in have or not {"total_orders", "avg_order_value"} & have.keys():
            return []
        spend = have["total_spend"]
        value = have["avg_order_value"] if "avg_order_value" in have else spend / have["total_orders"]
        rungs, start, last = rungs_from(value, sign)

        def at(rows: Steps, steps: Steps) -> Changed:
            new = rungs[start[rows] + sign * steps]
            changed = {"total_spend": spend[rows] * (new / value[rows])}
            return changed | ({"avg_order_value": new} if "avg_order_value" in have else {})

        return [
            Path(
                last,
                at,
                lambda rows, steps: rungs[start[rows] + sign * steps],
                lambda amount: f"a usual order of {'only ' if sign < 0 else ''}{figure(amount)}",
            )
        ]

    return paths


def _alone(sign: int) -> Callable[[Mapping[str, Array], Mapping[str, tuple[float, float]]], list[Path]]:
    def paths(have: Mapping[str, Array], ranges: Mapping[str, tuple[float, float]]) -> list[Path]:
        # What follows from orders and their value does not change alone.
        bound = {"total_orders", "avg_order_value"} if "total_spend" in have else {"total_orders"}
        if {"total_orders", "avg_order_value"} & have.keys():
            bound = bound | {"total_spend"}
        found = []
        for name in have:
            if name in bound or (sign < 0 and name in _KEEPS_GROWING):
                continue
            found += _alone_in(name, have[name], ranges[name], sign)
        return found

    return paths


def _alone_in(name: str, value: Array, within: tuple[float, float], sign: int) -> list[Path]:
    if within[1] <= 0:
        return []
    said, low = phrase(name), "only " if sign < 0 else ""
    rungs, start, last = rungs_from(value, sign, within, whole=said.whole)
    return [
        Path(
            last,
            lambda rows, steps: {name: rungs[start[rows] + sign * steps]},
            lambda rows, steps: rungs[start[rows] + sign * steps],
            lambda amount: low + said.exact(amount),
        )
    ]


for _entry in (
    Move("orders", "More orders of their usual size.", _orders, first=True),
    Move("later order", "One more order, so many days later, after all on one day.", _later_order, first=True),
    Move("larger orders", "A larger usual order.", _order_value(+1), first=True),
    Move("smaller orders", "A smaller usual order.", _order_value(-1)),
    Move("more", "More of one other feature.", _alone(+1)),
    Move("less", "Less of one other feature.", _alone(-1)),
):
    MOVES.add(_entry)


def paths_of(have: Mapping[str, Array], ranges: Mapping[str, tuple[float, float]]) -> list[tuple[Move, Path]]:
    """Return every path of every registered move, in order of registration.

    Parameters
    ----------
    have : mapping of str to ndarray of shape (n_customers,)
        Features by their registered names.
    ranges : mapping of str to (float, float)
        What the model was fitted on.

    Examples
    --------
    >>> have = {"total_orders": np.array([2.0]), "total_spend": np.array([90.0])}
    >>> [(move.name, int(path.last[0])) for move, path in paths_of(have, dict.fromkeys(have, (1.0, 999.0)))]
    [('orders', 18), ('larger orders', 90), ('smaller orders', 90)]
    >>> move, path = paths_of(have, dict.fromkeys(have, (1.0, 999.0)))[1]
    >>> path.words(path.amount(np.array([0]), np.array([3]))[0])
    'a usual order of 48'
    """
    return [(move, path) for move in MOVES for path in move.paths(have, ranges)]
