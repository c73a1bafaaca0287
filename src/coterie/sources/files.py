"""Inputs by name and by content: paths, addresses, frames; what each file is; one file given twice."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from coterie.engines.address import is_server, is_store
from coterie.engines.base import Engine, identifier
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources import frames
from coterie.sources.dialect import recognise
from coterie.sources.kinds import head_of, kind_of, refuse_foreign, refuse_pointless
from coterie.sources.lines import InputFile
from coterie.sources.named import GLOB, named_files
from coterie.sources.part import Part, Source, joined, same_kinds
from coterie.sources.postgres import load_postgres
from coterie.sources.store import load_store
from coterie.sources.tables import load_database, load_parquet
from coterie.sources.text import prepare
from coterie.sources.workbook import load_workbook


def load(engine: Engine, prefix: str, inputs: Any, reading: Reading) -> Source:
    """Load every input, one source of all.

    Parameters
    ----------
    engine : Engine
        Where the rows will lie.
    prefix : str
        What the names of its tables begin with.
    inputs : path, glob, folder of Parquet files, address, frame, or list of them
        Files come first, in the order of their names, then addresses; the same content twice is read once.
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
    addresses = [item for item in given if is_server(item) or is_store(item)]
    files = named_files([item for item in given if isinstance(item, (str, Path)) and item not in addresses])
    for file in files:
        # Equal files of two partitions hold different rows: their folders tell them apart.
        key = (sha256 := digest(file.path)) + repr(file.partition)
        if _is_new(file.name, key, seen, warnings):
            part = load_file(engine, f"{prefix}_{len(parts)}", file.name, file.path, sha256, reading)
            parts.append(part.with_columns(file.partition))
    if any(file.partition for file in files):
        same_kinds(engine, parts)
    # Only now: what is no table at all is refused for that.
    refuse_pointless([file.path for file in files], reading, servers=any(map(is_server, addresses)))
    for address in addresses:
        load = load_postgres if is_server(address) else load_store
        part = load(engine, f"{prefix}_{len(parts)}", address, reading)
        if _is_new(part.input.name, part.input.sha256, seen, warnings):
            parts.append(part)
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
        place = text.path if not GLOB & set(str(text.path)) else Path(folder) / "linked.csv"
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
