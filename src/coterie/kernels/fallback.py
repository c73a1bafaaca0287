"""The kernels in NumPy and SciPy: what runs where the extension could not be built.

Same arguments, same random numbers, same order of additions: k-means gives the very same bits, sums of distances the same to 1e-13.
Each function is described where its compiled twin is, in ``native/``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coterie.kernels.draws import drawn, stream_of, uniform
from coterie.kernels.threads import Stop

Array = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_BLOCK = 500_000
"""Distances held at a time."""

_LANES, _ROW_LANES, _FEW = 16, 8, 4


def group_sums(n: int, d: int, columns: Array, ends: Int64, first: int, last: int, sums: Array, stop: Stop) -> None:
    """Fill rows ``first`` to ``last`` of ``sums``."""
    from scipy.spatial.distance import cdist

    points = np.ascontiguousarray(columns[:, :n].T)
    starts = np.concatenate([[0], ends[:-1]])
    step = max(1, _BLOCK // n)
    for row in range(first, last, step):
        if stop[0]:
            return
        block = slice(row, min(row + step, last))
        sums[block] = np.add.reduceat(cdist(points[block], points), starts, axis=1)


def nearest(
    n: int, d: int, columns: Array, centers: Array, first: int, last: int, labels: Int32, squared: Array, stop: Stop
) -> None:
    """Fill ``labels`` and ``squared`` distances of rows ``first`` to ``last``."""
    labels[first:last], squared[first:last] = _assign(columns[:, first:last], centers)


def lloyd(
    n: int, d: int, columns: Array, weights: Array, centers: Array, labels: Int32, inertia: Array, used: Int64,
    max_iter: int, tol: float, stop: Stop,
) -> None:  # fmt: skip
    """Move ``centers`` to where they settle, in place."""
    centers[:], labels[:], inertia[0], used[0] = _lloyd(columns[:, :n], weights, centers, max_iter, tol, stop)


def resample(n: int, seed: int, kind: int, size: int, other_size: int, fit: int, counts: Int32) -> None:
    """Fill ``counts``: how often each of n customers takes part in a fit."""
    counts[:] = drawn(n, seed, kind, size, other_size, fit)


def begin(
    n: int, d: int, columns: Array, k: int, seed: int, kind: int, size: int, other_size: int, n_init: int, first: int, last: int,
    picked: Int64, stop: Stop,
) -> None:  # fmt: skip
    """Fill ``picked`` of units ``first`` to ``last``, each a start of a fit: where its centres lie among the rows drawn."""
    for unit in range(first, last):
        if stop[0]:
            return
        fit, start = divmod(unit, n_init)
        points, weights = _gathered(columns[:, :n], drawn(n, seed, kind, size, other_size, fit))
        picked[unit] = _plus_plus(points, weights, k, stream_of(seed, fit, start + 1))


def fits(
    n: int, d: int, columns: Array, k: int, seed: int, kind: int, size: int, other_size: int, n_init: int, picked: Int64,
    n_picked: int, max_iter: int, tol: float, first: int, last: int, centers: Array, inertia: Array, used: Int64, stop: Stop,
) -> None:  # fmt: skip
    """Fill ``centers``, ``inertia`` and ``used`` iterations of units ``first`` to ``last``, begun at the first k of ``picked``."""
    for unit in range(first, last):
        if stop[0]:
            return
        points, weights = _gathered(columns[:, :n], drawn(n, seed, kind, size, other_size, unit // n_init))
        begun = points[:, picked[unit, :k]].T
        centers[unit], _, inertia[unit], used[unit] = _lloyd(points, weights, begun, max_iter, tol, stop)


def _gathered(columns: Array, counts: Int32) -> tuple[Array, Array]:
    return columns[:, counts > 0], counts[counts > 0].astype(float)


def contingency(
    n: int, d: int, columns: Array, n_reference: int, reference: Int32, k: int, centers: Array, first: int, last: int,
    counts: Int64, stop: Stop,
) -> None:  # fmt: skip
    """Fill tables ``first`` to ``last``: reference label by nearest centre of the fit."""
    for fit in range(first, last):
        if stop[0]:
            return
        labels, _ = _assign(columns[:, :n], centers[fit])
        counts[fit] = np.bincount(reference * np.int64(k) + labels, minlength=n_reference * k).reshape(n_reference, k)


def halves(
    n: int, d: int, columns: Array, k: int, seed: int, size: int, other_size: int, centers: Array, first: int, last: int,
    counts: Int64, stop: Stop,
) -> None:  # fmt: skip
    """Fill tables ``first`` to ``last``: the second half's customers by its own centres and by the first half's."""
    for split in range(first, last):
        if stop[0]:
            return
        chosen = drawn(n, seed, 2, size, other_size, 2 * split + 1) > 0
        own, _ = _assign(columns[:, :n][:, chosen], centers[2 * split + 1])
        other, _ = _assign(columns[:, :n][:, chosen], centers[2 * split])
        counts[split] = np.bincount(own * np.int64(k) + other, minlength=k * k).reshape(k, k)


def _squared(points: Array, center: Array) -> Array:
    total = np.zeros(points.shape[1])
    for column, own in zip(points, center, strict=True):
        total += (column - own) ** 2
    return total


def _assign(points: Array, centers: Array) -> tuple[Int32, Array]:
    best = np.full(points.shape[1], np.finfo(float).max)
    labels = np.zeros(points.shape[1], dtype=np.int32)
    for c, center in enumerate(centers):
        other = _squared(points, center)
        labels[other < best] = c
        best = np.where(other < best, other, best)
    return labels, best


def _weighted_sum(weights: Array, values: Array) -> float:
    padded = np.zeros(-(-len(values) // _LANES) * _LANES)
    padded[: len(values)] = weights * values
    return float(sum(np.add.reduce(padded.reshape(-1, _LANES), axis=0).tolist()))


def _plus_plus(points: Array, weights: Array, k: int, stream: int) -> list[int]:
    n, n_trials = points.shape[1], 2 + int(math.log(k))
    numbers = iter(uniform(stream, np.arange(1 + (k - 1) * n_trials)).tolist())

    def pick(values: Array) -> int:
        cumulated = np.cumsum(weights * values)
        at = int(np.searchsorted(cumulated, next(numbers) * cumulated[-1], side="right"))
        return min(at, int(n) - 1)

    picked = [pick(np.ones(n))]
    closest = _squared(points, points[:, picked[0]])
    for _ in range(1, k):
        trials = [pick(closest) for _ in range(n_trials)]
        left = [np.minimum(_squared(points, points[:, trial]), closest) for trial in trials]
        best = int(np.argmin([_weighted_sum(weights, one) for one in left]))
        closest = left[best]
        picked.append(trials[best])
    return picked


def _lloyd(points: Array, weights: Array, centers: Array, max_iter: int, tol: float, stop: Stop) -> tuple[Array, Int32, float, int]:
    before = np.full(points.shape[1], -1, dtype=np.int32)
    used, filled, settled, unchanged, drifted = 0, 1, False, False, False
    steady = bool(np.all(weights == np.floor(weights)))
    sums, totals = np.empty((len(centers), len(points))), np.empty(len(centers))
    while used < max_iter and not settled and not stop[0]:
        labels, squared = _assign(points, centers)
        moved = np.flatnonzero(labels != before)
        anew = not steady or bool(filled) or len(moved) * _FEW > len(labels)
        if anew:
            sums, totals = _sums(points, weights, labels, len(centers))
        else:
            _move(points, weights, labels, before, moved, sums, totals)
        means, filled = _divide(points, weights, labels, squared, centers, sums, totals)
        drifted = not anew and (drifted or len(moved) > 0)
        unchanged = not filled and not len(moved)
        settled = unchanged or (not filled and sum(((means - centers) ** 2).ravel().tolist()) <= tol)
        centers, before = means, labels
        used += 1
    labels, squared = before, _assign(points, centers)[1]
    if drifted:
        centers, _ = _average(points, weights, labels, squared, centers)
    if drifted or not unchanged:
        labels, squared = _assign(points, centers)
        for _ in range(len(centers)):
            means, filled = _average(points, weights, labels, squared, centers)
            if not filled or stop[0]:
                break
            centers = means
            labels, squared = _assign(points, centers)
    return centers, labels, _weighted_sum(weights, squared), used


def _move(points: Array, weights: Array, labels: Int32, before: Int32, moved: NDArray[np.intp], sums: Array, totals: Array) -> None:
    """Take moved rows out of one sum and add them to the other, one after the other."""
    sides = np.column_stack([before[moved], labels[moved]]).ravel()
    signs = np.tile([-1.0, 1.0], len(moved))
    np.add.at(totals, sides, signs * np.repeat(weights[moved], 2))
    for f, column in enumerate(points):
        np.add.at(sums[:, f], sides, signs * np.repeat(weights[moved] * column[moved], 2))


def _lane_sums(slots: Int64, values: Array, k: int) -> Array:
    lanes = np.bincount(slots, values, minlength=_ROW_LANES * k).reshape(_ROW_LANES, k)
    total: Array = lanes[0]
    for lane in lanes[1:]:
        total = total + lane
    return total


def _sums(points: Array, weights: Array, labels: Int32, k: int) -> tuple[Array, Array]:
    slots = np.arange(len(labels)) % _ROW_LANES * k + labels
    return np.column_stack([_lane_sums(slots, weights * column, k) for column in points]), _lane_sums(slots, weights, k)


def _average(points: Array, weights: Array, labels: Int32, squared: Array, centers: Array) -> tuple[Array, int]:
    return _divide(points, weights, labels, squared, centers, *_sums(points, weights, labels, len(centers)))


def _divide(
    points: Array, weights: Array, labels: Int32, squared: Array, centers: Array, sums: Array, totals: Array
) -> tuple[Array, int]:
    filled = 0
    for c in np.flatnonzero(totals == 0):
        spared = (weights > 0) & (totals[labels] > weights) & (squared > 0)
        if not spared.any():
            break
        far = int(np.argmax(np.where(spared, squared, 0.0)))
        moved = weights[far] * points[:, far]
        sums[c], totals[c] = moved, weights[far]
        sums[labels[far]] -= moved
        totals[labels[far]] -= weights[far]
        squared[far] = 0.0
        filled += 1
    return np.divide(sums, totals[:, None], out=centers.copy(), where=totals[:, None] > 0), filled
