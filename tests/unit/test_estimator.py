"""The estimator keeps scikit-learn's contract, and agrees with the run that uses the same machinery."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

import coterie as ct
from coterie.errors import ClusteringError

QUICK = {"n_init": 2, "n_seeds": 1, "n_bootstrap": 3, "n_splits": 2, "k_max": 4}


# The estimator does not take other array libraries, and that check says so by skipping itself.
CHECKS = [
    check for _, check in estimator_checks_generator(ct.CustomerSegmenter(**QUICK)) if "array_api" not in str(check)
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.func.__name__)
def test_scikit_learns_own_checks(check) -> None:
    check(ct.CustomerSegmenter(**QUICK))


def test_it_gives_the_labels_of_a_run(tmp_path: Path) -> None:
    run = ct.run(ct.simulate(300, seed=1).lines, out=tmp_path, k=4, clustering={"n_init": 5, "k_max": 4})
    frame = run.customers("pandas").dropna(subset=["cluster"])
    features = frame[run.model.features]
    segmenter = ct.CustomerSegmenter(4, scaling="auto", n_init=5).fit(features)
    assert segmenter.n_clusters_ == run.sweep["n_clusters"]
    pairs = set(zip(segmenter.labels_.tolist(), frame["cluster"].astype(int).tolist(), strict=True))
    assert len(pairs) == segmenter.n_clusters_
    np.testing.assert_array_equal(segmenter.predict(features), segmenter.labels_)


def test_a_fixed_k_is_kept_and_a_clone_works_in_a_pipeline() -> None:
    points = np.random.default_rng(0).lognormal(size=(60, 3))
    pipeline = make_pipeline(FunctionTransformer(), clone(ct.CustomerSegmenter(3, **QUICK)))
    assert set(pipeline.fit_predict(points)) == {0, 1, 2}
    assert pipeline.transform(points).shape == (60, 3)


@pytest.mark.parametrize("k", [0, 61])
def test_an_impossible_k_is_refused(k: int) -> None:
    with pytest.raises(ClusteringError, match="cannot be made"):
        ct.CustomerSegmenter(k, **QUICK).fit(np.random.default_rng(0).normal(size=(60, 3)))


def test_a_value_without_a_logarithm_is_refused_by_name() -> None:
    segmenter = ct.CustomerSegmenter(2, **QUICK).fit(np.random.default_rng(0).lognormal(size=(60, 2)))
    with pytest.raises(ValueError, match="feature 1 has a value without a log"):
        segmenter.predict([[1.0, 0.0]])
