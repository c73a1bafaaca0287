"""The start: the latest run is opened beside the imports of what shows it; what its first page does not need comes after that."""

from __future__ import annotations

import contextlib
import gc
import threading
from importlib import import_module

from coterie.errors import CoterieError
from coterie.web.library import Library
from coterie.web.movement import since
from coterie.web.settings import Settings

LATER = (
    "pyarrow.compute", "coterie.segments.reasons", "coterie.assignment", "coterie.comparison", "coterie.exports", "coterie.recipe",
)  # fmt: skip
"""Imported where they are used, which is not on the first page."""


def opened(settings: Settings) -> Library:
    """Return the library of a server's folder; nothing is read yet."""
    return Library(
        settings.runs,
        locale=settings.locale,
        currency=settings.currency,
        beside=lambda library, found: since(library, found, found.words),
    )


def begin(library: Library) -> None:
    """Open the latest run in a thread: DuckDB reads while Python imports. Whatever is wrong with it, who asks is told."""
    threading.Thread(target=_look, args=(library,), name="opening", daemon=True).start()


def settle(library: Library) -> None:
    """Look at all of the run that answers, and only then load and make what its first page did not need and others will."""
    from coterie.web.pages.rendering import ready

    library.check()
    ready()
    library.settle()
    for module in LATER:
        import_module(module)
    # All of it stays as long as the process: no search for cycles needs to look at it again.
    gc.freeze()


def _look(library: Library) -> None:
    with contextlib.suppress(CoterieError, OSError):
        library.current()
