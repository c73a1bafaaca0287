"""The customers as they were published: CSV, Parquet, and JSON with the segments."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from coterie.document import encode
from coterie.exports.formats import EXPORTS, Export
from coterie.runs import Run


def _copy(name: str) -> Callable[[Run, Path], None]:
    def write(run: Run, path: Path) -> None:
        # Opened, not copied by name: the place may be a pipe.
        with run.file(name).open("rb") as source, path.open("wb") as place:
            shutil.copyfileobj(source, place)

    return write


def _json(run: Run, path: Path) -> None:
    rows = run.customers("arrow").to_pylist()
    for row in rows:
        row.update({key: value.isoformat() for key, value in row.items() if hasattr(value, "isoformat")})
    path.write_bytes(encode({"schema": 1, "run": run.number, "segments": run.segments["segments"], "customers": rows}))


EXPORTS.add(Export("csv", "The customers:", ".csv", _copy("customers.csv")))
EXPORTS.add(Export("parquet", "The customers:", ".parquet", _copy("customers.parquet")))
EXPORTS.add(Export("json", "The segments and customers:", ".json", _json))
