"""Tables as files: CSV with every text cell guarded, or Parquet."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from coterie.cells import guarded
from coterie.engines import identifier, open_engine
from coterie.errors import RecipeError


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


@contextmanager
def placed(target: Path) -> Iterator[Path]:
    """Give a path to write to, and rename it to its target once it is whole; a failure leaves the target as it was.

    Parameters
    ----------
    target : Path
        Where the file is to be; what is there and is no plain file, such as ``/dev/stdout``, is written to itself.
    """
    if target.exists() and not target.is_file():
        yield target
        return
    # The ending stays: it may say how to compress.
    beside = target.with_name(f".partial-{target.name}")
    try:
        yield beside
        beside.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
    finally:
        with suppress(OSError):
            beside.unlink()
