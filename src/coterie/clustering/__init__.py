"""Clustering: arrays in; labels, scores, verdicts and a choice out."""

from coterie.clustering import density, hierarchical, medoids, mixture  # noqa: F401  # each registers what it fits
from coterie.clustering.algorithms import ALGORITHMS, Algorithm, Partition
from coterie.clustering.choice import choose, single_cluster
from coterie.clustering.feasible import feasible_ks, not_given
from coterie.clustering.fitting import fit_each, fit_one
from coterie.clustering.gates import GATES, Demand, Gate
from coterie.clustering.metrics import METRICS, Metric
from coterie.clustering.null import Calibration, calibrate
from coterie.clustering.resampling import cross_table
from coterie.clustering.silhouette import silhouette_samples
from coterie.clustering.stability import Month, Stability, adjusted_rand
from coterie.clustering.sweep import Candidate, Sweep, fit_candidates

__all__ = [
    "ALGORITHMS",
    "GATES",
    "METRICS",
    "Algorithm",
    "Calibration",
    "Candidate",
    "Demand",
    "Gate",
    "Metric",
    "Month",
    "Partition",
    "Stability",
    "Sweep",
    "adjusted_rand",
    "calibrate",
    "choose",
    "cross_table",
    "feasible_ks",
    "fit_candidates",
    "fit_each",
    "fit_one",
    "not_given",
    "silhouette_samples",
    "single_cluster",
]
