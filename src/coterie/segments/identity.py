"""Identity: which segment of a new run is which of an earlier one, so that ids and approved names outlive a refit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.segments.approved import same_look
from coterie.segments.migration import Standing, migrate
from coterie.segments.segment import Segment

SAME = 0.5
"""A Jaccard above this is the same segment: most of either's members are in the other, which no second pair can claim."""
RETURNED = "returned"


@dataclass(frozen=True)
class Kinship:
    """How alike a segment of one run and one of another are.

    Parameters
    ----------
    before, after : str
        Their ids, each in its own run.
    shared : int
        Customers in both.
    jaccard : float
        Those over the customers in either, of the customers that both runs have; from 0 to 1.
    same : bool
        Whether they are one segment: Jaccard above 0.5.
    """

    before: str
    after: str
    shared: int
    jaccard: float
    same: bool

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


@dataclass(frozen=True)
class Lineage:
    """What a run hands down.

    Parameters
    ----------
    run : str
        Its number.
    standing : Standing
        Its customers.
    approved : sequence of dict
        The names that persons gave, oldest first, as the model keeps them.
    highest : int
        The highest number that an id of the run or of its forebears has had; new ids go on from there.
    """

    run: str
    standing: Standing
    approved: Sequence[Mapping[str, Any]]
    highest: int


def kinships(before: Sequence[str], after: Sequence[str], shared: NDArray[np.int64]) -> list[Kinship]:
    """Pair the segments of two runs, one to one, by the members they share.

    Parameters
    ----------
    before, after : sequence of str
        Ids of the segments.
    shared : ndarray of int of shape (len(before), len(after))
        Customers in both runs, by segment before and after.

    Returns
    -------
    list of Kinship
        In order of ``before``; without pairs that share nobody. Customers who kept nothing are no segment and are in no pair.

    References
    ----------
    Kuhn, H. W. (1955). The Hungarian method for the assignment problem. Naval Research Logistics Quarterly, 2, 83-97.
    https://doi.org/10.1002/nav.3800020109

    Examples
    --------
    >>> import numpy as np
    >>> for one in kinships(["s1", "s2"], ["s1", "s2"], np.array([[2, 30], [40, 50]])):
    ...     print(one.before, one.after, one.shared, f"{one.jaccard:.2f}", one.same)
    s1 s2 30 0.37 False
    s2 s1 40 0.43 False
    """
    from scipy.optimize import linear_sum_assignment

    rows = [i for i, one in enumerate(before) if one != RETURNED]
    columns = [j for j, one in enumerate(after) if one != RETURNED]
    either = shared.sum(axis=1)[rows, None] + shared.sum(axis=0)[None, columns] - shared[np.ix_(rows, columns)]
    both = shared[np.ix_(rows, columns)]
    jaccard = both / np.maximum(either, 1)
    # No two pairs above the line are in each other's way; the bonus keeps the best sum from trading one of them for two poor ones.
    paired = linear_sum_assignment(jaccard + (jaccard > SAME) * len(jaccard), maximize=True)
    return [
        Kinship(before[rows[i]], after[columns[j]], int(both[i, j]), float(jaccard[i, j]), bool(jaccard[i, j] > SAME))
        for i, j in zip(*paired, strict=True)
        if both[i, j]
    ]


def inherit(segments: Sequence[Segment], standing: Standing, lineage: Lineage) -> tuple[list[Segment], dict[str, Any], str]:
    """Give the segments of a new run the ids and approved names of an earlier run's.

    Parameters
    ----------
    segments : sequence of Segment
        The new run's.
    standing : Standing
        The new run's customers, by the ids that ``segments`` have.
    lineage : Lineage
        What the earlier run hands down.

    Returns
    -------
    segments : list of Segment
        With the earlier id where a segment is the same, else with one that never was.
    about : dict
        For the model: ``approved`` and ``identity``.
    note : str
        What was kept, in a sentence.
    """
    moved = migrate(lineage.standing, standing)
    shared = moved.customers[: len(moved.before), : len(moved.after)]
    pairs = kinships([one for one, _ in moved.before], [one for one, _ in moved.after], shared)
    kept = {pair.after: pair.before for pair in pairs if pair.same}
    highest, ids = lineage.highest, {}
    for segment in segments:
        if segment.segment_id not in kept:
            highest += 1
        ids[segment.segment_id] = kept.get(segment.segment_id, f"s{highest}")
    approved = [dict(one) for one in lineage.approved if one["segment_id"] in kept.values()]
    named = {one["segment_id"]: str(one["name"]) for one in approved}
    told = [
        replace(segment, segment_id=ids[segment.segment_id], name=_name(segment.name, ids[segment.segment_id], named))
        for segment in segments
    ]
    about = {
        "approved": approved,
        "identity": {
            "like": lineage.run,
            "highest": highest,
            "segments": [{**pair.as_dict(), "after": ids[pair.after]} for pair in pairs],
        },
    }
    return told, about if approved else {"identity": about["identity"]}, _note(told, set(kept.values()), lineage.run)


def id_number(segment_id: str) -> int:
    """Return the number of an id; 0 where it has none.

    Examples
    --------
    >>> id_number("s12"), id_number("returned")
    (12, 0)
    """
    found = re.fullmatch(r"s(\d{1,9})", segment_id)
    return int(found[1]) if found else 0


def _name(evident: str, segment_id: str, named: Mapping[str, str]) -> str:
    """Return the approved name, else the evident one, told apart from an approved name that it looks like."""
    if segment_id in named:
        return named[segment_id]
    taken = any(same_look(evident, name) for name in named.values())
    return f"{evident}, {segment_id}" if taken else evident


def _note(segments: Sequence[Segment], kept: set[str], run: str) -> str:
    fresh = [f"{one.name} ({one.segment_id})" for one in segments if one.segment_id not in kept]
    said = f"{len(segments) - len(fresh)} of {len(segments)} segments have their ids from run {run}"
    return f"{said}; new: {', '.join(fresh)}." if fresh else f"{said}."
