"""``POST /v1/runs``, ``POST /v1/mapping``, a job's events, and its end: runs made of a file that is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError
from coterie.web.jobs import Desk
from coterie.web.jobs.events import LAST
from coterie.web.jobs.fields import order_of
from coterie.web.jobs.receive import Form, receive
from coterie.web.jobs.stream import HEADERS, stream
from coterie.web.jobs.worker import RESULT
from coterie.web.refusals import status_of

PATIENCE = 120.0
"""Seconds that looking at a file may take before the answer is that it takes too long."""


class Refusing(APIRoute):
    """A route whose refusals are JSON: error, wrong, found, fix."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, wrapped."""
        handle = super().get_route_handler()

        async def refusing(request: Request) -> Response:
            try:
                return await handle(request)
            except CoterieError as refusal:
                return JSONResponse(refusal.as_dict(), status_of(refusal))

        return refusing


router = APIRouter(prefix="/v1", tags=["runs"], route_class=Refusing)


def desk_of(request: Request) -> Desk:
    """Return the application's desk."""
    desk: Desk = request.app.state.desk
    return desk


async def form_of(request: Request, allowed: Callable[[dict[str, str]], None] = lambda fields: None) -> Form:
    """Read a request's form, its file onto the shelf."""
    desk = desk_of(request)
    await run_in_threadpool(desk.open)
    kind = request.headers.get("content-type", "")
    most = getattr(request.app.state, "upload_bytes", None)
    return await receive(
        request.stream(), kind, desk.shelf, allowed=allowed, **({"most": most} if most is not None else {})
    )


async def looked_at(desk: Desk, form: Form) -> dict[str, Any]:
    """Have a file looked at, and return what was found or why it was refused, with the upload's id."""
    order = order_of(form, desk.shelf, "check")
    job = await run_in_threadpool(desk.submit, order)
    last = await run_in_threadpool(desk.wait, job, PATIENCE)
    if last is None:
        await run_in_threadpool(desk.cancel, job)
        raise CoterieError(
            "Looking at the file takes too long.",
            found=f"more than {PATIENCE:.0f} seconds.",
            fix="send a smaller file, or run it on the command line: coterie run FILE.",
            code="timeout",
        )
    about = {"upload": order.upload, "name": desk.shelf.find(order.upload).name}
    if last["event"] == "done":
        result = desk.file(job, RESULT)
        found = json.loads(result.read_bytes())
        result.unlink()  # it shows lines of the file
        return {**found, **about}
    refusal = {key: last.get(key) for key in ("error", "wrong", "found", "fix")}
    return {"schema": 1, "mapping": [], "columns": [], "sample": [], "refused": refusal, **about}


@router.post("/runs", status_code=202)
async def start(request: Request) -> Response:
    """Make a run of a file.

    A multipart form with ``file``, or with ``upload``, an id from ``/v1/mapping``; and with ``recipe``, ``k``, ``as_of``,
    ``locale``, ``mapping.COLUMN`` and ``reading.KEY``, where they are needed; ``like=latest`` keeps ids and approved names.
    """
    desk, form = desk_of(request), await form_of(request)
    job = await run_in_threadpool(desk.submit, order_of(form, desk.shelf, "run"))
    events = f"/v1/runs/{job}/events"
    return JSONResponse({"schema": 1, "job": job, "events": events}, 202, {"Location": events})


@router.post("/mapping")
async def mapping(request: Request) -> Response:
    """Show how a file would be read, by the same form as ``/v1/runs``: columns with confidence, rules, features; no run is made."""
    found = await looked_at(desk_of(request), await form_of(request))
    return JSONResponse(found, 200)


@router.get("/runs/{job}/events")
async def events(request: Request, job: str, last_event_id: int = Header(0, ge=0)) -> Response:
    """Follow a job: server-sent events ``queued``, ``started``, ``stage``, and at last ``done`` or ``refused``."""
    desk = desk_of(request)
    desk.events(job)  # refused here, while there is still a status to say it with
    return StreamingResponse(stream(desk, job, last_event_id), media_type="text/event-stream", headers=HEADERS)


@router.get("/jobs/{job}")
async def state(request: Request, job: str) -> Response:
    """Return a job's last event."""
    last = desk_of(request).events(job)[-1][1]
    return JSONResponse({"schema": 1, "job": job, "over": last["event"] in LAST, **last})


@router.delete("/runs/{job}")
async def cancel(request: Request, job: str) -> Response:
    """Stop a job; a run that is published already stays."""
    desk = desk_of(request)
    await run_in_threadpool(desk.cancel, job)
    last = await run_in_threadpool(desk.wait, job, 10.0)
    return JSONResponse({"schema": 1, "job": job, "over": last is not None, **(last or {})})
