"""The model as a plain scikit-learn Pipeline that works without Coterie: in a joblib file, or in one of skops without pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from coterie.exports.extras import needed
from coterie.exports.formats import EXPORTS, Export
from coterie.runs import Run


def _joblib(run: Run, path: Path) -> None:
    import joblib

    joblib.dump(pipeline_of(run), path)


def _skops(run: Run, path: Path) -> dict[str, Any]:
    skops = needed("skops.io", extra="skops")
    path.write_bytes(skops.dumps(pipeline_of(run), compression=zipfile.ZIP_DEFLATED))
    # Whoever loads it names these as trusted, after reading them.
    return {"untrusted": sorted(skops.get_untrusted_types(file=path))}


def pipeline_of(run: Run) -> Any:
    """Return a run's model as a plain scikit-learn Pipeline that works without Coterie.

    Its input is the model's features in the customers' own units: an array or lists in the model's order, or a frame that has
    them by name; ``predict`` gives the cluster. A customer who kept nothing has no logarithm, and scikit-learn refuses the row.
    """
    from sklearn.cluster import KMeans
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    model = run.model
    columns = model.scaling.columns
    centers = np.ascontiguousarray(model.centers)
    # Fitting on any rows within the domain sets what scikit-learn keeps of the input's shape.
    rows = np.tile([[1.0], [2.0]], len(columns))
    # The names let a frame have its columns in any order; without them scikit-learn would go by place.
    features = ColumnTransformer([("features", "passthrough", list(range(len(columns))))]).fit(rows)
    features.feature_names_in_ = np.array(model.features, dtype=object)
    # Lists come as objects; a ufunc is among the few functions that skops trusts.
    numbers = FunctionTransformer(np.positive, kw_args={"dtype": "float64", "casting": "unsafe"})
    functions = ColumnTransformer(
        [(column.feature, _function(column.function, column.parameters), [i]) for i, column in enumerate(columns)]
    )
    functions.fit(rows)
    for column in columns:
        if column.function == "yeo_johnson":
            functions.named_transformers_[column.feature].lambdas_ = np.array([column.parameters["lambda"]])
    scaler = StandardScaler()
    scaler.mean_ = np.array([column.center for column in columns])
    scaler.scale_ = np.array([column.scale for column in columns])
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_ = len(columns)
    scaler.n_samples_seen_ = run.segments["population"]["customers"]
    kmeans = KMeans(n_clusters=len(centers), init=centers, n_init=1, max_iter=1)
    kmeans.fit(centers)
    kmeans.cluster_centers_ = centers
    kmeans.labels_ = np.arange(len(centers), dtype=np.int32)
    pipeline = Pipeline(
        [("features", features), ("numbers", numbers), ("functions", functions), ("scaler", scaler), ("kmeans", kmeans)]
    )
    pipeline.coterie_features_ = model.features
    return pipeline


def _function(name: str, parameters: dict[str, Any]) -> Any:
    from sklearn.preprocessing import FunctionTransformer, PowerTransformer

    if name == "yeo_johnson":
        return PowerTransformer(method="yeo-johnson", standardize=False)
    if name == "interpolate":
        knots = {"xp": np.asarray(parameters["x"]), "fp": np.asarray(parameters["y"])}
        return FunctionTransformer(np.interp, kw_args=knots)
    return FunctionTransformer({"identity": None, "log": np.log, "log1p": np.log1p}[name])


EXPORTS.add(Export("joblib", "A scikit-learn Pipeline that works without Coterie:", ".joblib", _joblib))
EXPORTS.add(Export("skops", "A scikit-learn Pipeline without a pickle, that works without Coterie:", ".skops", _skops))
