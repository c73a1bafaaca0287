"""The model: a frozen JSON document that assigns customers, in Python, over HTTP and in SQL alike. No pickle, ever."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coterie.document import decode_sealed, encode, seal
from coterie.errors import ModelError
from coterie.scaling import ColumnTransform, Scaling

if TYPE_CHECKING:
    from coterie.segments.reasons import Reasons

Array = NDArray[np.float64]

SCHEMA = 1
MODEL, DESCRIPTION = "coterie segment model", "coterie segment description"
"""What a document says it is: one assigns new customers; the other only tells where the segments of a run lie."""
FILES = {MODEL: "model.json", DESCRIPTION: "clusters.json"}
"""Where a run keeps which; it has one of them."""
FULLY_RETURNED = "Fully returned"
"""The segment of customers whose purchases were all taken back: no logarithm of nothing, so no cluster."""


@dataclass(frozen=True)
class Assignment:
    """Where customers belong; every array has shape (n_customers,).

    Parameters
    ----------
    cluster : ndarray of int32
        -1 for a customer who kept nothing.
    segment_id, segment : list of str
        Id and name; a customer who kept nothing is ``"returned"``, ``"Fully returned"``.
    distance : ndarray of float
        To the own centre, in scaled units; NaN for one who kept nothing.
    margin : ndarray of float
        How much farther the nearest other centre is; NaN for one who kept nothing or with a single segment. Below zero only in a
        run whose algorithm does not go by centres.
    out_of_range : ndarray of bool
        Whether a feature lies outside what the model was fitted on.
    """

    cluster: NDArray[np.int32]
    segment_id: list[str]
    segment: list[str]
    distance: Array
    margin: Array
    out_of_range: NDArray[np.bool_]


@dataclass(frozen=True)
class SegmentModel:
    """A fitted segmentation.

    Parameters
    ----------
    document : dict
        The whole content of ``model.json``; read it, do not change it.

    Examples
    --------
    >>> model = SegmentModel.from_parts(
    ...     features=[{"feature": "total_spend", "low": 1.0, "high": 100.0}],
    ...     scaling=Scaling("log", (ColumnTransform("total_spend", "log", {}, 2.0, 1.0),)),
    ...     centers=np.array([[2.0], [-1.0]]), segments=[("s1", "Core"), ("s2", "Occasional")], about={"as_of": "2011-12-10"})
    >>> model.assign({"total_spend": np.array([90.0, 2.0])}).segment
    ['Core', 'Occasional']
    """

    document: dict[str, Any]

    @classmethod
    def from_parts(
        cls,
        *,
        features: list[dict[str, Any]],
        scaling: Scaling,
        centers: Array,
        segments: list[tuple[str, str]],
        about: Mapping[str, Any],
        assigns: bool = True,
    ) -> SegmentModel:
        """Build a model from a run's parts.

        Parameters
        ----------
        features : list of dict
            ``feature`` (published name), ``low`` and ``high`` (range fitted on), and what else describes it.
        scaling : Scaling
            Fitted, one column a feature.
        centers : ndarray of shape (n_clusters, n_features)
            In scaled units.
        segments : list of (str, str)
            Id and name by cluster.
        about : mapping
            Recipe, as-of date, versions, hash of the data: kept as they are.
        assigns : bool, default True
            Whether the nearest centre is what the algorithm means; else the document only describes.
        """
        document = {
            "schema": SCHEMA,
            "kind": MODEL if assigns else DESCRIPTION,
            **about,
            "features": features,
            "transform": {"name": scaling.name, "columns": [column.as_dict() for column in scaling.columns]},
            "centers": [[float(x) for x in row] for row in centers],
            "segments": [{"cluster": i, "segment_id": one, "name": name} for i, (one, name) in enumerate(segments)],
        }
        return cls(seal(document))

    @classmethod
    def load(cls, path: str | Path, *, assigning: bool = True) -> SegmentModel:
        """Read ``model.json``, or the run folder that holds it.

        Parameters
        ----------
        path : path
            The file or the folder.
        assigning : bool, default True
            Whether it must be able to assign new customers.

        Raises
        ------
        ModelError
            If it is not JSON, of a newer schema, changed since it was written, not finite, or its parts do not fit together; or
            the run's algorithm cannot assign new customers.
        """
        file = model_file(Path(path)) if Path(path).is_dir() else Path(path)
        model = cls(decode_sealed(file, noun="model", refusal=ModelError, schema=SCHEMA))
        model._check(file)
        if assigning and model.kind == DESCRIPTION:
            raise ModelError(
                f"{model.document.get('algorithm')} cannot assign new customers.",
                found=f"{file.name}, which tells where its segments lie; its own customers are in customers.parquet.",
                fix="coterie run FILE --algorithm kmeans",
                code="cannot_assign",
            )
        return model

    def save(self, path: str | Path) -> None:
        """Write the document to a file, or into a run's folder under the name of its kind."""
        file = Path(path) / FILES[self.kind] if Path(path).is_dir() else Path(path)
        file.write_bytes(encode(self.document))

    @property
    def kind(self) -> str:
        """Whether the document assigns or only describes."""
        return DESCRIPTION if self.document.get("kind") == DESCRIPTION else MODEL

    @property
    def features(self) -> list[str]:
        """Names of the features that place a customer, in order."""
        return [entry["feature"] for entry in self.document["features"]]

    @cached_property
    def centers(self) -> Array:
        """Centres in scaled units, of shape (n_clusters, n_features)."""
        return np.asarray(self.document["centers"], dtype=float).reshape(-1, len(self.document["features"]))

    @cached_property
    def scaling(self) -> Scaling:
        """The fitted transform."""
        part = self.document["transform"]
        return Scaling(part["name"], tuple(ColumnTransform.from_dict(column) for column in part["columns"]))

    @property
    def segments(self) -> list[dict[str, Any]]:
        """Cluster, id and name of each segment."""
        return list(self.document["segments"])

    def transform(self, columns: Mapping[str, Array]) -> Array:
        """Scale customers' features, to shape (n_customers, n_features).

        Parameters
        ----------
        columns : mapping of str to ndarray of shape (n_customers,)
            At least the model's features.

        Raises
        ------
        ModelError
            If a feature is not among the columns.
        """
        missing = [name for name in self.features if name not in columns]
        if missing:
            raise ModelError(
                f"The model needs {', '.join(missing)}.",
                found=f"columns: {', '.join(columns)}.",
                fix=f"give every feature of the model: {', '.join(self.features)}.",
                code="missing_features",
            )
        return self.scaling(np.column_stack([np.asarray(columns[name], dtype=float) for name in self.features]))

    def assign(self, columns: Mapping[str, Array], clusters: NDArray[np.int32] | None = None) -> Assignment:
        """Assign customers to segments; one row gets what it gets in a batch.

        Parameters
        ----------
        columns : mapping of str to ndarray of shape (n_customers,)
            At least the model's features.
        clusters : ndarray of shape (n_customers,), optional
            Where they belong, if that is known, as of the customers the run was made of; else the nearest centre.
        """
        placed, distances = self._distances(columns)
        own = distances.argmin(axis=1).astype(np.int32) if clusters is None else np.maximum(clusters, 0)
        rows = np.arange(len(own))
        distance = distances[rows, own]
        distances[rows, own] = np.inf
        margin = distances.min(axis=1) - distance if distances.shape[1] > 1 else np.full(len(own), np.nan)
        cluster = np.where(placed, own, np.int32(-1))
        known = {entry["cluster"]: entry for entry in self.segments}
        returned = {"segment_id": "returned", "name": FULLY_RETURNED}
        told = [known.get(place, returned) for place in range(max(known) + 1)] + [returned]
        return Assignment(
            cluster=cluster,
            segment_id=np.array([one["segment_id"] for one in told], dtype=object)[cluster].tolist(),
            segment=np.array([one["name"] for one in told], dtype=object)[cluster].tolist(),
            distance=np.where(placed, distance, np.nan),
            margin=np.where(placed, margin, np.nan),
            out_of_range=placed & self._outside(columns),
        )

    def distances(self, columns: Mapping[str, Array]) -> Array:
        """Return the distance to every centre, in scaled units, of shape (n_customers, n_clusters); NaN for one who kept nothing.

        Parameters
        ----------
        columns : mapping of str to ndarray of shape (n_customers,)
            At least the model's features.
        """
        placed, distances = self._distances(columns)
        return np.where(placed[:, None], distances, np.nan)

    def to_sql(
        self,
        dialect: str = "duckdb",
        *,
        what: str = "features",
        table: str | None = None,
        returned: str | None = None,
        as_of: datetime.date | None = None,
    ) -> str:
        """Write the model as one SQL query that gives what `assign` gives: one row a customer, in no order.

        Parameters
        ----------
        dialect : str, default "duckdb"
            From `coterie.sql.DIALECTS`: duckdb, postgres, spark, databricks, snowflake, bigquery, redshift, trino, mysql, tsql.
        what : {"features", "assignment"}
            From cleaned lines, the features and the assignment; or from a table of features, the assignment.
        table : str, optional
            What it reads, as written in the dialect; default ``clean_lines``, or ``features``.
        returned : str, optional
            For features: table ``customer_id, returned_value`` of what was netted off; a customer who is only there kept nothing.
        as_of : date, optional
            The day the features are for; default that of the model.

        Raises
        ------
        RecipeError
            If there is no such dialect, or the table's name is none.
        ModelError
            If a feature of the model means something else in that dialect: refused, never written wrong.

        Examples
        --------
        >>> model = SegmentModel.from_parts(
        ...     features=[{"feature": "total_spend", "low": 1.0, "high": 100.0}],
        ...     scaling=Scaling("log", (ColumnTransform("total_spend", "log", {}, 2.0, 1.0),)),
        ...     centers=np.array([[2.0], [-1.0]]), segments=[("s1", "Core"), ("s2", "Rare")], about={"as_of": "2011-12-10"})
        >>> "ELSE 'Fully returned'" in model.to_sql("postgres", what="assignment", table="crm.features")
        True
        """
        from coterie.sql import model_sql

        nobody = ("returned", FULLY_RETURNED)
        return model_sql(
            self.document,
            self.scaling,
            self.centers,
            nobody,
            dialect,
            what=what,
            table=table,
            returned=returned,
            as_of=as_of,
        )

    def explain(self, columns: Mapping[str, Array], clusters: NDArray[np.int32] | None = None) -> Reasons:
        """Say why customers are where they are: what speaks for it, how clear it is, and what would move them.

        Parameters
        ----------
        columns, clusters
            As for `assign`.

        Returns
        -------
        Reasons
            Arrays over the customers; ``sentence`` has one sentence each.

        Examples
        --------
        >>> model = SegmentModel.from_parts(
        ...     features=[{"feature": "total_orders", "low": 1.0, "high": 20.0}],
        ...     scaling=Scaling("log", (ColumnTransform("total_orders", "log", {}, 1.0, 1.0),)),
        ...     centers=np.array([[1.0], [-1.0]]), segments=[("s1", "Core"), ("s2", "Occasional")], about={"as_of": "2011-12-10"})
        >>> found = model.explain({"total_orders": np.array([9.0, 1.0])})
        >>> for sentence in found.sentence:
        ...     print(sentence)
        Core for 9 orders; next is Occasional, far off.
        Occasional for 1 order; two more orders like theirs -> Core.
        >>> found.contributions[:, 0].round(2).tolist(), found.confidence.round(1).tolist()
        ([4.79, 4.0], [1.0, 1.0])
        """
        from coterie.segments.reasons import find_reasons

        return find_reasons(
            columns,
            self.document["features"],
            self.scaling,
            self.centers,
            [entry["name"] for entry in self.segments],
            self._distances,
            clusters,
            assigns=self.kind == MODEL,
        )

    def _distances(self, columns: Mapping[str, Array]) -> tuple[NDArray[np.bool_], Array]:
        """Return who has a place among the segments, and the distances to every centre, of shape (n_customers, n_clusters)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            points = self.transform(columns)
        known_figures = [np.isfinite(np.asarray(columns[name], dtype=float)) for name in self.features]
        placed = np.isfinite(points).all(axis=1) & np.all(known_figures, axis=0)
        points[~placed] = 0.0
        return placed, np.column_stack([np.sqrt(np.square(points - center).sum(axis=1)) for center in self.centers])

    def _outside(self, columns: Mapping[str, Array]) -> NDArray[np.bool_]:
        ranges = self.document["features"]
        values = [(np.asarray(columns[entry["feature"]], dtype=float), entry) for entry in ranges]
        outside: NDArray[np.bool_] = np.any([(x < entry["low"]) | (x > entry["high"]) for x, entry in values], axis=0)
        return outside

    def _check(self, file: Path) -> None:
        """Refuse parts that do not fit together: the seal only says that nobody touched them."""
        try:
            fits = (
                self.centers.shape == (len(self.segments), len(self.features))
                and len(self.scaling.columns) == len(self.features)
                and bool(np.isfinite(self.centers).all())
                and all(np.isfinite([c.center, c.scale]).all() and c.scale > 0 for c in self.scaling.columns)
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            fits = False
        if not fits:
            raise ModelError(
                f"{file} is not a whole model.",
                found="centres, features, transform and segments that do not fit together.",
                fix="publish the run again.",
                code="bad_model",
            )


def model_file(run: Path) -> Path:
    """Return the file in a run's folder that tells where its segments lie."""
    described = run / FILES[DESCRIPTION]
    return described if described.is_file() else run / FILES[MODEL]
