"""Sign-in: the token, once, for a cookie that scripts and other sites never see."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from coterie.web.auth import COOKIE, Sessions, cookie_header, local
from coterie.web.pages.rendering import shown

router = APIRouter(include_in_schema=False)
_PAUSE = 0.5
"""Seconds that a wrong token costs."""


def _sessions(request: Request) -> Sessions:
    found: Sessions = request.app.state.sessions
    return found


@router.get("/sign-in")
async def asked(request: Request, next: str = "/") -> Response:
    """Show the form; where nobody has to sign in, go on."""
    if _sessions(request).open:
        return RedirectResponse(local(next), 303)
    return shown(request, "sign_in.html", next=local(next), wrong=False, signed_in=False)


@router.post("/sign-in")
async def given(request: Request) -> Response:
    """Give who knows the token a session."""
    fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    sessions, after = _sessions(request), local(fields.get("next", "/"))
    sessions.check_form(request, fields)
    if not sessions.knows(fields.get("token", "").strip()):
        await asyncio.sleep(_PAUSE)
        return shown(request, "sign_in.html", 401, next=after, wrong=True, signed_in=False)
    response = RedirectResponse(after, 303)
    response.headers["set-cookie"] = cookie_header(sessions.begin(known=True), secure=request.url.scheme == "https")
    return response


@router.post("/sign-out")
async def left(request: Request) -> Response:
    """End this browser's session, wherever else its cookie may be."""
    sessions = _sessions(request)
    sessions.check_form(request, dict(parse_qsl((await request.body()).decode("utf-8", "replace"))))
    sessions.end(request.cookies.get(COOKIE))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
