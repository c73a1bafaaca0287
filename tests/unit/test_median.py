"""The median's interval is the one that resampling tends to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from coterie.segments.median import OUTSIDE, _rank, median_interval


@pytest.mark.parametrize("n", [1, 2, 3, 10, 11, 101, 1574, 4327])
def test_ranks_are_those_of_the_binomial_distribution(n: int) -> None:
    for r in ((n + 1) // 2, n // 2 + 1):
        often = binom.sf(r - 1, n, np.arange(1, n + 1) / n) >= OUTSIDE
        assert _rank(n, r) == 1 + int(np.argmax(often))


@pytest.mark.parametrize("n", [9, 31, 200, 1001])
def test_resampling_gives_the_same_interval(n: int) -> None:
    rng = np.random.default_rng(n)
    values = np.sort(rng.lognormal(5, 1, n))
    medians = np.array([np.median(rng.choice(values, n)) for _ in range(4000)])
    low, high = median_interval(values)
    # Four thousand resamples leave an end uncertain by a place or two in the order.
    assert np.mean(medians <= low) == pytest.approx(OUTSIDE, abs=0.015) or low == np.quantile(medians, OUTSIDE)
    assert np.mean(medians < high) == pytest.approx(1 - OUTSIDE, abs=0.015) or high == np.quantile(medians, 1 - OUTSIDE)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(1000):
        low, high = median_interval(np.sort(rng.exponential(1.0, 80)))
        covered += low <= np.log(2) <= high
    assert 0.93 <= covered / 1000 <= 0.975


def test_one_value_and_equal_values_are_certain() -> None:
    assert median_interval(np.array([3.0])) == (3.0, 3.0)
    assert median_interval(np.full(50, 2.0)) == (2.0, 2.0)
