"""Fits find the parameters that the data were drawn with, and depend on nothing but the histories."""

from __future__ import annotations

import numpy as np
import pytest

from buyers import TRUE, VALUE, buyers
from coterie.lifetime import BgNbd, GammaGamma, fit_bg_nbd, fit_gamma_gamma
from coterie.lifetime import bg_nbd as bg_nbd_module

SEEDS = range(6)


def covered(fits, true) -> int:
    return sum(low <= value <= high for fit in fits for (low, high), value in zip(fit.intervals, true, strict=True))


def test_bg_nbd_finds_its_parameters_within_their_intervals() -> None:
    fits = [fit_bg_nbd(*buyers(4000, seed).histories()[:3]) for seed in SEEDS]
    assert all(fit.converged for fit in fits)
    # 24 intervals of 95 %: fewer than 20 true ones have a chance of 1 in 150.
    assert covered(fits, TRUE) >= 20
    assert np.median([fit.values for fit in fits], axis=0) == pytest.approx(TRUE, rel=0.15)
    widths = [high / low for fit in fits for low, high in fit.intervals]
    assert max(widths) < 3


def test_gamma_gamma_finds_its_parameters_within_their_intervals() -> None:
    fits = []
    for seed in SEEDS:
        x, _, _, value = buyers(4000, seed).histories()
        fits.append(fit_gamma_gamma(x + 1, value))
    assert all(fit.converged for fit in fits)
    assert covered(fits, VALUE) >= 15
    assert np.median([fit.values for fit in fits], axis=0) == pytest.approx(VALUE, rel=0.15)


def test_what_is_expected_comes() -> None:
    drawn = buyers(8000, 9, weeks=91.0)
    until = drawn.week < 78
    now = type(drawn)(drawn.customer[until], drawn.week[until], drawn.value[until], 78.0)
    x, t_x, big_t, value = now.histories()
    expected = BgNbd(*fit_bg_nbd(x, t_x, big_t).values).expected_orders(13, x, t_x, big_t)
    came = np.bincount(drawn.customer[~until], minlength=len(x))
    assert expected.sum() == pytest.approx(came.sum(), rel=0.06)
    many = expected > np.quantile(expected, 0.9)
    assert expected[many].mean() == pytest.approx(came[many].mean(), rel=0.1)
    worth = expected * GammaGamma(*fit_gamma_gamma(x + 1, value).values).expected_value(x + 1, value)
    assert worth.sum() == pytest.approx(drawn.value[~until].sum(), rel=0.08)


def test_the_order_of_customers_changes_no_digit() -> None:
    x, t_x, big_t, value = buyers(500, 1).histories()
    mixed = np.random.default_rng(0).permutation(len(x))
    assert fit_bg_nbd(x, t_x, big_t) == fit_bg_nbd(x[mixed], t_x[mixed], big_t[mixed])
    assert fit_gamma_gamma(x + 1, value) == fit_gamma_gamma(x[mixed] + 1, value[mixed])


def test_equal_histories_are_counted_and_not_repeated() -> None:
    x, t_x, big_t, _ = buyers(800, 2).histories()
    once, thrice = fit_bg_nbd(x, t_x, big_t), fit_bg_nbd(*(np.tile(values, 3) for values in (x, t_x, big_t)))
    assert thrice.values == pytest.approx(once.values, rel=1e-3)
    assert thrice.customers == 3 * once.customers


def test_a_sampled_start_ends_where_a_full_one_does(monkeypatch) -> None:
    x, t_x, big_t, _ = buyers(3000, 3).histories()
    full = fit_bg_nbd(x, t_x, big_t)
    monkeypatch.setattr(bg_nbd_module, "SAMPLED_STARTS", 300)
    assert fit_bg_nbd(x, t_x, big_t).values == pytest.approx(full.values, rel=1e-3)


def test_the_currency_scales_gamma_and_nothing_else() -> None:
    x, _, _, value = buyers(800, 4).histories()
    pounds, pence = fit_gamma_gamma(x + 1, value), fit_gamma_gamma(x + 1, value * 100)
    assert pence.values[:2] == pytest.approx(pounds.values[:2], rel=1e-6)
    assert pence.values[2] == pytest.approx(100 * pounds.values[2], rel=1e-6)


def test_a_customer_just_seen_is_more_surely_alive() -> None:
    model = BgNbd(*TRUE)
    alive = model.p_alive([3, 3, 3, 0], [5.0, 20.0, 39.0, 0.0], [40.0] * 4)
    assert (np.diff(alive[:3]) > 0).all()
    assert alive[3] == 1.0


def test_nobody_leaves_and_the_fit_says_so() -> None:
    drawn = buyers(1500, 5, true=(0.8, 6.0, 0.001, 50.0))
    x, t_x, big_t, _ = drawn.histories()
    fit = fit_bg_nbd(x, t_x, big_t)
    assert fit.converged
    assert fit.values[2] / (fit.values[2] + fit.values[3]) < 0.01
