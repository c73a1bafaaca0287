"""Customers who stay on a cluster: their scale and centres are those of all, and all of them are in the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import coterie as ct
from coterie.distributed.scaling import FITS, fit_scaling_there
from coterie.engines.spark.mllib import settle, silhouette
from coterie.scaling import TRANSFORMS, fit_scaling

pytestmark = pytest.mark.slow
FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}


@pytest.mark.parametrize("method", TRANSFORMS.names())
def test_a_transform_is_fitted_by_queries_as_it_is_here(method: str, spark_application: Any) -> None:
    rng = np.random.default_rng(3)
    drawn = np.column_stack([np.exp(rng.normal(3, 2, 5000)), rng.poisson(2.0, 5000), rng.integers(1, 4000, 5000)]).astype(float)
    names, zero = ["total_spend", "Days `odd`", "recency_days"], [False, True, False]
    spark_application.take("fitted_on", pa.table({name: drawn[:, i] for i, name in enumerate(names)}))
    here = fit_scaling(method, drawn, names, zero)
    there = fit_scaling_there(method, spark_application, "fitted_on", names, zero)
    for mine, other in zip(here.columns, there.columns, strict=True):
        assert (mine.feature, mine.function, sorted(mine.parameters)) == (other.feature, other.function, sorted(other.parameters))
        for key, value in mine.parameters.items():
            # The power is found by trying: to the width of the last step.
            assert other.parameters[key] == pytest.approx(value, rel=1e-9, abs=1e-6 if key == "lambda" else 1e-12)
    np.testing.assert_allclose(there(drawn), here(drawn), rtol=1e-9, atol=1e-6 if method == "yeo-johnson" else 1e-9)


def test_every_transform_is_known_there() -> None:
    assert sorted(FITS) == sorted(TRANSFORMS.names())


def test_centres_settle_where_they_settle_here(spark_application: Any) -> None:
    rng = np.random.default_rng(5)
    points = np.concatenate([rng.normal(at, 1.0, size=(400, 2)) for at in ((0, 0), (6, 0), (0, 6))])
    spark_application.take("dots", pa.table({"a": points[:, 0], "`b`": points[:, 1]}))
    start = points[[1, 500, 1000]]
    found = settle(spark_application, "dots", ["a", "`b`"], start, tol=1e-9)
    centers = start.copy()
    for _ in range(200):
        labels = np.square(points[:, None] - centers[None]).sum(axis=2).argmin(axis=1)
        centers = np.array([points[labels == k].mean(axis=0) for k in range(3)])
    np.testing.assert_allclose(found.centers, centers, rtol=1e-6)
    assert found.inertia == pytest.approx(np.square(points - centers[labels]).sum(), rel=1e-6)
    spark_application.take("placed_dots", pa.table({"a": points[:, 0], "`b`": points[:, 1], "cluster": labels.astype("int32")}))
    judged = silhouette(spark_application, "placed_dots", ["a", "`b`"], "cluster")
    assert judged == pytest.approx(of_squares(points, labels), rel=1e-6)


def of_squares(points: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean silhouette of squared distances, pair by pair."""
    distances = np.square(points[:, None] - points[None]).sum(axis=2)
    scores = []
    for i, own in enumerate(labels):
        means = [distances[i, labels == k].sum() / ((labels == k).sum() - (k == own)) for k in np.unique(labels)]
        nearest = min(mean for k, mean in zip(np.unique(labels), means, strict=True) if k != own)
        scores.append((nearest - means[own]) / max(nearest, means[own]))
    return float(np.mean(scores))


def test_a_run_of_more_customers_than_are_collected(spark_application: Any, tmp_path: Path) -> None:
    pyarrow.parquet.write_table(ct.simulate(400, seed=8).lines, tmp_path / "lines.parquet")
    options = {"k": 4, "choice": FAST, "value": {"enabled": False}}
    here = ct.run(tmp_path / "lines.parquet", out=tmp_path / "here", **options)
    there = ct.run(tmp_path / "lines.parquet", out=tmp_path / "there", engine="spark", collect=200, **options)
    mine, whole = here.customers("arrow"), there.customers("arrow")
    assert whole["customer_id"].to_pylist() == mine["customer_id"].to_pylist()
    for name in here.model.features:
        np.testing.assert_allclose(whole[name].to_numpy(), mine[name].to_numpy(), rtol=1e-9)
    assert set(mine["country"].to_pylist()) == set(whole["country"].to_pylist())
    # Scale and range are those of everybody.
    for one, other in zip(here.model.document["transform"]["columns"], there.model.document["transform"]["columns"], strict=True):
        assert (one["center"], one["scale"]) == pytest.approx((other["center"], other["scale"]), rel=1e-9)
    ranges = [[(one["low"], one["high"]) for one in run.model.document["features"]] for run in (here, there)]
    np.testing.assert_allclose(ranges[0], ranges[1], rtol=1e-9)
    # The model puts everybody where the cluster put them, and the sizes are theirs.
    columns = {name: whole[name].to_numpy().astype(float) for name in there.model.features}
    found = there.model.assign(columns)
    assert [None if one < 0 else one for one in found.cluster.tolist()] == whole["cluster"].to_pylist()
    assert list(found.segment_id) == whole["segment_id"].to_pylist()
    sizes = [segment["customers"] for segment in there.segments["segments"]]
    assert sizes == [whole["cluster"].to_pylist().count(k) for k in range(4)]
    assert sum(sizes) == there.segments["population"]["customers"] == sum(one["customers"] for one in here.segments["segments"])
    revenue = sum(segment["revenue"] for segment in there.segments["segments"])
    assert revenue == pytest.approx(here.segments["population"]["revenue"], rel=1e-9)
    about = there.sweep["everybody"]
    assert 150 < about["drawn"] < 250
    assert about["customers"] == sum(sizes)
    assert -1 < about["silhouette_of_squares"] < 1
    assert any("drawn at random" in note for note in there.manifest["notes"])
    # Clusters of so many simulated kinds are the same whoever found them, but for those on a border.
    same = np.mean([a == b for a, b in zip(whole["cluster"].to_pylist(), mine["cluster"].to_pylist(), strict=True)])
    assert same > 0.85
    assert pyarrow.csv.read_csv(there.path / "customers.csv").num_rows == whole.num_rows
    assert there.explain(whole["customer_id"][0].as_py())
