"""The formats a run can leave in, by registration: one file of this folder a format."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coterie.errors import RecipeError
from coterie.exports.files import placed
from coterie.registry import Registry
from coterie.runs import Run


@dataclass(frozen=True)
class Export:
    """A format.

    Parameters
    ----------
    name : str
        What ``--to`` takes.
    meaning : str
        What is written, in a few words.
    suffix : str
        Of the default file name.
    write : callable
        ``(run, path, **options)``; a dict that it returns is what ``--json`` adds.
    options : frozenset of str
        Flags it takes, by parameter name, such as ``"dialect"``; another one is refused.
    several : bool
        Whether it may write several files, which it puts in place itself; else ``write`` gets a path beside the target, and the
        file is renamed to it once it is whole.
    """

    name: str
    meaning: str
    suffix: str
    write: Callable[..., object]
    options: frozenset[str] = frozenset()
    several: bool = False

    def __call__(self, run: Run, path: Path, **options: Any) -> dict[str, Any]:
        """Write a run to a path, whole or not at all; an option of None is one that nobody gave.

        Raises
        ------
        RecipeError
            If the format does not take an option.
        """
        given = given_options(self.name, self.options, options)
        with nullcontext(path) if self.several else placed(path) as place:
            added = self.write(run, place, **given)
        return added if isinstance(added, dict) else {}


def given_options(place: str, taken: frozenset[str], options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that somebody gave.

    Parameters
    ----------
    place : str
        What ``--to`` says, for the message.
    taken : frozenset of str
        Those it takes.
    options : dict
        All of them, None where nobody gave one.

    Raises
    ------
    RecipeError
        If one is given that it does not take.
    """
    given = {name: value for name, value in options.items() if value is not None}
    foreign = [name for name in given if name not in taken]
    if foreign:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(taken))
        raise RecipeError(
            f"--to {place} takes no --{foreign[0].replace('_', '-')}.",
            found=f"flags of {place}: {flags or 'none'}.",
            fix="leave it out, or name another format.",
            code="unknown_option",
        )
    return given


EXPORTS: Registry[Export] = Registry("format")
