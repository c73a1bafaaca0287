"""The sweep, the gates and the choice of k as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from coterie.clustering import Sweep, choose, feasible_ks, fit_candidates, single_cluster
from coterie.errors import ClusteringError
from coterie.recipe import Choice, Clustering
from coterie.scaling import Scaling, fit_scaling

Array = NDArray[np.float64]

_GATES = ("smallest_share", "jaccard", "seed_ari", "prediction_strength", "n_bootstrap", "n_seeds", "n_splits")


class CustomerSegmenter(ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped upstream
    """Segment customers by their features, and choose the number of segments by gates.

    Parameters
    ----------
    n_clusters : int, optional
        Number of segments; None lets the gates choose.
    k_min, k_max : int, default 2 and 10
        Range tried when ``n_clusters`` is None.
    scaling : str, default "auto"
        A transform by name, e.g. ``"log"``, ``"standard"``; ``"auto"`` takes the log of a feature that is always above zero,
        log1p of one that is never below, and the feature itself elsewhere, then standardises.
    n_init : int, default 20
        k-means++ starts per fit.
    smallest_share, jaccard, seed_ari, prediction_strength : float
        Gates, as in the default recipe.
    n_bootstrap, n_seeds, n_splits : int, default 100, 10 and 10
        Bootstrap resamples, further seeds and random halvings that each k is refitted on; 0 leaves the gate out.
    random_state : int, default 42
        Seed.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        Cluster of each customer.
    cluster_centers_ : ndarray of shape (n_clusters_, n_features)
        Centres, in scaled units.
    inertia_ : float
        Sum of squared distances to the nearest centre, in scaled units.
    n_clusters_ : int
        Number of clusters; 1 where no k passed.
    sweep_ : Sweep
        Every k with its scores, gates and sentence.
    scaling_ : Scaling
        The fitted transform.
    n_features_in_ : int
        Number of features.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> centers = np.array([[2.0, 2.0], [6.0, 2.0], [2.0, 6.0]])  # of the logs of orders and spend, say
    >>> features = np.exp(centers[np.repeat([0, 1, 2], 100)] + rng.normal(scale=0.3, size=(300, 2)))
    >>> segmenter = CustomerSegmenter(k_max=5, n_init=5).fit(features)
    >>> segmenter.n_clusters_, segmenter.sweep_.verdict
    (3, 'reproducible')
    >>> segmenter.predict([[8.0, 8.0], [400.0, 8.0]]).shape
    (2,)
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        k_min: int = 2,
        k_max: int = 10,
        scaling: str = "auto",
        n_init: int = 20,
        smallest_share: float = 0.05,
        jaccard: float = 0.75,
        seed_ari: float = 0.95,
        prediction_strength: float = 0.80,
        n_bootstrap: int = 100,
        n_seeds: int = 10,
        n_splits: int = 10,
        random_state: int = 42,
    ) -> None:
        self.n_clusters = n_clusters
        self.k_min = k_min
        self.k_max = k_max
        self.scaling = scaling
        self.n_init = n_init
        self.smallest_share = smallest_share
        self.jaccard = jaccard
        self.seed_ari = seed_ari
        self.prediction_strength = prediction_strength
        self.n_bootstrap = n_bootstrap
        self.n_seeds = n_seeds
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: None = None) -> Self:
        """Fit every k and choose one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            One row a customer; finite.
        y : ignored
            For scikit-learn's pipelines.

        Raises
        ------
        ClusteringError
            If the customers are too few, all alike, or fewer than the clusters asked for.
        ValueError
            If X is not a finite matrix.
        """
        features = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        self.scaling_ = self._fit_scaling(features)
        points = self.scaling_(features)
        part = Clustering.model_validate(
            {"k_min": self.k_min, "k_max": self.k_max, "n_init": self.n_init, "random_state": self.random_state}
        )
        gates = {name: getattr(self, name) for name in _GATES}
        choice = Choice.model_validate({"by": "gates", **gates})
        self.sweep_ = self._sweep(points, features.sum(axis=1), part, choice)
        partition = self.sweep_.chosen.partition
        self.labels_ = partition.labels
        self.cluster_centers_ = partition.centers
        self.inertia_ = partition.inertia
        self.n_clusters_ = len(partition.centers)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int32]:
        """Return the nearest cluster of each customer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            One row a customer.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        nearest: NDArray[np.int32] = self.transform(X).argmin(axis=1).astype(np.int32)
        return nearest

    def transform(self, X: ArrayLike) -> Array:
        """Return the distance of each customer to each centre, in scaled units.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            One row a customer.

        Returns
        -------
        ndarray of shape (n_samples, n_clusters_)

        Raises
        ------
        ValueError
            If a feature that was logged has a value without a logarithm.
        """
        check_is_fitted(self)
        with np.errstate(divide="ignore", invalid="ignore"):
            points = self.scaling_(validate_data(self, X, dtype=np.float64, reset=False))
        if not np.isfinite(points).all():
            bad = self.scaling_.columns[int(np.argwhere(~np.isfinite(points))[0, 1])]
            raise ValueError(
                f"{bad.feature} has a value without a {bad.function}: it was above zero for every customer fitted on."
            )
        distances: Array = np.sqrt(np.square(points[:, None, :] - self.cluster_centers_).sum(axis=2))
        return distances

    def fit_predict(self, X: ArrayLike, y: None = None, **_: Any) -> NDArray[np.int32]:
        """Fit and return ``labels_``."""
        return self.fit(X).labels_

    @property
    def _n_features_out(self) -> int:
        return self.n_clusters_

    def _fit_scaling(self, features: Array) -> Scaling:
        names = [f"feature {i}" for i in range(features.shape[1])]
        if self.scaling != "auto":
            return fit_scaling(self.scaling, features, names, [bool(low <= 0) for low in features.min(axis=0)])
        lowest = features.min(axis=0)
        methods = ["log" if low >= 0 else "standard" for low in lowest]
        fitted = [
            fit_scaling(method, features[:, [i]], [names[i]], [bool(lowest[i] <= 0)]).columns[0]
            for i, method in enumerate(methods)
        ]
        return Scaling("auto", tuple(fitted))

    def _sweep(self, points: Array, value: Array, part: Clustering, choice: Choice) -> Sweep:
        if self.n_clusters == 1:
            why = "One cluster was asked for."
            return Sweep((), single_cluster(points, why), "user", "override", why)
        if self.n_clusters is not None and not 2 <= self.n_clusters <= len(points):
            raise ClusteringError(
                f"{self.n_clusters} clusters cannot be made of {len(points)} customers.",
                found=f"n_clusters={self.n_clusters}.",
                fix="n_clusters from 1 to the number of customers, or None.",
                code="k_too_large",
            )
        ks, notes = ([self.n_clusters], ()) if self.n_clusters else feasible_ks(points, part, None)
        candidates = fit_candidates(points, value, part, choice, ks, lambda stage, done, total: None)
        return choose(candidates, points, choice, self.n_clusters, notes)
