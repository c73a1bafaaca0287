"""What a request brings along: so much, in so long, for so many at a time."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from coterie.errors import BusyError, CoterieError
from coterie.web.auth import SAFE
from coterie.web.refusals import STATUS
from coterie.web.settings import Caps

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOADS = re.compile(r"/v1/runs|/v1/mapping|/new|/customers/download|/segments/.+/download")
"""Where a file may be sent: read as it comes, by a cap of its own."""
STREAMS = re.compile(
    r"/(v1/runs|new)/[^/]+/events|/customers\.csv|/segments/.+\.csv|/data/(lines\.csv|report|file/[^/]+)|/movement\.csv"
)
"""What may take longer than a page: events, lists and files."""
_FREE = ("/healthz", "/ready")
_HELD = 16
"""Bodies of the largest size that may be held in memory at a time."""
_LONG = 3600.0


class Bodies:
    """Middleware: reads a small body whole before anything is done with it, and counts who is at work.

    A slow sender therefore holds up nobody: only who has sent everything takes one of the places.

    Parameters
    ----------
    app : ASGI application
        What does the work.
    caps : Caps
        The limits.
    """

    def __init__(self, app: ASGIApp, caps: Caps) -> None:
        self._app, self._caps = app, caps
        self._working = self._long = self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body, or refuse it."""
        if scope["type"] != "http" or scope["path"] in _FREE:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        sends_file = headers.get(b"content-type", b"").lower().startswith(b"multipart/") and UPLOADS.fullmatch(scope["path"])
        held = 0
        try:
            if sends_file:
                upload = _Upload(receive, send, self._caps.body_seconds)
                await self._lengthy(scope, upload.receive, upload.send)
                return
            if STREAMS.fullmatch(scope["path"]):
                await self._lengthy(scope, receive, send)
                return
            if scope["method"] not in SAFE:
                body = await self._whole(receive, headers.get(b"content-length", b""))
                held = len(body)
                receive = _replayed(body, receive)
            await self._brief(scope, receive, send)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except CoterieError as refusal:
            status = STATUS.get(refusal.code, 503)
            headers_out = {"Retry-After": "1"} if status == 503 else {"Connection": "close"}
            await JSONResponse(refusal.as_dict(), status, headers_out)(scope, receive, send)
        finally:
            self._held -= held

    async def _brief(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._working >= self._caps.requests:
            raise _busy(f"{self._working} requests at work.")
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        self._working += 1
        try:
            async with asyncio.timeout(self._caps.seconds):
                await self._app(scope, receive, sent)
        except TimeoutError:
            if started:
                raise
            raise _slow("The answer takes too long.", f"more than {self._caps.seconds:g} seconds.", "timeout") from None
        finally:
            self._working -= 1

    async def _lengthy(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._long >= self._caps.requests:
            raise _busy(f"{self._long} uploads and streams.")
        self._long += 1
        try:
            async with asyncio.timeout(_LONG):
                await self._app(scope, receive, send)
        finally:
            self._long -= 1

    async def _whole(self, receive: Receive, length: bytes) -> bytes:
        most, seconds = self._caps.body, self._caps.body_seconds
        if length.isdigit() and int(length) > most:
            raise _too_large(most)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise _slow("The request ends before its end.", "a connection that was closed.", "not_json")
                    part = message.get("body", b"")
                    size += len(part)
                    self._held += len(part)
                    parts.append(part)
                    if size > most:
                        raise _too_large(most)
                    if self._held > _HELD * most:
                        raise _busy("other large requests being read.")
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except BaseException as error:
            self._held -= size
            if isinstance(error, TimeoutError):
                raise _slow("The request takes too long to come.", f"more than {seconds:g} seconds.", "slow") from None
            raise


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class _Upload:
    """A file on its way: given up when nothing comes for long, and its connection closed where the answer is there before it."""

    def __init__(self, receive: Receive, send: Send, seconds: float) -> None:
        self._receive, self._send, self._seconds = receive, send, seconds
        self._over = False

    async def receive(self) -> Message:
        try:
            # Once the file is there, waiting costs nothing.
            async with asyncio.timeout(None if self._over else self._seconds):
                message = await self._receive()
        except TimeoutError:
            raise _slow("The file takes too long to come.", f"nothing for {self._seconds:g} seconds.", "slow") from None
        self._over = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._over:
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await self._send(message)


def _busy(found: str) -> BusyError:
    return BusyError("The server has its hands full.", found=found, fix="ask again in a moment.", code="busy")


def _slow(wrong: str, found: str, code: str) -> CoterieError:
    return CoterieError(wrong, found=found, fix="ask again, for less or from nearer.", code=code)


def _too_large(most: int) -> CoterieError:
    return CoterieError(
        "The request is too large.",
        found=f"more than {most:,} bytes.",
        fix="send it in parts; a file of lines goes to POST /v1/runs as a form.",
        code="too_large",
    )
