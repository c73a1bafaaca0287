"""The two groups of a campaign, from their lists: who is in which, in both, in neither."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coterie.errors import CampaignError, MappingError
from coterie.exports.people import CUSTOMER, read_people

FEWEST = 20
"""Customers that each group needs."""
_FIELDS = {"customer_id": CUSTOMER, "value": ("value",)}


@dataclass(frozen=True)
class Groups:
    """Whom to compare.

    Parameters
    ----------
    exposed, control : tuple of str
        Ids, sorted; nobody is in both.
    both, neither : int
        Customers in both lists, left out of both groups; customers of the run in no list.
    missing : tuple of int
        Listed customers that the run does not have, exposed and control: they bought nothing, and are counted so.
    drawn : bool
        Whether the control group has a list of its own.
    notes : tuple of str
        What a person should know.
    """

    exposed: tuple[str, ...]
    control: tuple[str, ...]
    both: int
    neither: int
    missing: tuple[int, int]
    drawn: bool
    notes: tuple[str, ...]


def groups(known: frozenset[str], earlier: frozenset[str], exposed: Any, control: Any, *, on: str | None = None) -> Groups:
    """Read a campaign's lists.

    Parameters
    ----------
    known : frozenset of str
        The run's customers.
    earlier : frozenset of str
        Those who had ordered before the campaign: without a control list, they are what is compared with.
    exposed, control : path, frame or collection of ids
        The lists; without ``control``, ``NAME-holdout.csv`` beside ``NAME-exposed.csv`` where it is there.
    on : str, optional
        Column of the ids.

    Raises
    ------
    CampaignError
        If a group has fewer than 20 customers, or a list none of the run.
    MappingError
        If a list has no customer column.
    """
    notes = []
    if control is None and (found := _beside(exposed)):
        control = found
        notes.append(f"Compared with {found.name}, the control group written beside the list.")
    treated = _ids(exposed, known, on)
    held = _ids(control, known, on) if control is not None else None
    both = treated & held if held is not None else frozenset()
    first = treated - both
    second = (held if held is not None else earlier) - treated
    for name, ids in (("exposed", first), ("control", second)):
        if len(ids) < FEWEST:
            raise CampaignError(
                f"The {name} group is too small to tell anything.",
                found=f"{len(ids):,} customers{f', after {len(both):,} in both lists' if both else ''}; {FEWEST} are needed.",
                fix="compare larger lists; --holdout 10% of a larger audience draws a larger control group.",
                code="too_few",
            )
    if both:
        notes.append(f"{len(both):,} customers are in both lists and were left out.")
    if held is None:
        notes.append("No control list: compared with every earlier customer who is not on the list. Nobody drew them by lot.")
    missing = len(first - known), len(second - known)
    if any(missing):
        notes.append(f"{sum(missing):,} listed customers are not in the run: they count as having bought nothing.")
    neither = len(known - treated - (held or frozenset()))
    return Groups(tuple(sorted(first)), tuple(sorted(second)), len(both), neither, missing, held is not None, tuple(notes))


def _beside(exposed: Any) -> Path | None:
    """Return the control list that was written beside a list, None where there is none."""
    if not isinstance(exposed, (str, Path)):
        return None
    path = Path(exposed)
    control = path.with_name(path.stem.removesuffix("-exposed") + "-holdout.csv")
    return control if control.is_file() else None


def _ids(source: Any, known: frozenset[str], on: str | None) -> frozenset[str]:
    if isinstance(source, (list, tuple, set, frozenset)):
        return _some(frozenset(map(str, source)), known, "the list")
    people = read_people(source, _FIELDS, {"customer_id": on} if on else {})
    if "customer_id" in people.found:
        return _some(frozenset(one for one in people.ids(known) if one), known, people.name)
    if "value" in people.found:
        bare = (text.removesuffix(".0") if text and text not in known else text for text in people.values["value"])
        return _some(frozenset(text for text in bare if text), known, people.name)
    raise MappingError(
        f"{people.name} has no customer column.",
        found=f"{', '.join(people.header[:50])}.",
        fix="give the ...-exposed.csv that coterie export --holdout wrote beside the audience, or name the column with --on.",
        code="no_customer",
    )


def _some(ids: frozenset[str], known: frozenset[str], name: str) -> frozenset[str]:
    if not ids & known:
        raise CampaignError(
            f"Not one customer of {name} is in this run.",
            found=f"ids there: {', '.join(sorted(ids)[:3]) or 'none'}; in the run: {', '.join(sorted(known)[:3])}.",
            fix="give a run over the same customers, or name the column of ids with --on.",
            code="no_match",
        )
    return ids
