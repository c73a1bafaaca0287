"""What many fits of the same customers have in common is made once, and gives what each by itself does."""

import numpy as np
import pytest

from coterie.clustering.algorithms import ALGORITHMS
from coterie.clustering.fitting import fit_all, fit_each, fit_one
from coterie.kernels import Starts, lloyd, lloyd_each
from coterie.kernels.arrays import by_feature


def test_columns_of_a_large_array_are_kept_while_nobody_can_write_to_it():
    points = np.random.default_rng(0).normal(size=(250_000, 4))
    first = by_feature(points)
    points[0] = 7
    assert by_feature(points)[0, 0] == 7 != first[0, 0]
    points.flags.writeable = False
    kept = by_feature(points)
    assert by_feature(points) is kept
    assert by_feature(points.copy()) is not kept


def test_settled_side_by_side_as_one_by_one():
    points = np.random.default_rng(1).normal(size=(3000, 3))
    starts = [points[:k] for k in (2, 5, 9)]
    for start, settled in zip(starts, lloyd_each(points, None, starts, threads=2), strict=True):
        alone = lloyd(points, None, start)
        assert (settled.labels == alone.labels).all()
        assert (settled.centers == alone.centers).all()
        assert (settled.inertia, settled.n_iter) == (alone.inertia, alone.n_iter)


@pytest.mark.parametrize("sample_above", [500, 10_000])
def test_fitted_together_as_one_by_one(sample_above):
    rng, kmeans = np.random.default_rng(2), ALGORITHMS["kmeans"]
    few, many = rng.normal(size=(400, 3)), rng.normal(size=(2500, 3))
    asked = {"n_init": 3, "random_state": 4, "sample_above": sample_above}
    problems = [(points, k) for k in (2, 4) for points in (few, many)]
    together = [*fit_each(kmeans, problems, **asked), *fit_all(kmeans, many, (2, 4), starts=Starts(many, 4), **asked)]
    for (points, k), found in zip([*problems, (many, 2), (many, 4)], together, strict=True):
        alone = fit_one(kmeans, points, k, **asked)
        assert (found.labels == alone.labels).all()
        assert (found.centers == alone.centers).all()
