"""The map of customers: their scaled features seen from the side where they differ most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines import identifier, literal, open_engine
from coterie.model import SegmentModel

POINTS = 1500
"""Customers drawn at most; every segment has its share of them, in order of id: one run gives one map."""
INSIDE = 4.0
"""Squared Mahalanobis radius of an outline: about 86 % of a normal cloud."""
FEW = 10
"""Fewer customers than this have no outline."""

Matrix = NDArray[np.float64]


def project(customers: Path, model: SegmentModel) -> dict[str, Any] | None:
    """Return the map's points, outlines and centres as plain data, or None where there are fewer than two axes to draw.

    Parameters
    ----------
    customers : Path
        ``customers.parquet`` of a run.
    model : SegmentModel
        The same run's.

    Returns
    -------
    dict
        ``points``, ``outlines``, ``centers``, ``kept`` (share of the variance on both axes), ``drawn`` (customers), and
        ``axes``: for each, the features that it is made of, with their weights.
    """
    columns = _sample(customers, model.features)
    X = model.transform(columns)
    if X.shape[0] < 3 or X.shape[1] < 2:
        return None
    X = X - X.mean(axis=0)
    _, lengths, directions = np.linalg.svd(X, full_matrices=False)
    if lengths[1] <= 1e-9 * max(1.0, lengths[0]):
        return None
    # An axis points where its features grow.
    directions = directions[:2] * np.where(directions[:2].sum(axis=1) < 0, -1.0, 1.0)[:, None]
    places = X @ directions.T
    ids = columns["segment_id"]
    names = {segment["segment_id"]: segment["name"] for segment in model.segments}
    groups = {one: places[ids == one] for one in names if (ids == one).any()}
    return {
        "points": [_point(place, one) for place, one in zip(places, ids, strict=True)],
        "outlines": [
            _point(place, one) | {"step": step}
            for one, own in groups.items()
            for step, place in enumerate(_outline(own))
        ],
        "centers": [_point(own.mean(axis=0), one) | {"name": names[one]} for one, own in groups.items()],
        "kept": float((lengths[:2] ** 2).sum() / (lengths**2).sum()),
        "drawn": len(places),
        "axes": [
            [(name, float(weight)) for name, weight in zip(model.features, axis, strict=True)] for axis in directions
        ],
    }


def _sample(customers: Path, features: list[str]) -> dict[str, Any]:
    file = f"read_parquet({literal(str(customers))}, file_row_number = true)"
    wanted = ", ".join(identifier(name) for name in ("segment_id", *features))
    with open_engine() as engine:
        # Customers are published in order of id: which of them are drawn follows from their segments alone.
        all_of_them = engine.arrays(f"SELECT cluster, file_row_number AS place FROM {file} WHERE cluster IS NOT NULL")
        drawn = ", ".join(str(place) for place in _fair(all_of_them["cluster"], all_of_them["place"]).tolist())
        return engine.arrays(
            f"SELECT {wanted} FROM {file} WHERE file_row_number IN ({drawn or 'NULL'}) ORDER BY segment_id, file_row_number"
        )


def _fair(clusters: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    """Return the places of a segment's fair share of the dots: those where the running share passes a whole number.

    >>> [_fair(np.repeat([0, 1, 2], [4_000, 1_995, 5]), np.arange(6_000))[at].tolist() for at in (0, 1, -6, -1)]
    [3, 7, 5991, 5999]
    """
    size = len(clusters)
    passing = np.diff(np.floor(np.arange(size + 1) * min(1.0, POINTS / max(size, 1)))) > 0
    own = [np.sort(places[clusters == one]) for one in np.unique(clusters)]
    return np.concatenate([one if len(one) <= FEW else one[passing[: len(one)]] for one in own] or [places])


def _outline(places: Matrix) -> Matrix:
    """Return an ellipse around most of a segment's dots, closed; a handful of customers has none."""
    middle: Matrix = places.mean(axis=0)
    if len(places) < FEW:
        return middle[None, :]
    values, vectors = np.linalg.eigh(np.cov(places.T))
    turn = np.linspace(0, 2 * np.pi, 49)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    outline: Matrix = middle + (circle * np.sqrt(INSIDE * np.maximum(values, 0))) @ vectors.T
    return outline


def _point(place: Matrix, segment_id: str) -> dict[str, Any]:
    return {"x": round(float(place[0]), 3), "y": round(float(place[1]), 3), "segment_id": str(segment_id)}
