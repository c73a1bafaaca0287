"""Whether an answer comes back: so far, under other seeds."""

from __future__ import annotations

from coterie.clustering.algorithms import Algorithm, Array, Partition


def seed_agreement(
    algorithm: Algorithm, points: Array, partition: Partition, *, n_init: int, random_state: int, n_seeds: int
) -> float | None:
    """Refit under other seeds and return the worst agreement with the partition.

    Parameters
    ----------
    algorithm : Algorithm
        What made the partition.
    points : ndarray of shape (n_customers, n_features)
        Scaled features.
    partition : Partition
        The answer in question.
    n_init, random_state : int
        As for the partition; the other seeds follow ``random_state``.
    n_seeds : int
        How many others; 0 gives None.

    Returns
    -------
    float or None
        Adjusted Rand index, the lowest over the seeds; 1 is full agreement, 0 is chance.

    References
    ----------
    Hubert & Arabie 1985, doi:10.1007/BF01908075
    """
    from sklearn.metrics import adjusted_rand_score

    k = len(partition.centers)
    agreements = [
        adjusted_rand_score(partition.labels, algorithm.fit(points, k, n_init, random_state + 1 + i).labels)
        for i in range(n_seeds)
    ]
    return float(min(agreements)) if agreements else None
