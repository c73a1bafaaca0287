"""The story, top-down: transaction lines in, a published run out."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from coterie.cleaning import Cleaned, clean
from coterie.clustering import ALGORITHMS, Month, Sweep, calibrate, choose, feasible_ks, fit_candidates, not_given
from coterie.engines import Engine, open_engine
from coterie.features import Customers, Feature, compute_customers, plan_features
from coterie.history import earlier_months
from coterie.model import SegmentModel
from coterie.publish import write_run
from coterie.recipe import Recipe
from coterie.report import bundle
from coterie.runs import Run, open_run, reserve
from coterie.scaling import Scaling, fit_scaling
from coterie.segments import describe
from coterie.sensitivity import neighbours, sensitivity
from coterie.sources import read_lines

Progress = Callable[[str, int, int], None]


def run(
    inputs: Any,
    recipe: str | Path | Recipe = "default",
    *,
    out: str | Path = "coterie-runs",
    keep_lines: bool = False,
    progress: Progress | None = None,
    created: str | None = None,
    memory_limit: str | None = None,
    **overrides: Any,
) -> Run:
    """Turn transaction lines into a published run.

    Parameters
    ----------
    inputs : path, frame, or sequence of them
        CSV, Parquet, Excel or DuckDB files, globs; or a pandas, Polars or PyArrow frame.
    recipe : str, Path or Recipe, default "default"
        A built-in recipe's name, a TOML file, or a recipe.
    out : path, default "coterie-runs"
        Folder of runs.
    keep_lines : bool, default False
        Also write the cleaned lines as ``lines.csv``.
    progress : callable, optional
        Told ``(stage, done, total)``.
    created : str, optional
        Time stamp for the manifest; the clock is never read.
    memory_limit : str, optional
        Of the engine, such as ``"2GB"``; beyond it, it spills to disk.
    **overrides
        Keys of the recipe: ``as_of``, ``k``, ``mapping``, ``reading={...}`` and so on.

    Raises
    ------
    CoterieError
        Whatever is wrong with the input, the recipe or the folder.
    """
    told = progress or (lambda stage, done, total: None)
    import_ahead("sklearn.cluster", "sklearn.metrics", "scipy.spatial.distance")
    chosen = (recipe if isinstance(recipe, Recipe) else Recipe.load(recipe)).override(overrides)
    with reserve(Path(out)) as reserved, open_engine(memory_limit=memory_limit) as engine:
        told("reading", 0, 0)
        lines = read_lines(engine, inputs, chosen, as_of=chosen.as_of)
        cleaned = clean(engine, lines, chosen)
        count = cleaned.ledger.lines
        told("reading", count["read"], count["read"])
        told("cleaning", count["kept"], count["kept"])
        as_of = chosen.as_of or day_after(cleaned)
        customers = customers_of(engine, cleaned, chosen, as_of)
        told("features", len(customers.ids), len(customers.ids))
        used, left_out, scaling, points = scaled(customers, chosen)
        months = earlier_months(engine, cleaned, customers, used, chosen, as_of)
        sweep = swept(customers, points, chosen, told, months)
        beside = {
            "neighbours": neighbours(sweep.candidates, sweep.chosen),
            "sensitivity": sensitivity(engine, cleaned, customers, used, points, sweep.chosen, chosen, as_of),
            "calibration": calibrated(points, sweep, chosen),
        }
        buying = customers.buying
        labels = sweep.chosen.partition.labels
        population, segments = describe({name: values[buying] for name, values in customers.columns.items()}, labels)
        told("segments", len(segments), len(segments))
        names = [(segment.segment_id, segment.name) for segment in segments]
        model = SegmentModel.from_parts(
            features=[fitted_range(feature, customers) for feature in used],
            scaling=scaling,
            centers=sweep.chosen.partition.centers,
            segments=names,
            about={
                "recipe": chosen.model_dump(mode="json"),
                "as_of": as_of.isoformat(),
                "algorithm": chosen.clustering.algorithm,
                "chosen_by": sweep.chosen_by,
                "verdict": sweep.verdict,
                "data": sorted(one.sha256 for one in lines.inputs),
                "versions": versions(),
            },
            assigns=len(names) == 1 or ALGORITHMS[chosen.clustering.algorithm].can_predict,
        )
        told("publishing", 0, 0)
        published = write_run(
            engine,
            reserved,
            recipe=chosen,
            as_of=as_of,
            cleaned=cleaned,
            customers=customers,
            sweep=sweep,
            beside=beside,
            model=model,
            population=population,
            segments=segments,
            left_out=left_out,
            created=created,
            versions=versions(),
            keep_lines=keep_lines,
        )
    return open_run(published)


def import_ahead(*modules: str) -> None:
    """Import modules and build the charts' script while the engine reads: it leaves Python idle, and they take a second."""

    def ahead() -> None:
        for name in modules:
            import_module(name)
        bundle()

    threading.Thread(target=ahead, daemon=True).start()


