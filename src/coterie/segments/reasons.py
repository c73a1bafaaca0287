"""Reasons: what put each customer into a segment, how clear that is, and what would move them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines import column
from coterie.scaling import Scaling
from coterie.segments.changes import Changes, smallest_changes
from coterie.segments.sentences import change_texts, sentences

Array = NDArray[np.float64]
Labels = NDArray[np.int32]
Texts = NDArray[np.object_]
Place = Callable[[Mapping[str, Array]], tuple[NDArray[np.bool_], Array]]

_BLOCK = 32_768


@dataclass(frozen=True)
class Reasons:
    """Why customers are where they are; every array has shape (n_customers,) unless it says otherwise.

    A customer who kept nothing has cluster -1, NaN for every figure and None for every text about other segments.

    Parameters
    ----------
    features : list of str
        Of the model, in order.
    columns : dict of str to ndarray
        Their values, by published name.
    registered : dict of str to str
        Published name -> registered name.
    names : list of str
        Segments by cluster.
    cluster : ndarray of int32
        The own one.
    nearest_cluster : ndarray of int32
        Of the other segments, the one whose centre is nearest; -1 where there is no other.
    distance, margin : ndarray of float
        As in `Assignment`.
    confidence : ndarray of float
        How far inside the own segment: the distance to its nearest border, which lies midway between two centres, as a share of
        the way from that border to the own centre. 0 on the border, or beyond it where an algorithm does not go by centres; 1 at
        the own centre, and as deep inside anywhere. It is not a probability that the segment is right, and says nothing of how
        sure the borders are.
    contributions : ndarray of float, shape (n_customers, n_features)
        By feature, how much more its squared distance to the next centre is than to the own: they sum to ``d2**2 - d1**2``. Above
        zero it speaks for the own segment, below zero for the next.
    out_of_range : ndarray of bool
        Whether a feature lies outside what the model was fitted on.
    changes : Changes or None
        The smallest single change that would move each customer; None where the model does not assign by centres, or has one
        segment.
    """

    features: list[str]
    columns: dict[str, Array]
    registered: dict[str, str]
    names: list[str]
    cluster: Labels
    nearest_cluster: Labels
    distance: Array
    margin: Array
    confidence: Array
    contributions: Array
    out_of_range: NDArray[np.bool_]
    changes: Changes | None

    @property
    def nearest(self) -> Texts:
        """Name of the nearest other segment; None where there is none."""
        return _named(self.names, self.nearest_cluster)

    @cached_property
    def change(self) -> Texts:
        """The smallest single change that would move a customer, in words, or None: ``two more orders like theirs -> Core``."""
        nothing: Texts = np.full(len(self.cluster), None, dtype=object)
        return nothing if self.change_column is None else _texts(self.change_column)

    @cached_property
    def change_column(self) -> Any:
        """The same as an Arrow column; None where nobody has any."""
        return None if self.changes is None else change_texts(self.changes, self.names)

    @cached_property
    def sentence(self) -> Texts:
        """One sentence a customer: for what, and what would move them or how far the next segment is."""
        return _texts(sentences(self))

    def table(self) -> dict[str, Any]:
        """Return what a run publishes of its customers, as Arrow columns: ``nearest``, ``confidence`` and ``reason``."""
        names = column(self.names)
        return {
            "nearest": names.take(column(self.nearest_cluster, self.nearest_cluster < 0)),
            "confidence": column(self.confidence, np.isnan(self.confidence)),
            "reason": sentences(self),
        }

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one plain dictionary a customer, features in order of how much they speak for the segment."""
        return [self._row(row) for row in range(len(self.cluster))]

    def _row(self, row: int) -> dict[str, Any]:
        order = sorted(range(len(self.features)), key=lambda i: (-np.nan_to_num(self.contributions[row, i]), i))
        change = None
        if self.changes is not None and self.changes.path[row] >= 0:
            change = {
                "move": self.changes.moves[self.changes.path[row]],
                "amount": float(self.changes.amounts[row]),
                "to": self.names[self.changes.to[row]],
                "words": self.change[row],
            }
        return {
            "nearest": self.nearest[row],
            "distance": _figure(self.distance[row]),
            "margin": _figure(self.margin[row]),
            "confidence": _figure(self.confidence[row]),
            "out_of_range": bool(self.out_of_range[row]),
            "features": [
                {
                    "feature": self.features[i],
                    "value": _figure(self.columns[self.features[i]][row]),
                    "contribution": _figure(self.contributions[row, i]),
                }
                for i in order
            ],
            "change": change,
            "reason": str(self.sentence[row]),
        }


