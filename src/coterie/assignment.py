"""A saved model on new customers: on their features, or on their transaction lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coterie.cleaning import clean
from coterie.engines import identifier, open_engine
from coterie.engines.address import is_server, is_store
from coterie.errors import ModelError
from coterie.model import SegmentModel
from coterie.pipeline import customers_of, day_after
from coterie.recipe import Recipe
from coterie.runs import Run, open_run
from coterie.sources import named_files, pointless, read_lines, read_table


def assign(model: str | Path | Run | SegmentModel, inputs: Any, **overrides: Any) -> Any:
    """Assign customers to a model's segments.

    Parameters
    ----------
    model : path, Run or SegmentModel
        A run, a ``model.json``, or a model.
    inputs : path, frame, or sequence of them
        Customers with the model's features as columns; or transaction lines, which are cleaned and added up by the model's recipe.
    **overrides
        Keys of the recipe for reading lines: ``mapping``, ``reading={...}``, ``as_of``.

    Returns
    -------
    pyarrow.Table
        ``customer_id``, the model's features, ``cluster`` (null for a customer who kept nothing), ``segment_id``, ``segment``,
        ``distance``, ``margin``, ``out_of_range``; sorted by id for lines, in the order given for customers.
    """
    import pyarrow

    found = _model_of(model)
    recipe = _reading(Recipe.model_validate(found.document["recipe"]), inputs, overrides)
    ids, columns = _given(found, inputs, recipe) or _added_up(inputs, recipe)
    assigned = found.assign(columns)
    nobody = assigned.cluster < 0
    return pyarrow.table(
        {
            "customer_id": pyarrow.array(ids, pyarrow.string()),
            **{name: _figures(columns[name]) for name in found.features},
            "cluster": pyarrow.array(assigned.cluster, mask=nobody),
            "segment_id": assigned.segment_id,
            "segment": assigned.segment,
            "distance": pyarrow.array(assigned.distance, mask=nobody),
            "margin": pyarrow.array(assigned.margin, from_pandas=True),
            "out_of_range": assigned.out_of_range,
        }
    )


def _model_of(given: str | Path | Run | SegmentModel) -> SegmentModel:
    if isinstance(given, Run):
        return given.model
    return given if isinstance(given, SegmentModel) else load_model(Path(given))


def _reading(recipe: Recipe, inputs: Any, overrides: Mapping[str, Any]) -> Recipe:
    """Return the model's recipe for reading this input: what was said of the old one's columns, day and sheets is not for it."""
    new = recipe.override({"mapping": {}, "as_of": None, "k": None, **overrides})
    given = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    servers = [item for item in given if is_server(item)]
    local = [item for item in given if isinstance(item, (str, Path)) and not (is_server(item) or is_store(item))]
    said = overrides.get("reading", {})
    not_said = {"table", "query"} - set(said) if {"table", "query"} & set(said) else set()
    old = pointless([file.path for file in named_files(local)], new.reading, servers=bool(servers)) | dict.fromkeys(not_said)
    return new.override({"reading": {key: usual for key, usual in old.items() if key not in said}})


def load_model(path: Path) -> SegmentModel:
    """Load a model from a run, from ``RUNS/latest``, or from a file."""
    return SegmentModel.load(path) if path.is_file() and path.name != "latest" else open_run(path).model


def _figures(values: Any) -> Any:
    """Return a feature as a column: whole numbers where it has no others, null where a customer has none."""
    import pyarrow

    known = np.isfinite(values)
    whole = bool((values[known] == np.floor(values[known])).all())
    return pyarrow.array(np.where(known, values, 0).astype(np.int64 if whole else float), mask=~known)


def _given(model: SegmentModel, inputs: Any, recipe: Recipe) -> tuple[Any, Mapping[str, Any]] | None:
    """Read customers whose features are given, and refuse a figure that is none; None where the input holds something else."""
    with open_engine() as engine:
        table = read_table(engine, inputs, recipe)
        if not {"customer_id", *model.features} <= set(engine.columns(table)):
            return None
        columns = ", ".join(f"try_cast({identifier(name)} AS DOUBLE) AS {identifier(name)}" for name in model.features)
        fetched = engine.arrays(f"SELECT customer_id::VARCHAR AS customer_id, {columns} FROM {table}")
    ids = fetched.pop("customer_id")
    refuse_no_figure(model, ids, fetched)
    return ids, fetched


def refuse_no_figure(model: SegmentModel, ids: Sequence[str], columns: Mapping[str, Any]) -> None:
    """Refuse customers without a figure, but those who kept nothing: of them the model knows enough.

    Parameters
    ----------
    model : SegmentModel
        Whose features count.
    ids : sequence of str, length n_customers
        For the message.
    columns : mapping of str to ndarray of shape (n_customers,)
        NaN where there is no figure.

    Raises
    ------
    ModelError
        With code ``not_a_number``.
    """
    logged = [c.feature for c in model.scaling.columns if c.function == "log"]
    kept_nothing = np.any([columns[name] <= 0 for name in logged], axis=0) if logged else np.zeros(len(ids), dtype=bool)
    for name in model.features:
        bad = np.flatnonzero(~np.isfinite(columns[name]) & ~kept_nothing)
        if len(bad):
            raise ModelError(
                f"{name} of customer {ids[bad[0]]} is not a number.",
                found=f"{len(bad)} of {len(ids)} rows without one.",
                fix="give every feature of every customer, or give transaction lines instead.",
                code="not_a_number",
            )


def _added_up(inputs: Any, recipe: Recipe) -> tuple[Any, Mapping[str, Any]]:
    """Clean transaction lines and add them up to customers, by the model's recipe."""
    with open_engine() as engine:
        lines = read_lines(engine, inputs, recipe, as_of=recipe.as_of)
        cleaned = clean(engine, lines, recipe)
        customers = customers_of(engine, cleaned, recipe, recipe.as_of or day_after(cleaned))
        return customers.ids, customers.columns
