"""Libraries that only some formats need, named where one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from coterie.errors import ExportError


def needed(module: str, *, extra: str) -> Any:
    """Import a library of an extra.

    Parameters
    ----------
    module : str
        What to import.
    extra : str
        The extra that brings it.

    Raises
    ------
    ExportError
        If it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ExportError(
            f"This needs {module.split('.')[0]}.",
            found=f"no module {error.name!r} in this environment.",
            fix=f"pip install 'coterie[{extra}]'",
            code="not_installed",
        ) from None
