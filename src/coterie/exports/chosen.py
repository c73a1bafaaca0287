"""Customers who were chosen elsewhere: on a screen, by a query, or in a file of their ids."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from coterie.errors import MappingError, RecipeError
from coterie.exports.people import CUSTOMER, read_people


def chosen_ids(given: Any, known: Collection[str]) -> dict[str, int]:
    """Return the chosen customers, each with their place in the order they were given in.

    Parameters
    ----------
    given : sequence of str, or path or frame
        Ids; or a file or frame with a column of them, which may stand alone without a header.
    known : collection of str
        The run's customer ids.

    Raises
    ------
    RecipeError
        If one is no customer of the run.
    MappingError
        If a file has no column of ids.

    Examples
    --------
    >>> chosen_ids(["7", "3", "7"], {"3", "7", "9"})
    {'7': 0, '3': 1}
    """
    ids = list(given) if isinstance(given, (list, tuple, set, frozenset)) else _read(given, frozenset(known))
    foreign = [one for one in ids if one not in known]
    if foreign:
        raise RecipeError(
            f"{len(foreign):,} of {len(ids):,} chosen customers are none of this run's.",
            found=f"{', '.join(map(str, foreign[:3]))}.",
            fix="choose among the ids of the run's customers.csv.",
            code="foreign_customer",
        )
    return {one: place for place, one in enumerate(dict.fromkeys(ids))}


def _read(given: Any, known: frozenset[str]) -> list[str]:
    people = read_people(given, {"customer_id": CUSTOMER, "value": ("value",)})
    if "customer_id" in people.found:
        return [one for one in people.ids(known) if one is not None]
    if "value" in people.found:
        return [one for one in people.values["value"] if one is not None]
    raise MappingError(
        f"{people.name if isinstance(given, (str, Path)) else 'The frame'} does not say which customers are chosen.",
        found=f"{', '.join(people.header[:50])}.",
        fix="call the column customer_id, or give a file with one column.",
        code="no_customer",
    )
