"""Gaussian mixture: clusters of any size and tilt, each a bell of its own; how many is also told by BIC."""

from __future__ import annotations

import warnings

import numpy as np

from coterie.clustering.algorithms import ALGORITHMS, SCIKIT_LEARN, Algorithm, Array, Partition, on_one_thread

_LEAST_VARIANCE = 1e-3
"""Added to each feature's variance: many customers share a value exactly, and a bell without width swallows them."""


def _mixture(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    from coterie.kernels import fit_many, nearest

    # The best of n_init k-means is where every bell begins; expectation-maximisation itself draws nothing.
    centers = fit_many(points, n_clusters, seed=random_state, n_init=n_init).centers[0]
    labels = nearest(points, centers)[0]
    model = GaussianMixture(
        n_clusters,
        reg_covar=_LEAST_VARIANCE,
        max_iter=500,
        random_state=random_state,
        init_params="random_from_data",
        weights_init=np.bincount(labels, minlength=n_clusters) / len(points),
        means_init=centers,
        precisions_init=np.stack([_precision(points[labels == c]) for c in range(n_clusters)]),
    )
    with warnings.catch_warnings():
        # Bells that still move after 500 rounds move little.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = model.fit_predict(points)
    return Partition.of(points, found, bic=float(model.bic(points)))


def _precision(members: Array) -> Array:
    d = members.shape[1]
    centred = members - members.mean(axis=0) if len(members) else members
    covariance = centred.T @ centred / len(members) if len(members) else np.eye(d)
    inverse = np.linalg.inv(covariance + _LEAST_VARIANCE * np.eye(d))
    precision: Array = np.asarray((inverse + inverse.T) / 2, dtype=np.float64)
    return precision


ALGORITHMS.add(
    Algorithm(
        "gaussian-mixture",
        "Gaussian mixture: each customer to the likeliest bell; BIC per k, lower is better.",
        on_one_thread(_mixture),
        can_predict=False,
        modules=SCIKIT_LEARN,
        most_fits=20,
    )
)
