"""A name that a person approved: published as a new run beside the old one, which stays as it is."""

from __future__ import annotations

import csv
import difflib
import os
import shutil
from pathlib import Path
from typing import Any

from coterie.cells import guarded
from coterie.document import encode, seal
from coterie.engines import identifier, literal, open_engine
from coterie.errors import BusyError, RecipeError
from coterie.model import FULLY_RETURNED, SegmentModel, model_file
from coterie.publish import publish_reported
from coterie.runs import Run, open_run, reserve
from coterie.segments.approved import LONGEST_NOTE, Approval, approved_name, approved_text

_NAMES = ("segment", "nearest")
"""Columns of the customers whose cells are names of segments."""


def rename(
    run: Run | str | Path,
    old: str,
    new: str,
    *,
    reason: str,
    by: str,
    at: str | None = None,
    out: str | Path | None = None,
) -> Run:
    """Publish a run again with another name for one of its segments, and who gave it why.

    Parameters
    ----------
    run : Run or path
        The run; it is not changed.
    old : str
        The segment's name, or its id.
    new : str
        Its name from now on, from 1 to 60 characters.
    reason : str
        Why, in a sentence.
    by : str
        Who says so.
    at : str, optional
        Time stamp; the clock is never read.
    out : path, optional
        Folder of runs; default the one that holds the run.

    Returns
    -------
    Run
        The new run; ``latest`` points to it. It differs from the old one in the name alone, and its model lists every
        name that was given under ``approved``.

    Raises
    ------
    CoterieError
        If there is no such run or segment, the name cannot be one, the run is damaged, or its folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> import coterie as ct
    >>> folder = tempfile.mkdtemp()
    >>> first = ct.run(ct.simulate(60, seed=1).lines, k=2, out=folder, choice={"n_bootstrap": 0, "n_months": 0})
    >>> second = ct.rename(first, "s1", "Loyal", reason="What the shop calls them.", by="Ada")
    >>> second.number, second.manifest["renamed_from"], second.segments["segments"][0]["name"]
    ('000002', '000001', 'Loyal')
    """
    opened = run if isinstance(run, Run) else open_run(run)
    approval = _approval(opened, old, new, reason, by, at)
    with reserve(Path(out) if out is not None else opened.path.resolve().parent) as reserved:
        written = {"manifest.json", "report.html", *_rewritten(opened, reserved.folder, approval)}
        for name in opened.manifest["outputs"]:
            if name not in written:
                _placed(opened.file(name), reserved.folder / name)
        kept = {key: value for key, value in opened.manifest.items() if key not in ("outputs", "sha256")}
        manifest = {**kept, "run": reserved.number, "created": at, "renamed_from": opened.number}
        _refuse_overtaken(run, opened)
        published = publish_reported(reserved, manifest)
    return open_run(published)


def _approval(run: Run, old: str, new: str, reason: str, by: str, at: str | None) -> Approval:
    segments = run.segments["segments"]
    found = next((s for s in segments if old in (s["name"], s["segment_id"])), None)
    if found is None:
        raise _unknown(old, segments)
    taken = [FULLY_RETURNED, "returned", *(s[key] for s in segments if s is not found for key in ("name", "segment_id"))]
    name = approved_name(new, taken)
    if name == found["name"]:
        raise RecipeError(
            f"{old!r} is called {name!r} already.",
            found="nothing to change.",
            fix="give another name.",
            code="same_name",
        )
    return Approval(
        segment_id=found["segment_id"],
        name=name,
        was=found["name"],
        by=approved_text(by, "--by", "person", LONGEST_NOTE),
        reason=approved_text(reason, "--reason", "reason", LONGEST_NOTE),
        at=at,
    )


