"""What arrives: inputs that were not delivered before, read as the columns of the first delivery were."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from coterie.engines import Engine
from coterie.engines.address import is_server, is_store
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.runs import Run
from coterie.sources import Lines, frames, named_files, pointless, read_lines
from coterie.sources.dates import LAST_YEAR
from coterie.sources.files import digest
from coterie.sources.habits import AS_WRITTEN, WHOLE, agree, date_formats
from coterie.sources.lines import ROW_NUMBER
from coterie.sources.quality import look_at

NEVER = datetime.date(LAST_YEAR, 1, 1)
"""No readable date lies on it or later."""


def undelivered(inputs: Any, run: Run) -> tuple[list[Any], list[str]]:
    """Return the inputs whose content no earlier delivery had, and a sentence for each of the others.

    Parameters
    ----------
    inputs : path, glob, frame, or list of them
        What is delivered.
    run : Run
        Its manifest knows what was.
    """
    known = {one["sha256"]: one["name"] for one in run.manifest["inputs"]}
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    elsewhere = [item for item in given if is_server(item) or is_store(item)]
    local = [item for item in given if isinstance(item, (str, Path)) and item not in elsewhere]
    files = named_files(local)
    contents: list[tuple[str, Any, str]] = [(one.name, one.path, digest(one.path)) for one in files]
    held = [frames.arrow_of(item) for item in given if not isinstance(item, (str, Path))]
    contents += [("frame", frame, frames.digest(frame)) for frame in held]
    fresh = [item for _, item, sha256 in contents if sha256 not in known]
    if any(one.partition for one in files):  # A file of a partition is read by its folder.
        fresh = [*local, *held]
    again = [_known(name, known[sha256]) for name, _, sha256 in contents if sha256 in known]
    return [*fresh, *elsewhere], again


def read_before(lines: Lines, run: Run) -> list[str]:
    """Return a sentence for each input whose content an earlier delivery had, where no input is new."""
    known = {one["sha256"]: one["name"] for one in run.manifest["inputs"]}
    if any(one.sha256 not in known for one in lines.inputs):
        return []
    return [_known(one.name, known[one.sha256]) for one in lines.inputs]


def _known(name: str, earlier: str) -> str:
    return f"{name} has the same content as {earlier}, which was delivered before; nothing of it is new."


def read_delivery(engine: Engine, inputs: list[Any], run: Run, recipe: Recipe, said: dict[str, Any]) -> Lines:
    """Read new inputs by the columns, the decimal mark and the date format of the first delivery; no date is too late yet.

    Parameters
    ----------
    engine : Engine
        Where the lines will lie.
    inputs : list
        From `undelivered`.
    run : Run
        With parts.
    recipe : Recipe
        The run's.
    said : dict
        Keys of ``reading`` that the user gives for these inputs.

    Raises
    ------
    InputError
        If the columns are others, or would be read otherwise than they were.
    """
    parts, matches = run.manifest["parts"], run.manifest["mapping"]
    habits = parts["reading"]
    named = {one["column"]: one["source"] for one in matches if one["source"] != ROW_NUMBER}
    marks = {habits[name] for name in ("quantity", "price", "transaction_value") if name in habits}
    reading: dict[str, Any] = {"decimal": marks.pop()} if len(marks) == 1 else {}
    new = recipe.override({"mapping": named, "as_of": None, "reading": {**reading, **said}})
    files = [item for item in inputs if isinstance(item, Path)]
    servers = any(is_server(item) for item in inputs)
    usual = pointless(files, new.reading, servers=servers)
    new = new.override({"reading": {key: value for key, value in usual.items() if key not in said}})
    try:
        lines = read_lines(engine, inputs, new, as_of=NEVER)
    except InputError as refusal:
        formats = date_formats(habits["invoice_date"])
        if refusal.code != "ambiguous_date" or len(formats) != 1:
            raise
        lines = read_lines(engine, inputs, new.override({"reading": {"date_format": formats[0]}}), as_of=NEVER)
    _refuse_other_columns(engine, lines, parts["columns"])
    _refuse_other_habits(engine, lines, habits, named)
    return lines


def own_warnings(engine: Engine, lines: Lines) -> list[str]:
    """Return the warnings of a delivery, but for what it says of shares: those of a few lines say nothing of all."""
    of_shares = look_at(engine, lines.table)
    return [one for one in lines.warnings if one not in of_shares]


def _refuse_other_columns(engine: Engine, lines: Lines, columns: dict[str, str]) -> None:
    kinds = engine.columns(lines.raw)
    now = {name: kinds[name] for name in lines.source_columns}
    if now == columns:
        return
    odd = sorted(set(now.items()) ^ set(columns.items()))
    raise InputError(
        "These lines do not have the columns of those before.",
        found=f"{'; '.join(f'{name} ({kind})' for name, kind in odd[:6])} on one side alone.",
        fix="name and type the columns as before, or run on all files.",
        code="columns",
    )


def _refuse_other_habits(engine: Engine, lines: Lines, then: dict[str, str], named: dict[str, str]) -> None:
    now = lines.habits or {}
    for name in {**then, **now}:
        was, is_ = then.get(name, ""), now.get(name, "")
        if agree(name, was, is_) or (name == "invoice_no" and name not in named):
            continue
        if was == WHOLE and is_ == AS_WRITTEN and _all_whole(engine, lines, name):
            continue
        raise InputError(
            f"Column {named.get(name, name)!r} would not be read as it was.",
            found=f"{is_ or 'nothing of the kind'} now, {was or 'nothing of the kind'} before.",
            fix="export it as before, or run on all files.",
            code="read_otherwise",
        )


def _all_whole(engine: Engine, lines: Lines, name: str) -> bool:
    return bool(engine.rows(f"SELECT coalesce(bool_and(regexp_full_match({name}, '[0-9]+')), TRUE) FROM {lines.table}")[0][0])
