"""Tables as files: CSV with every text cell guarded, or Parquet."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from coterie.engines import identifier, open_engine
from coterie.errors import RecipeError
from coterie.exports.cells import guarded


def write_table(table: Any, file: BinaryIO, kind: str) -> None:
    """Write a PyArrow table.

    Parameters
    ----------
    table : pyarrow.Table
        What to write.
    file : binary file
        Where to.
    kind : {"csv", "parquet"}
        As what. CSV is UTF-8, comma, point, locale-neutral.
    """
    if kind not in ("csv", "parquet"):
        raise RecipeError(
            f"{kind!r} is no file format for a table.",
            found=f"a file name ending in .{kind}.",
            fix="end the name in .csv or .parquet.",
            code="unknown_format",
        )
    text = {field.name for field in table.schema if kind == "csv" and "string" in str(field.type)}
    columns = ", ".join(guarded(name) if name in text else identifier(name) for name in table.column_names)
    with open_engine() as engine, tempfile.TemporaryDirectory(prefix="coterie-") as folder:
        engine.register("cells", table)
        written = Path(folder) / f"cells.{kind}"
        engine.write(f"SELECT {columns} FROM cells", written)
        with written.open("rb") as source:
            shutil.copyfileobj(source, file)
