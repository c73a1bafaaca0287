"""Which encoding a text is in: UTF-8 strictly, a mark at its start, a certain cp1252, or a refusal with the byte."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass, field

from coterie.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Western letters and signs. Where another code page gives a byte to its own letter, its texts hold other bytes too.
_WESTERN = frozenset("£€¥©®°½¼¾²«»‘’“”–—…•™´·\xa0ÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÓÔÖØÙÚÜßàáâãäåæçèéêëìíîïñòóôõöøùúûü".encode("cp1252"))
# What western text in cp1252 does not have: three such bytes in a row, a pound sign within a word, a character of UTF-8.
_FOREIGN = re.compile(rb"[\x80-\xff]{3}|\xa3[a-z]|[\xc2-\xdf][\x80-\xbf]")
_ASCII = bytes(range(128))


@dataclass
class Survey:
    """What a stream of bytes shows on one pass: UTF-8 or not, line ends, NULs, and the bytes above ASCII."""

    size: int = 0
    head: bytes = b""
    bad_at: int | None = None
    bad_bytes: bytes = b""
    crs: int = 0
    lfs: int = 0
    pairs: int = 0
    nuls: int = 0
    last: bytes = b""
    high: set[int] = field(default_factory=set)
    foreign: bool = False
    _decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def see(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        self.head = self.head or chunk[:4]
        if self.crs or b"\r" in chunk:
            self.crs += chunk.count(b"\r")
            self.lfs += chunk.count(b"\n")
            self.pairs += chunk.count(b"\r\n")
        else:  # Before the first carriage return, one line end is enough to tell that there are two kinds of them.
            self.lfs = self.lfs or int(b"\n" in chunk)
        self.pairs += self.last == b"\r" and chunk[:1] == b"\n"
        self.nuls += chunk.count(b"\0")
        if not chunk.isascii() or self._decoder.getstate()[0]:
            self._see_high(chunk)
        self.size += len(chunk)
        self.last = chunk[-1:]

    def _see_high(self, chunk: bytes) -> None:
        self.high.update(chunk.translate(None, _ASCII))
        if self.bad_at is None:
            pending = len(self._decoder.getstate()[0])
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError as error:
                self.bad_at = self.size - pending + error.start
                self.bad_bytes = error.object[error.start : error.start + 8]
            else:  # UTF-8 so far: if it stops to be later, two encodings are mixed.
                self.foreign = True
        if self.bad_at is not None:
            self.foreign = self.foreign or bool(_FOREIGN.search(chunk))

    @property
    def ends(self) -> bool:
        """Whether the last line ends with a line end."""
        return self.last in (b"\n", b"\r", b"\0")

    @property
    def mixed_line_ends(self) -> bool:
        """Whether lines end in more than one way, or in the old way of a lone carriage return."""
        return bool(self.crs) and not self.crs == self.lfs == self.pairs

    @property
    def cut(self) -> bytes:
        """The beginning of a character that never ends, if the text stops within one."""
        return self._decoder.getstate()[0]

    @property
    def certainly_western(self) -> bool:
        """Whether bytes above ASCII stand alone or in pairs and are letters and signs of western Europe."""
        return bool(self.high) and not self.foreign and self.high <= _WESTERN


@dataclass(frozen=True)
class Encoding:
    """A codec, and what to say about it."""

    codec: str
    note: str = ""


def decide(name: str, survey: Survey, declared: str | None) -> Encoding:
    """Return the encoding of a surveyed text.

    Parameters
    ----------
    name : str
        The file's name, for the message.
    survey : Survey
        What its bytes show.
    declared : str, optional
        The ``--encoding`` flag.

    Raises
    ------
    InputError
        If the bytes are not UTF-8 and cannot be told, or are not what was declared.
    """
    if declared:
        codec = _known(declared)
        if codec != "utf-8":
            return Encoding(codec, f"read as {codec}, as declared.")
    else:
        marked = next((codec for mark, codec in _MARKS if survey.head.startswith(mark)), "utf-8")
        if marked != "utf-8":
            return Encoding(marked, f"read as {marked}, by the mark at its start.")
        if survey.nuls * 4 > survey.size:
            raise InputError(
                f"{name} looks like UTF-16 without a mark at its start.",
                found=f"{survey.nuls:,} NUL bytes among {survey.size:,}.",
                fix="--encoding utf-16-le, or export it as UTF-8.",
                code="encoding",
            )
    if survey.bad_at is None and not survey.cut:
        return Encoding("utf-8")
    if not declared and survey.certainly_western:
        signs = bytes(sorted(survey.high)).decode("cp1252")
        return Encoding("cp1252", f"read as cp1252: not UTF-8, and its signs are {signs}.")
    at = survey.bad_at if survey.bad_at is not None else survey.size - len(survey.cut)
    raise InputError(
        f"{name} is not UTF-8 at byte {at:,}.",
        found=f"{survey.bad_bytes or survey.last!r}, which fits several encodings.",
        fix="--encoding with the encoding it was saved in, e.g. --encoding cp1252.",
        code="encoding",
    )


def _known(declared: str) -> str:
    try:
        codec = codecs.lookup(declared)
        # Some codecs turn bytes to bytes; this takes those for text alone.
        io.TextIOWrapper(io.BytesIO(), encoding=declared)
    except (LookupError, ValueError):
        raise InputError(
            f"There is no text encoding called {declared!r}.",
            found="a name that Python does not know.",
            fix="--encoding utf-8, cp1252, latin-1, utf-16 or shift_jis.",
            code="encoding",
        ) from None
    return codec.name
