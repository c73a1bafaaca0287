"""A shallow tree over round cut-offs that tells segments apart: grown greedily, pruned by what a leaf is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.segments.cutoffs import cutoffs, roundness

Array = NDArray[np.float64]
Labels = NDArray[np.int32]
Step = tuple[int, str, float]
"""A condition: feature's place, ``"<"`` or ``">="``, cut-off."""

LEAST_WORTH = 0.005
"""A split that brings less fidelity than this is not worth reading."""
_ROOM = 3
"""How many times the wanted leaves are grown before the tree is pruned: a greedy cut may only pay with the next."""
_AS_GOOD = 0.99
"""A rounder cut-off is taken where it brings this share of the best one's gain."""
_BALANCE = (0.0, 0.5, 1.0)
"""Powers by which small segments weigh more: the first that leaves none of them without a leaf."""


@dataclass
class Node:
    """A question about one feature, or a leaf.

    Parameters
    ----------
    counts : ndarray of shape (n_segments,)
        Customers of each segment that come here.
    label : int
        The segment that a leaf here stands for.
    feature, cut : int, float
        The question is ``feature < cut``; feature -1 for a leaf.
    under, over : Node or None
        Where those go who are below the cut-off, and where the others go.
    """

    counts: NDArray[np.int64]
    label: int
    feature: int = -1
    cut: float = 0.0
    under: Node | None = None
    over: Node | None = None

    def leaves(self, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Node]]:
        """Yield every leaf with the conditions that lead to it, low values first."""
        if self.under is None or self.over is None:
            yield path, self
            return
        yield from self.under.leaves((*path, (self.feature, "<", self.cut)))
        yield from self.over.leaves((*path, (self.feature, ">=", self.cut)))

    def labels(self, values: Array) -> Labels:
        """Return the segment of customers by their features, an array of shape (n_customers, n_features)."""
        found = np.full(len(values), self.label, dtype=np.int32)
        if self.under is not None and self.over is not None:
            below = values[:, self.feature] < self.cut
            found[below], found[~below] = self.under.labels(values[below]), self.over.labels(values[~below])
        return found


def fit_tree(values: Array, labels: Labels, most_leaves: int, whole: Sequence[bool]) -> Node:
    """Fit a tree that gives customers the segments they have; the order of the customers changes nothing.

    Splits are those of greatest Gini gain [1]_; ties go to the earlier feature, the rounder cut-off, then the smaller. Pruning
    takes away the split that costs least fidelity, while there are too many leaves or the split is worth less than
    `LEAST_WORTH`, but never a segment's last leaf.

    Parameters
    ----------
    values : ndarray of shape (n_customers, n_features)
        Finite, in their own units.
    labels : ndarray of shape (n_customers,)
        Segments from 0.
    most_leaves : int
        At least 1.
    whole : sequence of bool of shape (n_features,)
        Whether a feature is cut at whole numbers only.

    References
    ----------
    .. [1] Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees, doi:10.1201/9781315139470

    Examples
    --------
    >>> tree = fit_tree(np.array([[1.0], [2.0], [7.0], [9.0]]), np.array([1, 1, 0, 0], dtype=np.int32), 4, [True])
    >>> tree.cut, tree.labels(np.array([[4.0], [5.0]])).tolist()
    (5.0, [1, 0])
    """
    cuts = [cutoffs(column, whole=one) for column, one in zip(values.T, whole, strict=True)]
    n_segments = int(labels.max()) + 1
    codes = [
        np.searchsorted(cut, column, side="right").astype(np.int32) * n_segments + labels
        for column, cut in zip(values.T, cuts, strict=True)
    ]
    sizes = np.bincount(labels, minlength=n_segments)
    tried: list[Node] = []
    for balance in _BALANCE:
        tried.append(_grown(codes, cuts, sizes, np.maximum(sizes, 1.0) ** -balance, most_leaves))
        if _told(tried[-1]) == n_segments:
            break
    return max(tried, key=_told)


