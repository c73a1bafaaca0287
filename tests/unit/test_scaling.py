"""Transforms agree with scikit-learn's, survive their own JSON, and do what their names say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.preprocessing import PowerTransformer, RobustScaler, StandardScaler

from coterie.errors import RecipeError
from coterie.scaling import TRANSFORMS, ColumnTransform, fit_scaling

RNG = np.random.default_rng(1)
FEATURES = np.column_stack([RNG.lognormal(5, 1.5, 300), RNG.integers(0, 300, 300).astype(float)])
NAMES, ZERO = ["total_spend", "active_days"], [False, True]


@pytest.mark.parametrize(
    ("name", "peer"), [("standard", StandardScaler()), ("robust", RobustScaler()), ("yeo-johnson", PowerTransformer())]
)
def test_equals_scikit_learn(name: str, peer) -> None:
    ours = fit_scaling(name, FEATURES, NAMES, ZERO)(FEATURES)
    # Yeo-Johnson's parameter comes from a one-dimensional search that both libraries stop a little apart.
    np.testing.assert_allclose(
        ours, peer.fit_transform(FEATURES), rtol=1e-3 if name == "yeo-johnson" else 1e-12, atol=1e-6
    )


def test_log_takes_log1p_of_what_can_be_zero() -> None:
    scaling = fit_scaling("log", FEATURES, NAMES, ZERO)
    assert [column.function for column in scaling.columns] == ["log", "log1p"]
    scaled = scaling(FEATURES)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-12)


def test_log_does_not_see_the_currency() -> None:
    pence = FEATURES * [100, 1]
    np.testing.assert_allclose(
        fit_scaling("log", pence, NAMES, ZERO)(pence), fit_scaling("log", FEATURES, NAMES, ZERO)(FEATURES), atol=1e-9
    )


def test_rank_is_the_share_below_with_ties_counted_half() -> None:
    values = np.array([[1.0], [1.0], [3.0], [9.0]])
    assert fit_scaling("rank", values, ["x"], [True])(values)[:, 0].tolist() == [0.25, 0.25, 0.625, 0.875]


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_every_transform_keeps_order_and_survives_json(name: str) -> None:
    scaling = fit_scaling(name, FEATURES, NAMES, ZERO)
    scaled = scaling(FEATURES)
    assert np.isfinite(scaled).all()
    for i in range(2):
        order = np.argsort(FEATURES[:, i], kind="stable")
        assert (np.diff(scaled[order, i]) >= 0).all()
    again = [ColumnTransform.from_dict(json.loads(json.dumps(column.as_dict()))) for column in scaling.columns]
    assert tuple(again) == scaling.columns


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_a_customer_alone_scales_as_in_the_batch(name: str) -> None:
    scaling = fit_scaling(name, FEATURES, NAMES, ZERO)
    np.testing.assert_array_equal(np.vstack([scaling(row[None, :]) for row in FEATURES[:50]]), scaling(FEATURES)[:50])


def test_an_unknown_transform_suggests_a_near_one() -> None:
    with pytest.raises(RecipeError, match="did you mean 'standard'"):
        fit_scaling("standart", FEATURES, NAMES, ZERO)
