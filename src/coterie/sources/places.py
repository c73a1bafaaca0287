"""Where lines may be computed with other than here, and what is asked for by ``--engine``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from coterie.engines.address import is_server, masked
from coterie.engines.there import There
from coterie.errors import InputError, RecipeError
from coterie.recipe import Recipe
from coterie.registry import Registry
from coterie.sources.lying import Lying
from coterie.sources.postgres import lie_in_postgres, postgres_there


@dataclass(frozen=True)
class Asked:
    """What a run was asked for.

    Parameters
    ----------
    inputs : path, address, frame, or list of them
        Where the lines are.
    recipe : Recipe
        How they are read.
    master : str, optional
        Of a Spark cluster.
    memory : str, optional
        Such as ``"2GB"``.
    """

    inputs: Any
    recipe: Recipe
    master: str | None = None
    memory: str | None = None


@dataclass(frozen=True)
class Computing:
    """A kind of place.

    Parameters
    ----------
    name : str
        What ``--engine`` takes.
    meaning : str
        Where lines are cleaned and counted, in words.
    open : callable
        Of what was asked, gives a context of the place, and of a function that looks at the lines there; of None, if lines are
        read here.
    """

    name: str
    meaning: str
    open: Callable[[Asked], AbstractContextManager[tuple[There, Callable[[], Lying]] | None]]


PLACES: Registry[Computing] = Registry("engine")


def open_place(engine: str, asked: Asked) -> AbstractContextManager[tuple[There, Callable[[], Lying]] | None]:
    """Open the place that an engine's name means; with it comes a function that looks at the lines there.

    Raises
    ------
    RecipeError
        If there is no such engine, or it has no master.
    InputError
        If the inputs are not where it could compute with them.
    """
    chosen = PLACES[engine]
    if asked.master is not None and engine != "spark":
        raise RecipeError(
            "--master is for --engine spark.",
            found=f"--engine {engine}.",
            fix=f"--engine spark --master {asked.master}, or leave --master out.",
            code="no_master",
        )
    return chosen.open(asked)


@contextmanager
def _postgres(asked: Asked) -> Iterator[tuple[There, Callable[[], Lying]]]:
    given = list(asked.inputs) if isinstance(asked.inputs, (list, tuple)) else [asked.inputs]
    if len(given) != 1 or not is_server(given[0]):
        raise InputError(
            "--engine postgres computes where the lines lie, in one database.",
            found=", ".join(masked(one) if isinstance(one, str) else type(one).__name__ for one in given[:5]) + ".",
            fix="one postgresql:// URL with --table or --query; or leave --engine out.",
            code="not_there",
        )
    with postgres_there(given[0], asked.recipe.reading) as there:
        yield there, lambda: lie_in_postgres(there, given[0], asked.recipe)


@contextmanager
def _spark(asked: Asked) -> Iterator[tuple[There, Callable[[], Lying]]]:
    from coterie.sources.spark import lie_in_spark, spark_there

    with spark_there(asked.master, asked.memory) as there:
        yield there, lambda: lie_in_spark(there, asked.inputs, asked.recipe)


PLACES.add(Computing("duckdb", "here, beside the program", lambda asked: nullcontext(None)))
PLACES.add(Computing("postgres", "in the PostgreSQL that the lines lie in", _postgres))
PLACES.add(Computing("spark", "on a Spark cluster, or this machine's cores by Spark", _spark))
