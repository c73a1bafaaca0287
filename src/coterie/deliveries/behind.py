"""Rows behind those of a Parquet file: its blocks are copied as they are, and one footer tells of all.

To write a file anew takes as long as all its rows; to copy its bytes takes next to nothing.

References
----------
Apache Parquet, "File format", https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coterie.deliveries.thrift import Struct, read_struct, write_struct

_MAGIC = b"PAR1"
_SCHEMA, _ROWS, _GROUPS, _ENCRYPTION = 2, 3, 4, 8
_COLUMNS, _GROUP_ROWS, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
_FILE, _CHUNK_OFFSETS, _METADATA = 1, (2, 4, 6), 3
_PAGE_OFFSETS = (9, 10, 11, 14)
"""Fields of a footer that are looked at or moved, by their numbers in the format."""
_GROUP_SIZE = 122_880
_MOST_SMALL = 100
"""Small blocks that a file may gather before it is worth writing anew."""


def put_behind(earlier: Path, later: Path, place: Path) -> bool:
    """Write the rows of two Parquet files as one, the earlier first, without a look at them.

    Parameters
    ----------
    earlier, later : Path
        Files of the same columns, written by the same program.
    place : Path
        The new file.

    Returns
    -------
    bool
        Whether that was done. Nothing is written where the columns differ, a file is encrypted or names others, or the earlier one
        has gathered a hundred small blocks more than its rows take.
    """
    (footer, end), (more, more_end) = _footer(earlier), _footer(later)
    if footer[_SCHEMA] != more[_SCHEMA] or _ENCRYPTION in footer or _ENCRYPTION in more:
        return False
    groups, others = _groups(footer), _groups(more)
    rows = _number(footer, _ROWS) + _number(more, _ROWS)
    if len(groups) + len(others) > rows // _GROUP_SIZE + _MOST_SMALL or any(_elsewhere(one) for one in (*groups, *others)):
        return False
    moved = [_moved(one, end - len(_MAGIC)) for one in others]
    numbered = [_numbered(one, place) for place, one in enumerate([*groups, *moved])]
    joined = {**footer, _ROWS: (footer[_ROWS][0], rows), _GROUPS: (footer[_GROUPS][0], (footer[_GROUPS][1][0], numbered))}
    told = write_struct(joined)
    with place.open("wb") as out:
        for path, begin, stop in ((earlier, 0, end), (later, len(_MAGIC), more_end)):
            with path.open("rb") as source:
                source.seek(begin)
                _copy(source, out, stop - begin)
        out.write(told + len(told).to_bytes(4, "little") + _MAGIC)
    return True


def _footer(path: Path) -> tuple[Struct, int]:
    """Return a file's footer, and where it begins."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(size - 8)
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
        if magic != _MAGIC or length > size - 12:
            raise ValueError(f"{path.name} is no Parquet file")
        file.seek(size - 8 - length)
        return read_struct(file.read(length)), size - 8 - length


def _groups(footer: Struct) -> list[Struct]:
    found: list[Struct] = footer[_GROUPS][1][1]
    return [one for one in found if _number(one, _GROUP_ROWS)]


def _number(struct: Struct, field: int) -> int:
    return int(struct[field][1])


def _elsewhere(group: Struct) -> bool:
    return any(_FILE in chunk for chunk in group[_COLUMNS][1][1])


def _moved(group: Struct, by: int) -> Struct:
    """Return a block whose bytes lie so much further on."""

    def shifted(struct: Struct, fields: tuple[int, ...]) -> Struct:
        # A zero stands for none.
        there = [field for field in fields if field in struct and struct[field][1]]
        return struct | {field: (struct[field][0], struct[field][1] + by) for field in there}

    kind, (of, chunks) = group[_COLUMNS]
    columns = []
    for chunk in chunks:
        metadata = (chunk[_METADATA][0], shifted(chunk[_METADATA][1], _PAGE_OFFSETS))
        columns.append(shifted(chunk, _CHUNK_OFFSETS) | {_METADATA: metadata})
    return shifted(group, (_GROUP_OFFSET,)) | {_COLUMNS: (kind, (of, columns))}


def _numbered(group: Struct, place: int) -> Struct:
    return group | {_ORDINAL: (group[_ORDINAL][0], place)} if _ORDINAL in group else group


def _copy(source: Any, out: Any, size: int) -> None:
    while size:
        block = source.read(min(size, 1 << 20))
        if not block:
            raise ValueError("a file that ended while it was copied")
        out.write(block)
        size -= len(block)
