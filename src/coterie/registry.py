"""One small class for every registry: features, rules, metrics, algorithms, transforms, exports."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from coterie.errors import RecipeError


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The key it is registered under."""


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Named entries in the order they were added; docs, CLI choices and tests walk it.

    Parameters
    ----------
    noun : str
        What one entry is called in an error, e.g. ``"feature"``.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._entries: dict[str, T] = {}

    def add(self, entry: T) -> T:
        """Register an entry under its name and return it.

        Raises
        ------
        ValueError
            If the name is taken.
        """
        if entry.name in self._entries:
            raise ValueError(f"{self.noun} {entry.name!r} is registered twice")
        self._entries[entry.name] = entry
        return entry

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            close = difflib.get_close_matches(name, self._entries, n=1)
            raise RecipeError(
                f"There is no {self.noun} called {name!r}.",
                found=f"{self.noun}s: {', '.join(self._entries)}.",
                fix=f"did you mean {close[0]!r}?" if close else f"choose one of the {self.noun}s above.",
                code=f"unknown_{self.noun}",
            )
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def names(self) -> list[str]:
        """Return the names in order of registration."""
        return list(self._entries)
