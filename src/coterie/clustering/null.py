"""Calibration: what the scores would be if there were no clusters, only the same margins and the same dependence.

A cluster-free twin of the customers is drawn from a Gaussian copula: each feature keeps its own values, each pair of features its
rank correlation, and nothing else is left. Scores that the twins reach too say nothing about clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from coterie.clustering import stability
from coterie.clustering.algorithms import ALGORITHMS, Array
from coterie.clustering.fitting import fit_one
from coterie.clustering.sampling import silhouettes_of
from coterie.clustering.sweep import Candidate, Verdict
from coterie.recipe import Choice, Clustering


@dataclass(frozen=True)
class Calibration:
    """The chosen clustering against its cluster-free twins.

    Parameters
    ----------
    n_null : int
        Twins drawn.
    figures : dict of str to dict
        ``silhouette`` and ``prediction_strength``, each ``observed``, ``null_mean`` and ``null_sd``.
    words : {"natural clusters", "reproducible segments", "constructed"}
        What may be said of the segments.
    """

    n_null: int
    figures: dict[str, dict[str, float]]
    words: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return dict(vars(self))


def cluster_free(points: Array, rng: np.random.Generator) -> Array:
    """Return a twin of the points with the same margins and rank dependence, and no clusters.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    rng : numpy.random.Generator
        Source of chance.

    References
    ----------
    Nelsen 2006, An Introduction to Copulas, doi:10.1007/0-387-28678-0

    Examples
    --------
    >>> points = np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 9.0]])
    >>> np.sort(cluster_free(points, np.random.default_rng(0)), axis=0).tolist()
    [[1.0, 5.0], [2.0, 6.0], [3.0, 9.0]]
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    n, d = points.shape
    scores = ndtri((rankdata(points, axis=0) - 0.5) / n)
    correlation = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    values, vectors = np.linalg.eigh(correlation)
    drawn = rng.standard_normal((n, d)) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    ranks = drawn.argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(np.sort(points, axis=0), ranks, axis=0)


def calibrate(points: Array, chosen: Candidate, part: Clustering, choice: Choice, verdict: Verdict) -> Calibration | None:
    """Hold the chosen k against cluster-free twins.

    Parameters
    ----------
    points : ndarray of shape (n_customers, n_features)
        Scaled features, in any order.
    chosen : Candidate
        The choice.
    part, choice : Clustering, Choice
        From the recipe; ``choice.n_null`` twins are drawn.
    verdict : str
        Of the choice.

    Returns
    -------
    Calibration or None
        None where no twin was asked for or there is one cluster.
    """
    if not choice.n_null or chosen.n_clusters < 2:
        return None
    algorithm, k = ALGORITHMS[part.algorithm], chosen.n_clusters
    ordered = points[np.lexsort(points.T[::-1])]
    rng = np.random.default_rng(part.random_state)
    null: dict[str, list[float]] = {"silhouette": [], "prediction_strength": []}
    for i in range(choice.n_null):
        twin = cluster_free(ordered, rng)
        seed = part.random_state + i
        fit = fit_one(algorithm, twin, k, n_init=choice.n_init, random_state=seed, sample_above=choice.sample_above)
        if len(fit.centers) > 1:
            found = silhouettes_of(twin, [fit.labels], sample_above=choice.sample_above, random_state=seed)[0]
            null["silhouette"].append(found.micro)
        strength = stability.prediction_strength(
            algorithm,
            twin,
            k,
            n_splits=choice.n_splits,
            n_init=choice.n_init,
            random_state=seed,
            size=min(len(twin), choice.sample_above),
        )
        if strength is not None:
            null["prediction_strength"].append(strength[0])
    observed = {"silhouette": chosen.scores["silhouette"], "prediction_strength": chosen.stability.prediction_strength}
    figures = {
        name: {"observed": seen, "null_mean": float(np.mean(null[name])), "null_sd": float(np.std(null[name]))}
        for name, seen in observed.items()
        if seen is not None and null[name]
    }
    return Calibration(choice.n_null, figures, _words(figures, verdict))


def _words(figures: dict[str, dict[str, float]], verdict: Verdict) -> str:
    """Say "natural" only where every score is beyond what twins without clusters reach."""
    beyond = [f["observed"] > f["null_mean"] + 2 * f["null_sd"] for f in figures.values()]
    if verdict == "reproducible":
        return "natural clusters" if all(beyond) else "reproducible segments"
    return "constructed"
