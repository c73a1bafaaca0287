"""Parts: what a run keeps of every delivery, so that the next one can be added without cleaning those before.

``lines-000001.parquet`` has the mapped lines of the delivery that run 000001 read and what became of each, ``rows-000001.parquet``
its rows as they came: written once, and linked into every later run. ``changes-000002.parquet`` has the earlier lines whose fate
the delivery of run 000002 changed, where there are any; the latest word on a line counts. ``figures.parquet`` has what the
customer table is made of, and is written anew by every run.
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
from coterie.columns import DECIMAL, VALUE, line_value
from coterie.deliveries.dates import Dates
from coterie.engines import Engine, literal
from coterie.errors import InputError
from coterie.features import plan_features
from coterie.features.figures import figures_sql
from coterie.recipe import Recipe
from coterie.runs import Reserved, Run
from coterie.sources import Lines, Match
from coterie.sources.lines import ROW_NUMBER

FIGURES = "figures.parquet"
LAYOUT = 2
"""Of the parts; a run whose parts are laid out otherwise takes no update."""
STATE = {
    "reason": "VARCHAR", "left_units": DECIMAL, "left_value": VALUE, "returned_units": DECIMAL, "returned_value": VALUE,
}  # fmt: skip
"""What became of a line: why it was not kept as it stood; of a sale that was returned, what was left of it and what was not."""
_NOT_HELD = ("HUGEINT", "UHUGEINT", "VARINT", "BIGNUM")
"""Types that Parquet has no equal of."""


def lines_file(number: str) -> str:
    """Return the name of the file with the lines that a run read."""
    return f"lines-{number}.parquet"


def rows_file(number: str) -> str:
    """Return the name of the file with the rows that a run read."""
    return f"rows-{number}.parquet"


def changes_file(number: str) -> str:
    """Return the name of the file with the earlier lines whose fate a run changed."""
    return f"changes-{number}.parquet"


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
    lines, late = cleaned.lines, f"{cleaned.lines.table}_late"
    called_late = engine.rows(f"SELECT count(*) FROM {late}")[0][0]
    # What makes a date too late is what the other lines say: it is judged again with every delivery.
    read = (
        f"(SELECT lines.* REPLACE (CASE WHEN is_late THEN before ELSE problem END AS problem) FROM {lines.table} AS lines "
        f"LEFT JOIN (SELECT source_row, problem AS before, TRUE AS is_late FROM {late}) AS late USING (source_row))"
        if called_late
        else lines.table
    )
    stated = stated_sql(f"(SELECT {written(lines)} FROM {read})", cleaned.marks)
    # Lines of nobody come last, in blocks of their own: no update asks for them.
    somebodys, nobodys = (f"SELECT * FROM ({stated}) AS stated WHERE customer_id IS {known}" for known in ("NOT NULL", "NULL"))
    write_lines(engine, f"{somebodys} UNION ALL {nobodys}", folder / lines_file(number))
    engine.write(f"SELECT * FROM {lines.raw}", folder / rows_file(number))
    plan = plan_features(recipe.features, lines.available)
    engine.write(figures_sql(plan, cleaned.table, cleaned.returned, as_of), folder / FIGURES)
    dates = replace(Dates.of(engine, read), late=called_late)
    firsts = engine.rows(f"SELECT reason, min(source_row, 3) FROM {cleaned.marks} GROUP BY reason ORDER BY reason")
    return about_parts(engine, lines, [number], changes=[], dates=dates, firsts=dict(firsts))


def write_lines(engine: Engine, sql: str, path: Path) -> None:
    """Write lines for every later update to look through: as large as in the common form, and read a fifth faster."""
    engine.run(f"COPY ({sql}) TO {literal(str(path))} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION lz4_raw)")


def written(lines: Lines) -> str:
    """Return the columns of lines that are written: all but money that is quantity times price, which is soon multiplied."""
    return "* EXCLUDE (transaction_value)" if _multiplied(lines.matches) else "*"


def _multiplied(matches: Sequence[Match]) -> bool:
    return {"quantity", "price"} <= {one.column for one in matches}


def stated_sql(lines: str, marks: str = "marks") -> str:
    """Return the query of lines and what became of each, after `coterie.cleaning.clean`."""
    return (
        f"SELECT lines.*, marks.reason, met.* EXCLUDE (source_row) FROM {lines} AS lines "
        f"LEFT JOIN {marks} AS marks ON marks.source_row = lines.source_row LEFT JOIN (SELECT source_row, left_units, left_value, "
        f"CAST(units - left_units AS {DECIMAL}) AS returned_units, CAST(value - left_value AS {VALUE}) AS returned_value "
        "FROM netting WHERE NOT is_return AND left_units < units) AS met ON met.source_row = lines.source_row"
    )


def about_parts(
    engine: Engine, lines: Lines, numbers: list[str], *, changes: list[str], dates: Dates, firsts: dict[str, list[int]]
) -> dict[str, Any]:
    """Return what the manifest tells of the parts: whose they are, how the columns were read, and what spares a look at them."""
    kinds = engine.columns(lines.raw)
    return {
        "layout": LAYOUT,
        "runs": numbers,
        "changes": changes,
        "columns": {name: kinds[name] for name in lines.source_columns},
        "reading": lines.habits,
        "told": sorted(lines.told),
        "dates": dates.as_dict(),
        "firsts": firsts,
    }


def new_lines(engine: Engine, base: Run, read: Lines) -> Lines:
    """Number a delivery's lines and rows behind the earlier ones; return what all lines have in common, with the new as tables."""
    known = base.manifest["parts"]
    earlier = delivered_before(base)
    shift = f"source_row + {earlier} AS source_row"
    if any(one.source == ROW_NUMBER for one in read.matches):
        shift += f", CASE WHEN invoice_no IS NOT NULL THEN CAST(source_row + {earlier} AS VARCHAR) END AS invoice_no"
    engine.run(f"CREATE TABLE new_lines AS SELECT * REPLACE ({shift}) FROM {read.table}")
    engine.run(f"CREATE VIEW new_rows AS SELECT * REPLACE (source_row + {earlier} AS source_row) FROM {read.raw}")
    return replace(
        read, table="new_lines", raw="new_rows", matches=tuple(Match(**one) for one in base.manifest["mapping"]),
        source_columns=tuple(known["columns"]), told=read.told | frozenset(known["told"]),
    )  # fmt: skip


