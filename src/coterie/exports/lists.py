"""The customers as a list: CSV, Parquet, JSON with the segments, and a workbook; all of them, or those who were chosen."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coterie.document import encode
from coterie.exports.files import placed, write_table
from coterie.exports.formats import EXPORTS, Export
from coterie.exports.list_files import place_list
from coterie.exports.selection import FLAGS, notes_of, select
from coterie.exports.xlsx import write_workbook
from coterie.runs import Run

Some = Callable[[Run, Any, Path], None]
"""Writes a table of some of a run's customers."""


def list_export(name: str, meaning: str, suffix: str, some: Some, whole: str | None = None) -> Export:
    """Return a format that lists customers, and takes the flags that choose them.

    Parameters
    ----------
    name, meaning, suffix : str
        As for `Export`.
    some : callable
        ``(run, table, path) -> None``.
    whole : str, optional
        The run's own file that is the list of everybody, byte for byte.
    """

    def write(run: Run, target: Path, **selection: Any) -> dict[str, Any]:
        import pyarrow

        table = run.customers("arrow")
        if not selection:
            with placed(target) as place:
                if whole:
                    _copy(run.file(whole), place)
                else:
                    some(run, table, place)
            return {"path": str(target), "bytes": target.stat().st_size}
        selected = select(run, **selection)
        places = {one: place for place, one in enumerate(table["customer_id"].to_pylist())}
        chosen = table.take(pyarrow.array([places[member.id] for member in selected.drawn.written], pyarrow.int64()))
        files = [(target, lambda place: some(run, chosen, place), chosen.num_rows)]
        told = place_list(target, files, selected.drawn, selected.share)
        return told | {"notes": notes_of(selected, stale=told["stale"])}

    return Export(name, meaning, suffix, write, options=FLAGS, several=True)


def _copy(file: Path, place: Path) -> None:
    # Opened, not copied by name: the place may be a pipe.
    with file.open("rb") as source, place.open("wb") as target:
        shutil.copyfileobj(source, target)


def _csv(run: Run, table: Any, path: Path) -> None:
    with run.file("customers.csv").open(newline="", encoding="utf-8") as file:
        published = next(csv.reader(file))
    with path.open("wb") as place:
        write_table(table.select(published), place, "csv")


def _parquet(run: Run, table: Any, path: Path) -> None:
    with path.open("wb") as place:
        write_table(table, place, "parquet")


def _json(run: Run, table: Any, path: Path) -> None:
    rows = table.to_pylist()
    for row in rows:
        row.update({key: value.isoformat() for key, value in row.items() if hasattr(value, "isoformat")})
    path.write_bytes(encode({"schema": 1, "run": run.number, "segments": run.segments["segments"], "customers": rows}))


EXPORTS.add(list_export("csv", "The customers:", ".csv", _csv, whole="customers.csv"))
EXPORTS.add(list_export("parquet", "The customers:", ".parquet", _parquet, whole="customers.parquet"))
EXPORTS.add(list_export("json", "The segments and customers:", ".json", _json))
EXPORTS.add(list_export("xlsx", "The customers and segments, a workbook:", ".xlsx", write_workbook))
