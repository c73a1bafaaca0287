"""Silhouettes of a sample: those of the exact pass for the customers drawn, unbiased, in intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from coterie.clustering import sampling, silhouette_samples
from coterie.clustering.sampling import silhouettes_of


def overlapping(n: int, seed: int = 0) -> tuple[np.ndarray, list[np.ndarray]]:
    """Three kinds of unequal size that overlap, under a labelling of two clusters, one of three, and one with a tiny third."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, size=n, p=[0.7, 0.25, 0.05]).astype(np.int32)
    points = rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[kind]
    tiny = np.minimum(kind, 1)
    tiny[np.argsort(points[:, 0])[-7:]] = 2
    return points, [np.minimum(kind, 1), kind, tiny]


def sample(points, labelings, seed: int, budget: int):
    return silhouettes_of(points, labelings, sample_above=1, random_state=seed, budget=budget)


def test_some_rows_have_the_silhouettes_they_have_among_all() -> None:
    points, labelings = overlapping(700)
    rows = np.sort(np.random.default_rng(1).choice(700, 90, replace=False))
    for some, every in zip(silhouette_samples(points, labelings, rows), silhouette_samples(points, labelings), strict=True):
        np.testing.assert_allclose(some, every[rows], rtol=0, atol=1e-13)


def test_up_to_the_size_everybody_is_counted_and_has_no_interval() -> None:
    points, labelings = overlapping(500)
    for found, every in zip(
        silhouettes_of(points, labelings, sample_above=500, random_state=0), silhouette_samples(points, labelings), strict=True
    ):
        assert found.micro == pytest.approx(every.mean(), abs=1e-14)
        assert found.interval() is None
        assert found.interval(macro=True) is None


@pytest.mark.parametrize("macro", [False, True], ids=["micro", "macro"])
def test_intervals_cover_the_exact_mean_as_often_as_they_say_and_are_not_to_one_side(macro, monkeypatch) -> None:
    monkeypatch.setattr(sampling, "_FIRST", 300)
    points, labelings = overlapping(3000)
    exact = silhouettes_of(points, labelings, sample_above=3000, random_state=0)
    truth = np.array([one.macro if macro else one.micro for one in exact])
    repeats = [sample(points, labelings, seed, budget=0) for seed in range(200)]
    middles = np.array([[one.macro if macro else one.micro for one in found] for found in repeats])
    ends = np.array([[one.interval(macro=macro) for one in found] for found in repeats])
    covered = ((ends[..., 0] <= truth) & (truth <= ends[..., 1])).mean(axis=0)
    # 200 intervals of 95 %: between 90 and 99 % of them, but for once in some hundred times.
    assert np.all((covered > 0.90) & (covered < 0.995)), covered
    spread = middles.std(axis=0)
    np.testing.assert_array_less(np.abs(middles.mean(axis=0) - truth), 4 * spread / np.sqrt(200))
    reach = (ends[..., 1] - ends[..., 0]).mean(axis=0) / 2 / 1.96
    np.testing.assert_allclose(reach, spread, rtol=0.2)


def test_a_cluster_of_a_few_is_counted_whole(monkeypatch) -> None:
    monkeypatch.setattr(sampling, "_FIRST", 50)
    points, labelings = overlapping(3000)
    tiny = sample(points, labelings, 3, budget=0)[2]
    assert (tiny.labels == 2).sum() == 7
    np.testing.assert_allclose(tiny.by_cluster[2], silhouette_samples(points, labelings)[2][labelings[2] == 2].mean(), atol=1e-12)


def test_the_sample_grows_until_the_leaders_are_told_apart(monkeypatch) -> None:
    monkeypatch.setattr(sampling, "_FIRST", 100)
    rng = np.random.default_rng(2)
    points = rng.normal(size=(4000, 2))
    across, up = ((points[:, side] > 0).astype(np.int32) for side in (0, 1))
    clear = sample(points, [across, rng.permutation(across)], 0, budget=10**12)
    close = sample(points, [across, up], 0, budget=10**12)
    assert len(clear[0].values) < 200 < 800 < len(close[0].values)
    capped = sample(points, [across, up], 0, budget=4000 * 400)
    assert 400 <= len(capped[0].values) < 500
    narrow, wide = close[0].interval(), capped[0].interval()
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_the_same_seed_gives_the_same_sample() -> None:
    points, labelings = overlapping(3000)
    one, other = (sample(points, labelings, 5, budget=0) for _ in range(2))
    assert [found.micro for found in one] == [found.micro for found in other]
    assert sample(points, labelings, 6, budget=0)[0].micro != one[0].micro
