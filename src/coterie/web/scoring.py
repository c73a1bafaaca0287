"""New customers, assigned and explained: the arrays of the model as one plain record a customer."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.errors import InputError, ModelError
from coterie.features import FEATURES
from coterie.model import SegmentModel

Array = NDArray[np.float64]
_PLACES = threading.BoundedSemaphore(2)
"""Lines are added up by an engine of their own: as many at a time as there are small machines' cores."""


def score(
    model: SegmentModel, ids: Sequence[str | None], columns: Mapping[str, Array], *, reasons: bool = True
) -> list[dict[str, Any]]:
    """Assign customers, and say why.

    Parameters
    ----------
    model : SegmentModel
        That assigns.
    ids : sequence of str or None, length n_customers
        What they are called.
    columns : mapping of str to ndarray of shape (n_customers,)
        The model's features.
    reasons : bool, default True
        Whether ``reason``, ``change`` and ``contributions`` are wanted, which take most of the time.

    Raises
    ------
    ModelError
        If a figure is missing of a customer who kept something.
    """
    from coterie.assignment import refuse_no_figure

    refuse_no_figure(model, [one or f"number {at + 1}" for at, one in enumerate(ids)], columns)
    with np.errstate(over="ignore"):
        assigned = model.assign(columns)
        distances = model.distances(columns)
    placed = assigned.cluster >= 0
    names = [str(entry["segment_id"]) for entry in model.segments]
    found: dict[str, list[Any]] = {
        "customer_id": list(ids),
        "cluster": [int(one) if one >= 0 else None for one in assigned.cluster],
        "segment_id": assigned.segment_id,
        "segment": assigned.segment,
        "distance": _figures(assigned.distance),
        "distances": [
            dict(zip(names, row, strict=True)) if here else {} for row, here in zip(distances.tolist(), placed, strict=True)
        ],
        "margin": _figures(assigned.margin),
        "out_of_range": assigned.out_of_range.tolist(),
    }
    if reasons:
        why = model.explain(columns)
        parts = why.contributions.tolist()
        found |= {
            "nearest": why.nearest.tolist(),
            "confidence": _figures(why.confidence),
            "reason": why.sentence.tolist(),
            "change": why.change.tolist(),
            "contributions": [
                dict(zip(why.features, row, strict=True)) if near >= 0 else {}
                for row, near in zip(parts, why.nearest_cluster, strict=True)
            ],
        }
    keys = list(found)
    return [dict(zip(keys, row, strict=True)) for row in zip(*found.values(), strict=True)]


def score_lines(
    model: SegmentModel, lines: Sequence[Mapping[str, Any]], as_of: datetime.date | None, *, reasons: bool = True
) -> tuple[list[dict[str, Any]], list[str]]:
    """Clean transaction lines, add them up to customers by the model's recipe, and assign those.

    Parameters
    ----------
    model : SegmentModel
        That assigns.
    lines : sequence of mapping
        By the names of `coterie.columns.COLUMNS`; a column that no line has is one that the source has not.
    as_of : date or None
        The day the features are for; default the day after the last line.
    reasons : bool, default True
        As for `score`.

    Returns
    -------
    customers : list of dict
        As of `score`, with ``features``; sorted by id.
    aside : list of str
        Ids of which no line counts.
    """
    import pyarrow

    from coterie.assignment import assign

    names = [name for name in lines[0] if any(line[name] is not None for line in lines)] if lines else []
    table = pyarrow.table({name: pyarrow.array([line[name] for line in lines], _kind(name)) for name in names})
    with _PLACES:
        found = assign(model, table, mapping={name: name for name in names}, as_of=as_of)
    ids = found["customer_id"].to_pylist()
    columns = {name: found[name].to_numpy().astype(float) for name in model.features}
    features = found.select(model.features).to_pylist()
    customers = score(model, ids, columns, reasons=reasons)
    counted = set(ids)
    aside = sorted(one for one in {line["customer_id"] for line in lines} if counted.isdisjoint(_read_as(one)))
    return [{**one, "features": figures} for one, figures in zip(customers, features, strict=True)], aside


def features_of(model: SegmentModel, rows: Sequence[Mapping[str, float | None]]) -> dict[str, Array]:
    """Return customers' features as columns, or refuse those of another recipe.

    Parameters
    ----------
    model : SegmentModel
        Whose features they have to be.
    rows : sequence of mapping of str to float or None
        One a customer.

    Raises
    ------
    ModelError
        With code ``other_recipe`` if they are features, but not this model's.
    InputError
        If one is missing, or there is no such feature.
    """
    wanted = model.features
    keys = set(wanted)
    for number, row in enumerate(rows):
        if row.keys() != keys:
            raise _unfit(model, row, number)
    return {name: np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=float) for name in wanted}


def _unfit(model: SegmentModel, row: Mapping[str, Any], number: int) -> ModelError | InputError:
    wanted = model.features
    extra = [name for name in row if name not in wanted]
    missing = [name for name in wanted if name not in row]
    fix = f"give {', '.join(wanted)}, and no others."
    if extra and all(name in FEATURES for name in extra):
        return ModelError(
            "These are the features of another recipe than the model's.",
            found=f"{', '.join(extra)} of customer {number + 1}, by which this model places nobody.",
            fix=f"{fix[:-1]}; or ask of a run of that recipe, with ?run=.",
            code="other_recipe",
        )
    found = f"no {', '.join(missing)}" if missing else f"{', '.join(repr(name[:60]) for name in extra[:5])}"
    return InputError(f"Customer {number + 1} does not fit the model.", found=f"{found}.", fix=fix, code="features")


def _read_as(one: str) -> set[str]:
    """Return what an id may be called once it is read: without spaces around it, and 17850 for 17850.0."""
    trimmed = one.strip()
    return {one, trimmed, re.sub(r"\.0+$", "", trimmed)}


def _kind(name: str) -> Any:
    import pyarrow

    kinds = {"invoice_date": pyarrow.timestamp("us"), "quantity": pyarrow.float64(), "price": pyarrow.float64()}
    return kinds.get(name, pyarrow.string())


def _figures(values: Array) -> list[float | None]:
    return [value if here else None for value, here in zip(values.tolist(), np.isfinite(values).tolist(), strict=True)]
