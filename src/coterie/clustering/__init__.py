"""Clustering: arrays in; labels, scores and a choice out."""

from coterie.clustering.algorithms import ALGORITHMS, Algorithm, Partition
from coterie.clustering.choice import choose, single_cluster
from coterie.clustering.metrics import METRICS, Metric
from coterie.clustering.silhouette import silhouette_samples
from coterie.clustering.sweep import Candidate, Gate, Sweep, feasible_ks, fit_candidates

__all__ = [
    "ALGORITHMS",
    "METRICS",
    "Algorithm",
    "Candidate",
    "Gate",
    "Metric",
    "Partition",
    "Sweep",
    "choose",
    "feasible_ks",
    "fit_candidates",
    "silhouette_samples",
    "single_cluster",
]
