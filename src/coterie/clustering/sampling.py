"""Silhouettes of very many customers: of a sample, each against all customers, with the interval of every mean.

The sample is drawn at random and weighted by cluster: a cluster's mean counts with its share of all customers, so no mean is
biased. It grows, each sample holding the one before, until the two highest ks are told apart or the budget ends.

References
----------
Holt & Smith 1979, Post Stratification, doi:10.2307/2344652
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coterie.clustering.silhouette import silhouette_samples

Array = NDArray[np.float64]
Labels = NDArray[np.int32]
Interval = tuple[float, float]

_FIRST = 2000
"""Customers of the first sample; each further one has twice as many."""

_FEW = 30
"""Customers of each cluster that are sampled at least, or all of a smaller one."""

_BUDGET = 10_000_000_000
"""Distances at most: what the exact silhouettes of 100,000 customers take."""

_BLOCK = 8192
"""Customers whose sums of distances, to every tuple of labels, are held at a time."""

_TWO_SIDED = 1.959964
"""Standard errors from the middle of a normal distribution to the ends of its 95 % interval."""


@dataclass(frozen=True)
class Silhouettes:
    """Silhouettes under one clustering.

    Parameters
    ----------
    values : ndarray of shape (n_sampled,)
        From -1 to 1.
    labels : ndarray of shape (n_sampled,)
        Clusters of the same customers.
    sizes : ndarray of shape (n_clusters,)
        Of all customers, sampled or not.
    """

    values: Array
    labels: Labels
    sizes: NDArray[np.intp]

    @property
    def by_cluster(self) -> Array:
        """Mean of each cluster."""
        sums = np.bincount(self.labels, weights=self.values, minlength=len(self.sizes))
        means: Array = sums / np.bincount(self.labels, minlength=len(self.sizes))
        return means

    @property
    def micro(self) -> float:
        """Mean over all customers."""
        return float(self.by_cluster @ self.sizes / self.sizes.sum())

    @property
    def macro(self) -> float:
        """Mean over the clusters."""
        return float(self.by_cluster.mean())

    def interval(self, *, macro: bool = False) -> Interval | None:
        """Return the 95 % interval of the mean over customers, or over clusters; None where every customer was counted."""
        if len(self.values) == self.sizes.sum():
            return None
        k = len(self.sizes)
        weights = np.full(k, 1 / k) if macro else self.sizes / self.sizes.sum()
        middle = float(weights @ self.by_cluster)
        reach = _TWO_SIDED * float(np.sqrt(weights**2 @ self._variances()))
        return middle - reach, middle + reach

    def _variances(self) -> Array:
        """Return the variance of each cluster's mean; none is left where the whole cluster was counted."""
        k = len(self.sizes)
        counts = np.bincount(self.labels, minlength=k)
        squares = np.square(self.values - self.by_cluster[self.labels])
        within = np.bincount(self.labels, weights=squares, minlength=k) / np.maximum(counts - 1, 1)
        variances: Array = within / counts * (1 - counts / self.sizes)
        return variances


def silhouettes_of(
    points: Array, labelings: Sequence[Labels], *, sample_above: int, random_state: int, budget: int = _BUDGET
) -> list[Silhouettes]:
    """Return the silhouettes of several clusterings: of all customers, or of a sample where there are very many.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    labelings : sequence of ndarray of shape (n_customers,)
        Clusters from 0, none empty.
    sample_above : int
        Up to so many customers every one is counted.
    random_state : int
        Seed of the sample.
    budget : int
        Distances computed at most, over all samples together.
    """
    n, sizes = len(points), [np.bincount(labels) for labels in labelings]
    if n <= sample_above:
        return [Silhouettes(*each) for each in zip(silhouette_samples(points, labelings), labelings, sizes, strict=True)]
    order = np.random.default_rng(random_state).permutation(n)
    first = [_first_of_each(labels[order], len(own)) for labels, own in zip(labelings, sizes, strict=True)]
    known = np.full((len(labelings), n), np.nan)
    drawn = min(_FIRST, n)
    while True:
        chosen = [order[np.union1d(np.arange(drawn), few)] for few in first]
        rows = np.unique(np.concatenate(chosen))
        rows = rows[np.isnan(known[0, rows])]
        for block in np.array_split(rows, -(-len(rows) // _BLOCK)):
            known[:, block] = silhouette_samples(points, labelings, block)
        found = [
            Silhouettes(values[rows], labels[rows], own)
            for values, labels, own, rows in zip(known, labelings, sizes, chosen, strict=True)
        ]
        if 2 * drawn * n > budget or drawn * 2 > n or _told_apart(found, known[:, order[:drawn]]):
            return found
        drawn *= 2


def _first_of_each(labels: Labels, k: int) -> NDArray[np.intp]:
    """Return the places of the first few customers of each cluster: by their random order, a sample of each."""
    return np.concatenate([np.flatnonzero(labels == cluster)[:_FEW] for cluster in range(k)])


def _told_apart(found: Sequence[Silhouettes], sampled: Array) -> bool:
    """Return whether the two highest means differ by more than chance, customer by customer."""
    if len(found) < 2:
        return True
    best, second = sorted(range(len(found)), key=lambda i: -found[i].micro)[:2]
    ahead = sampled[best] - sampled[second]
    return bool(ahead.mean() > _TWO_SIDED * ahead.std(ddof=1) / np.sqrt(len(ahead)))
