"""Inputs by name and by content: paths, addresses, frames; what each file is; one file given twice."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from coterie.engines.address import is_server, is_store
from coterie.engines.base import Dialect, Engine
from coterie.errors import CoterieError, InputError
from coterie.recipe import Reading
from coterie.sources import frames
from coterie.sources.cells import stored
from coterie.sources.dialect import recognise
from coterie.sources.kinds import head_of, kind_of, refuse_foreign, refuse_pointless
from coterie.sources.lines import InputFile
from coterie.sources.named import GLOB, named_files
from coterie.sources.part import Part, Source, joined, same_kinds
from coterie.sources.postgres import load_postgres
from coterie.sources.store import load_store
from coterie.sources.tables import load_database, load_parquet
from coterie.sources.text import Text, prepare
from coterie.sources.workbook import load_workbook

LONG = 64 << 20
"""Bytes of text from which on it pays to look at its beginning first."""
Guess = Callable[[Source], Mapping[str, str]]


def load(engine: Engine, prefix: str, inputs: Any, reading: Reading, guess: Guess | None = None) -> Source:
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
    guess : callable, optional
        Says of the beginning of a text how its columns are typed, as `Part` has it: long ones are typed so while they are read.

    Raises
    ------
    InputError
        If an input cannot be read as a table, or they have different columns.
    """
    aside = ThreadPoolExecutor(1, "digest")
    try:
        return joined(engine, prefix, *_parts(engine, prefix, inputs, reading, guess, aside))
    finally:
        aside.shutdown(cancel_futures=True)


def _parts(
    engine: Engine, prefix: str, inputs: Any, reading: Reading, guess: Guess | None, aside: Executor
) -> tuple[list[Part], list[str]]:
    """Load every input, and return them with warnings; bytes are hashed aside."""
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    parts: list[Part] = []
    seen: dict[str, str] = {}
    warnings: list[str] = []
    addresses = [item for item in given if is_server(item) or is_store(item)]
    files = named_files([item for item in given if isinstance(item, (str, Path)) and item not in addresses])
    digests = [aside.submit(digest, file.path) for file in files]
    for file, sha256 in zip(files, digests, strict=True):
        # Equal files of two partitions hold different rows: their folders tell them apart.
        if len(files) == 1 or _is_new(file.name, sha256.result() + repr(file.partition), seen, warnings):
            part = load_file(engine, f"{prefix}_{len(parts)}", file.name, file.path, sha256, reading, guess)
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
        if _is_new(name, content := frames.digest(frame), seen, warnings):
            parts.append(frames.load_frame(engine, f"{prefix}_{len(parts)}", name, frame, content))
    if not parts:
        raise InputError("There is nothing to read.", found="no input.", fix="coterie run sales.csv", code="no_input")
    return parts, warnings


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
        raise _closed(path, error) from None


def _closed(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path} cannot be opened.",
        found=f"{error.strerror}.",
        fix="give yourself the right to read it.",
        code="unreadable",
    )


def load_file(
    engine: Engine, table: str, name: str, path: Path, sha256: Future[str], reading: Reading, guess: Guess | None = None
) -> Part:
    """Load one file into the engine, by its content and not by its name's ending.

    Raises
    ------
    InputError
        If it cannot be read as a table.
    """
    try:
        kind = kind_of(head := head_of(path))
    except OSError as error:
        raise _closed(path, error) from None
    if kind == "parquet":
        return load_parquet(engine, table, name, path, sha256.result())
    if kind == "workbook":
        return load_workbook(engine, table, name, path, sha256.result(), reading)
    if kind == "database":
        return load_database(engine, table, name, path, sha256.result(), reading)
    refuse_foreign(name, path, head)
    return _load_text(engine, table, name, path, sha256, reading, guess)


def _load_text(
    engine: Engine, table: str, name: str, path: Path, sha256: Future[str], reading: Reading, guess: Guess | None
) -> Part:
    with tempfile.TemporaryDirectory(prefix="coterie-") as folder:
        text = prepare(name, path, reading, Path(folder))
        layout = recognise(name, text, reading)
        # The engine takes brackets in a path for a pattern: give it another name then.
        place = text.path if not GLOB & set(str(text.path)) else Path(folder) / "linked.csv"
        if place != text.path:
            place.symlink_to(text.path.resolve())
        typed = _typed_alike(engine, table, name, text, Path(folder), layout.dialect, guess) if guess else {}
        further = {stored(column): sql for column, sql in typed.items()}
        try:
            rejects = tuple(engine.read_csv(table, place, layout.dialect, further))
        except InputError as error:
            wrong = error.wrong.replace(place.name, name)
            raise InputError(wrong, found=error.found, fix=error.fix, code=error.code) from None
    rows, last = engine.rows(f"SELECT count(*), coalesce(max(source_line), 0) FROM {table}")[0]
    warnings = []
    if rejects and rejects[-1].line > last and not text.ends:
        warnings.append(f"{name}: the last line (record {rejects[-1].line:,}) is cut off; the file may be incomplete.")
    return Part(
        InputFile(name, path.stat().st_size, sha256.result(), rows + len(rejects)),
        f"FROM {table}",
        layout.dialect.columns,
        layout.dialect.skip + 1,
        rejects,
        (*text.notes, layout.note),
        tuple(warnings),
        typed=typed,
    )


def _typed_alike(
    engine: Engine, table: str, name: str, text: Text, folder: Path, dialect: Dialect, guess: Guess
) -> Mapping[str, str]:
    """Return how a long text's columns are typed if all of it is like its beginning, as `Part` has it."""
    if text.path.stat().st_size < LONG:
        return {}
    beginning = folder / "beginning.csv"
    beginning.write_text(text.sample[: text.sample.rfind("\n") + 1], encoding="utf-8", newline="")
    try:
        rejects = engine.read_csv(table, beginning, dialect)
    except InputError:  # It may have been cut within quotes.
        return {}
    part = Part(InputFile(name, 0, "", 0), f"FROM {table}", dialect.columns)
    try:
        return {} if rejects else guess(Source(table, table, "", dialect.columns, (part,), ()))
    except CoterieError:  # What is wrong or unsure in the beginning may be neither in the whole.
        return {}
    finally:
        engine.run(f"DROP {'TABLE' if rejects else 'VIEW'} {table}")
