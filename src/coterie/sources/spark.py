"""Lines on a Spark cluster: Parquet where it lies; everything else is read here, and brought there as Parquet."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from coterie.columns import COLUMNS
from coterie.engines import Engine, identifier, open_engine
from coterie.engines.spark import SparkPlace
from coterie.engines.there import There
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.sources.files import digest
from coterie.sources.kinds import head_of, kind_of
from coterie.sources.lines import InputFile, Lines
from coterie.sources.lying import Lying, look
from coterie.sources.named import Named, named_files
from coterie.sources.reader import read_lines

SOLD = "sold_lines"


class SparkThere(There):
    """Tables of a Spark application, and a folder for what is brought there.

    Parameters
    ----------
    place : SparkPlace
        The application.
    folder : Path
        Which the executors must see, where they run elsewhere.
    """

    def __init__(self, place: SparkPlace, folder: Path) -> None:
        super().__init__(place)
        self.spark, self.folder = place, folder


@contextmanager
def spark_there(master: str | None, memory: str | None) -> Iterator[SparkThere]:
    """Start an application, or join the one that runs in this process.

    Parameters
    ----------
    master, memory
        As for `coterie.engines.spark.SparkPlace`.
    """
    folder = Path(tempfile.mkdtemp(prefix="coterie-brought-"))
    try:
        with SparkThere(SparkPlace(master, memory=memory), folder) as there:
            yield there
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lie_in_spark(there: SparkThere, inputs: Any, recipe: Recipe) -> Lying:
    """Look at Parquet files and folders where they lie; read anything else here, and bring its lines to the executors.

    Parameters
    ----------
    there : SparkThere
        The application.
    inputs : path, address, frame, or list of them
        Addresses such as ``hdfs://`` and ``s3a://`` are Spark's own to read.
    recipe : Recipe
        Its ``mapping`` and ``reading``.
    """
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    remote = [str(one) for one in given if isinstance(one, str) and "://" in one and not one.startswith("postgres")]
    if remote and len(remote) == len(given):
        there.spark.read_parquet("coterie_source", remote)
        return look(there, remote[0], "coterie_source", recipe, (), ())
    if all(isinstance(one, (str, Path)) and "://" not in str(one) for one in given):
        files = named_files(given)
        if all(kind_of(head_of(file.path)) == "parquet" for file in files):
            return _parquet(there, given, files, recipe)
    return _brought(there, inputs, recipe)


def _parquet(there: SparkThere, given: list[str | Path], files: list[Named], recipe: Recipe) -> Lying:
    """Look at local Parquet; the same content twice is read once, unless its folders tell it apart."""
    import pyarrow.parquet

    inputs: dict[str, InputFile] = {}
    paths: list[str | Path] = []
    warnings = []
    for file in files:
        sha256 = digest(file.path)
        if (key := sha256 + repr(file.partition)) in inputs:
            warnings.append(f"{file.name} has the same content as {inputs[key].name} and is read once.")
            continue
        records = pyarrow.parquet.read_metadata(file.path).num_rows
        inputs[key] = InputFile(file.name, file.path.stat().st_size, sha256, records)
        paths.append(file.path)
    # Spark makes columns of the names of folders below the one that it is given.
    folders = any(file.partition for file in files)
    there.spark.read_parquet("coterie_source", [Path(one).expanduser() for one in given] if folders else paths)
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    lying = look(there, name, "coterie_source", recipe, tuple(inputs.values()), ())
    return replace(lying, warnings=tuple(warnings))


def _brought(there: SparkThere, inputs: Any, recipe: Recipe) -> Lying:
    with open_engine() as here:
        lines = read_lines(here, inputs, recipe, as_of=recipe.as_of)
        if lines.told - {"currency"}:
            raise InputError(
                f"{lines.inputs[0].name} is a shop's export, whose rows tell of each other.",
                found=f"columns {', '.join(lines.source_columns[:20])}.",
                fix="leave --engine out: such an export is cleaned here.",
                code="not_there",
            )
        file = there.folder / "lines.parquet"
        here.write(_lines_sql(here, lines), file)
    there.spark.read_parquet(SOLD, [file])
    return Lying(lines.inputs[0].name, SOLD, {}, lines.matches, lines.inputs, lines.notes, lines=replace(lines, table=SOLD))


def _lines_sql(here: Engine, lines: Lines) -> str:
    """Return the query of read lines with the source's own columns, as text, beside them."""
    columns = ", ".join(f"lines.{name}" for name in ("source_row", *(column.name for column in COLUMNS), "problem"))
    source = ", ".join(f"raw.{name}" for name in ("source_file", "source_line", "source_text"))
    own = ", ".join(
        f"CAST(raw.{identifier(name)} AS VARCHAR) AS {identifier(f'raw_{name}')}" for name in lines.source_columns
    )
    return f"SELECT {columns}, {source}, {own} FROM {lines.table} AS lines JOIN {lines.raw} AS raw USING (source_row)"
