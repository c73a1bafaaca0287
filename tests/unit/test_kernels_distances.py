"""Sums of distances, compiled and not, against SciPy's own distances."""

import os

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from coterie.clustering import silhouette_samples
from coterie.kernels import backend, fallback, group_sums

SHAPES = [(2, 1, 1), (31, 1, 2), (33, 2, 5), (100, 3, 100), (257, 5, 7), (64, 6, 2), (90, 7, 3), (120, 40, 4)]


@pytest.fixture(params=["compiled", "fallback"])
def kernels(request, monkeypatch):
    if request.param == "fallback":
        monkeypatch.setattr(backend, "kernels", fallback)
    elif not backend.is_compiled():
        assert not os.environ.get("COTERIE_CI"), "the kernels were not compiled"
        pytest.skip("the kernels were not compiled: no C compiler at installation")


def drawn(n, d, n_groups, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((n, d)) * rng.lognormal(size=d)
    points[n // 2 :: 3] = points[0]  # customers alike
    starts = np.concatenate([[0], np.sort(rng.choice(np.arange(1, n), n_groups - 1, replace=False))])
    return points, starts


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_are_those_of_all_distances(kernels, shape):
    points, starts = drawn(*shape)
    expected = np.add.reduceat(cdist(points, points), starts, axis=1)
    np.testing.assert_allclose(group_sums(points, starts), expected, rtol=1e-13, atol=1e-13)


def test_threads_and_slices_change_no_bit(kernels, monkeypatch):
    points, starts = drawn(400, 5, 9)
    alone = group_sums(points, starts, threads=1)
    monkeypatch.setattr("coterie.kernels.distances._PER_SLICE", 400 * 5 * 7)
    assert np.array_equal(group_sums(points, starts, threads=5), alone)


@pytest.mark.parametrize("rows", [0, 1, 33, 120, 500])
def test_the_first_rows_are_those_of_all(kernels, rows):
    points, starts = drawn(120, 5, 7)
    assert np.array_equal(group_sums(points, starts, rows=rows), group_sums(points, starts)[:rows])


@pytest.mark.parametrize("starts", [[], [1], [0, 3, 3], [0, 5]])
def test_groups_that_are_empty_or_beyond_are_refused(starts):
    with pytest.raises(ValueError, match="group_starts"):
        group_sums(np.zeros((5, 2)), starts)


@pytest.mark.skipif(not backend.is_compiled(), reason="the kernels were not compiled")
@pytest.mark.parametrize(
    ("ends", "last", "rows"), [([50], 40, 40), ([30, 20], 40, 40), ([40], 41, 41), ([40], 40, 39), ([-1], 40, 40), ([41], 40, 40)]
)
def test_compiled_kernel_never_reads_beyond_a_buffer(ends, last, rows):
    from coterie.kernels import _native

    with pytest.raises(ValueError, match="sizes"):
        _native.group_sums(
            40, 2, np.zeros((2, 72)), np.array(ends), 0, last, np.zeros((rows, len(ends))), np.zeros(1, dtype=np.int32)
        )


@pytest.mark.parametrize("n_features", [1, 5, 40])
def test_silhouettes_are_scikit_learns(kernels, n_features):
    from sklearn.metrics import silhouette_samples as reference

    rng = np.random.default_rng(n_features)
    points = rng.standard_normal((303, n_features))
    points[100:120] = points[0]
    labelings = [rng.permutation(np.arange(303, dtype=np.int32) % k) for k in (2, 3, 5, 8)]
    # From distances that are exact for customers alike, where scikit-learn's own shortcut leaves 1e-8.
    distances = cdist(points, points)
    for ours, labels in zip(silhouette_samples(points, labelings), labelings, strict=True):
        np.testing.assert_allclose(ours, reference(distances, labels, metric="precomputed"), rtol=0, atol=1e-12)
