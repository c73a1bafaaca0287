"""The recipe of a command: the one that was named, else ``coterie.toml`` in the folder, else the built-in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coterie.cli.terminal import say
from coterie.errors import InputError

FILE = Path("coterie.toml")
_OF_THE_RECIPE = frozenset({"columns", "half_export", "date_format", "ambiguous_number", "currency", "encoding", "choose_one"})
"""Refusals of an input that a recipe made for another one may be the cause of."""


@contextmanager
def found_recipe(named: str | None) -> Iterator[str]:
    """Give the recipe to use, and say on stderr where one was found; a refusal that it may be the cause of names it.

    Parameters
    ----------
    named : str or None
        What ``--recipe`` says.
    """
    if named is not None or not FILE.is_file():
        yield named or "default"
        return
    say(f"Recipe: {FILE}, found in this folder.")
    try:
        yield str(FILE)
    except InputError as refusal:
        if refusal.code not in _OF_THE_RECIPE:
            raise
        fix = f"{refusal.fix} Or mend {FILE}, whose mapping and reading hold here; --recipe default does without."
        raise type(refusal)(refusal.wrong, found=refusal.found, fix=fix, code=refusal.code) from None
