"""Recency and activity in bands: fixed edges in days, the same for every run, so that two runs can be laid side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BANDS = {
    "recency": ("recency_days", (0, 31, 91, 181, 366)),
    "activity": ("active_days", (0, 1, 31, 91, 181, 366)),
}
"""Kind to feature, and the first day of each band: after a month, a quarter, half a year, a year; a single day stands alone."""


def banded(own: Mapping[str, Array], population: Mapping[str, Array]) -> dict[str, list[dict[str, Any]] | None]:
    """Count customers by band.

    Parameters
    ----------
    own, population : mapping of str to ndarray of shape (n_customers,)
        A segment's features and everybody's, under their registered names; whole days.

    Returns
    -------
    dict
        ``recency`` and ``activity``: by band its name, first and last day (None for the last band), the segment's customers,
        their share, and the share of everybody; None where the feature is not available.

    Examples
    --------
    >>> everybody = {"recency_days": np.array([3.0, 30.0, 31.0, 400.0])}
    >>> for row in banded({"recency_days": np.array([3.0, 31.0])}, everybody)["recency"]:
    ...     print(row["band"], row["low"], row["high"], row["customers"], row["share"], row["population_share"])
    0-30 days 0 30 1 0.5 0.5
    31-90 days 31 90 1 0.5 0.25
    91-180 days 91 180 0 0.0 0.0
    181-365 days 181 365 0 0.0 0.0
    over 365 days 366 None 0 0.0 0.25
    """
    return {
        kind: None if feature not in own else _rows(own[feature], population[feature], firsts)
        for kind, (feature, firsts) in BANDS.items()
    }


def _rows(own: Array, population: Array, firsts: tuple[int, ...]) -> list[dict[str, Any]]:
    counts, everybody = (_counts(values, firsts) for values in (own, population))
    rows = []
    for i, first in enumerate(firsts):
        last = firsts[i + 1] - 1 if i + 1 < len(firsts) else None
        rows.append({
            "band": f"over {first - 1} days" if last is None else f"{first}-{last} days" if last > first else f"{first} days",
            "low": first,
            "high": last,
            "customers": int(counts[i]),
            "share": float(counts[i] / len(own)),
            "population_share": float(everybody[i] / len(population)),
        })  # fmt: skip
    return rows


def _counts(values: Array, firsts: tuple[int, ...]) -> NDArray[np.int64]:
    return np.bincount(np.searchsorted(firsts, values, side="right") - 1, minlength=len(firsts))
