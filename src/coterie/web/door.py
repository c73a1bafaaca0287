"""The door: who is let near, what every answer carries, and what is written down of it."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from coterie.errors import BusyError, CoterieError
from coterie.web.auth import SAFE
from coterie.web.refusals import STATUS, answer, internal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("coterie.web")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No script and no style but from files of this server, and nothing from anywhere else."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""What every answer carries, where it does not say otherwise itself."""
Watch = Callable[[str, str, int, float], None]


class Door:
    """Middleware, outermost.

    Parameters
    ----------
    app : ASGI application
        Behind the door.
    hosts : tuple of str or None
        Names that this server may be called by; None for any.
    log_ids : bool
        Whether paths are logged as they came.
    watch : callable, optional
        Told method, route, status and seconds of every answer.
    """

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...] | None, log_ids: bool, watch: Watch | None = None) -> None:
        self._app, self._hosts, self._log_ids, self._watch = app, hosts, log_ids, watch
        self._always = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; say nothing of what went wrong inside."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = list(message.get("headers", ()))
                named = {name.lower() for name, _ in given}
                message["headers"] = given + [header for header in self._always if header[0] not in named]
            await send(message)

        try:
            refusal = self._refusal(Request(scope))
            if refusal is not None:
                await JSONResponse(refusal.as_dict(), STATUS[refusal.code])(scope, receive, sent)
            else:
                await self._app(scope, receive, sent)
        except asyncio.CancelledError:
            # The server ends, and this took longer than it could wait: nobody is above to be told.
            if not status:
                await JSONResponse(_ending().as_dict(), 503)(scope, receive, sent)
        except Exception as error:
            self._failed(error)
            if not status:
                await _sorry(Request(scope))(scope, receive, sent)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _refusal(self, request: Request) -> CoterieError | None:
        host = request.headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return CoterieError(
                "This server does not go by that name.",
                found="another Host in the request.",
                fix=f"ask for http://{self._hosts[0]}, at its port.",
                code="other_host",
            )
        if request.method in SAFE:
            return None
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
        if site in ("same-origin", "none") and (origin is None or origin.partition("://")[2] == host):
            return None
        return CoterieError(
            "That was sent by a page of somebody else's.",
            found="a request from another site.",
            fix="send it from a page of this server, or from a program.",
            code="cross_site",
        )

    def _failed(self, error: Exception) -> None:
        """Log where something failed; the words of an error may hold what a customer is called."""
        at = traceback.extract_tb(error.__traceback__)
        where = "\n".join(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in at[-12:])
        LOG.error("%s\n%s", f"{type(error).__name__}: {error}" if self._log_ids else type(error).__name__, where)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = str(getattr(scope.get("route"), "path", "") or "-")
        if self._watch:
            self._watch(scope["method"], route, status, seconds)
        shown: Any = route
        if self._log_ids:
            query = scope.get("query_string", b"").decode("latin-1")
            shown = repr(scope["path"] + (f"?{query}" if query else ""))[1:-1]
        LOG.info("%s %s %d %.0f ms", scope["method"], shown, status, seconds * 1000)


def _ending() -> BusyError:
    return BusyError("The server is ending.", found="a request that takes too long.", fix="ask again in a moment.", code="busy")


def _sorry(request: Request) -> Response:
    try:
        return answer(request, internal(), 500)
    except Exception:
        return JSONResponse(internal(), 500)


def _name(host: str) -> str:
    """Return a Host without its port.

    >>> _name("127.0.0.1:8000"), _name("[::1]:8000"), _name("localhost")
    ('127.0.0.1', '::1', 'localhost')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
