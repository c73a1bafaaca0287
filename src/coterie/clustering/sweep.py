"""The sweep: every k fitted, scored and judged, on one canonical order of the customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from coterie.clustering import stability
from coterie.clustering.algorithms import ALGORITHMS, Algorithm, Array, Partition
from coterie.clustering.fitting import fit_all, sampled
from coterie.clustering.gates import Gate
from coterie.clustering.metrics import METRICS, Judged
from coterie.clustering.sampling import silhouettes_of
from coterie.clustering.stability import Month, Stability
from coterie.kernels import side_by_side
from coterie.recipe import Choice, Clustering

if TYPE_CHECKING:
    from coterie.kernels import Starts

RESAMPLED = 4
"""Customers that resamples are drawn from, at most, as a multiple of how many each has."""

Verdict = Literal["reproducible", "pattern", "none", "override"]
"""*reproducible*: every gate passes; *pattern*: the segments come back under resampling; *override*: a person chose."""


@dataclass(frozen=True)
class Candidate:
    """One k: its partition, every score, how it fared when repeated, every gate, and one sentence on why it won or lost."""

    n_clusters: int
    partition: Partition
    sizes: tuple[int, ...]
    scores: dict[str, float]
    silhouette_by_cluster: tuple[float, ...]
    silhouette_interval: tuple[float, float] | None = None
    silhouette_macro_interval: tuple[float, float] | None = None
    stability: Stability = field(default_factory=Stability)
    gates: tuple[Gate, ...] = ()
    passed: bool = False
    verdict: Verdict = "none"
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
            "silhouette_interval": list(self.silhouette_interval) if self.silhouette_interval else None,
            "silhouette_macro_interval": list(self.silhouette_macro_interval) if self.silhouette_macro_interval else None,
            "smallest_share": self.smallest_share,
            "seed_ari": self.stability.seed_ari,
            "jaccard": list(self.stability.jaccard) if self.stability.jaccard else None,
            "prediction_strength": self.stability.prediction_strength,
            "prediction_strength_se": self.stability.prediction_strength_se,
            "refit_ari": self.stability.refit_ari,
            "sizes": list(self.sizes),
            "silhouette_by_cluster": list(self.silhouette_by_cluster),
            "gates": [{"gate": g.name, "value": g.value, "threshold": g.threshold, "passed": g.passed} for g in self.gates],
            "passed": self.passed,
            "verdict": self.verdict,
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
    verdict : {"reproducible", "pattern", "none", "override"}
        How far the choice can be trusted.
    why : str
        One sentence.
    notes : tuple of str
        What a person should know, e.g. that the range of k was cut.
    """

    candidates: tuple[Candidate, ...]
    chosen: Candidate
    chosen_by: Literal["gates", "silhouette", "user"]
    verdict: Verdict
    why: str
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "n_clusters": self.chosen.n_clusters,
            "chosen_by": self.chosen_by,
            "verdict": self.verdict,
            "why": self.why,
            "notes": list(self.notes),
            "candidates": [candidate.as_dict() for candidate in self.candidates],
        }


Progress = Callable[[str, int, int], None]
"""``(stage, done, total)``."""


