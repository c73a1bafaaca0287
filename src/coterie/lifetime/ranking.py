"""How well a score orders customers, and how much of an outcome it explains; ties share their mean rank: ids cannot matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ranks(values: Array) -> Array:
    """Return ranks from 1, equal values sharing the mean of theirs.

    Examples
    --------
    >>> ranks(np.array([7.0, 3.0, 7.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: Array = (np.cumsum(counts) - (counts - 1) / 2)[of]
    return means


def spearman(score: Array, outcome: Array) -> float | None:
    """Return Spearman's rank correlation; None where either is the same for everybody.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]))
    0.5
    """
    if len(score) < 2:
        return None
    first, second = ranks(score) - (len(score) + 1) / 2, ranks(outcome) - (len(score) + 1) / 2
    spread = float(first @ first) * float(second @ second)
    return float(first @ second) / spread**0.5 if spread else None


def auc(score: Array, happened: NDArray[np.bool_]) -> float | None:
    """Return the chance that a customer to whom it happened has the higher score, ties counting half; None where all are alike.

    Examples
    --------
    >>> auc(np.array([3.0, 2.0, 1.0]), np.array([True, False, False])), auc(np.zeros(2), np.array([True, False]))
    (1.0, 0.5)
    """
    yes = int(happened.sum())
    no = len(happened) - yes
    if not yes or not no:
        return None
    return float((ranks(score)[happened].sum() - yes * (yes + 1) / 2) / (yes * no))


def explained(groups: NDArray[np.integer], outcome: Array) -> float | None:
    """Return the share of an outcome's variance between groups, less what as many random groups would explain.

    Adjusted eta squared, ``1 - (1 - eta2) (n - 1) / (n - g)``: 11 groups have no advantage over 4. Below 0 means nothing.

    Examples
    --------
    >>> explained(np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 5.0, 5.0]))
    1.0
    """
    _, of = np.unique(groups, return_inverse=True)
    counts = np.bincount(of)
    apart = outcome - outcome.mean()
    total, free = float(apart @ apart), len(outcome) - len(counts)
    if not total or free < 1:
        return None
    if len(counts) == 1:
        return 0.0
    means = np.bincount(of, weights=apart) / counts
    within = float(np.square(apart - means[of]).sum())
    return 1 - within / free * (len(outcome) - 1) / total


def explained_by_line(score: Array, outcome: Array) -> float | None:
    """Return the share of an outcome's variance that a straight line in a score explains, adjusted likewise for its slope.

    Examples
    --------
    >>> explained_by_line(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    1.0
    """
    x, y = score - score.mean(), outcome - outcome.mean()
    xx, yy, xy = float(x @ x), float(y @ y), float(x @ y)
    if not xx or not yy or len(x) < 3:
        return None
    return 1 - (1 - xy * xy / (xx * yy)) * (len(x) - 1) / (len(x) - 2)
