"""The model: one answer for one row and for many, and no damaged file is ever used."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from coterie.document import seal
from coterie.errors import ModelError
from coterie.model import SegmentModel
from coterie.scaling import fit_scaling

RNG = np.random.default_rng(2)
FEATURES = {"total_spend": RNG.lognormal(5, 1, 100), "active_days": RNG.integers(0, 300, 100).astype(float)}


@pytest.fixture
def model() -> SegmentModel:
    values = np.column_stack(list(FEATURES.values()))
    scaling = fit_scaling("log", values, list(FEATURES), [False, True])
    return SegmentModel.from_parts(
        features=[{"feature": name, "low": float(x.min()), "high": float(x.max())} for name, x in FEATURES.items()],
        scaling=scaling,
        centers=scaling(values)[[0, 50, 99]],
        segments=[("s1", "Core"), ("s2", "Regular"), ("s3", "Occasional")],
        about={"as_of": "2011-12-10"},
    )


def test_a_saved_model_assigns_as_before(model: SegmentModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    again = SegmentModel.load(tmp_path / "model.json")
    assert again == model
    one, other = model.assign(FEATURES), again.assign(FEATURES)
    np.testing.assert_array_equal(one.cluster, other.cluster)
    np.testing.assert_array_equal(one.distance, other.distance)


def test_one_row_gets_what_it_gets_in_a_batch(model: SegmentModel) -> None:
    batch = model.assign(FEATURES)
    for i in range(100):
        alone = model.assign({name: x[i : i + 1] for name, x in FEATURES.items()})
        assert (alone.cluster[0], alone.segment[0], alone.distance[0], alone.margin[0]) == (
            batch.cluster[i],
            batch.segment[i],
            batch.distance[i],
            batch.margin[i],
        )


def test_distance_and_margin_are_what_they_say(model: SegmentModel) -> None:
    found = model.assign(FEATURES)
    distances = np.sqrt(((model.transform(FEATURES)[:, None, :] - model.centers) ** 2).sum(axis=2))
    np.testing.assert_allclose(found.distance, distances.min(axis=1))
    np.testing.assert_allclose(found.margin, np.sort(distances, axis=1)[:, 1] - distances.min(axis=1))
    assert not found.out_of_range.any()


def test_a_customer_outside_the_fitted_range_is_assigned_and_marked(model: SegmentModel) -> None:
    found = model.assign({"total_spend": np.array([1e9]), "active_days": np.array([10.0])})
    assert found.cluster[0] >= 0
    assert found.out_of_range[0]


def test_a_customer_who_kept_nothing_has_no_cluster_and_still_a_segment(model: SegmentModel) -> None:
    found = model.assign({"total_spend": np.array([0.0, 50.0]), "active_days": np.array([np.nan, 3.0])})
    assert found.cluster.tolist()[0] == -1
    assert found.segment[0] == "Fully returned"
    assert np.isnan(found.distance[0])
    assert found.cluster[1] >= 0


def _changed(document: dict, **changes) -> bytes:
    return json.dumps(seal({**document, **changes})).encode()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda d: pickle.dumps({"a": 1}), "not_json"),
        (lambda d: b"!!python/object/apply:os.system ['true']", "not_json"),
        (lambda d: b"", "not_json"),
        (lambda d: b'{"schema": 1,', "not_json"),
        (lambda d: b"{" + b'"a":[' * 100_000, "not_json"),
        (lambda d: json.dumps(d).replace("2011-12-10", "2011-12-11").encode(), "tampered"),
        (lambda d: json.dumps({k: v for k, v in d.items() if k != "sha256"}).encode(), "tampered"),
        (lambda d: json.dumps(d).replace(json.dumps(d["centers"][0][0]), "NaN").encode(), "not_finite"),
        (lambda d: json.dumps(d).replace(json.dumps(d["centers"][0][0]), "Infinity").encode(), "not_finite"),
        (lambda d: _changed(d, schema=2), "newer_schema"),
        (lambda d: _changed(d, schema=None), "newer_schema"),
        (lambda d: _changed(d, centers=[[1.0]]), "bad_model"),
        (lambda d: _changed(d, centers="x"), "bad_model"),
        (lambda d: _changed(d, transform={"name": "log", "columns": []}), "bad_model"),
        (lambda d: _changed(d, features=[]), "bad_model"),
        (
            lambda d: _changed(
                d, transform={"name": "log", "columns": [{**c, "scale": 0} for c in d["transform"]["columns"]]}
            ),
            "bad_model",
        ),
    ],
)
def test_a_damaged_model_is_refused_with_the_reason(model: SegmentModel, tmp_path: Path, damage, code: str) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(damage(model.document))
    with pytest.raises(ModelError) as refusal:
        SegmentModel.load(path)
    assert refusal.value.code == code
    assert refusal.value.found
    assert refusal.value.fix


def test_a_missing_feature_is_named(model: SegmentModel) -> None:
    with pytest.raises(ModelError, match="The model needs active_days"):
        model.assign({"total_spend": np.array([1.0])})
