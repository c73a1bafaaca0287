"""Movement: who went from which segment of an earlier run to which of a later one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines import numbers
from coterie.errors import RecipeError

NEW, GONE = "new", "gone"
"""Where customers come from that the earlier run did not have, and where those are that the later one does not have."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Standing:
    """Where the customers of one run stand.

    Parameters
    ----------
    ids : pyarrow.Array of shape (n_customers,)
        Text, each id once.
    places : tuple of (str, str)
        Id and name of every segment, customers who kept nothing among them.
    place : ndarray of int of shape (n_customers,)
        Whose segment is which of ``places``.
    value : ndarray of shape (n_customers,), or None
        Money each spent; None where the run does not know.
    """

    ids: Any
    places: tuple[tuple[str, str], ...]
    place: NDArray[np.intp]
    value: Array | None


@dataclass(frozen=True)
class Migration:
    """The movement of customers between two runs.

    Parameters
    ----------
    before, after : tuple of (str, str)
        Id and name of every segment of the earlier and the later run.
    ids : pyarrow.Array of shape (n_customers,)
        Everybody in either run, in order of id.
    origin, target : ndarray of int of shape (n_customers,)
        Segment before and after; ``len(before)`` for the new, ``len(after)`` for the gone.
    value, value_before : ndarray of shape (n_customers,), or None
        Money each spent, by the later and by the earlier run; 0 where the customer is not in it. None where a run does not know.

    Examples
    --------
    >>> import numpy as np, pyarrow
    >>> places = (("s1", "Core"), ("s2", "Light"))
    >>> march = Standing(pyarrow.array(["a", "b", "c"]), places, np.array([0, 1, 1]), np.array([50.0, 5.0, 4.0]))
    >>> april = Standing(pyarrow.array(["a", "b", "d"]), places, np.array([0, 0, 1]), np.array([60.0, 45.0, 3.0]))
    >>> moved = migrate(march, april)
    >>> moved.customers.tolist()
    [[1, 0, 0], [1, 0, 1], [0, 1, 0]]
    >>> moved.names("s2", "s1"), moved.names("new", "s2"), moved.names("s2", "gone")
    (['b'], ['d'], ['c'])
    """

    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    ids: Any
    origin: NDArray[np.intp]
    target: NDArray[np.intp]
    value: Array | None
    value_before: Array | None

    @cached_property
    def customers(self) -> NDArray[np.int64]:
        """Customers, of shape (segments before + new, segments after + gone)."""
        return self._summed(None).astype(np.int64)

    @cached_property
    def revenue(self) -> Array | None:
        """What the later run says they spent, of the same shape."""
        return None if self.value is None else self._summed(self.value)

    @cached_property
    def revenue_before(self) -> Array | None:
        """What the earlier run says they spent, of the same shape."""
        return None if self.value_before is None else self._summed(self.value_before)

    def names(self, origin: str, target: str) -> list[str]:
        """Return the ids of the customers behind a cell, sorted.

        Parameters
        ----------
        origin : str
            Id of a segment of the earlier run, or ``"new"``.
        target : str
            Id of a segment of the later run, or ``"gone"``.

        Raises
        ------
        RecipeError
            If there is no such segment.
        """
        found: list[str] = self.ids.take(self.behind(origin, target)).to_pylist()
        return found

    def behind(self, origin: str, target: str) -> NDArray[np.intp]:
        """Return the places in ``ids`` of the customers behind a cell; parameters and refusals are those of `names`."""
        same = (self.origin == _at(origin, self.before, NEW)) & (self.target == _at(target, self.after, GONE))
        return np.flatnonzero(same)

    def cells(self) -> list[dict[str, Any]]:
        """Return every cell that has customers: ``from``, ``to``, ``customers``, their ``share`` of the row and ``revenue``."""
        rows, columns = [*(one for one, _ in self.before), NEW], [*(one for one, _ in self.after), GONE]
        totals = self.customers.sum(axis=1)
        return [
            {
                "from": rows[i],
                "to": columns[j],
                "customers": int(self.customers[i, j]),
                "share": float(self.customers[i, j] / totals[i]),
                "revenue": _money(self.revenue, i, j),
                "revenue_before": _money(self.revenue_before, i, j),
            }
            for i, j in np.argwhere(self.customers).tolist()
        ]

    def _summed(self, value: Array | None) -> Array:
        shape = (len(self.before) + 1, len(self.after) + 1)
        cell = self.origin * shape[1] + self.target
        return np.bincount(cell, weights=value, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def migrate(before: Standing, after: Standing) -> Migration:
    """Follow every customer of two runs from one segment to the other.

    Parameters
    ----------
    before, after : Standing
        The earlier and the later run.
    """
    import pyarrow
    import pyarrow.compute

    everybody = pyarrow.concat_arrays([one.ids.cast(pyarrow.string()) for one in (before, after)]).unique()
    # In order of id, so that no sum and no list hangs on the order of either run.
    everybody = everybody.take(pyarrow.compute.array_sort_indices(everybody))
    (origin, spent_before), (target, spent) = (_placed(everybody, one) for one in (before, after))
    return Migration(before.places, after.places, everybody, origin, target, spent, spent_before)


def _placed(everybody: Any, standing: Standing) -> tuple[NDArray[np.intp], Array | None]:
    """Return the place of everybody in a run, the one after the last where they are not in it, and what they spent."""
    import pyarrow
    import pyarrow.compute

    found = pyarrow.compute.index_in(everybody, value_set=standing.ids.cast(pyarrow.string()))
    row = numbers(found, -1)
    there = row >= 0
    place = np.full(len(row), len(standing.places), dtype=np.intp)
    place[there] = standing.place[row[there]]
    if standing.value is None:
        return place, None
    value = np.zeros(len(row))
    value[there] = np.nan_to_num(standing.value[row[there]])
    return place, value


def _at(wanted: str, places: tuple[tuple[str, str], ...], beside: str) -> int:
    known = [*(one for one, _ in places), beside]
    if wanted in known:
        return known.index(wanted)
    raise RecipeError(
        f"There is no {wanted!r} to come from or go to.",
        found=f"{', '.join(known)}.",
        fix="give one of these ids.",
        code="unknown_segment",
    )


def _money(table: Array | None, i: int, j: int) -> float | None:
    return None if table is None else float(np.round(table[i, j], 6))