def _unknown(old: str, segments: list[dict[str, Any]]) -> RecipeError:
    said = {key.casefold(): key for s in segments for key in (s["segment_id"], s["name"])}
    listed = ", ".join(f"{s['name']} ({s['segment_id']})" for s in segments)
    close = difflib.get_close_matches(old.casefold(), said, n=1, cutoff=0.5)
    return RecipeError(
        f"There is no segment {old!r}.",
        found=f"segments: {listed}.",
        fix=f"did you mean {said[close[0]]!r}?" if close else "give one of the names or ids above.",
        code="unknown_segment",
    )


def _rewritten(run: Run, folder: Path, approval: Approval) -> list[str]:
    """Write the files that tell the name, and return what they are called."""
    written = [run.file(name) for name in ("segments.json", model_file(run.path).name)]
    model = _model(written[1], approval)
    model.save(folder)
    told = {**run.segments, "segments": _named(run.segments["segments"], approval)}
    (folder / "segments.json").write_bytes(encode(told))
    return [*(path.name for path in written), *_customers(run, folder, approval, model)]


def _model(path: Path, approval: Approval) -> SegmentModel:
    document = SegmentModel.load(path, assigning=False).document
    approved = [*document.get("approved", []), approval.as_dict()]
    return SegmentModel(seal({**document, "segments": _named(document["segments"], approval), "approved": approved}))


def _named(segments: list[dict[str, Any]], approval: Approval) -> list[dict[str, Any]]:
    return [{**s, "name": approval.name} if s["segment_id"] == approval.segment_id else s for s in segments]


def _customers(run: Run, folder: Path, approval: Approval, model: SegmentModel) -> list[str]:
    """Write the customers with the name in every cell that is one; a list without a name is left to be taken over."""
    with run.file("customers.csv").open(newline="", encoding="utf-8") as file:
        listed = next(csv.reader(file))
    with open_engine() as engine:
        engine.register("customers", _explained(run.customers("arrow"), model))
        types = engine.columns("customers")
        # Whole cells only: a name may be a word of any sentence.
        cells = [
            f"CASE WHEN {name} = {literal(approval.was)} THEN {literal(approval.name)} ELSE {name} END AS {name}"
            for name in _NAMES
            if name in types
        ]
        # A table, as in a first publishing: it knows which columns have no gap, and the file says so.
        engine.run(f"CREATE TABLE told AS SELECT * REPLACE ({', '.join(cells)}) FROM customers")
        engine.write("SELECT * FROM told ORDER BY customer_id", folder / "customers.parquet")
        if not set(_NAMES) & set(listed):
            return ["customers.parquet"]
        columns = ", ".join(guarded(name) if types[name] == "VARCHAR" else identifier(name) for name in listed)
        engine.write(f"SELECT {columns} FROM told ORDER BY customer_id", folder / "customers.csv")
    return ["customers.parquet", "customers.csv"]


def _explained(customers: Any, model: SegmentModel) -> Any:
    """Return the customers with their reasons said anew by the model: a name cannot be told from a word within a sentence."""
    import numpy as np
    import pyarrow

    if "reason" not in customers.column_names:
        return customers
    columns = {name: customers[name].cast(pyarrow.float64()).fill_null(np.nan).to_numpy() for name in model.features}
    clusters = customers["cluster"].cast(pyarrow.int32()).fill_null(-1).to_numpy()
    said = model.explain(columns, clusters).table()["reason"]
    return customers.set_column(customers.column_names.index("reason"), "reason", said)


def _placed(source: Path, place: Path) -> None:
    """Put a file of one run into another: as the same bytes on disk where the file system can."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)


def _refuse_overtaken(given: Run | str | Path, opened: Run) -> None:
    """Refuse to hide what was published since: a pointer that moved names a run without this name's neighbours."""
    if not isinstance(given, Run) and (now := open_run(given)).path != opened.path:
        raise BusyError(
            f"{given} has moved on.",
            found=f"run {now.number}, published while run {opened.number} was being renamed.",
            fix="rename again.",
            code="overtaken",
        )
