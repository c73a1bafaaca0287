"""Who moved between two runs, as the pages tell it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from coterie.errors import CoterieError, RunError
from coterie.report.format import Format
from coterie.runs import open_run
from coterie.web.library import Library
from coterie.web.snapshot import Snapshot

if TYPE_CHECKING:
    from coterie.comparison import Comparison

KEPT = 3
"""Earlier runs that one run stays compared with."""


class Compared:
    """A run beside earlier ones, each made by whoever asks first; the last few are kept as long as the run is open.

    Parameters
    ----------
    found : Snapshot
        The later run.
    """

    def __init__(self, found: Snapshot) -> None:
        self._found = found
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Comparison] = OrderedDict()

    def with_(self, library: Library, earlier: str) -> Comparison:
        """Return the comparison with an earlier run; one is made at a time."""
        from coterie.comparison import compare

        place = library.place(earlier)
        with self._lock:
            if earlier not in self._made:
                try:
                    self._made[earlier] = compare(place, self._found.run)
                except (KeyError, TypeError, ValueError) as error:
                    raise _other_shape(earlier, self._found.number, error) from None
                while len(self._made) > KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(earlier)
            return self._made[earlier]


def before(library: Library, found: Snapshot) -> str | None:
    """Return the number of the run before one; None where it is the first."""
    return next((number for number in library.numbers() if int(number) < int(found.number)), None)


def compared(library: Library, earlier: str, found: Snapshot) -> Comparison:
    """Return a run beside an earlier one.

    Raises
    ------
    CoterieError
        If there is no such run, or one of them is not whole, or of another shape.
    """
    return found.once("compared", lambda: Compared(found)).with_(library, earlier)


def since(library: Library, found: Snapshot, words: Format, *, hasty: bool = False) -> dict[str, Any] | None:
    """Say in a few figures what changed since the run before; None where there is none, or it cannot be read.

    Returns
    -------
    dict
        ``run``, ``as_of``, and ``figures``, each with ``label`` and ``value``; no figures where a hasty page cannot wait
        for them to be counted.
    """
    earlier = before(library, found)
    if earlier is None:
        return None
    try:
        run = open_run(library.place(earlier))
        counts = {} if hasty else compared(library, earlier, found).counts
    except CoterieError:
        return None
    named = (("moved", "moved to another segment"), ("stayed", "stayed"), ("new", "new"), ("gone", "gone"))
    return {
        "run": earlier,
        "as_of": words.day(run.manifest["as_of"], short=True),
        "figures": [{"label": label, "value": words.count(counts[key]), "key": key} for key, label in named if key in counts],
    }


def _other_shape(earlier: str, later: str, error: Exception) -> RunError:
    return RunError(
        f"Run {earlier} cannot be compared with run {later}.",
        found=f"a customer table or segments of another shape ({type(error).__name__}).",
        fix=f"compare with another run, or make {earlier} again.",
        code="other_shape",
    )
