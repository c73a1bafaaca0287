"""A delimited file as plain UTF-8 text: unpacked, decoded, with one kind of line end, in bounded memory."""

from __future__ import annotations

import codecs
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.encoding import Survey, decide

CHUNK = 1 << 20
PIECE = 8 << 20
"""Unpacked bytes held at a time."""
FREE = 8 << 20
"""Unpacked bytes that are never suspicious, however small the file was."""
RATIO = 100
CAP = 64 << 30
SAMPLE = 2 << 20
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass(frozen=True)
class Text:
    """A file that is ready for the engine.

    Parameters
    ----------
    path : Path
        Where the UTF-8 text lies: the file itself, or a temporary copy.
    sample : str
        Its beginning.
    whole : bool
        Whether the sample is all of it.
    ends : bool
        Whether the last line ends properly.
    notes : tuple of str
        What was recognised.
    """

    path: Path
    sample: str
    whole: bool
    ends: bool
    notes: tuple[str, ...]


def prepare(name: str, path: Path, reading: Reading, folder: Path) -> Text:
    """Unpack and decode a file, copying it only where something must change.

    Parameters
    ----------
    path : Path
        The file.
    reading : Reading
        Its ``encoding`` and ``delimiter`` are heeded.
    folder : Path
        Where temporary copies go.

    Raises
    ------
    InputError
        If it is empty, damaged, a decompression bomb, or in an encoding that cannot be told.
    """
    kind = _PACKED.get(_head(path)[:4]) or _PACKED.get(_head(path)[:2])
    notes = [f"{name}: unpacked from {kind}."] if kind else []
    survey = Survey()
    plain = folder / "unpacked.csv" if kind else path
    with plain.open("wb") if kind else io.BytesIO() as copy:
        for chunk in _unpacked(name, path, kind):
            survey.see(chunk)
            if kind:
                copy.write(chunk)
    if not survey.size:
        raise InputError(f"{name} is empty.", found="0 bytes.", fix="export it again.", code="empty")
    encoding = decide(name, survey, reading.encoding)
    if encoding.note:
        notes.append(f"{name}: {encoding.note}")
    spaces = reading.delimiter == " "
    if encoding.codec != "utf-8" or survey.mixed_line_ends or spaces:
        changed = folder / "converted.csv"
        _convert(name, plain, changed, encoding.codec, spaces)
        plain = changed
    with plain.open("rb") as file:
        head = file.read(SAMPLE)
    sample = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    return Text(plain, sample, len(head) < SAMPLE, survey.ends, tuple(notes))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _unpacked(name: str, path: Path, kind: str | None) -> Iterator[bytes]:
    """Yield a file's content in chunks, counting what comes out against what lies there."""
    size, out = path.stat().st_size, 0
    try:
        with _open(path, kind) as file:
            for chunk in _inflated(file) if kind == "gzip" else iter(lambda: file.read(CHUNK), b""):
                out += len(chunk)
                if kind and (out > CAP or (out > FREE and out > RATIO * size)):
                    raise InputError(
                        f"{name} unpacks to far more than it holds.",
                        found=f"{size:,} bytes that became more than {out:,}.",
                        fix="unpack it yourself and look at it before you read it.",
                        code="decompression_bomb",
                    )
                yield chunk
    except (EOFError, zlib.error, OSError) as error:
        if not kind:
            raise
        raise InputError(
            f"{name} is damaged: its {kind} stream does not unpack.",
            found=f"{error}, after {out:,} unpacked bytes.",
            fix="copy or export the file again.",
            code="corrupt",
        ) from None


def _open(path: Path, kind: str | None) -> IO[bytes]:
    if kind == "zstd":
        import pyarrow as pa

        stream: IO[bytes] = pa.input_stream(str(path), compression="zstd")
        return stream
    return path.open("rb")


def _inflated(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the content of a gzip file, all its members, in large pieces.

    The standard reader inflates a few kilobytes at a time and gives other threads the interpreter after each; while modules are
    imported beside it, it waits a thousand times to get it back.
    """
    member, packed = zlib.decompressobj(31), b""
    while packed := packed or file.read(CHUNK):
        if member.eof:
            packed = packed.lstrip(b"\0")  # Padding may follow the last member.
            if not packed:
                continue
            member = zlib.decompressobj(31)
        piece = member.decompress(packed, PIECE)
        packed = member.unconsumed_tail or member.unused_data
        if piece:
            yield piece
    if not member.eof:
        raise EOFError("the stream ends before its end mark")


def _convert(name: str, source: Path, target: Path, codec: str, spaces: bool) -> None:
    """Write a file again as UTF-8 with ``\\n`` ends; runs of spaces become one tab."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if codec == "utf-8" else codec)()
    newlines = io.IncrementalNewlineDecoder(decoder, translate=True)
    rest = ""
    with source.open("rb") as file, target.open("w", encoding="utf-8", newline="") as out:
        while True:
            chunk, before = file.read(CHUNK), file.tell()
            try:
                text = newlines.decode(chunk, final=not chunk)
            except UnicodeError as error:
                # Some codecs do not say where; they refuse the whole.
                at, found = 0, f"{error}: {chunk[:16]!r}"
                if isinstance(error, UnicodeDecodeError):
                    at = max(before - len(error.object), 0) + error.start
                    found = f"{error.reason}: {error.object[error.start : error.end + 8]!r}"
                raise InputError(
                    f"{name} is not {codec} at byte {at:,}.",
                    found=f"{found}.",
                    fix="--encoding with the encoding it was saved in, e.g. --encoding cp1252.",
                    code="encoding",
                ) from None
            if spaces:
                # Only whole lines, so that no run of spaces is cut in two.
                whole, _, rest = (rest + text).rpartition("\n") if chunk else (rest + text, "", "")
                text = _tabbed(whole) + ("\n" if whole and chunk else "")
            out.write(text)
            if not chunk:
                return


def _tabbed(text: str) -> str:
    return re.sub(r"[ \t]+", "\t", re.sub(r"(?m)^[ \t]+|[ \t]+$", "", text))
