"""Where lines may be computed with other than here, and what is asked for by ``--engine``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from coterie.engines.address import is_server
from coterie.engines.there import There
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.registry import Registry
from coterie.sources.lying import Lying
from coterie.sources.postgres import lie_in_postgres, postgres_there


@dataclass(frozen=True)
class Computing:
    """A kind of place.

    Parameters
    ----------
    name : str
        What ``--engine`` takes.
    meaning : str
        In words.
    open : callable
        Of inputs and recipe, gives a context of the place; of None, if lines are read and kept here.
    lie : callable
        Of the place, inputs and recipe, gives what lies there.
    """

    name: str
    meaning: str
    open: Callable[[Any, Recipe], AbstractContextManager[There | None]]
    lie: Callable[[There, Any, Recipe], Lying]


PLACES: Registry[Computing] = Registry("engine")


def open_place(engine: str, inputs: Any, recipe: Recipe) -> AbstractContextManager[There | None]:
    """Open the place that an engine's name means.

    Raises
    ------
    RecipeError
        If there is no such engine.
    InputError
        If the inputs are not where it could compute with them.
    """
    return PLACES[engine].open(inputs, recipe)


def lie(engine: str, there: There, inputs: Any, recipe: Recipe) -> Lying:
    """Look at inputs where they lie."""
    return PLACES[engine].lie(there, inputs, recipe)


def _nowhere(there: There, inputs: Any, recipe: Recipe) -> Lying:
    raise AssertionError("lines that are read here lie nowhere else")


def _database(inputs: Any) -> str:
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if len(given) == 1 and is_server(given[0]):
        return str(given[0])
    raise InputError(
        "--engine postgres computes where the lines lie, in one database.",
        found=", ".join(str(one) if isinstance(one, str) else type(one).__name__ for one in given[:5]) + ".",
        fix="one postgresql:// URL with --table or --query; or leave --engine out.",
        code="not_there",
    )


PLACES.add(Computing("duckdb", "here", lambda inputs, recipe: nullcontext(None), _nowhere))
PLACES.add(
    Computing(
        "postgres",
        "in the PostgreSQL that the lines lie in",
        lambda inputs, recipe: postgres_there(_database(inputs), recipe.reading),
        lambda there, inputs, recipe: lie_in_postgres(there, _database(inputs), recipe),
    )
)
