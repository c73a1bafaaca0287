"""K-means and silhouette of MLlib on points that stay on the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines.spark.place import quoted

if TYPE_CHECKING:
    from coterie.engines.spark.place import SparkPlace

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Settled:
    """Where k-means came to rest: ``centers`` (in the order they were given), ``inertia`` and ``iterations``."""

    centers: Array
    inertia: float
    iterations: int


def settle(place: SparkPlace, relation: str, axes: Sequence[str], centers: Array, *, most: int = 100, tol: float = 1e-4) -> Settled:
    """Run MLlib's k-means from given centres over all points.

    Parameters
    ----------
    place : SparkPlace
        Where the points lie.
    relation : str
        Table or view of them.
    axes : sequence of str
        Its columns, floating-point numbers and never NULL.
    centers : ndarray of shape (n_clusters, len(axes))
        Where it starts.
    most : int, default 100
        Iterations at most.
    tol : float, default 1e-4
        How little every centre moves at the end.
    """
    jvm: Any = place.application.context._jvm
    with place.judged():
        named = _array(place, jvm.java.lang.String, ["features"])
        rows = jvm.org.apache.spark.mllib.util.MLUtils.convertVectorColumnsFromML(_vectors(place, relation, axes)._jdf, named)
        kind = jvm.org.apache.spark.mllib.linalg.VectorUDT()
        # K-means of pyspark.ml takes no centres to start from; that of the older package does, of vectors as objects.
        encoder = getattr(jvm.org.apache.spark.sql.catalyst.encoders, "AgnosticEncoders$UDTEncoder")(kind, kind.getClass())
        points = getattr(rows, "as")(encoder).rdd()
        dense = jvm.org.apache.spark.mllib.linalg.Vectors.dense
        start = jvm.org.apache.spark.mllib.clustering.KMeansModel([dense(_array(place, jvm.double, c.tolist())) for c in centers])
        fit = jvm.org.apache.spark.mllib.clustering.KMeans().setK(len(centers)).setMaxIterations(most).setEpsilon(tol)
        model = fit.setInitialModel(start).run(points)
        found = np.array([list(center.toArray()) for center in model.clusterCenters()], dtype=float)
        return Settled(found, float(model.trainingCost()), int(model.numIter()))


def silhouette(place: SparkPlace, relation: str, axes: Sequence[str], cluster: str) -> float:
    """Return MLlib's silhouette of all points: of squared Euclidean distances, which is not the usual one, and cheap.

    Parameters
    ----------
    place, relation, axes
        As for `settle`.
    cluster : str
        Column of the labels.
    """
    from pyspark.ml.evaluation import ClusteringEvaluator

    with place.judged():
        judge = ClusteringEvaluator(predictionCol=cluster, featuresCol="features", metricName="silhouette")
        return float(judge.evaluate(_vectors(place, relation, axes, cluster)))


def _vectors(place: SparkPlace, relation: str, axes: Sequence[str], *others: str) -> Any:
    from pyspark.ml.feature import VectorAssembler

    named = [f"x{i}" for i in range(len(axes))]
    listed = ", ".join([*(f"{quoted(axis)} AS {name}" for axis, name in zip(axes, named, strict=True)), *others])
    frame = place.session.sql(f"SELECT {listed} FROM {relation}")
    return VectorAssembler(inputCols=named, outputCol="features").transform(frame).select("features", *others)


def _array(place: SparkPlace, kind: Any, values: Sequence[Any]) -> Any:
    gateway: Any = place.application.context._gateway
    made = gateway.new_array(kind, len(values))
    for i, value in enumerate(values):
        made[i] = value
    return made
