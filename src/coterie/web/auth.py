"""Who may ask: a token for programs, a signed cookie for browsers, and forms that only the page they belong to can send."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse

from coterie.errors import CoterieError

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "coterie"
SECONDS = 12 * 3600
"""How long a sign-in lasts, and a form may lie open."""
OPEN = ("/healthz", "/ready", "/sign-in", "/static/")
"""What anybody may ask for."""
MOST_ENDED = 10_000
"""Sessions that were ended, and are remembered until their cookies would have ended by themselves."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION = "coterie.session"


class Sessions:
    """Signs cookies and forms with a key made of the token: another token ends every session.

    Parameters
    ----------
    token : str or None
        What callers have to know; None lets everybody in, with a key for forms that lives as long as the process.
    """

    def __init__(self, token: str | None) -> None:
        from itsdangerous import URLSafeTimedSerializer

        self._token = None if token is None else token.encode()
        key = secrets.token_bytes(32) if token is None else hashlib.sha256(b"coterie sessions\0" + token.encode()).digest()
        self._ended: dict[str, float] = {}
        self._from = 0.0
        self._cookies: URLSafeTimedSerializer = URLSafeTimedSerializer(key, salt="cookie")
        self._forms: URLSafeTimedSerializer = URLSafeTimedSerializer(key, salt="form")

    @property
    def open(self) -> bool:
        """Whether nobody has to know anything."""
        return self._token is None

    def knows(self, given: str) -> bool:
        """Return whether this is the token, in the same time whatever it is."""
        return self._token is not None and hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._token)

    def end(self, cookie: str | None) -> None:
        """End a session: its cookie, and any copy of it, is none of ours from now on."""
        found = self.read(cookie)
        if found is None or not found[1]:
            return  # it grants nothing
        now = time.time()
        for session in [one for one, until in self._ended.items() if until < now]:
            del self._ended[session]
        if len(self._ended) >= MOST_ENDED:
            # Too many to remember each of them: whoever signed in before now does so again.
            self._ended.clear()
            self._from = now
        self._ended[found[0]] = now + SECONDS

    def begin(self, *, known: bool) -> str:
        """Return the value of a new session's cookie."""
        return str(self._cookies.dumps([secrets.token_urlsafe(16), known]))

    def read(self, cookie: str | None) -> tuple[str, bool] | None:
        """Return a cookie's session and whether it knows the token; None where it is none of ours, or old."""
        from itsdangerous import BadData

        if not cookie:
            return None
        try:
            (session, known), made = self._cookies.loads(cookie, max_age=SECONDS, return_timestamp=True)
        except (BadData, ValueError, TypeError):
            return None
        if session in self._ended or (known and made.timestamp() <= self._from):
            return None
        return str(session), bool(known)

    def form_token(self, request: Request) -> str:
        """Return what a form of this person's page has to send along, as ``csrf``."""
        return str(self._forms.dumps(session_of(request)))

    def check_form(self, request: Request, fields: Mapping[str, str]) -> None:
        """Refuse a form that was not made for this person.

        Raises
        ------
        CoterieError
            With code ``no_csrf``.
        """
        from itsdangerous import BadData

        try:
            made_for = self._forms.loads(fields.get("csrf", ""), max_age=SECONDS)
        except BadData:
            made_for = None
        if made_for is None or not hmac.compare_digest(str(made_for), session_of(request)):
            raise CoterieError(
                "This form is not one of yours, or is too old.",
                found="no token of this browser's session.",
                fix="load the page again, and send it from there.",
                code="no_csrf",
            )


class Gate:
    """Middleware: lets in who knows the token, and gives every browser a session.

    Parameters
    ----------
    app : ASGI application
        Behind the gate.
    sessions : Sessions
        Who is known.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app, self._sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        found = self._sessions.read(request.cookies.get(COOKIE))
        if not self._admitted(request, found):
            await _refused(request)(scope, receive, send)
            return
        fresh = None
        if found is None and not scope["path"].startswith(("/v1/", "/static/", "/healthz", "/ready", "/metrics")):
            fresh = self._sessions.begin(known=False)
            found = self._sessions.read(fresh)
        scope[_SESSION] = found[0] if found else ""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and fresh is not None:
                named = [name.lower() for name, _ in message.get("headers", ())]
                if b"set-cookie" not in named:
                    value = cookie_header(fresh, secure=scope.get("scheme") == "https")
                    message["headers"] = [*message.get("headers", ()), (b"set-cookie", value.encode())]
            await send(message)

        await self._app(scope, receive, sent)

    def _admitted(self, request: Request, found: tuple[str, bool] | None) -> bool:
        path = request.scope["path"]
        if self._sessions.open or path.startswith(OPEN):
            return True
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._sessions.knows(given.strip())
        # A browser's sign-in reads everything, and changes things by forms, which have tokens of their own; not by the API.
        return found is not None and found[1] and (request.method in SAFE or not path.startswith("/v1/"))


def session_of(request: Request) -> str:
    """Return the session of whoever asks; empty where there is none."""
    return str(request.scope.get(_SESSION, ""))


def cookie_header(value: str, *, secure: bool) -> str:
    """Return the header that gives a browser its session: kept from scripts and from other sites."""
    return f"{COOKIE}={value}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")


def local(path: str) -> str:
    """Return where to go after signing in: a page of this server, whatever was asked for.

    Examples
    --------
    >>> local("/segments/s1?country=France"), local("//elsewhere.example"), local("/\\\\elsewhere.example"), local("https:x")
    ('/segments/s1?country=France', '/', '/', '/')
    """
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fine else "/"


def _refused(request: Request) -> JSONResponse | RedirectResponse:
    wants_page = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if wants_page and not request.url.path.startswith("/v1/"):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(asked, safe='')}", 303)
    refusal = CoterieError(
        "This server answers to those who know its token.",
        found="no token, or another one.",
        fix="send it: Authorization: Bearer TOKEN; in a browser, sign in at /sign-in.",
        code="no_token",
    )
    return JSONResponse(refusal.as_dict(), 401, {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
