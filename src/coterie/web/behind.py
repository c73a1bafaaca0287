"""The customers behind a cell of the movement: who they are, and what they spent by either run, those worth most first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coterie.errors import InputError
from coterie.segments.migration import GONE, NEW

if TYPE_CHECKING:
    from coterie.comparison import Comparison

PAGE = 50
HEADER = ("customer_id", "from", "to", "spend_before", "spend")
"""Columns of the download."""
_LONGEST = 64


@dataclass(frozen=True)
class Behind:
    """Who went from one segment to another.

    Parameters
    ----------
    told : Comparison
        Of two runs.
    origin, target : str
        Id of a segment of the earlier run, or ``"new"``; of the later run, or ``"gone"``.
    places : ndarray of int
        Of the customers in ``told.migration.ids``: by what they spent, the most first, then by id.
    """

    told: Comparison
    origin: str
    target: str
    places: NDArray[np.intp]

    @classmethod
    def of(cls, told: Comparison, origin: str, target: str) -> Behind:
        """Find the customers behind a cell.

        Raises
        ------
        RecipeError
            If there is no such segment.
        """
        origin, target = origin[:_LONGEST], target[:_LONGEST]
        moved = told.migration
        places = moved.behind(origin, target)
        # By the later run's money; it knows nothing of those who are gone.
        money = moved.value_before if target == GONE else moved.value
        if money is not None:
            places = places[np.argsort(-money[places], kind="stable")]
        return cls(told, origin, target, places)

    def page(self, number: int, size: int = PAGE) -> list[dict[str, Any]]:
        """Return the customers of a page, from 1: ``customer_id``, ``spend_before`` and ``spend``, None where it is not known."""
        return self._rows(self.places[(number - 1) * size : number * size])

    def pages(self, size: int = PAGE) -> int:
        """Return how many pages there are; one at least."""
        return max(1, -(-len(self.places) // size))

    def csv(self, size: int = 5000) -> Iterator[bytes]:
        """Give the whole list as CSV, in the order of the pages, every text guarded against formulas."""
        from coterie.exports.list_files import cell, parts

        for start in range(0, max(1, len(self.places)), size):
            rows = self._rows(self.places[start : start + size])
            lines = [
                [cell(one) for one in (row["customer_id"], self.origin, self.target, row["spend_before"], row["spend"])]
                for row in rows
            ]
            content, _ = next(parts(HEADER, lines))
            yield content if start == 0 else content.partition(b"\n")[2]

    def _rows(self, places: NDArray[np.intp]) -> list[dict[str, Any]]:
        moved = self.told.migration
        ids = moved.ids.take(places).to_pylist()
        gone, new = self.target == GONE, self.origin == NEW
        then = [None] * len(ids) if moved.value_before is None or new else moved.value_before[places].tolist()
        now = [None] * len(ids) if moved.value is None or gone else moved.value[places].tolist()
        return [{"customer_id": one, "spend_before": was, "spend": spent} for one, was, spent in zip(ids, then, now, strict=True)]


def page_number(text: str, pages: int) -> int:
    """Return the page that an address asks for, the first where it asks for none.

    Raises
    ------
    InputError
        If there is no such page.
    """
    if not text:
        return 1
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= pages:
        return int(text)
    raise InputError(
        "The list has no such page.", found=f"{text[:20]!r}.", fix=f"a page from 1 to {pages}.", code="bad_page"
    )
