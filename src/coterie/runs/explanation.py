"""Single customers of a run, explained: their figures beside their segment's, and why they are there."""

from __future__ import annotations

import bisect
import difflib
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coterie.errors import RunError
from coterie.model import SegmentModel, model_file

_LOOKED_AT = 200
"""Ids beside the one that was asked for, from which the closest are offered."""
_ALIKE = 20
"""Of those alike, the ones that begin alike come first."""


def explain_customers(folder: Path, customers: Path, segments: dict[str, Any], ids: str | Iterable[str]) -> list[dict[str, Any]]:
    """Explain customers of a published run; `Run.explain` is the call for people, and says what comes back.

    Parameters
    ----------
    folder : Path
        The run's.
    customers : Path
        Its customer table.
    segments : dict
        Its ``segments.json``.
    ids : str or iterable of str
        Whom.

    Raises
    ------
    RunError
        If a customer is not in the run.
    """
    import pyarrow.parquet

    asked = [ids] if isinstance(ids, str) else [str(one) for one in ids]
    model = SegmentModel.load(model_file(folder), assigning=False)
    read = ["customer_id", "segment_id", "segment", "cluster", *model.features]
    table = pyarrow.parquet.read_table(customers, columns=read)
    found = table["customer_id"].to_pylist()
    place = {one: at for at, one in enumerate(found)}
    for one in asked:
        if one not in place:
            raise _unknown(one, found)
    rows = [table.slice(place[one], 1).to_pylist()[0] for one in asked]
    columns = {name: np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=float) for name in model.features}
    clusters = np.array([-1 if row["cluster"] is None else row["cluster"] for row in rows], dtype=np.int32)
    reasons = model.explain(columns, clusters).as_dicts()
    medians = {one["segment_id"]: one["features"] for one in segments["segments"]}
    explained = []
    for row, why in zip(rows, reasons, strict=True):
        typical = medians.get(row["segment_id"], {})
        figures = [
            {
                "feature": one["feature"],
                "value": one["value"],
                "median": typical.get(one["feature"], {}).get("median"),
                "contribution": one["contribution"],
            }
            for one in why["features"]
        ]
        named = {key: row[key] for key in ("customer_id", "segment_id", "segment")}
        explained.append({**named, **why, "features": figures})
    return explained


def _unknown(asked: str, ids: Sequence[str]) -> RunError:
    close = closest(asked, ids)
    return RunError(
        f"There is no customer {asked!r} in this run.",
        found=f"{len(ids):,} customers" + (f"; closest: {', '.join(close)}." if close else "."),
        fix="an id as it stands in customers.csv.",
        code="unknown_customer",
    )


def closest(asked: str, ids: Sequence[str]) -> list[str]:
    """Return up to three ids that a person may have meant, the ones that begin alike first.

    Parameters
    ----------
    asked : str
        What was written.
    ids : sequence of str
        Sorted.

    Examples
    --------
    >>> closest("1785", ["12346", "12347", "17850", "18287"])
    ['17850']
    """
    at = bisect.bisect_left(ids, asked)
    near = list(ids[max(0, at - _LOOKED_AT // 2) : at + _LOOKED_AT // 2])
    end = asked[len(asked) // 2 :]
    near += [one for one in ids if end and one.endswith(end)][:_LOOKED_AT]
    close = difflib.get_close_matches(asked, dict.fromkeys(near), n=_ALIKE)
    return sorted(close, key=lambda one: -_alike(asked, one))[:3]


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
