"""Cut-offs that nearly agree are made to agree: 210 in one place and 220 in another is more to read, and says no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coterie.segments.tree import Labels, Node

Array = NDArray[np.float64]

_NEAR = 1.25
"""How many times the smaller of two cut-offs the larger may be."""
_COST = 0.003
"""Fidelity that may be lost by it, in all."""


def harmonise(tree: Node, values: Array, labels: Labels) -> None:
    """Give questions of one feature the same cut-off where that costs little fidelity, in place.

    Parameters
    ----------
    tree : Node
        Its counts are brought up to date.
    values : ndarray of shape (n_customers, n_features)
        What it was fitted on.
    labels : ndarray of shape (n_customers,)
        Segments from 0.
    """
    least = _right(tree, values, labels) - _COST * len(labels)
    questions = list(_questions(tree))
    for at, one in enumerate(questions):
        for other in questions[at + 1 :]:
            if not _near(one, other) or any(below is other for below in _questions(one)):
                continue
            before = one.cut, other.cut
            # Either takes the other's; the first where they are as good.
            tried = []
            for cut in before:
                one.cut = other.cut = cut
                tried.append((_right(tree, values, labels), cut))
            best = max(tried, key=lambda found: found[0])
            one.cut, other.cut = (best[1], best[1]) if best[0] >= least else before
    count(tree, values, labels)


def _questions(node: Node) -> list[Node]:
    if node.under is None or node.over is None:
        return []
    return [node, *_questions(node.under), *_questions(node.over)]


def _near(one: Node, other: Node) -> bool:
    low, high = sorted((one.cut, other.cut))
    return one.feature == other.feature and 0 < low < high <= _NEAR * low


def _right(tree: Node, values: Array, labels: Labels) -> int:
    return int((tree.labels(values) == labels).sum())


def count(node: Node, values: Array, labels: Labels) -> None:
    """Bring a tree's counts up to date with customers; the parameters are those of `harmonise`."""
    node.counts = np.bincount(labels, minlength=len(node.counts))
    if node.under is not None and node.over is not None:
        below = values[:, node.feature] < node.cut
        count(node.under, values[below], labels[below])
        count(node.over, values[~below], labels[~below])
