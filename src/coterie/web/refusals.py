"""How a refusal leaves by the web door: wrong, found, fix, and a status; never a trace of the code behind it."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from coterie.errors import BusyError, CoterieError

EMPTY = "an empty folder."
"""What is found where there was never a run."""
LOG = logging.getLogger("coterie.web")
STATUS = {
    "no_run": 404, "no_run_yet": 404, "no_file": 404, "unknown_customer": 404, "no_segment": 404, "no_job": 404, "no_upload": 404,
    "no_column": 404, "no_page": 404,
    "cannot_assign": 409, "features": 409, "other_recipe": 409, "other_model": 409,
    "too_large": 413, "not_json": 400, "repeated_key": 400, "no_token": 401, "cross_site": 403, "no_csrf": 403,
    "other_host": 421, "slow": 408, "tampered": 503, "timeout": 503, "crashed": 500, "unwritable": 500,
}  # fmt: skip
"""Status by a refusal's code; any other is 422."""
_SAID = {
    404: ("There is nothing here.", "look at /docs for what there is."),
    405: ("That cannot be done here.", "look at /docs for what can."),
    400: ("The request cannot be read.", "look at /docs for what is expected."),
}


def status_of(refusal: CoterieError) -> int:
    """Return the HTTP status of a refusal.

    Examples
    --------
    >>> status_of(CoterieError("There is no such run.", found="1 run.", fix="GET /v1/runs", code="no_run"))
    404
    """
    return STATUS.get(refusal.code, 503 if isinstance(refusal, BusyError) else 422)


def answer(request: Request, said: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    """Return a refusal as JSON, or as a page to a browser that asked for one."""
    headers = {**(headers or {}), "Cache-Control": "no-store"}
    path, accepted = request.url.path, request.headers.get("accept", "")
    if "text/html" not in accepted or path.startswith("/v1/") or path.endswith((".json", ".csv")):
        return JSONResponse(said, status, headers)
    from coterie.web.pages.rendering import shown

    if said["error"] == "no_run_yet" and said["found"] == EMPTY and path == "/":
        status = 200  # nothing is amiss: this is what the first page is before the first run
    page = shown(request, "refusal.html", status, refused=said)
    page.headers.update(headers)
    return page


def install(app: FastAPI) -> None:
    """Make an application answer every failure by the rules of this file."""

    @app.exception_handler(CoterieError)
    async def refused(request: Request, refusal: CoterieError) -> Response:
        status = status_of(refusal)
        headers = {"Retry-After": "2"} if status == 503 else {}
        return answer(request, refusal.as_dict(), status, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        # Not what was sent: it may hold ids, and numbers that JSON has no words for.
        # Of what fits neither one record nor a list of them, the reading that came further says more.
        errors = sorted(error.errors(), key=lambda one: -len(one["loc"]))
        details = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in errors[:20]]
        first, more = details[0], len(errors) - 1
        said = {
            "error": "invalid",
            "wrong": "The request does not fit what is expected.",
            "found": f"{first['where']}: {first['what']}" + (f"; {more} more." if more else "."),
            "fix": "look at /docs for what is expected.",
        }
        return answer(request, {**said, "details": details}, 422)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.detail, dict):
            return answer(request, error.detail, error.status_code)
        wrong, fix = _SAID.get(error.status_code, ("The request cannot be answered.", "look at /docs for what can be asked."))
        said = {"error": f"http_{error.status_code}", "wrong": wrong, "found": f"{error.detail}.", "fix": fix}
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else dict(error.headers or {})
        return answer(request, said, error.status_code, headers)


def _allowed(request: Request) -> str:
    """Return what may be done at an address: each of its methods may be a route of its own."""

    def possible(method: str) -> bool:
        asked = {**request.scope, "method": method}
        return any(route.matches(asked)[0] == Match.FULL for route in request.app.router.routes)

    return ", ".join(one for one in ("GET", "POST", "PUT", "PATCH", "DELETE") if possible(one))


def internal() -> dict[str, Any]:
    """Return what is said of a failure of our own; the trace is in the log."""
    return {
        "error": "internal",
        "wrong": "The server failed to answer this.",
        "found": "an error of its own; its log has more.",
        "fix": "try again; if it happens again, tell whoever runs the server.",
    }
