"""``/v1/runs`` and the documents of a run: its segments, every k, the ledger."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError
from coterie.runs import open_run
from coterie.web.api.asking import KNOWN, ONLY, Asked, encoded, kept, library_of, refusals, snapshot
from coterie.web.library import Library, summary
from coterie.web.snapshot import Snapshot

router = APIRouter(prefix="/v1", tags=["runs"], responses=refusals(404, 422), dependencies=[KNOWN, ONLY])
Number = Annotated[str, Path(description="A run's number, such as 000001.", examples=["000001"])]


class RunSummary(BaseModel):
    """A run in a list; of one that is not whole only its number and why."""

    run: str
    as_of: str | None = Field(None, description="The day the answer is for.")
    created: str | None = Field(None, description="When it was made.")
    recipe: str | None = Field(None, description="Name of its recipe.")
    inputs: list[str] = Field([], description="Files it was made of.")
    renamed_from: str | None = Field(None, description="The run that this is with another name of a segment.")
    problem: str | None = Field(None, description="Why it cannot be read.")


class Runs(BaseModel):
    """Runs, newest first."""

    schema_: int = Field(1, alias="schema")
    latest: str | None = Field(description="Number of the run that answers where none is named.")
    runs: list[RunSummary]
    more: bool = Field(description="Whether there are older ones: ask with before=, the last number here.")


class RunDocument(BaseModel):
    """A run: its manifest, with what was chosen. Keys as in manifest.json."""

    run: str
    as_of: str
    n_clusters: int = Field(description="The chosen k.")
    verdict: str
    why: str = Field(description="One sentence on the choice.")
    links: dict[str, str]

    model_config = ConfigDict(extra="allow")


class Segments(BaseModel):
    """segments.json of a run."""

    population: dict[str, Any]
    segments: list[dict[str, Any]]
    units: dict[str, Any]

    model_config = ConfigDict(extra="allow")


class Sweep(BaseModel):
    """sweep.json of a run: every k, with its scores, gates and sentence."""

    n_clusters: int
    verdict: str
    candidates: list[dict[str, Any]]

    model_config = ConfigDict(extra="allow")


class Ledger(BaseModel):
    """ledger.json of a run: lines and money, by what became of them."""

    lines: dict[str, int]
    money: dict[str, str]
    rules: list[dict[str, Any]]

    model_config = ConfigDict(extra="allow")


@router.get("/runs", response_model=Runs)
async def runs(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200, description="How many.")] = 50,
    before: Annotated[str | None, Query(pattern="^[0-9]{6,12}$", description="Only older ones than this.")] = None,
) -> dict[str, Any]:
    """List the runs."""
    return await run_in_threadpool(_listed, library_of(request), limit, before)


@router.get("/runs/{run}", response_model=RunDocument)
async def run(request: Request, run: Number) -> Response:
    """Tell how a run was made, and what was chosen."""
    found = await snapshot(request, run)
    sweep = found.run.sweep
    chosen = {"n_clusters": sweep["n_clusters"], "verdict": sweep["verdict"], "why": sweep["why"]}
    links = {name: f"/v1/runs/{run}/{name}" for name in ("segments", "sweep", "ledger")} | {"customers": f"/v1/customers?run={run}"}
    body = encoded({**found.run.manifest, **chosen, "links": links})
    return kept(request, body, found.digest("manifest"), pinned=True)


@router.get("/runs/{run}/segments", response_model=Segments)
async def run_segments(request: Request, run: Number) -> Response:
    """Tell who the segments of a run are, what they are worth and how to know them."""
    return _document(request, await snapshot(request, run), "segments", pinned=True)


@router.get("/runs/{run}/sweep", response_model=Sweep)
async def run_sweep(request: Request, run: Number) -> Response:
    """Tell of every number of segments that was tried, and why one was chosen."""
    return _document(request, await snapshot(request, run), "sweep", pinned=True)


@router.get("/runs/{run}/ledger", response_model=Ledger)
async def run_ledger(request: Request, run: Number) -> Response:
    """Tell what became of every line and of its money."""
    return _document(request, await snapshot(request, run), "ledger", pinned=True)


@router.get("/segments", response_model=Segments)
async def segments(request: Request, found: Asked, run: str | None = None) -> Response:
    """Tell who the segments are; of the latest run, or of the one that ``run`` names."""
    return _document(request, found, "segments", pinned=run is not None)


@router.get("/sweep", response_model=Sweep)
async def sweep(request: Request, found: Asked, run: str | None = None) -> Response:
    """Tell of every number of segments that was tried."""
    return _document(request, found, "sweep", pinned=run is not None)


@router.get("/ledger", response_model=Ledger)
async def ledger(request: Request, found: Asked, run: str | None = None) -> Response:
    """Tell what became of every line."""
    return _document(request, found, "ledger", pinned=run is not None)


def _document(request: Request, found: Snapshot, name: str, *, pinned: bool) -> Response:
    response = kept(request, found.documents[name], found.digest(name), pinned=pinned)
    response.headers["Coterie-Run"] = found.number
    return response


def _listed(library: Library, limit: int, before: str | None) -> dict[str, Any]:
    numbers = [one for one in library.numbers() if before is None or int(one) < int(before)]
    try:
        latest = library.current().number
    except CoterieError:
        latest = None
    shown = []
    for number in numbers[:limit]:
        try:
            shown.append(summary(open_run(library.place(number))))
        except CoterieError as refusal:
            shown.append({"run": number, "problem": refusal.code})
    return {"schema": 1, "latest": latest, "runs": shown, "more": len(numbers) > limit}