def find_reasons(
    columns: Mapping[str, Array],
    ranges: Sequence[Mapping[str, Any]],
    scaling: Scaling,
    centers: Array,
    names: Sequence[str],
    place: Place,
    clusters: Labels | None = None,
    *,
    assigns: bool = True,
) -> Reasons:
    """Find the reasons of customers; `SegmentModel.explain` is the call for people.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        At least the features.
    ranges : sequence of mapping
        A model's features: ``feature``, ``registered``, ``low``, ``high``.
    scaling, centers
        Of the model.
    names : sequence of str
        Segments by cluster.
    place : callable
        ``columns -> (placed, distances)``, the model's own; distances of shape (n_customers, n_clusters).
    clusters : ndarray of shape (n_customers,), optional
        Where they belong, if that is known; else the nearest centre.
    assigns : bool, default True
        Whether the nearest centre is what the algorithm means.
    """
    used = {one["feature"]: np.asarray(columns[one["feature"]], dtype=float) for one in ranges}
    registered = {one["feature"]: str(one.get("registered", one["feature"])) for one in ranges}
    placed, distances = _by_block(place, used)
    rows = np.arange(len(placed))
    by_center = distances.argmin(axis=1).astype(np.int32)
    own = by_center if clusters is None else np.maximum(clusters, 0)
    first = distances[rows, own]
    distances[rows, own] = np.inf
    alone = len(centers) < 2
    near = np.zeros(len(rows), dtype=np.int64) if alone else distances.argmin(axis=1)
    second = np.full(len(rows), np.nan) if alone else distances[rows, near]
    with np.errstate(divide="ignore", invalid="ignore"):
        # (z - b)^2 - (z - a)^2, feature by feature.
        parts = [
            np.square(one(used[one.feature]) - centers[near, i]) - np.square(one(used[one.feature]) - centers[own, i])
            for i, one in enumerate(scaling.columns)
        ]
        contributions = np.column_stack(parts) if parts else np.zeros((len(rows), 0))
        # Of the way from the border to the own centre: a half of the way between the two centres.
        depth = (np.square(distances) - np.square(first)[:, None]) / np.square(centers[:, None] - centers).sum(axis=2)[own]
        confidence = np.clip(np.nan_to_num(depth.min(axis=1)), 0.0, 1.0)
    outside = [(used[one["feature"]] < one["low"]) | (used[one["feature"]] > one["high"]) for one in ranges]
    changes = None
    if assigns and not alone:
        limits = {registered[one["feature"]]: (float(one["low"]), float(one["high"])) for one in ranges}
        found = smallest_changes(
            {name: values[placed] for name, values in used.items()}, registered, limits, scaling, centers,
            lambda changed: _by_block(place, changed)[1].argmin(axis=1).astype(np.int32), by_center[placed],
        )  # fmt: skip
        changes = found.spread(placed)
    known = placed & (not alone)
    return Reasons(
        features=list(used),
        columns=used,
        registered=registered,
        names=list(names),
        cluster=np.where(placed, own, -1).astype(np.int32),
        nearest_cluster=np.where(known, near, -1).astype(np.int32),
        distance=np.where(placed, first, np.nan),
        margin=np.where(known, second - first, np.nan),
        confidence=np.where(known, confidence, np.nan),
        contributions=np.where(known[:, None], contributions, np.nan),
        out_of_range=placed & np.any(outside, axis=0),
        changes=changes,
    )


def _by_block(place: Place, columns: Mapping[str, Array]) -> tuple[NDArray[np.bool_], Array]:
    """Return what the model says of customers, asked of so many at a time that their figures stay in the processor's cache."""
    n = len(next(iter(columns.values())))
    parts = [place({name: x[at : at + _BLOCK] for name, x in columns.items()}) for at in range(0, max(n, 1), _BLOCK)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _named(names: Sequence[str], clusters: Labels) -> Texts:
    known: Texts = np.array([*names, None], dtype=object)
    return known[clusters]


def _texts(told: Any) -> Texts:
    return np.array(told.to_pylist(), dtype=object)


def _figure(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
