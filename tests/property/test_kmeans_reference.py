"""k-means against scikit-learn's from the same centres, and the compiled kernels against NumPy's."""

import os
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.kernels import (
    Starts,
    backend,
    contingency,
    fallback,
    fit_many,
    half_contingency,
    lloyd,
    nearest,
    resample_counts,
)

compiled = backend.kernels


@pytest.fixture(autouse=True, scope="module")
def was_compiled():
    if not backend.is_compiled():
        assert not os.environ.get("COTERIE_CI"), "the kernels were not compiled"


def under(kernels, call):
    """What a call gives on these kernels."""
    held, backend.kernels = backend.kernels, kernels
    try:
        return call()
    finally:
        backend.kernels = held


@st.composite
def customers(draw, least=1):
    n = draw(st.integers(max(least, 1), 120))
    d = draw(st.integers(1, 9))
    k = draw(st.integers(1, n))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    points = rng.standard_normal((n, d)) + rng.integers(0, 4, (n, 1)) * draw(st.sampled_from([0.0, 3.0, 30.0]))
    return points, k, rng


@settings(max_examples=80, deadline=None)
@given(customers(least=2), st.booleans(), st.sampled_from([1, 3, 300]), st.sampled_from([0.0, 1e-4]))
def test_lloyd_is_scikit_learns(drawn, weighted, max_iter, tol):
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    points, k, rng = drawn
    weights = rng.integers(1, 4, len(points)).astype(float) if weighted else None
    centers = points[rng.choice(len(points), k, replace=False)]
    model = KMeans(k, init=centers, n_init=1, max_iter=max_iter, tol=tol, algorithm="lloyd")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # customers alike
        model.fit(points, sample_weight=weights)
    ours = lloyd(points, weights, centers, max_iter=max_iter, tol=tol)
    if len(np.unique(model.labels_)) < k:  # cut off by max_iter with an empty cluster, which ours fills
        assert len(np.unique(ours.labels)) == k
        assert ours.inertia < model.inertia_
        return
    assert np.array_equal(ours.labels, model.labels_)
    assert ours.inertia == pytest.approx(model.inertia_, rel=1e-9, abs=1e-12)
    assert abs(ours.n_iter - model.n_iter_) <= 1  # a step of exactly zero may be one of rounding there
    np.testing.assert_allclose(ours.centers, model.cluster_centers_, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kernels", [compiled, fallback])
def test_empty_clusters_are_filled_as_scikit_learn_fills_them(kernels):
    from sklearn.cluster import KMeans

    points = np.random.default_rng(3).standard_normal((60, 2))
    centers = np.array([[0.0, 0.0], [50.0, 50.0], [90.0, 0.0], [0.5, 0.5]])
    model = KMeans(4, init=centers, n_init=1).fit(points)
    ours = under(kernels, lambda: lloyd(points, None, centers))
    assert np.array_equal(ours.labels, model.labels_)
    assert ours.inertia == pytest.approx(model.inertia_, rel=1e-12)


RESAMPLES = st.sampled_from([(None, None), ("bootstrap", None), ("bootstrap", 150), ("half", None)])


@pytest.mark.skipif(compiled is fallback, reason="the kernels were not compiled")
@settings(max_examples=60, deadline=None)
@given(customers(least=8), RESAMPLES, st.integers(0, 2**63))
def test_compiled_fits_are_numpys_to_the_bit(drawn, plan, seed):
    points, k, rng = drawn
    k = min(k, len(points) // 2)

    def fit():
        return fit_many(points, k, seed=seed, n_fits=3, n_init=2, resample=plan[0], size=plan[1])

    ours, theirs = under(compiled, fit), under(fallback, fit)
    assert np.array_equal(ours.centers, theirs.centers)
    assert np.array_equal(ours.inertia, theirs.inertia)
    assert np.array_equal(ours.n_iter, theirs.n_iter)
    for fit_number in range(3):

        def counts(fit_number=fit_number):
            return resample_counts(len(points), seed=seed, fit=fit_number, resample=plan[0], size=plan[1])

        assert np.array_equal(under(compiled, counts), under(fallback, counts))
    reference = rng.integers(0, 3, len(points))
    calls = [
        lambda: contingency(reference, 3, points, ours.centers),
        lambda: half_contingency(points, k, seed=seed, n_splits=2),
        lambda: lloyd(points, None, points[:k]).centers,
        lambda: nearest(points, ours.centers[0])[1],
    ]
    for call in calls:
        assert np.array_equal(under(compiled, call), under(fallback, call))


@pytest.mark.skipif(compiled is fallback, reason="the kernels were not compiled")
@pytest.mark.parametrize(
    "drawn",
    [
        lambda rng: rng.integers(0, 3, (300, 4)).astype(float),
        lambda rng: rng.standard_normal((300, 3)) + 1e6,
        lambda rng: rng.standard_normal((300, 3)) * 1e-24,
        lambda rng: rng.standard_normal((300, 3)) * 1e40,
        lambda rng: np.exp(9 * rng.standard_normal((300, 3))),
    ],
    ids=["many as near", "far from zero", "too small", "too large", "of every size"],
)
def test_single_precision_decides_nothing_that_it_cannot_tell(drawn):
    points = drawn(np.random.default_rng(7))
    for k in (2, 5, 11):
        ours, theirs = (under(one, lambda k=k: fit_many(points, k, seed=k, n_fits=4)) for one in (compiled, fallback))
        assert np.array_equal(ours.centers, theirs.centers)
        assert np.array_equal(ours.inertia, theirs.inertia)
        assert np.array_equal(ours.n_iter, theirs.n_iter)


@pytest.mark.parametrize("kernels", [compiled, fallback])
def test_starts_shared_by_many_ks_are_those_of_each(kernels):
    points = np.random.default_rng(5).standard_normal((90, 3))
    starts = Starts(points, 12)
    for resample in (None, "bootstrap", "half"):
        for k in range(1, 13):
            plan = {"seed": 4, "n_fits": 3, "n_init": 2, "resample": resample}
            ours = under(kernels, lambda k=k, plan=plan: fit_many(points, k, **plan, starts=starts))
            assert np.array_equal(ours.centers, under(kernels, lambda k=k, plan=plan: fit_many(points, k, **plan)).centers)


@settings(max_examples=40, deadline=None)
@given(customers(least=8), RESAMPLES)
def test_no_cluster_of_a_fit_is_empty(drawn, plan):
    points, k, _ = drawn
    k = min(k, len(points) // 2)
    fits = fit_many(points, k, seed=5, n_fits=4, resample=plan[0], size=plan[1])
    for fit, centers in enumerate(fits.centers):
        counts = resample_counts(len(points), seed=5, fit=fit, resample=plan[0], size=plan[1])
        labels, squared = nearest(points[counts > 0], centers)
        assert len(np.unique(labels)) == min(k, int((counts > 0).sum()))
        assert fits.inertia[fit] == pytest.approx(counts[counts > 0] @ squared, rel=1e-9, abs=1e-12)
