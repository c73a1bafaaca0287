"""RFM: recency, frequency and money, scored 1 to 5 by cut-offs that are shown, in 11 groups that cover everybody.

Scores are cut by value, at the quintiles of the customers, so that equal customers have equal scores whatever their ids. Here
recency is the as-of date minus the last order, over all orders; it is not the recency of a buy-till-you-die model.

References
----------
Bult & Wansbeek 1995, Optimal selection for direct mail, doi:10.1287/mksc.14.4.378
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Scores = NDArray[np.int64]

FEATURES = ("recency_days", "total_orders", "total_spend")

# Rows: recency 5 (latest) to 1; columns: mean of frequency and money, 1 to 5, halves rounded up.
GRID = (
    ("New customers", "Potential loyalists", "Potential loyalists", "Champions", "Champions"),
    ("Promising", "Potential loyalists", "Potential loyalists", "Loyal customers", "Champions"),
    ("About to sleep", "About to sleep", "Need attention", "Loyal customers", "Loyal customers"),
    ("Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose them"),
    ("Lost", "Lost", "Hibernating", "At risk", "Cannot lose them"),
)
GROUPS = (
    "Champions", "Loyal customers", "Potential loyalists", "New customers", "Promising", "Need attention", "About to sleep",
    "At risk", "Cannot lose them", "Hibernating", "Lost",
)  # fmt: skip


@dataclass(frozen=True)
class Rfm:
    """RFM scores of customers.

    Parameters
    ----------
    recency, frequency, money : ndarray of int, shape (n_customers,)
        From 1 to 5; 5 is best, for recency the latest.
    places : ndarray of int8, shape (n_customers,)
        Of each customer's group among `GROUPS`.
    cuts : dict of str to list of float
        By feature, the four values that part the five scores; a value equal to a cut belongs below it.
    """

    recency: Scores
    frequency: Scores
    money: Scores
    places: NDArray[np.int8]
    cuts: dict[str, list[float]]

    @property
    def groups(self) -> NDArray[np.object_]:
        """One of `GROUPS` for each customer."""
        return np.array(GROUPS, dtype=object)[self.places]

    def summary(self, spend: Array) -> dict[str, Any]:
        """Return cut-offs, and customers and revenue by group, as plain JSON data."""
        total = float(np.sort(spend).sum())
        groups = []
        for place, name in enumerate(GROUPS):
            members = self.places == place
            revenue = float(np.round(np.sort(spend[members]).sum(), 6))
            groups.append({
                "group": name,
                "customers": int(members.sum()),
                "share": float(members.mean()),
                "revenue": revenue,
                "revenue_share": revenue / total if total else None,
            })  # fmt: skip
        return {"cuts": self.cuts, "groups": groups}

    def crossed(self, labels: NDArray[np.integer], segment_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return how many customers each group shares with each segment, pairs without any left out.

        Parameters
        ----------
        labels : ndarray of shape (n_customers,)
            Clusters from 0.
        segment_ids : sequence of str
            By cluster.
        """
        n = len(segment_ids)
        counts = np.bincount(self.places.astype(np.int64) * n + labels, minlength=len(GROUPS) * n).reshape(len(GROUPS), n)
        return [
            {"group": name, "segment_id": one, "customers": int(counts[place, number])}
            for place, name in enumerate(GROUPS)
            for number, one in enumerate(segment_ids)
            if counts[place, number]
        ]


def score_rfm(columns: Mapping[str, Array]) -> Rfm | None:
    """Score customers.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        ``recency_days``, ``total_orders`` and ``total_spend``.

    Returns
    -------
    Rfm or None
        None where a feature is not available or nobody is there.

    Examples
    --------
    >>> found = score_rfm({"recency_days": np.array([1.0, 9.0, 90.0]), "total_orders": np.array([9.0, 3.0, 1.0]),
    ...                    "total_spend": np.array([900.0, 90.0, 9.0])})
    >>> found.groups.tolist()
    ['Champions', 'Need attention', 'Lost']
    """
    if any(name not in columns or not len(columns[name]) for name in FEATURES):
        return None
    scores, cuts = [], {}
    for name in FEATURES:
        values = columns[name]
        marks = np.quantile(values, [0.2, 0.4, 0.6, 0.8])
        score = 1 + np.searchsorted(marks, values, side="left")
        scores.append(6 - score if name == "recency_days" else score)
        cuts[name] = [float(mark) for mark in marks]
    recency, frequency, money = scores
    both = (frequency + money + 1) // 2
    places = np.array([[GROUPS.index(name) for name in row] for row in GRID], dtype=np.int8)
    return Rfm(recency, frequency, money, places[5 - recency, both - 1], cuts)
