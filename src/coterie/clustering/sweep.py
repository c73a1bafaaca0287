"""The sweep: every k fitted, scored and judged, on one canonical order of the customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from coterie.clustering.algorithms import ALGORITHMS, Algorithm, Array, Labels, Partition
from coterie.clustering.metrics import METRICS, Judged, silhouette_by_cluster
from coterie.clustering.silhouette import silhouette_samples
from coterie.clustering.stability import seed_agreement
from coterie.errors import ClusteringError
from coterie.recipe import Choice, Clustering

SAMPLE_ABOVE = 30_000
"""Silhouettes are exact up to this many customers; above it they are those of a seeded sample of this size."""


@dataclass(frozen=True)
class Gate:
    """One demand on a clustering: its figure, what was asked, and whether it was met (None: not measured)."""

    name: str
    value: float | None
    threshold: float
    passed: bool | None


@dataclass(frozen=True)
class Candidate:
    """One k: its partition, every score, every gate, and one sentence on why it won or lost.

    The gates of a resampled validation (bootstrap Jaccard, prediction strength, monthly refits) will stand in ``gates`` too.
    """

    n_clusters: int
    partition: Partition
    sizes: tuple[int, ...]
    scores: dict[str, float]
    silhouette_by_cluster: tuple[float, ...]
    seed_ari: float | None
    gates: tuple[Gate, ...] = ()
    passed: bool = False
    why: str = ""

    @property
    def smallest_share(self) -> float:
        """Share of the customers in the smallest cluster, from 0 to 1."""
        return min(self.sizes) / sum(self.sizes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data: scores and seed agreement at the top, as in ``--json``."""
        return {
            "n_clusters": self.n_clusters,
            **self.scores,
            "smallest_share": self.smallest_share,
            "seed_ari": self.seed_ari,
            "sizes": list(self.sizes),
            "silhouette_by_cluster": list(self.silhouette_by_cluster),
            "gates": [{"gate": g.name, "value": g.value, "threshold": g.threshold, "passed": g.passed} for g in self.gates],
            "passed": self.passed,
            "why": self.why,
        }


@dataclass(frozen=True)
class Sweep:
    """All candidates and the choice.

    Parameters
    ----------
    candidates : tuple of Candidate
        By k, ascending.
    chosen : Candidate
        One of them; or one cluster of everybody where none is good enough.
    chosen_by : {"gates", "silhouette", "user"}
        Who chose.
    why : str
        One sentence.
    notes : tuple of str
        What a person should know, e.g. that the range of k was cut.
    """

    candidates: tuple[Candidate, ...]
    chosen: Candidate
    chosen_by: Literal["gates", "silhouette", "user"]
    why: str
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "n_clusters": self.chosen.n_clusters,
            "chosen_by": self.chosen_by,
            "why": self.why,
            "notes": list(self.notes),
            "candidates": [candidate.as_dict() for candidate in self.candidates],
        }


Progress = Callable[[str, int, int], None]
"""``(stage, done, total)``."""


def fit_candidates(
    points: Array, value: Array, part: Clustering, choice: Choice, ks: Sequence[int], progress: Progress
) -> tuple[Candidate, ...]:
    """Fit and score every k.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    value : ndarray of shape (n_customers,)
        What clusters are numbered by, highest mean first, where the recipe says so.
    part, choice : Clustering, Choice
        From the recipe.
    ks : sequence of int
        Numbers of clusters.
    progress : callable
        Told after each fit.
    """
    import sklearn.cluster  # noqa: F401  # A thread pool that is loaded later escapes the limit below.
    from threadpoolctl import threadpool_limits

    algorithm = ALGORITHMS[part.algorithm]
    order = np.lexsort(points.T[::-1]) if part.row_order == "values" else np.arange(len(points))
    ordered, ordered_value = np.ascontiguousarray(points[order]), value[order]
    back = np.argsort(order)
    # One thread: the sums of parallel k-means depend on which thread ends first, in their last digit.
    with threadpool_limits(limits=1):
        fitted = []
        for i, k in enumerate(ks):
            partition = algorithm.fit(ordered, k, part.n_init, part.random_state)
            if part.label_order == "value":
                partition = partition.ordered_by(ordered_value)
            fitted.append((partition, _seeds(algorithm, ordered, partition, part, choice)))
            progress("clustering", i + 1, len(ks))
        judged = _judge(ordered, [partition for partition, _ in fitted], part.random_state)
        return tuple(_candidate(one, ari, back) for one, (_, ari) in zip(judged, fitted, strict=True))


def _seeds(algorithm: Algorithm, points: Array, partition: Partition, part: Clustering, choice: Choice) -> float | None:
    return seed_agreement(
        algorithm, points, partition, n_init=part.n_init, random_state=part.random_state, n_seeds=choice.n_seeds
    )


def _judge(points: Array, partitions: Sequence[Partition], random_state: int) -> list[Judged]:
    sampled = np.arange(len(points))
    if len(points) > SAMPLE_ABOVE:
        sampled = np.sort(np.random.default_rng(random_state).choice(len(points), SAMPLE_ABOVE, replace=False))
    labels: list[Labels] = [partition.labels[sampled] for partition in partitions]
    # A cluster that the sample missed would shift the numbers of the others.
    dense = [np.unique(one, return_inverse=True)[1].reshape(-1).astype(np.int32) for one in labels]
    silhouettes = silhouette_samples(points[sampled], dense)
    return [Judged(points, p, s, one) for p, s, one in zip(partitions, silhouettes, labels, strict=True)]


def _candidate(judged: Judged, seed_ari: float | None, back: NDArray[np.intp]) -> Candidate:
    partition = judged.partition
    return Candidate(
        n_clusters=len(partition.centers),
        partition=replace(partition, labels=partition.labels[back]),
        sizes=tuple(int(size) for size in np.bincount(partition.labels, minlength=len(partition.centers))),
        scores={metric.name: metric.score(judged) for metric in METRICS},
        silhouette_by_cluster=tuple(float(s) for s in silhouette_by_cluster(judged)),
        seed_ari=seed_ari,
    )


def feasible_ks(points: Array, part: Clustering, k: int | None) -> tuple[list[int], tuple[str, ...]]:
    """Return the ks that these customers allow, the user's among them, and a note where the range was cut.

    Raises
    ------
    ClusteringError
        ``no_variation`` if all customers are alike; ``too_few`` below twice the smallest k; ``k_too_large`` if the
        user's k is beyond what the customers allow.
    """
    n = len(points)
    distinct = len(np.unique(points, axis=0))
    smallest = k or part.k_min
    if n < 2 * smallest:
        raise ClusteringError(
            f"{n} customers are too few for {smallest} segments.",
            found=f"{n} customers; {smallest} segments take at least {2 * smallest}.",
            fix="give more lines, or use the features without clusters: coterie check FILE.",
            code="too_few",
        )
    if distinct == 1:
        raise ClusteringError(
            "All customers are alike.",
            found=f"{n} customers with one and the same features.",
            fix="give lines that differ, or name other features in the recipe.",
            code="no_variation",
        )
    if distinct < smallest:
        raise ClusteringError(
            f"{smallest} segments are more than there are different customers.",
            found=f"{distinct} different rows of features.",
            fix=f"--k {distinct} or less.",
            code="k_too_large",
        )
    most = min(part.k_max, n // 2, distinct)
    ks = sorted({*range(part.k_min, most + 1), *([k] if k else [])})
    notes = () if most == part.k_max else (f"k stops at {most}: {n} customers, {distinct} of them different.",)
    return ks, notes
