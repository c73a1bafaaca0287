"""A customer's past: the segment they were in, run by run, each read from the run's own table."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coterie.engines import identifier
from coterie.errors import CoterieError, RunError
from coterie.report.format import isolated
from coterie.runs import Run, open_run
from coterie.web.library import Library
from coterie.web.snapshot import Snapshot

MOST_RUNS = 24
FILE = "customers.parquet"
COLUMNS = ("segment_id", "segment", "confidence")


def past(library: Library, here: Snapshot, customer_id: str, most: int = MOST_RUNS) -> list[dict[str, Any]]:
    """Return where a customer was in each of the last runs, newest first.

    Parameters
    ----------
    library : Library
        Of the runs.
    here : Snapshot
        The run whose page this is for: it is in memory.
    customer_id : str
        Whom.
    most : int, default 24
        Runs to look into.

    Returns
    -------
    list of dict
        ``run``; ``problem``, why it cannot be read, or None; ``as_of``; ``segment_id``, ``segment`` and ``confidence``, None where
        the run has no such customer; and ``renamed``, whether the run only renames another.
    """
    found = []
    for number in library.numbers()[:most]:
        try:
            if here.number == number:
                found.append(_in_memory(here, customer_id))
            else:
                found.append(_standing(open_run(library.place(number)), customer_id))
        except (CoterieError, OSError) as error:
            problem = error.code if isinstance(error, CoterieError) else "unreadable"
            found.append({"run": number, "problem": problem, "as_of": None, **dict.fromkeys(COLUMNS), "renamed": False})
    return found


def in_words(history: Iterable[dict[str, Any]]) -> str:
    """Say where a customer was, over the runs that can be read, newest first.

    Examples
    --------
    >>> row = {"run": "000001", "problem": None, "segment_id": "s1", "segment": "Core", "renamed": False}
    >>> in_words([{**row, "run": "000002"}, row])
    'Core in both runs'
    >>> in_words([{**row, "run": "000002", "segment_id": "s2", "segment": "Regular"}, row])
    'Regular since run 000002, Core before'
    """
    runs = [one for one in history if not one["problem"]]
    there = [one for one in runs if one["segment"]]
    if not there:
        return "In none of the runs that can be read"
    now = there[0]
    since = now
    before: dict[str, Any] | None = None
    for later, earlier in itertools.pairwise(there):
        if later["segment"] == earlier["segment"] or (later["renamed"] and later["segment_id"] == earlier["segment_id"]):
            since = earlier
        else:
            before = earlier
            break
    name = isolated(now["segment"])
    if before is not None:
        return f"{name} since run {since['run']}, {isolated(before['segment'])} before"
    if len(there) < len(runs):
        return f"{name} in {len(there)} of {len(runs)} runs, not there in the others"
    return f"{name} in " + ("this one run" if len(runs) == 1 else "both runs" if len(runs) == 2 else f"all {len(runs)} runs")


def _in_memory(found: Snapshot, customer_id: str) -> dict[str, Any]:
    columns = found.tables.columns("customers")
    wanted = ", ".join(identifier(name) for name in COLUMNS if name in columns)
    rows = found.tables.rows(f"SELECT {wanted} FROM customers WHERE customer_id = ?", [customer_id])
    return _told(found.run, rows[0] if rows else {})


def _standing(run: Run, customer_id: str) -> dict[str, Any]:
    import pyarrow.compute
    import pyarrow.parquet

    path = _whole(run)
    # A run's customers are sorted by id, so that this reads the one part of the file that the customer can be in.
    wanted = [name for name in COLUMNS if name in pyarrow.parquet.read_schema(path).names]
    same = pyarrow.compute.field("customer_id") == pyarrow.scalar(customer_id)
    rows = pyarrow.parquet.read_table(path, columns=wanted, filters=same).to_pylist()
    return _told(run, rows[0] if rows else {})


def _told(run: Run, told: dict[str, Any]) -> dict[str, Any]:
    known = {name: told.get(name) for name in COLUMNS}
    renamed = bool(run.manifest.get("renamed_from"))
    return {"run": run.number, "problem": None, "as_of": run.manifest["as_of"], **known, "renamed": renamed}


def _whole(run: Run) -> Path:
    """Return the customers' file, held against its hash the first time that it is read as it is on disk."""
    path = run.path / FILE
    try:
        stat = path.stat()
    except OSError:
        raise RunError(f"Run {run.number} has no {FILE}.", found="no such file.", fix="run again.", code="no_file") from None
    return _checked(run.path, run.manifest["sha256"], stat.st_ino, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=512)
def _checked(folder: Path, *signature: Any) -> Path:
    return open_run(folder).file(FILE)
