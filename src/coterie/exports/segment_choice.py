"""Segments as a person names them: by id or by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from coterie.errors import RecipeError
from coterie.runs import Run

RETURNED = ("returned", "Fully returned")
"""Id and name of those who kept nothing: beside the segments, and in no cluster."""


def segment_ids(run: Run, wanted: Sequence[str]) -> list[str]:
    """Return the ids of the segments that were named, each once; of all, fully returned customers too, where none was.

    Parameters
    ----------
    run : Run
        Its segments.
    wanted : sequence of str
        Ids, or names in any case.

    Raises
    ------
    RecipeError
        If a segment is not there.
    """
    named = [(str(one["segment_id"]), str(one["name"])) for one in run.segments["segments"]] + [RETURNED]
    if not wanted:
        return [one for one, _ in named]
    by_name = {name.casefold(): one for one, name in named} | {one: one for one, _ in named}
    found = []
    for text in wanted:
        one = by_name.get(text) or by_name.get(text.strip().casefold())
        if one is None:
            close = difflib.get_close_matches(text.casefold(), by_name, n=1)
            raise RecipeError(
                f"Run {run.number} has no segment {text!r}.",
                found=f"segments: {', '.join(f'{one} {name}' for one, name in named)}.",
                fix=f"--segment {by_name[close[0]] if close else named[0][0]}",
                code="unknown_segment",
            )
        found.append(one)
    return list(dict.fromkeys(found))
