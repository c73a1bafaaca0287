"""Conditions: what holds on the way to a leaf, as ranges of features, put together and evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.segments.tree import Step

Array = NDArray[np.float64]
Ranges = dict[int, tuple[float | None, float | None]]
"""By feature's place: from where on, and below what; None where there is no end."""


def matches(when: Sequence[Mapping[str, Any]], columns: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Return which customers a leaf's conditions hold for, of shape (n_customers,).

    Parameters
    ----------
    when : sequence of mapping
        ``feature``, ``op`` and ``value``, as in ``segments.json``.
    columns : mapping of str to ndarray of shape (n_customers,)
        At least the features named.

    Examples
    --------
    >>> matches([{"feature": "total_orders", "op": ">=", "value": 4}], {"total_orders": np.array([3.0, 4.0])}).tolist()
    [False, True]
    """
    hold = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for one in when:
        values = columns[one["feature"]]
        hold &= values < one["value"] if one["op"] == "<" else values >= one["value"]
    return hold


def ranges_of(path: Sequence[Step]) -> Ranges:
    """Return the tightest lower and upper end of each feature on the way to a leaf."""
    found: Ranges = {}
    for place, op, value in path:
        low, high = found.get(place, (None, None))
        if op == "<":
            high = value if high is None else min(high, value)
        else:
            low = value if low is None else max(low, value)
        found[place] = low, high
    return found


def merged(leaves: list[tuple[Ranges, int]]) -> list[tuple[Ranges, int]]:
    """Make one of two leaves that differ in one feature alone, and there meet."""
    for at, (one, customers) in enumerate(leaves):
        for place, (other, more) in enumerate(leaves[at + 1 :], start=at + 1):
            differ = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
            if len(differ) != 1 or differ[0] not in one.keys() & other.keys():
                continue
            low, high = sorted((one[differ[0]], other[differ[0]]), key=lambda ends: -np.inf if ends[0] is None else ends[0])
            if low[1] is None or low[1] != high[0]:
                continue
            joined = {**one, differ[0]: (low[0], high[1])}
            if joined[differ[0]] == (None, None):
                del joined[differ[0]]
            return merged([*leaves[:at], (joined, customers + more), *leaves[at + 1 : place], *leaves[place + 1 :]])
    return leaves