def link_parts(base: Run, reserved: Reserved) -> dict[str, str]:
    """Put the earlier deliveries' parts into a run; return their hashes by name."""
    known = base.manifest["parts"]
    names = [name for number in known["runs"] for name in (lines_file(number), rows_file(number))]
    names += [changes_file(number) for number in known["changes"]]
    for name in names:
        placed(base.path / name, reserved.folder / name)
    return {name: base.manifest["outputs"][name] for name in names}


def stated_lines(engine: Engine, base: Run) -> None:
    """Make ``old_read``, the lines of earlier deliveries as they were written, and ``old_changes``, the latest word on some."""
    known = base.manifest["parts"]
    money = ""
    if _multiplied([Match(**one) for one in base.manifest["mapping"]]):
        money = f", {line_value('quantity', 'price')} AS transaction_value"
    files = parquet([base.file(lines_file(one)) for one in known["runs"]])
    engine.run(f"CREATE VIEW old_read AS SELECT *{money} FROM {files}")
    if known["changes"]:
        changes = ", ".join(literal(str(base.file(changes_file(one)))) for one in known["changes"])
        engine.run(
            f"CREATE TABLE old_changes AS SELECT source_row, {', '.join(STATE)} FROM read_parquet([{changes}], filename = true) "
            "QUALIFY row_number() OVER (PARTITION BY source_row ORDER BY length(filename) DESC, filename DESC) = 1"
        )
    else:
        engine.run(f"CREATE TABLE old_changes (source_row BIGINT, {', '.join(f'{name} {kind}' for name, kind in STATE.items())})")


def changed_sql(base: Run, lines: str) -> str:
    """Return the query of some of ``old_read`` with the latest word on each, after `stated_lines`."""
    if not base.manifest["parts"]["changes"]:
        return f"SELECT * FROM {lines}"
    latest = ", ".join(f"CASE WHEN latest.source_row IS NULL THEN lines.{name} ELSE latest.{name} END AS {name}" for name in STATE)
    return (
        f"SELECT lines.* REPLACE ({latest}) FROM {lines} AS lines "
        "LEFT JOIN old_changes AS latest ON latest.source_row = lines.source_row"
    )


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
        with source.open("rb") as old, place.open("wb") as new:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
