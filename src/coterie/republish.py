"""An update's files: what was found with the model stays as it was found, and its segments are profiled on the customers of now."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from coterie.aside import Aside
from coterie.deliveries.together import Together
from coterie.document import seal
from coterie.engines import Engine, column, numbers
from coterie.errors import RunError
from coterie.features import Customers
from coterie.model import FULLY_RETURNED, SegmentModel
from coterie.publish import REASONS, rfm_of, scored_columns, write_customers
from coterie.recipe import Recipe
from coterie.report import build_report
from coterie.runs import Reserved, Run
from coterie.segments import Segment, describe
from coterie.segments.identity import RETURNED
from coterie.segments.migration import GONE, NEW, Migration, Standing, migrate
from coterie.versions import versions

WHOLE = "Every line was cleaned once more: this recipe's rules, features or lines leave no other way to be exact."


@dataclass(frozen=True)
class Updated:
    """What an update publishes.

    Parameters
    ----------
    recipe : Recipe
        The base's, with the day that was asked for.
    together : Together
        All deliveries.
    model : SegmentModel
        The base's, frozen.
    earlier : Earlier
        The base's customers.
    """

    recipe: Recipe
    together: Together
    model: SegmentModel
    earlier: Earlier


def publish_update(
    engine: Engine, aside: Aside, reserved: Reserved, base: Run, now: Updated, about: dict[str, Any], delivered: dict[str, Any],
    check: Callable[[], None],
) -> Path:  # fmt: skip
    """Write every file of an update that is not written yet, and publish it.

    Parameters
    ----------
    engine : Engine
        Holds the customers.
    aside : Aside
        Writes the customers while they are profiled and the report is built.
    reserved : Reserved
        Where the files go.
    base : Run
        The run that is updated.
    now : Updated
        What is published.
    about, delivered : dict
        Of the manifest: its keys that are not the base's, and what was delivered.
    check : callable
        Called last before the run is published; it raises where that must not be.
    """
    customers, model, earlier = now.together.customers, now.model, now.earlier
    buying = customers.buying
    clusters = np.where(buying, model.assign(customers.columns).cluster, np.int32(-1)).astype(np.int32)
    labels = clusters[buying]
    _refuse_empty(model, labels)
    rfm = rfm_of(customers)
    ids = column(customers.ids)
    moved = _moved(earlier.standing, customers, ids, clusters, model)
    scored = scored_columns(customers, rfm)
    silent = _gone_silent(earlier.silent, ids, scored)
    names = np.array([*(name for _, name in moved.before), ""], dtype=object)
    origin = moved.origin[moved.target < len(moved.after)]
    scored["previous_segment"] = column(names[origin], origin == len(moved.before))
    table: Future[None] = Future()
    listed = aside.call(
        write_customers, engine, reserved.folder, customers, model, clusters, scored, now.recipe, now.together.homes.result(),
        _reasons(earlier, customers, ids, clusters, model), then=lambda: table.set_result(None),
    )  # fmt: skip
    population, segments = _profiled(customers, labels, now)
    reserved.write("ledger.json", {**now.together.ledger.as_dict(), "fully_returned": int((~buying).sum())})
    reserved.write("sweep.json", {**base.sweep, "inherited_from": base.sweep.get("inherited_from", base.number)})
    reserved.write("segments.json", _segments(base, population, segments, customers, labels, rfm))
    model.save(reserved.folder)
    kept = {key: value for key, value in base.manifest.items() if key not in ("outputs", "sha256", "renamed_from")}
    manifest = {
        **kept,
        **about,
        "run": reserved.number,
        "recipe": now.recipe.model_dump(mode="json"),
        "as_of": now.together.as_of.isoformat(),
        "versions": versions(),
        "notes": _notes(base, delivered),
        "updated_from": base.number,
        "update": {**delivered, **_deltas(moved, silent)},
    }
    reserved.write("manifest.json", seal({**manifest, "outputs": {}}))
    # The report reads the table; the list is written beside it.
    if listed in wait((table, listed), return_when=FIRST_COMPLETED).done:
        listed.result()
    (reserved.folder / "report.html").write_text(build_report(reserved.folder), encoding="utf-8")
    listed.result()
    check()
    return reserved.publish(manifest, known=now.together.linked)


def _profiled(customers: Customers, labels: Any, now: Updated) -> tuple[dict[str, Any], list[Segment]]:
    """Describe the population and the model's segments, under their own ids and names."""
    columns = {name: values[customers.buying] for name, values in customers.columns.items()}
    population, fresh = describe(columns, labels, published=customers.plan.published, currency=now.recipe.reading.currency)
    known = {one["cluster"]: one for one in now.model.segments}
    return population, [replace(one, segment_id=known[one.cluster]["segment_id"], name=known[one.cluster]["name"]) for one in fresh]


def _segments(
    base: Run, population: dict[str, Any], segments: list[Segment], customers: Customers, labels: Any, rfm: Any
) -> dict[str, Any]:
    """Return ``segments.json``: rules and what is typical of a basket were found with the model; nothing is forecast anew."""
    earlier = {one["segment_id"]: one for one in base.segments["segments"]}
    told = []
    for segment in segments:
        was = earlier[segment.segment_id]
        told.append({**segment.as_dict(), "top": was["top"], "rule": was["rule"], "ahead": None})
    buying = customers.buying
    return {
        **base.segments,
        "population": population,
        "segments": told,
        "ahead": None,
        "fully_returned": {"customers": int((~buying).sum())},
        "rfm": {
            **rfm.summary(customers.named("total_spend")[buying]),
            "crossed": rfm.crossed(labels, [segment.segment_id for segment in segments]),
        }
        if rfm
        else None,
    }