def _told(tree: Node) -> int:
    """Return how many segments have a leaf."""
    return len({leaf.label for _, leaf in tree.leaves()})


@dataclass
class _Split:
    gain: float
    feature: int
    place: int


def _grown(codes: list[Labels], cuts: list[Array], sizes: NDArray[np.int64], weights: Array, most_leaves: int) -> Node:
    root = Node(sizes, int((sizes * weights).argmax()))
    open_ = [(root, codes, _best_split(codes, cuts, weights))]
    leaves = 1
    while leaves < _ROOM * most_leaves:
        at = max(range(len(open_)), key=lambda i: open_[i][2].gain, default=-1)
        if at < 0 or open_[at][2].gain <= 0:
            break
        node, own, split = open_.pop(at)
        node.feature, node.cut = split.feature, float(cuts[split.feature][split.place])
        below = own[split.feature] < (split.place + 1) * len(sizes)
        for side in (below, ~below):
            part = [code[side] for code in own]
            counts = np.bincount(part[0] % len(sizes), minlength=len(sizes))
            child = Node(counts, int((counts * weights).argmax()))
            node.under, node.over = (child, None) if node.under is None else (node.under, child)
            open_.append((child, part, _best_split(part, cuts, weights)))
        leaves += 1
    _prune(root, weights, most_leaves)
    return root


def _best_split(codes: list[Labels], cuts: list[Array], weights: Array) -> _Split:
    """Return the split of a node with the greatest gain; gain 0 where none parts the segments."""
    best = _Split(0.0, -1, -1)
    for feature, (code, cut) in enumerate(zip(codes, cuts, strict=True)):
        if not len(cut):
            continue
        table = np.bincount(code, minlength=(len(cut) + 1) * len(weights)).reshape(-1, len(weights)) * weights
        under = table.cumsum(axis=0)
        whole, under = under[-1], under[:-1]
        gain = _purity(under) + _purity(whole - under) - _purity(whole)
        top = float(gain.max())
        # A gain below this is rounding of the sums.
        if top <= 1e-9 * whole.sum() or top <= best.gain * (1 + 1e-12):
            continue
        good = np.flatnonzero(gain >= _AS_GOOD * top)
        place = min(good, key=lambda i: (roundness(float(cut[i])), -round(float(gain[i] / top), 9), i))
        best = _Split(top, feature, int(place))
    return best


def _purity(counts: Array) -> Array:
    total = counts.sum(axis=-1)
    pure: Array = np.square(counts).sum(axis=-1) / np.where(total > 0, total, 1)
    return pure


def _prune(root: Node, weights: Array, most_leaves: int) -> None:
    """Take splits away, cheapest first, until the leaves are few and each is worth its reading."""
    least = LEAST_WORTH * float((root.counts * weights).sum())
    while True:
        ends = [leaf.label for _, leaf in root.leaves()]
        pairs = list(_pairs(root))
        costs = []
        for place, (node, *pair) in enumerate(pairs):
            right = sum(float(leaf.counts[leaf.label] * weights[leaf.label]) for leaf in pair)
            cost = right - float(node.counts[node.label] * weights[node.label])
            gone = [leaf.label for leaf in pair if leaf.label != node.label]
            lost = any(ends.count(label) == gone.count(label) for label in gone)
            costs.append((lost, cost, place))
        if not costs:
            return
        lost, cost, place = min(costs)
        if len(ends) <= most_leaves and (lost or cost >= least):
            return
        node = pairs[place][0]
        node.feature, node.under, node.over = -1, None, None


def _pairs(node: Node) -> Iterator[tuple[Node, Node, Node]]:
    """Yield every question that both answers end at, with its two leaves."""
    if node.under is None or node.over is None:
        return
    if node.under.feature < 0 and node.over.feature < 0:
        yield node, node.under, node.over
    yield from _pairs(node.under)
    yield from _pairs(node.over)
