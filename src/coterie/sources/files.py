"""Inputs by name and by content: paths, globs, frames; what each file is; one file given twice."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coterie.engines.base import Engine, identifier
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources import frames
from coterie.sources.dialect import recognise
from coterie.sources.kinds import head_of, kind_of, refuse_foreign, refuse_pointless
from coterie.sources.lines import InputFile
from coterie.sources.part import Part, Source, joined
from coterie.sources.tables import load_database, load_parquet
from coterie.sources.text import prepare
from coterie.sources.workbook import load_workbook

_GLOB = frozenset("*?[")


def load(engine: Engine, prefix: str, inputs: Any, reading: Reading) -> Source:
    """Load every input, one source of all.

    Parameters
    ----------
    engine : Engine
        Where the rows will lie.
    prefix : str
        What the names of its tables begin with.
    inputs : path, glob, frame, or list of them
        Files come first, in the order of their names; the same content twice is read once.
    reading : Reading
        How text is read, and which sheet or table.

    Raises
    ------
    InputError
        If an input cannot be read as a table, or they have different columns.
    """
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    parts: list[Part] = []
    seen: dict[str, str] = {}
    warnings: list[str] = []
    files = named_files([item for item in given if isinstance(item, (str, Path))])
    for name, path in files:
        if _is_new(name, sha256 := digest(path), seen, warnings):
            parts.append(load_file(engine, f"{prefix}_{len(parts)}", name, path, sha256, reading))
    # Only now: what is no table at all is refused for that.
    refuse_pointless([path for _, path in files], reading)
    in_hand = [frames.arrow_of(item) for item in given if not isinstance(item, (str, Path))]
    for number, frame in enumerate(in_hand, 1):
        name = "frame" if len(in_hand) == 1 else f"frame {number}"
        if _is_new(name, sha256 := frames.digest(frame), seen, warnings):
            parts.append(frames.load_frame(engine, f"{prefix}_{len(parts)}", name, frame, sha256))
    if not parts:
        raise InputError("There is nothing to read.", found="no input.", fix="coterie run sales.csv", code="no_input")
    return joined(engine, prefix, parts, warnings)


def _is_new(name: str, sha256: str, seen: dict[str, str], warnings: list[str]) -> bool:
    if sha256 in seen:
        warnings.append(f"{name} has the same content as {seen[sha256]} and is read once.")
        return False
    seen[sha256] = name
    return True


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
        raise InputError(
            f"{given} is a folder.",
            found="no file of that name.",
            fix=f"'{given.rstrip('/')}/*.csv'",
            code="not_a_file",
        )
    anchor = Path(path.anchor) if path.anchor else Path()
    pattern = str(path.relative_to(path.anchor)) if path.anchor else str(path)
    found = [entry for entry in anchor.glob(pattern) if entry.is_file()] if _GLOB & set(given) else []
    if not found:
        raise InputError(f"There is no file {given}.", found="nothing under that name.", fix="check the path.", code="not_found")
    return found


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as they lie, read in chunks.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened.",
            found=f"{error.strerror}.",
            fix="give yourself the right to read it.",
            code="unreadable",
        ) from None


def load_file(engine: Engine, table: str, name: str, path: Path, sha256: str, reading: Reading) -> Part:
    """Load one file into the engine, by its content and not by its name's ending.

    Raises
    ------
    InputError
        If it cannot be read as a table.
    """
    kind = kind_of(head := head_of(path))
    if kind == "parquet":
        return load_parquet(engine, table, name, path, sha256)
    if kind == "workbook":
        return load_workbook(engine, table, name, path, sha256, reading)
    if kind == "database":
        return load_database(engine, table, name, path, sha256, reading)
    refuse_foreign(name, path, head)
    return _load_text(engine, table, name, path, sha256, reading)


def _load_text(engine: Engine, table: str, name: str, path: Path, sha256: str, reading: Reading) -> Part:
    with tempfile.TemporaryDirectory(prefix="coterie-") as folder:
        text = prepare(name, path, reading, Path(folder))
        layout = recognise(name, text, reading)
        # The engine takes brackets in a path for a pattern: give it another name then.
        place = text.path if not _GLOB & set(str(text.path)) else Path(folder) / "linked.csv"
        if place != text.path:
            place.symlink_to(text.path.resolve())
        try:
            rejects = tuple(engine.read_csv(table, place, layout.dialect))
        except InputError as error:
            wrong = error.wrong.replace(place.name, name)
            raise InputError(wrong, found=error.found, fix=error.fix, code=error.code) from None
    rows, last = engine.rows(f"SELECT count(*), coalesce(max(line), 0) FROM {table}")[0]
    renamed = ", ".join(
        f"{column} AS {identifier(header)}" for column, header in zip(layout.dialect.columns, layout.header, strict=True)
    )
    warnings = []
    if rejects and rejects[-1].line > last and not text.ends:
        warnings.append(f"{name}: the last line (record {rejects[-1].line:,}) is cut off; the file may be incomplete.")
    return Part(
        InputFile(name, path.stat().st_size, sha256, rows + len(rejects)),
        f"SELECT line AS source_line, {renamed} FROM {table}",
        layout.header,
        layout.dialect.skip + 1,
        rejects,
        (*text.notes, layout.note),
        tuple(warnings),
    )
