"""What an input is, by its first bytes and not by its name; whether it has the sheet or table that was named."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from coterie.engines.address import masked_query
from coterie.errors import InputError
from coterie.recipe import Reading

Kind = Literal["parquet", "workbook", "database", "text"]
HEAD = 512
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HAS: dict[str, tuple[tuple[str, ...], str]] = {
    "sheet": (("workbook",), ".xlsx workbook"),
    "table": (("database", "server"), "DuckDB file or PostgreSQL"),
    "query": (("server",), "PostgreSQL"),
}


def head_of(path: Path) -> bytes:
    """Return a file's first bytes."""
    with path.open("rb") as file:
        return file.read(HEAD)


def kind_of(head: bytes) -> Kind:
    """Return what a file is by its first bytes; what is no table of a known kind is text, until that is looked at.

    Examples
    --------
    >>> kind_of(b"PAR1..."), kind_of(b"InvoiceNo,StockCode")
    ('parquet', 'text')
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "workbook"
    return "database" if head[8:12] == b"DUCK" else "text"


def pointless(files: Iterable[Path], reading: Reading, *, servers: bool = False) -> list[str]:
    """Return which of ``sheet``, ``table`` and ``query`` are named where no file or server has any."""
    named = [key for key in _HAS if getattr(reading, key) is not None]
    kinds: set[str] = {kind_of(head_of(path)) for path in files} if named else set()
    kinds |= {"server"} if servers else set()
    return [key for key in named if not kinds & set(_HAS[key][0])]


def refuse_pointless(files: Iterable[Path], reading: Reading, *, servers: bool = False) -> None:
    """Refuse a sheet, table or query that is named where no input has any: what was asked for would not be what is read.

    Raises
    ------
    InputError
        If one is.
    """
    for key in pointless(files, reading, servers=servers):
        named = getattr(reading, key)
        raise InputError(
            f"--{key} names a {key}, and no input has any.",
            found=f"{masked_query(named) if key == 'query' else repr(named)}, and no {_HAS[key][1]}.",
            fix=f"leave --{key} out, or give the {_HAS[key][1]}.",
            code="choose_one",
        )


def refuse_foreign(name: str, path: Path, head: bytes) -> None:
    """Refuse what is neither text with columns nor a table of a known kind, by its first bytes."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        encrypted = _contains(path, _ENCRYPTED)
        kind, fix = (
            ("an encrypted workbook", "open it with its password and save it without one.")
            if encrypted
            else ("an old .xls workbook", "open it in a spreadsheet and save it as .xlsx or CSV.")
        )
    elif start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<body")):
        kind, fix = "a web page or XML", "open it in a spreadsheet and save it as .xlsx or CSV."
    elif head.startswith(b"SQLite format 3"):
        kind, fix = "an SQLite database", "export the table as CSV or Parquet."
    elif head.startswith(b"%PDF"):
        kind, fix = "a PDF", "export the table as CSV."
    elif start.startswith((b"{", b"[{")):
        kind, fix = "JSON", "export the lines as CSV or Parquet."
    else:
        return
    raise InputError(f"{name} is {kind}, whatever its name says.", found=f"{kind}, by its first bytes.", fix=fix, code="kind")


def _contains(path: Path, wanted: bytes) -> bool:
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if wanted in rest + chunk:
                return True
            rest = chunk[-len(wanted) :]
    return False
