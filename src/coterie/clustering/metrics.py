"""Scores of a clustering, by registration; none of them decides alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coterie.clustering.algorithms import Array, Partition
from coterie.clustering.sampling import Silhouettes
from coterie.registry import Registry


@dataclass(frozen=True)
class Judged:
    """What a score may look at.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    partition : Partition
        Labels, centres and inertia.
    silhouettes : Silhouettes
        Of all customers, or of a sample where there are very many.
    """

    points: Array
    partition: Partition
    silhouettes: Silhouettes

    @cached_property
    def members(self) -> tuple[Array, Array]:
        """How many customers each cluster has, and their mean: the centre, for k-means, but for its last digits."""
        labels, points = self.partition.labels, self.points
        sizes = np.bincount(labels).astype(float)
        sums = np.column_stack([np.bincount(labels, weights=points[:, i]) for i in range(points.shape[1])])
        return sizes, sums / sizes[:, None]

    @cached_property
    def squared(self) -> Array:
        """Squared distance of every customer to the mean of their cluster, of shape (n_customers,)."""
        _, means = self.members
        labels, found = self.partition.labels, np.empty(len(self.points))
        for at in range(0, len(found), _BLOCK):
            rows = slice(at, at + _BLOCK)
            found[rows] = np.square(self.points[rows] - means[labels[rows]]).sum(axis=1)
        return found


@dataclass(frozen=True)
class Metric:
    """A score of a clustering.

    Parameters
    ----------
    name, meaning : str
        Key in `--json` and one sentence.
    score : callable
        ``Judged -> float``.
    higher_is_better : bool
        Which way is good.
    bounds : tuple of float
        Smallest and largest possible value.
    reference : str
        Where it comes from.
    """

    name: str
    meaning: str
    score: Callable[[Judged], float]
    higher_is_better: bool
    bounds: tuple[float, float]
    reference: str


_BLOCK = 65_536
"""Customers at a time: their distances stay in the processor's cache."""
METRICS: Registry[Metric] = Registry("metric")


def _calinski_harabasz(judged: Judged) -> float:
    sizes, means = judged.members
    k, n = len(sizes), len(judged.points)
    between = float((sizes * np.square(means - judged.points.mean(axis=0)).sum(axis=1)).sum())
    within = float(judged.squared.sum())
    return between / within * (n - k) / (k - 1) if within else 1.0


def _davies_bouldin(judged: Judged) -> float:
    sizes, means = judged.members
    spread = np.bincount(judged.partition.labels, weights=np.sqrt(judged.squared)) / sizes
    apart = np.sqrt(np.square(means[:, None] - means[None]).sum(axis=2))
    np.fill_diagonal(apart, np.inf)
    likeness = (spread[:, None] + spread[None]) / np.maximum(apart, np.finfo(float).tiny)
    return float(likeness.max(axis=1).mean())


_ROUSSEEUW = "Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7"
METRICS.add(
    Metric(
        "silhouette",
        "Mean over customers of how much nearer they are to their own cluster than to the next.",
        lambda judged: judged.silhouettes.micro,
        True,
        (-1.0, 1.0),
        _ROUSSEEUW,
    )
)
METRICS.add(
    Metric(
        "silhouette_macro",
        "The same, first averaged within each cluster: a small cluster counts as much as a large one.",
        lambda judged: judged.silhouettes.macro,
        True,
        (-1.0, 1.0),
        _ROUSSEEUW,
    )
)
METRICS.add(
    Metric(
        "inertia",
        "Sum of squared distances to the nearest centre; falls with every further k.",
        lambda judged: judged.partition.inertia,
        False,
        (0.0, np.inf),
        "Lloyd 1982, doi:10.1109/TIT.1982.1056489",
    )
)
METRICS.add(
    Metric(
        "calinski_harabasz",
        "Spread between the clusters over spread within them.",
        _calinski_harabasz,
        True,
        (0.0, np.inf),
        "Calinski & Harabasz 1974, doi:10.1080/03610927408827101",
    )
)
METRICS.add(
    Metric(
        "davies_bouldin",
        "Mean likeness of each cluster to the one most like it.",
        _davies_bouldin,
        False,
        (0.0, np.inf),
        "Davies & Bouldin 1979, doi:10.1109/TPAMI.1979.4766909",
    )
)
