"""The smallest single change that would move each customer, searched for along the moves and replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.scaling import Scaling
from coterie.segments.moves import Changed, Move, Path, Steps, paths_of

Array = NDArray[np.float64]
Labels = NDArray[np.int32]

_OTHERS = 3.0
"""How much nearer than a move that a shop can bring about another one must end to be told in its place."""
_BLOCK = 32_768
"""Customers searched at a time: their distances stay in the processor's cache."""


@dataclass(frozen=True)
class Changes:
    """The smallest change of each customer; every array has shape (n_customers,).

    Parameters
    ----------
    moves : list of str
        Name of the move of every path.
    paths : list of Path
        What could change.
    rows : ndarray of int
        Which customer of the paths each is.
    path : ndarray of int
        Which of them; -1 where nothing single moves the customer.
    steps : ndarray of int
        How far.
    to : ndarray of int
        The cluster it leads to; -1 where there is none.
    """

    moves: list[str]
    paths: list[Path]
    rows: Steps
    path: Steps
    steps: Steps
    to: Labels

    @property
    def amounts(self) -> Array:
        """What is said of each change: orders, days, an order's value; NaN where there is none."""
        found = np.full(len(self.path), np.nan)
        for place, path in enumerate(self.paths):
            rows = np.flatnonzero(self.path == place)
            found[rows] = path.amount(self.rows[rows], self.steps[rows])
        return found

    def spread(self, placed: NDArray[np.bool_]) -> Changes:
        """Return the changes of all customers, where these are of those marked."""
        n, rows = len(placed), np.cumsum(placed) - 1
        whole = Changes(self.moves, self.paths, rows, np.full(n, -1), np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int32))
        whole.path[placed], whole.steps[placed], whole.to[placed] = self.path, self.steps, self.to
        return whole

    def columns(self, columns: Mapping[str, Array], registered: Mapping[str, str], short: int = 0) -> dict[str, Array]:
        """Return features as the changes make them, or so many steps short of that.

        Parameters
        ----------
        columns : mapping of str to ndarray of shape (n_customers,)
            Features under their published names.
        registered : mapping of str to str
            Published name -> registered name.
        short : int, default 0
            Steps to leave out.
        """
        changed = {name: np.array(values, dtype=float) for name, values in columns.items()}
        for place, path in enumerate(self.paths):
            rows = np.flatnonzero((self.path == place) & (self.steps > short))
            after = path.at(self.rows[rows], self.steps[rows] - short)
            for name, own in registered.items():
                if own in after:
                    changed[name][rows] = after[own]
        return changed


def smallest_changes(
    columns: Mapping[str, Array],
    registered: Mapping[str, str],
    ranges: Mapping[str, tuple[float, float]],
    scaling: Scaling,
    centers: Array,
    place: Callable[[Mapping[str, Array]], Labels],
    own: Labels,
) -> Changes:
    """Find the smallest single change that moves each customer to another segment.

    Along a path, steps are halved until one moves the customer and the step before does not. Of several paths the one that ends
    nearest, in scaled units, is taken; but a move that a shop can bring about before one of the others up to three times nearer.
    Where the way through scaled space is straight, as for logarithms and for unscaled features, nothing is missed: a segment is
    convex. Elsewhere a change is true but need not be the smallest. A change that the model does not confirm is dropped.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        The model's features under their published names, in its order.
    registered : mapping of str to str
        Published name -> registered name.
    ranges : mapping of str to (float, float)
        By registered name, what the model was fitted on.
    scaling : Scaling
        Of the model.
    centers : ndarray of shape (n_clusters, n_features)
        Of the model.
    place : callable
        ``columns -> clusters`` of the model.
    own : ndarray of shape (n_customers,)
        What that gives of the columns as they are.
    """
    names = [registered[column.feature] for column in scaling.columns]
    have = {name: np.asarray(columns[column.feature], dtype=float) for name, column in zip(names, scaling.columns, strict=True)}
    n = len(next(iter(have.values())))
    found = paths_of(have, ranges)
    path, steps, to = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int32)
    with np.errstate(all="ignore"):
        for start in range(0, n, _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, n))
            _search(rows, have, found, _Space(names, scaling, centers), path, steps, to)
        changes = Changes([move.name for move, _ in found], [one for _, one in found], np.arange(n), path, steps, to)
        # What is said has been replayed: the change moves them there, and one step less does not.
        moved, before = place(changes.columns(columns, registered)), place(changes.columns(columns, registered, short=1))
    wrong = (path >= 0) & ((moved != to) | (before != own))
    path[wrong], steps[wrong], to[wrong] = -1, 0, -1
    return changes


