"""Parts: what a run keeps of every delivery, so that the next one can be added without reading those before.

``lines-000001.parquet`` has the mapped lines of the delivery that run 000001 read, ``rows-000001.parquet`` its rows as they came:
written once, and linked into every later run. ``marks.parquet`` says what became of every line that was not kept as it stood, and
``figures.parquet`` has what the customer table is made of; both are written anew by every run.
"""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from coterie.cleaning import Cleaned
from coterie.engines import Engine, literal
from coterie.errors import InputError
from coterie.features import plan_features
from coterie.features.figures import figures_sql
from coterie.recipe import Recipe
from coterie.runs import Reserved, Run
from coterie.sources import Lines, Match
from coterie.sources.lines import ROW_NUMBER

MARKS, FIGURES = "marks.parquet", "figures.parquet"
_NOT_HELD = ("HUGEINT", "UHUGEINT", "VARINT", "BIGNUM")
"""Types that Parquet has no equal of."""


def lines_file(number: str) -> str:
    """Return the name of the file with the lines that a run read."""
    return f"lines-{number}.parquet"


def rows_file(number: str) -> str:
    """Return the name of the file with the rows that a run read."""
    return f"rows-{number}.parquet"


def refuse_unkept(engine: Engine, cleaned: Cleaned) -> None:
    """Refuse lines to which no later delivery could be added.

    Raises
    ------
    InputError
        With code ``no_parts``.
    """
    if cleaned.engine is not engine:
        raise InputError(
            "No parts can be kept of lines that stay where they are.",
            found="another --engine.",
            fix="leave --keep-parts or --engine out.",
            code="no_parts",
        )
    lines = cleaned.lines
    odd = [name for name, kind in engine.columns(lines.raw).items() if kind in _NOT_HELD]
    if lines.habits is not None and not odd:
        return
    raise InputError(
        "No parts can be kept of these lines.",
        found=f"column {odd[0]!r}, of numbers that Parquet does not hold."
        if odd
        else "a known export, whose rows tell of each other.",
        fix="leave --keep-parts out, and run on all files when there are new ones.",
        code="no_parts",
    )


def write_parts(
    engine: Engine, folder: Path, number: str, cleaned: Cleaned, recipe: Recipe, as_of: datetime.date
) -> dict[str, Any]:
    """Write the parts of a first delivery, and return what the manifest tells of them."""
    lines = cleaned.lines
    # What makes a date too late is what the other lines say: it is judged again with every delivery.
    read = (
        "SELECT * EXCLUDE (before, is_late) REPLACE (CASE WHEN is_late THEN before ELSE problem END AS problem) "
        f"FROM {lines.table} LEFT JOIN (SELECT source_row, problem AS before, TRUE AS is_late FROM {lines.table}_late) AS late "
        "USING (source_row)"
    )
    late = engine.rows(f"SELECT count(*) FROM {lines.table}_late")[0][0]
    engine.write(read if late else f"SELECT * FROM {lines.table}", folder / lines_file(number))
    engine.write(f"SELECT * FROM {lines.raw}", folder / rows_file(number))
    engine.write(f"SELECT * FROM {cleaned.marks} ORDER BY source_row", folder / MARKS)
    plan = plan_features(recipe.features, lines.available)
    engine.write(figures_sql(plan, cleaned.table, cleaned.returned, as_of), folder / FIGURES)
    return about_parts(engine, lines, [number])


def about_parts(engine: Engine, lines: Lines, numbers: list[str]) -> dict[str, Any]:
    """Return what the manifest tells of the parts: whose they are, and how the columns were read."""
    kinds = engine.columns(lines.raw)
    return {
        "runs": numbers,
        "columns": {name: kinds[name] for name in lines.source_columns},
        "reading": lines.habits,
        "told": sorted(lines.told),
    }


def add_parts(engine: Engine, reserved: Reserved, base: Run, read: Lines) -> tuple[Lines, list[str]]:
    """Write the parts of the delivery beside links to the earlier ones; return what all lines have in common."""
    known, folder = base.manifest["parts"], reserved.folder
    earlier = delivered_before(base)
    own = {one.column for one in read.matches if one.source == ROW_NUMBER}
    shift = f"source_row + {earlier} AS source_row"
    if own:
        shift += f", CASE WHEN invoice_no IS NOT NULL THEN CAST(source_row + {earlier} AS VARCHAR) END AS invoice_no"
    engine.write(f"SELECT * REPLACE ({shift}) FROM {read.table}", folder / lines_file(reserved.number))
    engine.write(f"SELECT * REPLACE (source_row + {earlier} AS source_row) FROM {read.raw}", folder / rows_file(reserved.number))
    for number in known["runs"]:
        for name in (lines_file(number), rows_file(number)):
            placed(base.file(name), folder / name)
    matches = tuple(Match(**one) for one in base.manifest["mapping"])
    lines = replace(
        read, matches=matches, source_columns=tuple(known["columns"]), told=read.told | frozenset(known["told"]),
    )  # fmt: skip
    return lines, [*known["runs"], reserved.number]


def delivered_before(base: Run) -> int:
    """Return how many records the earlier deliveries had."""
    return sum(one["records"] for one in base.manifest["inputs"])


def parquet(paths: Sequence[Path]) -> str:
    """Return the relation of Parquet files that are one."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"


def placed(source: Path, place: Path) -> None:
    """Put a file of one run into another: as the same bytes on disk where the file system can."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)
