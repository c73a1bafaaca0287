"""A list as files: split where one would be too large, its control group beside it, all of them put in place together."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from coterie.cells import guard
from coterie.errors import RecipeError
from coterie.exports.drawing import Drawn, Member
from coterie.exports.files import placed

Writer = Callable[[Path], None]
_BESIDE = ("customer_id", "segment_id", "segment")


def cell(value: Any, most_text: int | None = None) -> str:
    """Return a cell: text guarded, numbers plain, dates ISO, nothing where there is nothing.

    Examples
    --------
    >>> cell("=1+1"), cell(1e16), cell(12.5), cell(3.0), cell(datetime.datetime(2011, 12, 9, 12, 50)), cell(None), cell(True)
    ("'=1+1", '10000000000000000', '12.5', '3', '2011-12-09', '', 'true')
    """
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return format(Decimal(repr(int(value) if value == int(value) else value)), "f")
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    text = guard(str(value))
    return text if most_text is None else text.encode()[:most_text].decode(errors="ignore")


def parts(
    header: Sequence[str], rows: Iterable[Sequence[str]], most_bytes: int | None = None, most_rows: int | None = None
) -> Iterator[tuple[bytes, int]]:
    """Give CSV files of a list with their numbers of rows, one header each, none over its limits.

    Parameters
    ----------
    header : sequence of str
        The first line of every file.
    rows : iterable of sequence of str
        Cells.
    most_bytes, most_rows : int, optional
        What one file may have: bytes with its header, rows without it.
    """
    first = _line(header)
    part, size, count = [first], len(first), 0
    for row in rows:
        line = _line(row)
        if count and ((most_bytes and size + len(line) > most_bytes) or count == most_rows):
            yield b"".join(part), count
            part, size, count = [first], len(first), 0
        part.append(line)
        size, count = size + len(line), count + 1
    yield b"".join(part), count


def place_list(target: Path, files: Sequence[tuple[Path, Writer, int]], drawn: Drawn, share: float | None) -> dict[str, Any]:
    """Put a list in place, and with a control group two lists of ids beside it: every file, or none.

    Parameters
    ----------
    target : Path
        What the list was to be called.
    files : sequence of (path, writer, rows)
        Its files: where, a callable that is given a place beside it, and how many customers it has.
    drawn : Drawn
        Who was drawn.
    share : float or None
        That was held out; None without a control group.

    Returns
    -------
    dict
        ``path``, ``files``, ``bytes``, ``counts``, ``holdout``, ``exposed``, and ``stale``: files of an earlier list of that name
        that are none of this one.

    Raises
    ------
    RecipeError
        If there are several files for a place that is none, such as a pipe.
    """
    control = beside(target, "holdout"), beside(target, "exposed")
    every = [(path, write) for path, write, _ in files]
    if share is not None:
        every += [(path, _ids(people)) for path, people in zip(control, (drawn.held_out, drawn.written), strict=True)]
    if len(every) > 1 and target.exists() and not target.is_file():
        raise RecipeError(
            f"{target} cannot take {len(every)} files.",
            found="a place that is no plain file.",
            fix="--output with the name of a file; the others are put beside it.",
            code="several_files",
        )
    with ExitStack() as stack:
        for path, write in every:
            write(stack.enter_context(placed(path)))
    sizes = [path.stat().st_size for path, _, _ in files]
    return {
        "path": str(files[0][0]),
        "files": [
            {"path": str(path), "customers": rows, "bytes": size} for (path, _, rows), size in zip(files, sizes, strict=True)
        ],
        "bytes": sum(sizes),
        "counts": drawn.counts,
        "holdout": None if share is None else {"path": str(control[0]), "share": share, "customers": len(drawn.held_out)},
        "exposed": None if share is None else {"path": str(control[1]), "customers": len(drawn.written)},
        "stale": _stale(target, {path for path, _, _ in files}),
    }


def csv_files(target: Path, made: Iterable[tuple[bytes, int]]) -> list[tuple[Path, Writer, int]]:
    """Return parts as files: one keeps the target's name, of several each has its number."""
    given = list(made)
    names = [target] if len(given) == 1 else [numbered(target, number) for number in range(1, len(given) + 1)]
    return [(name, _bytes(content), rows) for name, (content, rows) in zip(names, given, strict=True)]


def numbered(target: Path, number: int) -> Path:
    """Return the name of a part.

    Examples
    --------
    >>> numbered(Path("spring.csv"), 2).name, beside(Path("spring.csv"), "holdout").name
    ('spring-2.csv', 'spring-holdout.csv')
    """
    return target.with_name(f"{target.stem}-{number}{target.suffix}")


def _stale(target: Path, written: set[Path]) -> list[str]:
    """Return what an earlier list left: whom it holds may have asked since not to be written to."""
    earlier = [target, *(numbered(target, number) for number in range(1, 100))]
    return [str(path) for path in earlier if path.is_file() and path not in written]


def beside(target: Path, word: str) -> Path:
    """Return the name of a list of ids beside a list."""
    return target.with_name(f"{target.stem}-{word}.csv")


def _bytes(content: bytes) -> Writer:
    return lambda place: _write(place, content)


def _ids(members: Sequence[Member]) -> Writer:
    rows = ([cell(member.customer[name]) for name in _BESIDE] for member in members)
    return _bytes(b"".join(content for content, _ in parts(_BESIDE, rows)))


def _write(place: Path, content: bytes) -> None:
    # Opened, not written by name: the place may be a pipe.
    with place.open("wb") as file:
        file.write(content)


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
