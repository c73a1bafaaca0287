"""Inputs as parts of one table: files of any kind told apart by their content, globs, and one file given twice."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coterie.engines.base import Engine, Reject, identifier, literal
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.dialect import recognise
from coterie.sources.lines import InputFile
from coterie.sources.text import prepare

_GLOB = frozenset("*?[")


@dataclass(frozen=True)
class Part:
    """One input, loaded.

    Parameters
    ----------
    input : InputFile
        What it was.
    query : str
        SQL that gives ``source_line`` and the source's columns under their own names.
    columns : tuple of str
        Those columns, in order.
    rejects : tuple of Reject
        Records that do not fit the layout.
    notes, warnings : tuple of str
        What was recognised, and what a person should look at.
    """

    input: InputFile
    query: str
    columns: tuple[str, ...]
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def named_files(inputs: Sequence[str | Path]) -> list[tuple[str, Path]]:
    """Return the files that paths and globs stand for, sorted, each with the name it is called by.

    Raises
    ------
    InputError
        If a path or glob stands for no file.
    """
    paths = sorted({path for given in inputs for path in _expanded(str(given))})
    names = Counter(path.name for path in paths)
    return sorted((path.name if names[path.name] == 1 else str(path), path) for path in paths)


def _expanded(given: str) -> list[Path]:
    path = Path(given).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        raise InputError(f"{given} is a folder.", found="no file of that name.", fix=f"'{given.rstrip('/')}/*.csv'", code="not_a_file")
    anchor = Path(path.anchor) if path.anchor else Path()
    pattern = str(path.relative_to(path.anchor)) if path.anchor else str(path)
    found = [entry for entry in anchor.glob(pattern) if entry.is_file()] if _GLOB & set(given) else []
    if not found:
        raise InputError(f"There is no file {given}.", found="nothing under that name.", fix="check the path.", code="not_found")
    return found


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as they lie, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_file(engine: Engine, table: str, name: str, path: Path, sha256: str, reading: Reading) -> Part:
    """Load one file into the engine, by its content.

    Raises
    ------
    InputError
        If it cannot be read as a table.
    """
    return _load_text(engine, table, name, path, sha256, reading)


def _load_text(engine: Engine, table: str, name: str, path: Path, sha256: str, reading: Reading) -> Part:
    with tempfile.TemporaryDirectory(prefix="coterie-") as folder:
        text = prepare(path, reading, Path(folder))
        layout = recognise(name, text, reading)
        rejects = tuple(engine.read_csv(table, text.path, layout.dialect))
    rows = engine.rows(f"SELECT count(*) FROM {identifier(table)}")[0][0]
    renamed = ", ".join(
        f"{column} AS {identifier(header)}" for column, header in zip(layout.dialect.columns, layout.header, strict=True)
    )
    warnings = []
    last = engine.rows(f"SELECT max(line) FROM {identifier(table)}")[0][0] or 0
    if rejects and rejects[-1].line > last and not text.ends:
        warnings.append(f"{name}: the last line (record {rejects[-1].line:,}) is cut off; the file may be incomplete.")
    return Part(
        InputFile(name, path.stat().st_size, sha256, rows + len(rejects)),
        f"SELECT line AS source_line, {renamed} FROM {identifier(table)}",
        layout.header,
        rejects,
        (*text.notes, layout.note),
        tuple(warnings),
    )


def source_tables(engine: Engine, prefix: str, parts: Sequence[Part]) -> tuple[str, str]:
    """Make one view of the rows that fit, and one of all rows, from loaded parts.

    Parameters
    ----------
    engine : Engine
        Where the parts lie.
    prefix : str
        What the views' names begin with.
    parts : sequence of Part
        The parts, in order, with the same columns.

    Returns
    -------
    str, str
        View of the rows that fit; view of all rows, with ``source_row``, ``source_file``, ``source_line`` and ``source_text``.
        Neither copies a row. Rows are numbered by their place in the file, so the numbers never change.
    """
    fitting, all_rows, before = [], [], 0
    listed = ", ".join(identifier(column) for column in parts[0].columns)
    for part in parts:
        first = _first_line(engine, part)
        shift = before - first + 1
        place = f"source_line + {shift} AS source_row, {literal(part.input.name)} AS source_file, source_line"
        fitting.append(f"SELECT {place}, NULL::VARCHAR AS source_text, {listed} FROM ({part.query})")
        if part.rejects:
            values = ", ".join(
                f"({reject.line + shift}, {literal(part.input.name)}, {reject.line}, {literal(reject.reason)}, {literal(reject.text)})"
                for reject in part.rejects
            )
            all_rows.append(values)
        before += part.input.records
    engine.run(f"CREATE VIEW {prefix}_rows AS {' UNION ALL '.join(fitting)}")
    engine.run(
        f"CREATE TABLE {prefix}_rejects (source_row BIGINT, source_file VARCHAR, source_line BIGINT, reason VARCHAR, source_text VARCHAR)"
    )
    for values in all_rows:
        engine.run(f"INSERT INTO {prefix}_rejects VALUES {values}")
    engine.run(
        f"CREATE VIEW {prefix}_raw AS SELECT * FROM {prefix}_rows UNION ALL BY NAME "
        f"SELECT source_row, source_file, source_line, source_text FROM {prefix}_rejects"
    )
    return f"{prefix}_rows", f"{prefix}_raw"


def _first_line(engine: Engine, part: Part) -> int:
    lines = [reject.line for reject in part.rejects[:1]]
    first = engine.rows(f"SELECT min(source_line) FROM ({part.query})")[0][0]
    return int(min([*lines, first] if first is not None else lines, default=1))
