"""The look ahead: what each customer and each segment is expected to bring, beside what history says, or why nothing is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.lifetime.calibration import calibrate, independence
from coterie.lifetime.forecast import Forecast, forecast
from coterie.lifetime.holdout import Evidence
from coterie.lifetime.proof import prove
from coterie.recipe import Recipe

Array = NDArray[np.float64]
FIGURES = ("p_alive", "expected_orders", "expected_value")


@dataclass(frozen=True)
class Outlook:
    """What a run publishes of the future.

    Parameters
    ----------
    summary : dict
        ``ahead`` of ``segments.json``.
    segments : list of dict or None
        ``ahead`` of each segment, by cluster; None where the forecast is refused.
    customers : dict of str to ndarray of shape (n_customers,)
        ``p_alive``, ``expected_orders``, ``expected_value``; NaN where there is none.
    """

    summary: dict[str, Any]
    segments: list[dict[str, float | None] | None]
    customers: dict[str, Array]


@dataclass(frozen=True)
class Foresight:
    """A forecast, or why there is none, before anybody asks by segment.

    Parameters
    ----------
    evidence : Evidence
        What it rests on.
    now : Forecast or str
        From today; or why it is refused.
    past : Forecast or None
        From the hold-out day.
    calibration : dict or None
        How the past forecast fared.
    """

    evidence: Evidence
    now: Forecast | str
    past: Forecast | None
    calibration: dict[str, Any] | None


def foresee(evidence: Evidence, recipe: Recipe) -> Foresight:
    """Forecast a horizon, and hold the same forecast of a horizon ago against what came.

    Parameters
    ----------
    evidence : Evidence
        From `read_evidence`.
    recipe : Recipe
        Its ``value`` part has the horizon and the limits.
    """
    then, part = evidence.then, recipe.value
    if then is None:
        least = f"a forecast that is checked takes {2 * part.horizon_days:,}"
        short = f"There are {evidence.history_days:,} days of history, and {least}."
        return Foresight(evidence, short, None, None)
    made = forecast(then.orders, part)
    if isinstance(made, str):
        return Foresight(evidence, made, None, None)
    calibration, refused = calibrate(then, made, part)
    return Foresight(evidence, refused or forecast(evidence.orders, part, evidence.told), made, calibration)


def look_ahead(foresight: Foresight, labels: NDArray[np.int32], recipe: Recipe) -> Outlook:
    """Tell a forecast by segment, and prove the segments on the hold-out day.

    Parameters
    ----------
    foresight : Foresight
        From `foresee`.
    labels : ndarray of shape (n_buying,)
        Clusters of the customers who kept something, in the order of their ids.
    recipe : Recipe
        Its ``value`` part has the horizon.
    """
    evidence, now, part = foresight.evidence, foresight.now, recipe.value
    buying = evidence.prepared.customers.buying
    clusters = np.full(len(buying), -1, dtype=np.int32)
    clusters[buying] = labels
    seen = clusters if evidence.drawn is None else clusters[evidence.drawn]
    refused = now if isinstance(now, str) else None
    summary = {
        "horizon_days": part.horizon_days,
        "unit": "weeks",
        **(now.parameters() if isinstance(now, Forecast) else {"bg_nbd": None, "gamma_gamma": None}),
        "independence": independence(evidence.told, part),
        "calibration": foresight.calibration,
        "refused": refused,
        "proof": None if evidence.then is None else prove(evidence.as_of, evidence.then, foresight.past, seen, recipe),
    }
    nothing = np.full(len(clusters), np.nan)
    customers = {name: nothing if isinstance(now, str) else getattr(now, name) for name in FIGURES}
    segments = [
        None if refused else _of_segment(customers, evidence, clusters == cluster) for cluster in range(int(labels.max()) + 1)
    ]
    return Outlook(summary, segments, customers)


def _of_segment(customers: dict[str, Array], evidence: Evidence, members: NDArray[np.bool_]) -> dict[str, float | None]:
    own = {name: values[members] for name, values in customers.items()}
    return {
        "p_alive": _mean(own["p_alive"]),
        "expected_orders": _mean(own["expected_orders"]),
        "expected_value": _mean(own["expected_value"]),
        "total_value": float(np.nansum(np.sort(own["expected_value"]))),
        "past_orders": _mean(evidence.orders.stretch_orders[members]),
        "past_value": _mean(evidence.orders.stretch_value[members]),
    }


def _mean(values: Array) -> float | None:
    """Return the mean of those who have one, in an order of its own; None where nobody has."""
    known = np.sort(values[np.isfinite(values)])
    return float(known.mean()) if len(known) else None
