"""The files that paths, globs and folders stand for, and the columns that the names of folders are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from coterie.errors import InputError

GLOB = frozenset("*?[")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, order=True)
class Named:
    """A file, what it is called, and what its folders say.

    Parameters
    ----------
    name : str
        Its own name where that is unique, else its path.
    path : Path
        Where it lies.
    partition : tuple of (str, str or None)
        ``year=2011`` and the like, of the folders between the one that was named and the file; values are text.
    """

    name: str
    path: Path
    partition: tuple[tuple[str, str | None], ...] = ()


def named_files(inputs: Sequence[str | Path]) -> list[Named]:
    """Return the files that paths, globs and folders of Parquet files stand for, sorted by name.

    Raises
    ------
    InputError
        If one stands for no file.
    """
    found = {path: root for given in inputs for path, root in _expanded(str(given))}
    names = Counter(path.name for path in found)
    return sorted(
        (
            Named(path.name if names[path.name] == 1 else str(path), path, _partition(path, root))
            for path, root in found.items()
        ),
        key=lambda one: (one.name, one.path),
    )


def _partition(path: Path, root: Path) -> tuple[tuple[str, str | None], ...]:
    parts = path.parent.relative_to(root).parts if path.is_relative_to(root) else ()
    pairs = [part.partition("=")[::2] for part in parts if part.partition("=")[0] and "=" in part]
    return tuple((unquote(key), None if value == _NO_VALUE else unquote(value)) for key, value in pairs)


def _expanded(given: str) -> list[tuple[Path, Path]]:
    """Return the files, each with the folder below which the names of folders are columns."""
    if not given.strip():
        raise InputError("A name of a file is empty.", found=f"{given!r}.", fix="coterie run sales.csv", code="no_input")
    path = Path(given).expanduser()
    if path.is_file():
        return [(path, path.parent)]
    if path.is_dir():
        return [(file, path) for file in _in_folder(given, path)]
    anchor = Path(path.anchor) if path.anchor else Path()
    pattern = path.relative_to(path.anchor) if path.anchor else path
    found = [entry for entry in anchor.glob(str(pattern)) if entry.is_file()] if GLOB & set(given) else []
    if not found:
        raise InputError(f"There is no file {given}.", found="nothing under that name.", fix="check the path.", code="not_found")
    fixed = anchor
    for part in pattern.parts:
        if GLOB & set(part):
            break
        fixed /= part
    return [(file, fixed) for file in found]


def _in_folder(given: str, folder: Path) -> list[Path]:
    """Return the Parquet files of a folder, as Hive and Spark lay them out: what begins with _ or . is not data."""
    for log, what in (("_delta_log", "Delta Lake"), ("metadata/*.metadata.json", "Iceberg"), (".hoodie", "Hudi")):
        if any(folder.glob(log)):
            raise InputError(
                f"{given} is a table of {what}.",
                found=f"{log} in it, which says which of its files count; rows of the others were deleted or replaced.",
                fix="write the table as plain Parquet with the program that keeps it, and give that folder.",
                code="kind",
            )
    hidden = ("_", ".")
    inside = [file.relative_to(folder) for file in folder.rglob("*.parquet") if file.is_file()]
    found = [folder / file for file in inside if not any(part.startswith(hidden) for part in file.parts)]
    if not found:
        raise InputError(
            f"{given} is a folder.",
            found="no Parquet file in it.",
            fix=f"'{given.rstrip('/')}/*.csv'",
            code="not_a_file",
        )
    return found