@dataclass(frozen=True)
class _Space:
    """Scaled space, feature by feature."""

    names: list[str]
    scaling: Scaling
    centers: Array

    def point(self, have: Mapping[str, Array]) -> dict[str, Array]:
        return {name: self.scaling.columns[self.names.index(name)](values) for name, values in have.items()}

    def squared(self, point: Mapping[str, Array]) -> Array:
        """Return squared distances to every centre in the given features alone, of shape (n_clusters, n)."""
        total = np.zeros((len(self.centers), len(next(iter(point.values())))))
        for name, z in point.items():
            total += np.square(z - self.centers[:, self.names.index(name), None])
        return total


    def border(self, squared: Array, own: Steps) -> Array:
        """Return the squared distance from each customer to the nearest border of the own segment, of shape (n,)."""
        between = np.sqrt(np.square(self.centers[:, None] - self.centers).sum(axis=2))[own].T
        gap = squared - squared[own, np.arange(len(own))]
        nearest: Array = np.where(between > 0, gap / (2 * between), np.inf).min(axis=0)
        return np.square(nearest)


def _search(
    rows: Steps, have: Mapping[str, Array], found: list[tuple[Move, Path]], space: _Space,
    path: Steps, steps: Steps, to: Labels,
) -> None:  # fmt: skip
    """Fill in the changes of some customers."""
    point = space.point({name: values[rows] for name, values in have.items()})
    parts = {name: space.squared({name: z}) for name, z in point.items()}
    whole = np.add.reduce(list(parts.values()))
    own = whole.argmin(axis=0)
    least = np.full(len(rows), np.inf)
    for first in (True, False):
        weight = 1.0 if first else _OTHERS**2
        # No change is smaller than the way to the nearest border.
        open_ = weight * space.border(whole, own) < least
        for place, (move, one) in enumerate(found):
            if move.first is not first:
                continue
            at = np.flatnonzero(open_ & (one.last[rows] > 0))
            if not len(at):
                continue
            names = list(one.at(rows[at[:1]], np.ones(1, dtype=np.int64)))
            still = np.add.reduce([parts[name] for name in parts if name not in names] or [np.zeros_like(parts[names[0]])])
            at, step, target, after = _first_step(one, rows, at, still, own, space)
            apart = [np.square(z - point[name][at]) for name, z in after.items()]
            effort = weight * np.add.reduce(apart) if len(at) else np.zeros(0)
            better = effort < least[at]
            at, step, target, effort = at[better], step[better], target[better], effort[better]
            least[at] = effort
            path[rows[at]], steps[rows[at]], to[rows[at]] = place, step, target


def _first_step(
    one: Path, rows: Steps, at: Steps, still: Array, own: Steps, space: _Space
) -> tuple[Steps, Steps, Steps, Changed]:
    """Return which customers a path moves, by how many steps, where to, and where their changed features then lie."""

    def look(at: Steps, steps: Steps) -> tuple[Steps, Changed]:
        point = space.point(one.at(rows[at], steps))
        return (still[:, at] + space.squared(point)).argmin(axis=0), point

    high = one.last[rows[at]]
    target, _ = look(at, high)
    leaves = target != own[at]
    at, high, low = at[leaves], high[leaves], np.zeros(int(leaves.sum()), dtype=np.int64)
    while len(going := np.flatnonzero(high - low > 1)):
        middle = (high[going] + low[going]) // 2
        left = look(at[going], middle)[0] != own[at[going]]
        high[going[left]] = middle[left]
        low[going[~left]] = middle[~left]
    if not len(at):
        return at, high, at, {}
    target, point = look(at, high)
    return at, high, target, point
