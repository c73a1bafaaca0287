"""Form data as it comes: fields into memory, few and short; a file onto disk, up to a cap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import IO, Any

from coterie.errors import InputError
from coterie.web.jobs.uploads import Shelf, Upload

MOST_FIELDS, MOST_FIELD_BYTES, MOST_HEADER_BYTES = 100, 100_000, 8_000
MOST_BYTES = 2 << 30
"""Largest file that is taken, in bytes."""


@dataclass
class Form:
    """What a form sent.

    Parameters
    ----------
    fields : dict of str to str
        By name; the last one counts.
    upload : Upload or None
        The file, where one was chosen; of several the first.
    files : dict of str to Upload
        Every file, by its field.
    """

    fields: dict[str, str] = field(default_factory=dict)
    upload: Upload | None = None
    files: dict[str, Upload] = field(default_factory=dict)


async def receive(
    stream: AsyncIterator[bytes],
    content_type: str,
    shelf: Shelf,
    *,
    most: int = MOST_BYTES,
    most_files: int = 1,
    allowed: Callable[[dict[str, str]], None] = lambda fields: None,
) -> Form:
    """Read a multipart form as it arrives.

    Parameters
    ----------
    stream : async iterator of bytes
        The request's body.
    content_type : str
        Its header.
    shelf : Shelf
        Where the file goes.
    most : int, default 2 GiB
        Largest file, in bytes; of several, all together.
    most_files : int, default 1
        Files that may come, each in a field of its own.
    allowed : callable, optional
        Given the fields before the file, before a byte of it is taken; raises where it may not be sent.

    Raises
    ------
    InputError
        If it is no such form, or too large; what was stored of it is deleted.
    """
    from python_multipart.exceptions import MultipartParseError
    from starlette.concurrency import run_in_threadpool

    reader = _Reader(shelf, most, most_files, allowed)
    parser = reader.parser(content_type)
    try:
        async for chunk in stream:
            if chunk:
                # Writing to a disk may take its time; the others are served meanwhile.
                await run_in_threadpool(parser.write, chunk)
        await run_in_threadpool(parser.finalize)
        if not reader.ended:
            raise _unreadable("it ends before its end.")
    except MultipartParseError as error:
        reader.abandon()
        raise _unreadable(f"{error}.") from None
    except BaseException:
        # The browser has gone, too: nobody will ask for what is stored.
        reader.abandon()
        raise
    return reader.form


class _Reader:
    def __init__(self, shelf: Shelf, most: int, most_files: int, allowed: Callable[[dict[str, str]], None]) -> None:
        self.form, self.ended = Form(), False
        self._shelf, self._most, self._most_files, self._allowed = shelf, most, most_files, allowed
        self._header, self._value, self._headers = b"", b"", dict[bytes, bytes]()
        self._name, self._text, self._size, self._parts = "", b"", 0, 0
        self._file: IO[bytes] | None = None
        self._is_file = False

    def parser(self, content_type: str) -> Any:
        from python_multipart.multipart import MultipartParser, parse_options_header

        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise _unreadable(f"{content_type[:100]!r} instead of multipart/form-data.")
        return MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin,
                "on_header_field": self._field,
                "on_header_value": self._field_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._begun,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )

    def abandon(self) -> None:
        if self._file:
            self._file.close()
        for upload in self.form.files.values():
            self._shelf.release(upload.upload, keep=False)

    def _begin(self) -> None:
        self._headers, self._header, self._value = {}, b"", b""
        self._parts += 1
        if self._parts > MOST_FIELDS:
            raise _too_large(f"more than {MOST_FIELDS} fields.")

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._short()

    def _field_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._short()

    def _short(self) -> None:
        if len(self._header) + len(self._value) > MOST_HEADER_BYTES:
            raise _too_large("a header without an end.")

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _begun(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name, self._text = options.get(b"name", b"").decode("utf-8", "replace"), b""
        given = options.get(b"filename")
        self._is_file = given is not None
        if given is None:
            return
        self._allowed(self.form.fields)
        # A form whose file was left empty sends a file without a name.
        if given and len(self.form.files) < self._most_files and self._name not in self.form.files:
            upload = self._shelf.place(given.decode("utf-8", "replace"))
            self.form.files[self._name] = upload
            self.form.upload = self.form.upload or upload
            self._file = upload.path.open("xb")
        elif given:
            raise _unreadable("more than one file." if self._most_files == 1 else f"more than {self._most_files} files.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file:
            self._size += end - start
            if self._size > self._most:
                raise _too_large(f"more than {self._most / 1e6:,.0f} MB.")
            self._file.write(memoryview(data)[start:end])
        else:
            self._text += data[start:end]
            if len(self._text) > MOST_FIELD_BYTES:
                raise _too_large(f"field {self._name[:50]!r} has more than {MOST_FIELD_BYTES:,} bytes.")

    def _end(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
        elif not self._is_file:
            self.form.fields[self._name] = self._text.decode("utf-8", "replace")

    def _finish(self) -> None:
        self.ended = True


def _unreadable(found: str) -> InputError:
    return InputError("The form cannot be read.", found=found, fix="choose the file again and send it.", code="bad_form")


def _too_large(found: str) -> InputError:
    return InputError(
        "What was sent is too large.",
        found=found,
        fix="send a smaller file, as Parquet or gzipped CSV, or run it on the command line: coterie run FILE.",
        code="too_large",
    )
