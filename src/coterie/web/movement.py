"""Who moved between two runs, as the pages tell it."""

from __future__ import annotations

from typing import Any

from coterie.comparison import Comparison, compare
from coterie.errors import CoterieError
from coterie.report.format import Format
from coterie.web.library import Library
from coterie.web.snapshot import Snapshot


def before(library: Library, found: Snapshot) -> str | None:
    """Return the number of the run before one; None where it is the first."""
    return next((number for number in library.numbers() if int(number) < int(found.number)), None)


def compared(library: Library, earlier: str, found: Snapshot) -> Comparison:
    """Return a run beside an earlier one, made once as long as the later run is open.

    Raises
    ------
    CoterieError
        If there is no such run, or one of them is not whole.
    """
    place = library.place(earlier)
    return found.once(("compared", earlier), lambda: compare(place, found.run))


def since(library: Library, found: Snapshot, words: Format) -> dict[str, Any] | None:
    """Say in a few figures what changed since the run before; None where there is none, or it cannot be read.

    Returns
    -------
    dict
        ``run``, ``as_of``, and ``figures``, each with ``label`` and ``value``.
    """
    earlier = before(library, found)
    if earlier is None:
        return None
    try:
        told = compared(library, earlier, found)
    except CoterieError:
        return None
    counts = told.counts
    named = (("moved", "moved to another segment"), ("stayed", "stayed"), ("new", "new"), ("gone", "gone"))
    return {
        "run": earlier,
        "as_of": words.day(told.before.manifest["as_of"], short=True),
        "figures": [{"label": label, "value": words.count(counts[key]), "key": key} for key, label in named],
    }
