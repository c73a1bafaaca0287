"""The story, top-down: transaction lines in, a published run out."""

from __future__ import annotations

import datetime
import threading
from concurrent.futures import Future
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coterie.aside import Aside
from coterie.cleaning import Cleaned, clean
from coterie.engines import Engine, open_engine
from coterie.features import Customers, compute_customers, plan_features
from coterie.recipe import Recipe
from coterie.runs import Run, open_run, reserve
from coterie.sources import read_lines
from coterie.sources.places import Asked, open_place

if TYPE_CHECKING:
    from coterie.answer import Progress


def run(
    inputs: Any,
    recipe: str | Path | Recipe = "default",
    *,
    out: str | Path = "coterie-runs",
    keep_lines: bool = False,
    keep_parts: bool = False,
    progress: Progress | None = None,
    created: str | None = None,
    memory_limit: str | None = None,
    like: str | Path | Run | None = None,
    engine: str = "duckdb",
    master: str | None = None,
    collect: int = 20_000_000,
    **overrides: Any,
) -> Run:
    """Turn transaction lines into a published run.

    Parameters
    ----------
    inputs : path, URL, frame, or sequence of them
        CSV, Parquet, Excel or DuckDB files, globs, folders of Parquet; ``postgresql://`` with ``reading={"table": ...}`` or
        ``{"query": ...}``; or a pandas, Polars or PyArrow frame.
    recipe : str, Path or Recipe, default "default"
        A built-in recipe's name, a TOML file, or a recipe.
    out : path, default "coterie-runs"
        Folder of runs.
    keep_lines : bool, default False
        Also write the cleaned lines as ``lines.csv``.
    keep_parts : bool, default False
        Also keep what `coterie.update` needs to add later deliveries.
    progress : callable, optional
        Told ``(stage, done, total)``.
    created : str, optional
        Time stamp for the manifest; the clock is never read.
    memory_limit : str, optional
        Of the engine, such as ``"2GB"``; beyond it, it spills to disk.
    like : Run or path, optional
        An earlier run: a segment with most of the same members keeps its id and the name that a person gave it.
    engine : {"duckdb", "postgres", "spark"}, default "duckdb"
        Where lines are cleaned and counted: here, in the PostgreSQL that they lie in, or on a Spark cluster.
    master : str, optional
        Of the Spark cluster, such as ``"spark://host:7077"``; default the application of this process, or this machine's cores.
    collect : int, default 20,000,000
        Customers who are collected from a Spark cluster at most; of more, a part drawn at random is clustered and judged here, and
        MLlib brings its centres to where all customers have them.
    **overrides
        Keys of the recipe: ``as_of``, ``k``, ``mapping``, ``reading={...}`` and so on.

    Raises
    ------
    CoterieError
        Whatever is wrong with the input, the recipe or the folder.
    """
    told = progress or (lambda stage, done, total: None)
    chosen = (recipe if isinstance(recipe, Recipe) else Recipe.load(recipe)).override(overrides)
    handed = None
    if like is not None:
        from coterie.comparison import lineage

        handed = lineage(like)
    import_ahead(chosen)
    with (
        reserve(Path(out)) as reserved,
        open_engine(memory_limit=memory_limit) as here,
        open_place(engine, Asked(inputs, chosen, master, memory_limit)) as place,
        Aside(place[0].close if place else here.close) as aside,
    ):
        told("reading", 0, 0)
        if place:
            from coterie.sql.there import clean_there

            there, look = place
            cleaned = clean_there(there, look(), chosen)
        else:
            cleaned = clean(here, read_lines(here, inputs, chosen, as_of=chosen.as_of), chosen)
        if keep_parts:
            from coterie.deliveries.parts import refuse_unkept, write_parts

            refuse_unkept(here, cleaned)
        count = cleaned.ledger.lines
        told("reading", count["read"], count["read"])
        told("cleaning", count["kept"], count["kept"])
        as_of = chosen.as_of or day_after(cleaned)
        everybody, part = None, cleaned
        if place and engine == "spark":
            from coterie.distributed import customers_there

            part, customers, everybody = customers_there(here, place[0], cleaned, chosen, as_of, most=collect)
            chosen = chosen.override({"value": {"enabled": False}}) if everybody else chosen
        else:
            customers = customers_of(here, cleaned, chosen, as_of)
        told("features", len(customers.ids), len(customers.ids))
        # Imported ahead.
        from coterie.answer import find_answer
        from coterie.publish import make_homes, write_run, write_tables

        parts = aside.call(write_parts, here, reserved.folder, reserved.number, cleaned, chosen, as_of) if keep_parts else None
        behind: dict[str, Future[Any]] = {}

        def once_chosen() -> None:
            # Countries first: the customers are written with them.
            if not everybody:
                behind["homes"] = aside.call(make_homes, here, cleaned)
            behind["tables"] = aside.call(write_tables, here, reserved.folder, cleaned, keep_lines=keep_lines)

        answer = find_answer(
            here, aside, part, customers, chosen, as_of, told, handed, everybody, once_chosen=once_chosen
        )  # fmt: skip
        told("publishing", 0, 0)
        kept = parts.result() if parts else None
        published = write_run(here, aside, reserved, answer, **behind, created=created, parts=kept, everybody=everybody)
    return open_run(published)


def import_ahead(recipe: Recipe) -> None:
    """Import what comes after the lines, and make what depends on no line, while the engine reads: it leaves Python idle."""

    def ahead() -> None:
        from coterie.clustering import ALGORITHMS

        later = ("coterie.answer", "scipy.optimize", "pyarrow.compute", "coterie.publish", "coterie.segments.reasons")
        # One that there is none of is refused in its place.
        algorithm = recipe.clustering.algorithm
        for name in (*(ALGORITHMS[algorithm].modules if algorithm in ALGORITHMS else ()), *later):
            import_module(name)
        from coterie.report import get_ready
        from coterie.versions import versions

        versions()
        get_ready(recipe.publishing.locale)

    threading.Thread(target=ahead, daemon=True).start()


def day_after(cleaned: Cleaned) -> datetime.date:
    """Return the day after the last readable line."""
    last = cleaned.ledger.last
    return (last.date() if last else datetime.date(1970, 1, 1)) + datetime.timedelta(days=1)


def customers_of(engine: Engine, cleaned: Cleaned, recipe: Recipe, as_of: datetime.date) -> Customers:
    """Compute the customer table of cleaned lines."""
    plan = plan_features(recipe.features, cleaned.lines.available)
    return compute_customers(engine, plan, cleaned.table, cleaned.returned, as_of, there=cleaned.engine)
