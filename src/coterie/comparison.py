"""Two runs side by side: who moved from which segment to which, and which segment is still the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coterie.clustering.stability import adjusted_rand
from coterie.engines import column, numbers
from coterie.errors import RunError
from coterie.model import FULLY_RETURNED, SegmentModel, model_file
from coterie.runs import Run, open_run
from coterie.segments.identity import RETURNED, Kinship, Lineage, id_number, kinships
from coterie.segments.migration import Migration, Standing, migrate


@dataclass(frozen=True)
class Comparison:
    """What changed between two runs.

    Parameters
    ----------
    before, after : Run
        The earlier and the later run.
    migration : Migration
        Who went where, in customers and money.
    pairs : list of Kinship
        Which segment of the one is most like which of the other.
    agreement : float or None
        Adjusted Rand index of the two partitions of the customers in both; 1 where nobody changed company, 0 as by chance. None
        where fewer than two customers are in both.
    """

    before: Run
    after: Run
    migration: Migration
    pairs: list[Kinship]
    agreement: float | None

    def names(self, origin: str, target: str) -> list[str]:
        """Return the ids of the customers who went from a segment, or ``"new"``, to a segment, or ``"gone"``; sorted.

        Raises
        ------
        RecipeError
            If there is no such segment.
        """
        return self.migration.names(origin, target)

    @property
    def counts(self) -> dict[str, int]:
        """How many customers are ``new``, ``gone``, in ``both``; of those, ``stayed`` in the same segment, or ``moved``."""
        table = self.migration.customers
        both = int(table[:-1, :-1].sum())
        rows, columns = [one for one, _ in self.migration.before], [one for one, _ in self.migration.after]
        same = [(pair.before, pair.after) for pair in self.pairs if pair.same]
        same += [(RETURNED, RETURNED)] if RETURNED in rows and RETURNED in columns else []
        stayed = sum(int(table[rows.index(old), columns.index(new)]) for old, new in same)
        new, gone = int(table[-1].sum()), int(table[:, -1].sum())
        return {"both": both, "stayed": stayed, "moved": both - stayed, "new": new, "gone": gone}

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data; docs/json.md explains every key."""
        moved = self.migration
        same = {pair.after: pair.before for pair in self.pairs if pair.same}
        return {
            "schema": 1,
            "before": _side(self.before, moved.before),
            "after": _side(self.after, moved.after),
            "customers": self.counts,
            "agreement": self.agreement,
            "cells": moved.cells(),
            "pairs": [pair.as_dict() for pair in self.pairs],
            "unmatched": {
                "before": [one for one, _ in moved.before if one not in (RETURNED, *same.values())],
                "after": [one for one, _ in moved.after if one not in (RETURNED, *same)],
            },
        }


def compare(before: Run | str | Path, after: Run | str | Path) -> Comparison:
    """Compare two published runs, customer by customer.

    Parameters
    ----------
    before, after : Run or path
        The earlier and the later run.

    Returns
    -------
    Comparison
        The matrix of movement, the names behind every cell, and which segments are the same.

    Raises
    ------
    RunError
        If there is no such run, or it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> import coterie as ct
    >>> folder, quick = tempfile.mkdtemp(), {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
    >>> lines = ct.simulate(80, seed=1).lines
    >>> first, again = (ct.run(lines, k=2, out=folder, choice=quick) for _ in range(2))
    >>> ct.compare(first, again).counts
    {'both': 80, 'stayed': 80, 'moved': 0, 'new': 0, 'gone': 0}
    """
    earlier, later = (one if isinstance(one, Run) else open_run(one) for one in (before, after))
    moved = migrate(standing_of(earlier), standing_of(later))
    shared = moved.customers[:-1, :-1]
    pairs = kinships([one for one, _ in moved.before], [one for one, _ in moved.after], shared)
    return Comparison(earlier, later, moved, pairs, adjusted_rand(shared) if shared.sum() > 1 else None)


def lineage(run: Run | str | Path) -> Lineage:
    """Return what a run hands down to the next: whose ids are whose, and the names that persons gave.

    Parameters
    ----------
    run : Run or path
        The earlier run.

    Raises
    ------
    RunError
        If there is no such run, or it is damaged.
    """
    opened = run if isinstance(run, Run) else open_run(run)
    document = SegmentModel.load(opened.file(model_file(opened.path).name), assigning=False).document
    highest = max(
        document.get("identity", {}).get("highest", 0), *(id_number(one["segment_id"]) for one in document["segments"])
    )
    return Lineage(opened.number, standing_of(opened), document.get("approved", []), highest)


def standing_of(run: Run) -> Standing:
    """Return where a run's customers stand, and what each spent."""
    import pyarrow
    import pyarrow.compute

    wanted = run.manifest["recipe"]["features"].get("rename", {}).get("total_spend", "total_spend")
    table = run.customers("arrow").combine_chunks()
    if table.num_rows == 0:
        raise RunError(
            f"Run {run.number} has no customers.", found="an empty customer table.", fix="give another run.", code="no_customers"
        )
    places = [(one["segment_id"], one["name"]) for one in run.segments["segments"]]
    if run.segments["fully_returned"]["customers"]:
        places.append((RETURNED, FULLY_RETURNED))
    known = column([one for one, _ in places])
    segment = table["segment_id"].cast(pyarrow.string()).combine_chunks()
    place = numbers(pyarrow.compute.index_in(segment, value_set=known), -1)
    spent = table[wanted].cast(pyarrow.float64()).combine_chunks() if wanted in table.column_names else None
    money = None if spent is None else numbers(spent, np.nan)
    return Standing(table["customer_id"].combine_chunks(), tuple(places), place.astype(np.intp), money)


def _side(run: Run, places: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {
        "run": run.number,
        "path": str(run.path),
        "as_of": run.manifest["as_of"],
        "segments": [{"segment_id": one, "name": name} for one, name in places],
    }
