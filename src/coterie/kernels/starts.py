"""Where many k-means fits begin, made once for every number of clusters."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from coterie.kernels import backend
from coterie.kernels.arrays import Array, Int64, by_feature
from coterie.kernels.draws import KINDS
from coterie.kernels.threads import Stop, Task, n_processors, share_out_all

Resample = Literal["bootstrap", "half"] | None

ROWS_PER_SLICE = 50_000
"""Customers times fits that a thread takes at a time: some tens of milliseconds."""


class Starts:
    """Greedy k-means++ starts of fits on the same customers, for every number of clusters up to one.

    It picks one customer after the other, and how many follow changes nothing but the number of trials, which grows with the
    logarithm of k. So fits for all ks with as many trials begin with the first of the same picks.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Finite.
    most : int
        Clusters, at most.

    Examples
    --------
    >>> starts = Starts(np.array([[0.0], [1.0], [10.0], [11.0]]), 4)
    >>> three, four = (starts.of(k, seed=0, n_fits=1, n_init=2, resample=None, size=None) for k in (3, 4))
    >>> three is four, three.shape
    (True, (2, 4))
    """

    def __init__(self, points: Array, most: int) -> None:
        self.points, self._most = points, most
        self._made: dict[tuple[object, ...], Int64] = {}

    def of(
        self, k: int, *, seed: int, n_fits: int, n_init: int, resample: Resample, size: int | None, threads: int | None = None
    ) -> Int64:
        """Return where the starts of fits begin; the parameters are those of `fit_many`.

        Returns
        -------
        ndarray of int64 of shape (n_fits * n_init, k or more)
            Places among the customers that a fit draws.
        """
        picked, tasks = self.planned(k, seed, n_fits, n_init, resample, size, threads)
        share_out_all(tasks, threads)
        return picked

    def planned(
        self, k: int, seed: int, n_fits: int, n_init: int, resample: Resample, size: int | None, threads: int | None
    ) -> tuple[Int64, list[Task]]:
        """Return what `of` does, to be filled by a task that is still to be done; none where it was asked for before."""
        n, d = self.points.shape
        sizes = sizes_of(n, k, resample, size)
        reach = max(most for most in range(k, max(k, min(self._most, sizes[0])) + 1) if _trials(most) == _trials(k))
        asked = (reach, seed, n_fits, n_init, resample, size)
        if asked in self._made:
            return self._made[asked], []
        columns, picked = by_feature(self.points), np.empty((n_fits * n_init, reach), dtype=np.int64)

        def work(first: int, last: int, stop: Stop) -> None:
            backend.kernels.begin(n, d, columns, reach, seed, KINDS[resample], *sizes, n_init, first, last, picked, stop)

        self._made[asked] = picked
        return picked, [Task(work, n_fits * n_init, slice_of(n, n_fits * n_init, threads))]


def sizes_of(n: int, k: int, resample: Resample, size: int | None) -> tuple[int, int]:
    """Return how many customers a fit draws, and how many the other half of its split has."""
    drawn = n if size is None or resample is None else size
    sizes = (drawn // 2, drawn - drawn // 2) if resample == "half" else (drawn, 0)
    if k < 1 or sizes[0] < k or (resample == "half" and drawn > n):
        raise ValueError(f"{k} clusters of {sizes[0]} customers, drawn from {n}, cannot be")
    return sizes


def slice_of(n: int, units: int, threads: int | None) -> int:
    """Return how many fits of n customers a thread takes at a time: a good many, and still some slices for each thread."""
    return max(1, min(ROWS_PER_SLICE // n, -(-units // (4 * (threads or n_processors())))))


def _trials(k: int) -> int:
    return 2 + int(math.log(k))
