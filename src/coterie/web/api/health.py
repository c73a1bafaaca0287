"""``/healthz``, ``/ready`` and ``/metrics``: what a watchman asks."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from coterie.web.api.asking import KNOWN, ONLY, refusals
from coterie.web.library import Library
from coterie.web.metrics import Metrics

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process lives."""

    status: str = Field(examples=["ok"])


class Ready(BaseModel):
    """Whether there is a run to answer from."""

    ready: bool
    run: str | None = Field(description="Number of the run that answers.")
    degraded: bool = Field(description="Whether that is not the newest, or not whole on disk any more.")
    why: str | None = Field(description="Why it is degraded, or not ready.")


@router.get("/healthz", response_model=Health)
async def healthz() -> Health:
    """Say that the process lives."""
    return Health(status="ok")


@router.get("/ready", response_model=Ready, responses={503: {"model": Ready, "description": "There is no run to answer from."}})
async def ready(request: Request, response: Response) -> Ready:
    """Say which run answers, and whether all is well with it; 503 where there is none."""
    library: Library = request.app.state.library
    state = await run_in_threadpool(library.check)
    response.status_code = 200 if state.run else 503
    response.headers["Cache-Control"] = "no-store"
    return Ready(ready=state.run is not None, run=state.run, degraded=state.degraded, why=state.why)


@router.get("/metrics", response_class=PlainTextResponse, responses=refusals(422), dependencies=[KNOWN, ONLY])
async def metrics(request: Request) -> Response:
    """Count requests by route, their time and the process's memory, for Prometheus."""
    library: Library = request.app.state.library
    found: Metrics = request.app.state.metrics
    return Response(found.text(await run_in_threadpool(library.check)), media_type="text/plain; version=0.0.4; charset=utf-8")
