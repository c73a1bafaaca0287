"""``POST /v1/runs``, ``POST /v1/mapping``, a job's events, and its end: runs made of a file that is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError
from coterie.web.api.asking import KNOWN, ONLY, Refusal, refusals
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


router = APIRouter(prefix="/v1", tags=["runs"], route_class=Refusing, dependencies=[KNOWN, ONLY])
Job = Annotated[str, Path(description="A job's id, as POST /v1/runs gives it.")]
_EMPTY = {"type": "string", "maxLength": 0}
"""What a form sends of a field that was left empty."""
_DAY = {"type": "string", "format": "date"}
_FORM: dict[str, Any] = {
    "file": {"type": "string", "format": "binary", "description": "The file with the sales."},
    "upload": {"type": "string", "description": "Instead of a file: the id of one that was sent before, from /v1/mapping."},
    "recipe": {"type": "string", "description": "Name of a recipe. Default default."},
    "k": {"anyOf": [{"type": "integer", "minimum": 2, "maximum": 100}, _EMPTY], "description": "How many segments."},
    "as_of": {"anyOf": [_DAY, _EMPTY], "description": "The day the answer is for; default the day after the last line."},
    "locale": {"type": "string", "description": "That figures are written for, such as en_GB."},
    "like": {"enum": ["latest", ""], "description": "Whether to keep ids and approved names of the latest run."},
}
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "description": "Also mapping.COLUMN, which names a column of the file, and reading.KEY, how to read it.",
                    "properties": _FORM,
                    "additionalProperties": {"type": "string"},
                }
            }
        },
    }
}
"""The form as OpenAPI has it: it is read as it comes, by `coterie.web.jobs.receive` alone."""


class Started(BaseModel):
    """A job: a run that is being made."""

    schema_: int = Field(1, alias="schema")
    job: str = Field(description="Its id.")
    events: str = Field(description="Where it tells how far it is.")


class State(BaseModel):
    """A job's last event: also ``stage``, ``done`` and ``total``; or ``run``; or ``error``, ``wrong``, ``found`` and ``fix``."""

    schema_: int = Field(1, alias="schema")
    job: str
    over: bool = Field(description="Whether nothing more will come.")
    event: str | None = Field(None, description="queued, started, stage, done or refused.")

    model_config = ConfigDict(extra="allow")


class Mapping(BaseModel):
    """How a file would be read; also what ``coterie check --json`` says of it."""

    schema_: int = Field(1, alias="schema")
    upload: str = Field(description="Id of the file, for another try or for the run.")
    name: str = Field(description="Its name.")
    mapping: list[dict[str, Any]] = Field(description="For each column of the contract its source, with confidence.")
    columns: list[str] = Field(description="The file's.")
    sample: list[list[str | None]] = Field(description="Its first rows.")
    refused: Refusal | None = Field(None, description="Why it cannot be read so.")

    model_config = ConfigDict(extra="allow")


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


TAKING = refusals(403, 404, 408, 413, 422)


@router.post("/runs", status_code=202, response_model=Started, responses=TAKING, openapi_extra=FORM)
async def start(request: Request) -> Response:
    """Make a run of a file.

    A multipart form with ``file``, or with ``upload``, an id from ``/v1/mapping``; and with ``recipe``, ``k``, ``as_of``,
    ``locale``, ``mapping.COLUMN`` and ``reading.KEY``, where they are needed; ``like=latest`` keeps ids and approved names.
    """
    desk, form = desk_of(request), await form_of(request)
    job = await run_in_threadpool(desk.submit, order_of(form, desk.shelf, "run"))
    events = f"/v1/runs/{job}/events"
    return JSONResponse({"schema": 1, "job": job, "events": events}, 202, {"Location": events})


@router.post("/mapping", response_model=Mapping, responses=TAKING, openapi_extra=FORM)
async def mapping(request: Request) -> Response:
    """Show how a file would be read, by the same form as ``/v1/runs``: columns with confidence, rules, features; no run is made."""
    found = await looked_at(desk_of(request), await form_of(request))
    return JSONResponse(found, 200)


STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


@router.get("/runs/{job}/events", response_class=StreamingResponse, responses=STREAM | refusals(404, 422))
async def events(
    request: Request,
    job: Job,
    last_event_id: Annotated[int, Header(ge=0, description="Number of the last event that is known already.")] = 0,
) -> Response:
    """Follow a job: server-sent events ``queued``, ``started``, ``stage``, and at last ``done`` or ``refused``."""
    desk = desk_of(request)
    desk.events(job)  # refused here, while there is still a status to say it with
    return StreamingResponse(stream(desk, job, last_event_id), media_type="text/event-stream", headers=HEADERS)


@router.get("/jobs/{job}", response_model=State, responses=refusals(404, 422))
async def state(request: Request, job: Job) -> Response:
    """Return a job's last event."""
    last = desk_of(request).events(job)[-1][1]
    return JSONResponse({"schema": 1, "job": job, "over": last["event"] in LAST, **last})


@router.delete("/jobs/{job}", response_model=State, responses=refusals(403, 404, 422))
async def cancel(request: Request, job: Job) -> Response:
    """Stop a job; a run that is published already stays."""
    desk = desk_of(request)
    await run_in_threadpool(desk.cancel, job)
    last = await run_in_threadpool(desk.wait, job, 10.0)
    return JSONResponse({"schema": 1, "job": job, "over": last is not None, **(last or {})})