@dataclass(frozen=True)
class Earlier:
    """What the earlier run published of its customers.

    Parameters
    ----------
    standing : Standing
        Where they stand.
    silent : pyarrow.Array or None
        Ids of those who were silent for longer than ever before; None where the run cannot say.
    told : pyarrow.Table or None
        Why they were where they were, and of what figures that was said; None where another version said so.
    """

    standing: Standing
    silent: Any
    told: Any


def read_earlier(base: Run) -> Earlier:
    """Read what the earlier run published of its customers, but for what is not needed."""
    import pyarrow.compute
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(base.file("customers.parquet"))
    there = set(file.schema_arrow.names)
    spend = base.manifest["recipe"]["features"].get("rename", {}).get("total_spend", "total_spend")
    telling = {*REASONS, "cluster", *base.model.features}
    same = base.manifest["versions"] == versions() and telling <= there
    wanted = {"customer_id", "segment_id", *({spend, "at_risk"} & there), *(telling if same else ())}
    read = file.read(columns=sorted(wanted)).combine_chunks()
    ids = _whole(read["customer_id"])
    places = [(one["segment_id"], one["name"]) for one in base.segments["segments"]]
    if base.segments["fully_returned"]["customers"]:
        places.append((RETURNED, FULLY_RETURNED))
    place = pyarrow.compute.index_in(_whole(read["segment_id"]), value_set=column([one for one, _ in places]))
    value = _figures(read[spend]) if spend in there else None
    silent = ids.filter(_whole(read["at_risk"])) if "at_risk" in there else None
    standing = Standing(ids, tuple(places), numbers(place, -1).astype(np.intp), value)
    return Earlier(standing, silent, read if same else None)


def _whole(chunked: Any) -> Any:
    """Return a column that was read as one array."""
    return chunked.combine_chunks() if chunked.num_chunks != 1 else chunked.chunk(0)


def _figures(chunked: Any) -> Any:
    """Return a column that was read as floats, NaN where there is none."""
    return numbers(_whole(chunked).cast("double"), np.nan)


def _reasons(earlier: Earlier, customers: Customers, ids: Any, clusters: Any, model: SegmentModel) -> dict[str, Any]:
    """Return why customers are where they are: of whoever stands there by the same figures, it was said before."""
    import pyarrow
    import pyarrow.compute

    columns = {name: customers.columns[name] for name in model.features}
    told = earlier.told
    if told is None:
        return model.explain(columns, clusters).table()
    row = numbers(pyarrow.compute.index_in(ids, value_set=earlier.standing.ids), -1)
    stays = row >= 0
    for name, values in (columns | {"cluster": np.where(clusters < 0, np.nan, clusters)}).items():
        stays[stays] = _figures(told[name])[row[stays]] == values[stays]
    fresh = model.explain({name: values[~stays] for name, values in columns.items()}, clusters[~stays]).table()
    place = column(np.where(stays, row, len(earlier.standing.ids) - 1 + np.cumsum(~stays)))
    return {name: pyarrow.concat_arrays([_whole(told[name]).cast(new.type), new]).take(place) for name, new in fresh.items()}


def _moved(earlier: Standing, customers: Customers, ids: Any, clusters: Any, model: SegmentModel) -> Migration:
    places = (*((one["segment_id"], one["name"]) for one in model.segments), (RETURNED, FULLY_RETURNED))
    place = np.where(clusters < 0, len(places) - 1, clusters).astype(np.intp)
    spend = customers.columns.get(customers.plan.published.get("total_spend", ""))
    return migrate(earlier, Standing(ids, places, place, spend))


def _gone_silent(earlier: Any, ids: Any, scored: dict[str, Any]) -> int | None:
    """Count who is silent for longer than ever before, and was not in the earlier run."""
    import pyarrow.compute

    if "at_risk" not in scored or earlier is None:
        return None
    before = pyarrow.compute.is_in(ids.filter(scored["at_risk"]), value_set=earlier)
    return int(len(before) - before.true_count)


def _deltas(moved: Migration, silent: int | None) -> dict[str, Any]:
    cells = [{key: cell[key] for key in ("from", "to", "customers")} for cell in moved.cells()]
    return {
        "new": sum(one["customers"] for one in cells if one["from"] == NEW),
        "gone": sum(one["customers"] for one in cells if one["to"] == GONE),
        "stayed": sum(one["customers"] for one in cells if one["from"] == one["to"]),
        "moved": sum(one["customers"] for one in cells if one["from"] != one["to"] and one["from"] != NEW and one["to"] != GONE),
        "gone_silent": silent,
        "cells": cells,
    }


def _notes(base: Run, delivered: dict[str, Any]) -> list[str]:
    source = base.sweep.get("inherited_from", base.number)
    frozen = f"The segments are those of run {source}: "
    own = [
        f"{frozen}its choice of k, its rules and its typical products stand here as they were found, and nothing is forecast; "
        "a full run finds all of it anew."
    ]
    if delivered["whole"]:
        own.append(WHOLE)
    return [*(note for note in base.manifest["notes"] if not note.startswith(frozen) and note != WHOLE), *own]


def _refuse_empty(model: SegmentModel, labels: Any) -> None:
    empty = [one for one in model.segments if not (labels == one["cluster"]).any()]
    if empty:
        raise RunError(
            f"Segment {empty[0]['name']} ({empty[0]['segment_id']}) has no customer left.",
            found=f"{len(labels):,} customers in the other segments.",
            fix="coterie run FILES --keep-parts, for segments that fit the customers of now.",
            code="empty_segment",
        )
