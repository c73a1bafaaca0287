"""HDBSCAN: clusters are dense regions of any shape; it finds how many, and which customers lie between them."""

from __future__ import annotations

import numpy as np

from coterie.clustering.algorithms import ALGORITHMS, SCIKIT_LEARN, Algorithm, Array, Partition, on_one_thread
from coterie.clustering.fitting import nearest_customer

_SHARE = 0.05
"""Of the customers, in the smallest region that counts: a segment worth acting on."""

_NEIGHBOURS = 25
"""Customers that must be near for a customer to lie in a dense region; with fewer, chance makes regions of one cloud."""


def _hdbscan(points: Array, n_clusters: int, n_init: int, random_state: int) -> Partition:
    from sklearn.cluster import HDBSCAN

    n = len(points)
    size = max(2, int(np.ceil(_SHARE * n)))
    found = HDBSCAN(min_cluster_size=size, min_samples=min(_NEIGHBOURS, size), copy=True).fit(points)
    labels, noise = found.labels_, found.labels_ < 0
    if noise.all():
        labels = np.zeros(n, dtype=np.int32)
    else:
        labels = np.where(noise, labels[~noise][nearest_customer(points[~noise], points)], labels)
    partition = Partition.of(points, labels, noise_share=float(noise.mean()))
    told = f"{noise.sum():,} of {n:,} customers lie in no dense region; each is in the segment of the nearest customer that does."
    return Partition(partition.labels, partition.centers, partition.inertia, partition.extra, (told,) if noise.any() else ())


ALGORITHMS.add(
    Algorithm(
        "hdbscan",
        "HDBSCAN: dense regions of at least 5% of the customers; finds k itself, and customers between regions join the nearest.",
        on_one_thread(_hdbscan),
        can_predict=False,
        seeded=False,
        finds_k=True,
        modules=SCIKIT_LEARN,
        most_customers=50_000,
        most_fits=30,
    )
)
