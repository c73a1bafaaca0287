"""Who is at risk: silent for longer than they ever were between two orders.

The longest interval so far is the yardstick because it asks nothing of the rhythm. Where the next interval is drawn from the same
rhythm as the m before it, it is the longest of all with a chance of 1 in m + 1, whatever the distribution: few who will be
back are counted, and the fewer, the longer they are known. On Online Retail, two to four months before its end, it told who
would order again better than two or three times the customer's median or mean interval did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEATURES = ("recency_days", "total_orders", "longest_days_between_orders")
FEWEST_ORDERS = 3
"""Two intervals, at least: one tells no rhythm."""


def at_risk(columns: Mapping[str, Array]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Say who is silent for longer than their own longest interval.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        Features under their registered names.

    Returns
    -------
    (silent, known) : ndarrays of bool, shape (n_customers,)
        Who is at risk, and of whom that can be said: customers with three orders or more, not all of one day. None where a
        feature is not available.

    Examples
    --------
    >>> silent, known = at_risk({"recency_days": np.array([90.0, 20.0, 90.0]), "total_orders": np.array([4.0, 4.0, 1.0]),
    ...                          "longest_days_between_orders": np.array([31.0, 31.0, np.nan])})
    >>> silent.tolist(), known.tolist()
    ([True, False, False], [True, True, False])
    """
    if any(name not in columns for name in FEATURES):
        return None
    recency, orders, longest = (columns[name] for name in FEATURES)
    # Comparing with NaN gives False: who has no interval, or kept nothing, is not known.
    known = (orders >= FEWEST_ORDERS) & (longest >= 1)
    return known & (recency > longest), known


def risk_summary(columns: Mapping[str, Array]) -> dict[str, Any] | None:
    """Return ``customers`` at risk, ``of`` how many it can be said, and their ``share``; None where nobody can be judged."""
    found = at_risk(columns)
    if found is None or not (of := int(found[1].sum())):
        return None
    silent = int(found[0].sum())
    return {"customers": silent, "of": of, "share": silent / of}
