"""Tables whose columns have types: Parquet where it lies, a database file's table, and frames handed over as Arrow."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from coterie.engines.base import Engine, identifier, literal
from coterie.engines.locked import view_of
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.headers import checked_header
from coterie.sources.lines import InputFile
from coterie.sources.part import Part

if TYPE_CHECKING:
    import pyarrow


def load_parquet(engine: Engine, table: str, name: str, path: Path, sha256: str) -> Part:
    """Look at a Parquet file where it lies; nothing is copied.

    Raises
    ------
    InputError
        If it is cut off or damaged.
    """
    # A bracket in a file's name is no pattern, and a folder called year=2011 is no column.
    place = re.sub(r"([*?\[])", r"[\1]", str(path))
    relation = f"read_parquet({literal(place)}, file_row_number = true, hive_partitioning = false)"
    try:
        columns = [column for column in engine.columns(relation) if column != "file_row_number"]
        # A hash of everything reads every page, so that a damaged one is refused here, by the file's name.
        listed = ", ".join(identifier(column) for column in columns)
        records = engine.rows(f"SELECT count(*), bit_xor(hash({listed})) FROM {relation}")[0][0]
    except Exception as error:
        raise _damaged(name, "Parquet file", error) from None
    part = _typed(name, relation, "file_row_number + 1", columns, InputFile(name, path.stat().st_size, sha256, records))
    return replace(part, lies=True)


def load_database(engine: Engine, table: str, name: str, path: Path, sha256: str, reading: Reading) -> Part:
    """Copy one table of a DuckDB file into the engine.

    Raises
    ------
    InputError
        If it cannot be opened, has several tables and none was named, or not the one that was.
    """
    attached = f"{table}_file"
    try:
        engine.run(f"ATTACH {literal(str(path))} AS {attached} (READ_ONLY)")
    except Exception as error:
        raise _damaged(name, "DuckDB file", error) from None
    try:
        held = engine.rows(
            "SELECT table_schema, table_name, table_type = 'VIEW' FROM information_schema.tables "
            f"WHERE table_catalog = {literal(attached)} ORDER BY 1, 2"
        )
        schema, chosen = _one_table(name, [(schema, table) for schema, table, _ in held], reading.table)
        is_view = (schema, chosen, True) in held
        if not is_view:
            place = f"{attached}.{identifier(schema)}.{identifier(chosen)}"
            columns = list(engine.columns(place))
            engine.run(f"CREATE TABLE {table} AS SELECT *, row_number() OVER () AS source_line_ FROM {place}")
    except InputError:
        raise
    except Exception as error:
        raise _damaged(name, "DuckDB file", error) from None
    finally:
        engine.run(f"DETACH {attached}")
    if is_view:
        # Not here, where its SQL could read whatever the engine can.
        shown = _view(name, path, schema, chosen)
        return load_arrow(engine, table, shown, InputFile(name, path.stat().st_size, sha256, shown.num_rows))
    records = engine.rows(f"SELECT count(*) FROM {table}")[0][0]
    return _typed(name, table, "source_line_", columns, InputFile(name, path.stat().st_size, sha256, records))


def load_arrow(
    engine: Engine, table: str, frame: pyarrow.Table, found: InputFile, first: int = 1, warnings: tuple[str, ...] = ()
) -> Part:
    """Copy an Arrow table into the engine; its first row has the number ``first``."""
    names = checked_header(found.name, frame.column_names, frame.num_columns, values=False)
    try:
        engine.register(f"{table}_frame", frame.rename_columns(list(names)))
        engine.run(f"CREATE TABLE {table} AS SELECT *, row_number() OVER () + {first - 1} AS source_line_ FROM {table}_frame")
        engine.run(f"DROP VIEW {table}_frame")
    except Exception as error:
        raise _damaged(found.name, "frame", error) from None
    listed = ", ".join(identifier(column) for column in names)
    return Part(found, f"SELECT source_line_ AS source_line, {listed} FROM {table}", names, first, warnings=warnings)


def _typed(name: str, relation: str, line: str, columns: list[str], found: InputFile) -> Part:
    names = checked_header(name, columns, len(columns), values=False)
    renamed = ", ".join(f"{identifier(old)} AS {identifier(new)}" for old, new in zip(columns, names, strict=True))
    return Part(found, f"SELECT {line} AS source_line, {renamed} FROM {relation}", names)


def _view(name: str, path: Path, schema: str, view: str) -> pyarrow.Table:
    try:
        return view_of(path, schema, view)
    except Exception as error:
        raise InputError(
            f"{name}'s view {view} cannot be read.",
            found=f"{str(error).splitlines()[0][:300]}.",
            fix="a view may read the tables of its own file only: make it a table there, CREATE TABLE lines AS FROM its name.",
            code="corrupt",
        ) from None


def _one_table(name: str, held: list[tuple[str, str]], wanted: str | None) -> tuple[str, str]:
    fitting = [(s, t) for s, t in held if wanted in (None, t, f"{s}.{t}")]
    if len(fitting) == 1:
        return fitting[0]
    tables = [t if s == "main" else f"{s}.{t}" for s, t in held]
    raise InputError(
        f"{name} has {'no table called ' + repr(wanted) if wanted else f'{len(held)} tables'}.",
        found=f"{', '.join(tables[:50]) or 'no table'}.",
        fix=f"--table {tables[0] if tables else 'NAME'}",
        code="choose_one",
    )


def _damaged(name: str, kind: str, error: Exception) -> InputError:
    return InputError(
        f"{name} cannot be read as a {kind}.",
        found=f"{str(error).splitlines()[0][:300] if str(error) else type(error).__name__}.",
        fix="copy or export it again.",
        code="corrupt",
    )