def day_after(cleaned: Cleaned) -> datetime.date:
    """Return the day after the last readable line."""
    last = cleaned.ledger.last
    return (last.date() if last else datetime.date(1970, 1, 1)) + datetime.timedelta(days=1)


def customers_of(engine: Engine, cleaned: Cleaned, recipe: Recipe, as_of: datetime.date) -> Customers:
    """Compute the customer table of cleaned lines."""
    plan = plan_features(recipe.features, cleaned.lines.available)
    return compute_customers(engine, plan, cleaned.table, cleaned.returned, as_of)


def scaled(
    customers: Customers, recipe: Recipe
) -> tuple[Sequence[Feature], list[dict[str, str]], Scaling, np.ndarray[Any, np.dtype[np.float64]]]:
    """Scale the features that tell customers apart; a constant one is left out, with its reason."""
    rows = customers.buying
    values = customers.matrix(customers.plan.use, rows)
    varies = [len(values) > 0 and bool(np.ptp(values[:, i]) > 0) for i in range(values.shape[1])]
    used = [f for f, v in zip(customers.plan.use, varies, strict=True) if v] or list(customers.plan.use)
    left_out = [
        {"feature": customers.plan.published[f.name], "why": "It is the same for every customer."}
        for f in customers.plan.use
        if f not in used
    ]
    kept = values[:, [customers.plan.use.index(f) for f in used]]
    published = [customers.plan.published[f.name] for f in used]
    if not len(kept):
        return used, left_out, Scaling(recipe.scaling.method, ()), kept
    scaling = fit_scaling(recipe.scaling.method, kept, published, [f.can_be_zero for f in used])
    return used, left_out, scaling, scaling(kept)


def swept(
    customers: Customers,
    points: np.ndarray[Any, np.dtype[np.float64]],
    recipe: Recipe,
    progress: Progress,
    months: Sequence[Month],
) -> Sweep:
    """Fit every k and choose one."""
    ks, notes = feasible_ks(points, recipe.clustering, recipe.k)
    spend = customers.columns.get(customers.plan.published.get("total_spend", ""))
    value = np.zeros(len(points)) if spend is None else spend[customers.buying]
    candidates = fit_candidates(points, value, recipe.clustering, recipe.choice, ks, progress, months)
    notes += not_given(ks, [candidate.n_clusters for candidate in candidates], recipe.clustering, recipe.k)
    return choose(candidates, points, recipe.choice, recipe.k, notes)


def calibrated(
    points: np.ndarray[Any, np.dtype[np.float64]], sweep: Sweep, recipe: Recipe
) -> dict[str, Any] | None:
    """Hold the choice against data without clusters, where the recipe asks for it."""
    found = calibrate(points, sweep.chosen, recipe.clustering, recipe.choice, sweep.verdict)
    return found.as_dict() if found else None


def fitted_range(feature: Feature, customers: Customers) -> dict[str, Any]:
    """Return what the model keeps of a feature: names, SQL, unit, and the range it was fitted on."""
    name = customers.plan.published[feature.name]
    values = customers.columns[name][customers.buying]
    return {
        "feature": name,
        "registered": feature.name,
        "unit": feature.unit,
        "sql": feature.sql,
        "low": float(values.min()),
        "high": float(values.max()),
    }


def versions() -> dict[str, str]:
    """Return the versions that an answer may depend on."""
    return {name: version(name) for name in ("coterie", "duckdb", "numpy", "scikit-learn", "scipy")}