def fit_candidates(
    points: Array,
    value: Array,
    part: Clustering,
    choice: Choice,
    ks: Sequence[int],
    progress: Progress,
    months: Callable[[], Sequence[Month]] = tuple,
) -> tuple[Candidate, ...]:
    """Fit, score and repeat every k; one that the algorithm does not give is left out.

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
    months : callable
        Gives what was known at earlier month ends, a sequence of Month; called last, when they may have been made aside.
    """
    from threadpoolctl import threadpool_limits

    from coterie.kernels import Starts

    algorithm = ALGORITHMS[part.algorithm]
    order = np.lexsort(points.T[::-1]) if part.row_order == "values" else np.arange(len(points))
    back = np.argsort(order)
    ordered, ordered_value = np.ascontiguousarray(points[order]), value[order]
    ordered.flags.writeable = False
    # Resamples are drawn from so many that more would show in no digit, and each of them looks through all that it draws from.
    rows = sampled(np.arange(len(ordered)), RESAMPLED * choice.sample_above, part.random_state)
    seen = ordered if len(rows) == len(ordered) else ordered[rows]
    seen.flags.writeable = False
    starts = Starts(seen, max(ks, default=1))
    # One thread: how a matrix product is shared among threads can show in the last digit.
    with threadpool_limits(limits=1):
        fitted = []
        partitions = fit_all(
            algorithm, ordered, ks, n_init=part.n_init, random_state=part.random_state, sample_above=choice.sample_above,
            starts=starts,
        )  # fmt: skip
        for i, (k, partition) in enumerate(zip(ks, partitions, strict=True)):
            # A mixture whose bells got no customer, or a region that is the only one, is no answer to this k.
            if len(partition.centers) == k or (algorithm.finds_k and len(partition.centers) > 1):
                if part.label_order == "value":
                    partition = partition.ordered_by(ordered_value)
                own = replace(partition, labels=partition.labels[rows])
                fitted.append((partition, _resampled(algorithm, seen, own, part, choice, starts)))
            progress("clustering", i + 1, len(ks))
        judged = _judge(ordered, [partition for partition, _ in fitted], part.random_state, choice.sample_above)
        placed = _placed(months(), back)
        refits = stability.refit_agreement(
            algorithm, placed, [one.partition for one in judged], n_init=part.n_init, random_state=part.random_state,
            size=choice.sample_above,
        )  # fmt: skip
        found = [replace(own, refit_ari=refit) for (_, own), refit in zip(fitted, refits, strict=True)]
        return tuple(side_by_side(lambda i: _candidate(judged[i], found[i], back), range(len(judged))))


def _placed(months: Sequence[Month], back: NDArray[np.intp]) -> list[Month]:
    """Bring every month's customers into the canonical order, so that their ids cannot matter."""
    placed = []
    for i, month in enumerate(months):
        order = np.lexsort(month.points.T[::-1])
        following = back if i == len(months) - 1 else np.argsort(np.lexsort(months[i + 1].points.T[::-1]))
        placed.append(replace(month, points=np.ascontiguousarray(month.points[order]), rows=following[month.rows]))
    return placed


def _resampled(
    algorithm: Algorithm, points: Array, partition: Partition, part: Clustering, choice: Choice, starts: Starts
) -> Stability:
    """Fit again under other seeds, on resamples and on halves."""
    seed, size = part.random_state, min(len(points), choice.sample_above)
    strength = stability.prediction_strength(
        algorithm, points, len(partition.centers), n_splits=choice.n_splits, n_init=choice.n_init, random_state=seed, size=size,
        starts=starts,
    )  # fmt: skip
    return Stability(
        jaccard=stability.bootstrap_jaccard(
            algorithm, points, partition, n_resamples=choice.n_bootstrap, n_init=choice.n_init, random_state=seed, size=size,
            starts=starts,
        ),
        seed_ari=stability.seed_agreement(
            algorithm, points, partition, n_init=part.n_init, random_state=seed, n_seeds=choice.n_seeds, size=size, starts=starts
        ),
        prediction_strength=strength[0] if strength else None,
        prediction_strength_se=strength[1] if strength else None,
    )  # fmt: skip


def _judge(points: Array, partitions: Sequence[Partition], random_state: int, sample_above: int) -> list[Judged]:
    if not partitions:
        return []
    labels = [partition.labels for partition in partitions]
    found = silhouettes_of(points, labels, sample_above=sample_above, random_state=random_state)
    return [Judged(points, *each) for each in zip(partitions, found, strict=True)]


def _candidate(judged: Judged, found: Stability, back: NDArray[np.intp]) -> Candidate:
    partition = judged.partition
    return Candidate(
        n_clusters=len(partition.centers),
        partition=replace(partition, labels=partition.labels[back]),
        sizes=tuple(int(size) for size in np.bincount(partition.labels, minlength=len(partition.centers))),
        scores={metric.name: metric.score(judged) for metric in METRICS} | partition.extra,
        silhouette_by_cluster=tuple(float(s) for s in judged.silhouettes.by_cluster),
        silhouette_interval=judged.silhouettes.interval(),
        silhouette_macro_interval=judged.silhouettes.interval(macro=True),
        stability=found,
    )
