"""BG/NBD and Gamma-Gamma against what their authors printed, and against their formulas as printed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hyp2f1
from scipy.stats import beta

from coterie.lifetime import BgNbd, GammaGamma

CDNOW = BgNbd(r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881)


def test_the_published_conditional_expectation() -> None:
    found = CDNOW.expected_orders(39, [2], [30.43], [38.86])[0]
    assert round(found, 3) == 1.226


@pytest.mark.parametrize("horizon", [1.0, 13.0, 39.0])
@pytest.mark.parametrize("model", [CDNOW, BgNbd(0.8, 6.0, 1.4, 3.0), BgNbd(2.0, 10.0, 0.2, 0.5)])
def test_the_expectation_is_the_formula_of_the_paper(model: BgNbd, horizon: float) -> None:
    x, t_x, big_t = np.array([0, 1, 2, 7, 26]), np.array([0.0, 3.0, 30.43, 38.0, 38.0]), np.full(5, 38.86)
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    series = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + big_t + horizon))
    above = (a + b + x - 1) / (a - 1) * (1 - ((alpha + big_t) / (alpha + big_t + horizon)) ** (r + x) * series)
    below = 1 + (x > 0) * a / (b + x - 1) * ((alpha + big_t) / (alpha + t_x)) ** (r + x)
    assert model.expected_orders(horizon, x, t_x, big_t) == pytest.approx(above / below, rel=1e-9)


def test_hundreds_of_orders_are_no_trouble() -> None:
    """The printed series overflows here; the integral behind it, over the chance of leaving, does not."""
    x, t_x, big_t, horizon = np.array([500, 5000]), np.array([51.9, 51.99]), 52.0, 13.0
    for orders, last in zip(x, t_x, strict=True):
        leaving = beta(CDNOW.a, CDNOW.b + orders)
        still = leaving.expect(
            lambda p, orders=orders: (1 - (1 + p * horizon / (CDNOW.alpha + big_t)) ** -(CDNOW.r + orders)) / p
        )
        alive = CDNOW.p_alive([orders], [last], [big_t])[0]
        assert CDNOW.expected_orders(horizon, [orders], [last], [big_t])[0] == pytest.approx(alive * still, rel=1e-6)


def test_where_nobody_leaves_orders_come_at_their_rate() -> None:
    x, big_t = np.array([0, 3, 600]), np.full(3, 40.0)
    found = BgNbd(0.8, 9.9, 1e-7, 1e4).expected_orders(13, x, [0, 20, 40], big_t)
    assert found == pytest.approx((0.8 + x) / (9.9 + big_t) * 13, rel=1e-6)


def test_beside_a_of_one_there_is_no_hole() -> None:
    around = [BgNbd(0.5, 5.0, a, 2.0).expected_orders(13, [0, 3], [0, 9], [20, 20]) for a in (1 - 1e-4, 1.0, 1 + 1e-4)]
    assert around[0] == pytest.approx(around[1], rel=1e-3)
    assert around[2] == pytest.approx(around[1], rel=1e-3)


def test_the_mean_order_of_everybody() -> None:
    """Fader & Hardie 2013: the mean over all customers is p gamma / (q - 1), about $35 on CDNOW."""
    assert GammaGamma(6.25, 3.74, 15.44).expected_value([0], [0])[0] == pytest.approx(35.2, abs=0.05)
