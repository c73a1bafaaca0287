"""What pages are drawn with: the report's own style and script, Vega's from an installed package, and each run's proportions."""

from __future__ import annotations

import functools
import gzip
import hashlib
from importlib import resources

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from coterie.report import bundle
from coterie.report.html import proportions
from coterie.web.api.asking import PINNED, library_of, snapshot

router = APIRouter(include_in_schema=False)
REPORTS = {"style.css": "text/css", "draw.js": "text/javascript"}
"""Files of the report that pages share with it: one look, one file."""


@functools.cache
def _of_report(name: str) -> bytes:
    return (resources.files("coterie.report") / "templates" / name).read_bytes()


@functools.cache
def _packed() -> tuple[bytes, bytes]:
    """Return Vega's script as it is and packed: a megabyte is not packed anew for everybody who asks."""
    script = bundle().encode()
    return script, gzip.compress(script, 6)


@functools.cache
def edition() -> str:
    """Return what changes in the address of scripts and styles when one of them does."""
    parts = [_of_report(name) for name in REPORTS]
    parts += [file.read_bytes() for file in sorted(resources.files("coterie.web").joinpath("static").iterdir(), key=str)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


@router.get("/static/vega.js")
async def vega(request: Request) -> Response:
    """Return Vega's script."""
    script, packed = await run_in_threadpool(_packed)
    headers = {"Cache-Control": "max-age=86400", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
    return Response(script, media_type="text/javascript", headers=headers)


@router.get("/static/style.css")
async def style() -> Response:
    """Return the report's style."""
    return _file("style.css")


@router.get("/static/draw.js")
async def draw() -> Response:
    """Return the report's script, which draws every chart of a page."""
    return _file("draw.js")


@router.get("/runs/{run}.css")
async def widths(request: Request, run: str) -> Response:
    """Return the widths of a run's bands: the policy allows no style attribute."""
    library_of(request).place(run)
    found = await snapshot(request, run)
    text = await run_in_threadpool(lambda: found.once("widths", lambda: proportions(found.summary)))
    return Response(text, media_type="text/css", headers={"Cache-Control": PINNED})


def _file(name: str) -> Response:
    return Response(_of_report(name), media_type=REPORTS[name], headers={"Cache-Control": "max-age=86400"})
