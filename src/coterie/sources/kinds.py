"""What an input is, by its first bytes and not by its name; whether it has the sheet or table that was named."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from coterie.engines.address import masked_query
from coterie.errors import InputError
from coterie.recipe import Reading

Kind = Literal["parquet", "workbook", "database", "text"]
HEAD = 512
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HAS: dict[str, tuple[tuple[str, ...], str]] = {
    "sheet": (("workbook",), ".xlsx workbook"),
    "table": (("database", "server"), "DuckDB file or PostgreSQL database"),
    "query": (("server",), "PostgreSQL database"),
    **dict.fromkeys(("encoding", "delimiter"), (("text",), "file of text, such as a CSV")),
    **dict.fromkeys(("header", "columns"), (("text", "workbook"), "file of text or .xlsx workbook")),
}
"""What each key of reading is about: without one it changes nothing."""
_FLAGS = {"header": "--no-header"}


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


def pointless(files: Iterable[Path], reading: Reading, *, servers: bool = False) -> dict[str, Any]:
    """Return which keys are given, of a sheet, a table, a query and how text is laid out, where no input has any.

    Returns
    -------
    dict of str to object
        Key to what it is where it is not given.
    """
    usual = {key: Reading.model_fields[key].get_default() for key in _HAS}
    named = [key for key in _HAS if getattr(reading, key) != usual[key]]
    kinds: set[str] = {kind_of(head_of(path)) for path in files} if named else set()
    kinds |= {"server"} if servers else set()
    return {key: usual[key] for key in named if not kinds & set(_HAS[key][0])}


def refuse_pointless(files: Iterable[Path], reading: Reading, *, servers: bool = False) -> None:
    """Refuse a sheet, table, query or layout of text where no input has any: what was asked for would not be what is read.

    Raises
    ------
    InputError
        If one is given.
    """
    for key in pointless(files, reading, servers=servers):
        named, flag, what = getattr(reading, key), _FLAGS.get(key, f"--{key}"), _HAS[key][1]
        raise InputError(
            f"{flag} is about a {what}, and no input is one.",
            found=f"{masked_query(named) if key == 'query' else repr(named)}, and no {what}.",
            fix=f"leave {flag} out, or give the {what}.",
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
