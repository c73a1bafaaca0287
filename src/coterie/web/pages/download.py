"""Downloads of a list: exactly the customers that its filters leave, as CSV by a link, and by a form in every format."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError
from coterie.web import leave_form
from coterie.web.api.jobs import desk_of
from coterie.web.jobs.receive import Form, receive
from coterie.web.jobs.uploads import Shelf
from coterie.web.leaving import Left, leave
from coterie.web.pages import customers, segment
from coterie.web.pages.new_run import guarded
from coterie.web.pages.visit import Data, Visit, page_of, visit_of
from coterie.web.table import listing_of

router = APIRouter(include_in_schema=False)
SEGMENT = "/segments/{segment:path}"


@router.get("/customers.csv")
@router.get(f"{SEGMENT}.csv")
async def as_csv(request: Request, run: str | None = None) -> Response:
    """Return the list as CSV, all pages of it."""
    visit = await visit_of(request, run)
    return _sent(await run_in_threadpool(_plain, visit, request))


@router.get("/customers/download")
@router.get(f"{SEGMENT}/download")
async def back(request: Request) -> Response:
    """Lead whoever reloads a refused form to the page that has it."""
    asked = [("run" if name == "of" else name, value) for name, value in request.query_params.multi_items()]
    query = f"?{urlencode(asked)}" if asked else ""
    return RedirectResponse(f"{quote(request.url.path.removesuffix('/download'))}{query}#download", 303)


@router.post("/customers/download")
@router.post(f"{SEGMENT}/download")
async def download(request: Request, run: str | None = None, of: str | None = None) -> Response:
    """Return the list in the format that the form asks for; or the page again, with why not, or with how many that would be."""
    visit = await visit_of(request, run or of)
    visit = replace(visit, pinned=run is not None, asked=tuple(one for one in visit.asked if one[0] != "of"))
    folder = await run_in_threadpool(_folder, request)
    form = Form()
    try:
        form = await receive(
            request.stream(),
            request.headers.get("content-type", ""),
            Shelf(folder / "sent"),
            most=request.app.state.upload_bytes,
            most_files=len(leave_form.FILES),
            allowed=lambda fields: guarded(request, fields),
        )
        guarded(request, form.fields)
        left = await run_in_threadpool(_made, visit, request, form, folder)
        if not form.fields.get("count"):
            return _sent(left)
        left.file.close()
        counted = {"title": leave_form.title(form.fields["to"]), "notes": list(left.notes)}
        return await run_in_threadpool(_page, request, visit, form, {"counted": counted})
    except CoterieError as refusal:
        if refusal.code == "no_csrf":
            raise
        return await run_in_threadpool(_page, request, visit, form, leave_form.beside(refusal, form.files))
    finally:
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)


def _fixed(visit: Visit) -> tuple[tuple[str, str], ...]:
    return (("segment", str(segment.known(visit)["segment_id"])),) if "segment" in visit.path else ()


def _name(visit: Visit) -> str:
    """Return what a list is called: of which run, and of which segment; what else it was filtered by is in no name."""
    whose = dict(_fixed(visit)).get("segment", "customers")
    return f"coterie-{visit.snapshot.number}-{re.sub(r'[^A-Za-z0-9_-]', '', whose) or 'segment'}"


def _ids(visit: Visit) -> list[str]:
    listing = listing_of(visit, _fixed(visit), segment.OWN)
    rows = visit.snapshot.tables.rows(*listing.query(["customer_id"], whole=True))
    return [row["customer_id"] for row in rows]


def _plain(visit: Visit, request: Request) -> Left:
    with tempfile.TemporaryDirectory(prefix="coterie-list-") as folder:
        limits = desk_of(request).limits
        return leave(visit.snapshot.run, "csv", _name(visit), _ids(visit), Path(folder), {}, {}, limits)


def _made(visit: Visit, request: Request, form: Form, folder: Path) -> Left:
    to, options = leave_form.asked(form.fields, form.files)
    uploads = {name: form.files[name].path for name in leave_form.FILES if name in form.files}
    limits = desk_of(request).limits
    return leave(visit.snapshot.run, to, _name(visit), _ids(visit), folder, options, uploads, limits)


def _folder(request: Request) -> Path:
    """Return a folder for one request: where the server keeps uploads, for there a later one finds what a crash left behind."""
    desk, place = desk_of(request), None
    with suppress(CoterieError, OSError):
        desk.open()
        desk.shelf.folder.mkdir(mode=0o700, exist_ok=True)
        place = desk.shelf.folder
    return Path(tempfile.mkdtemp(prefix="list-", dir=place))


def _sent(left: Left) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{left.name}"',
        "Content-Length": str(left.size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(left.pieces(), media_type=left.media_type, headers=headers)


def _page(request: Request, visit: Visit, form: Form, told: Mapping[str, Any]) -> Response:
    """Return the page that the form was sent from, with what was typed and what is told of it."""

    def make(visit: Visit) -> Data:
        data = customers.customers(visit) if "segment" not in visit.path else segment.segment(visit)
        typed = {name: value for name, value in form.fields.items() if name != "csrf"}
        data["download"] = {**data["download"], "fields": typed, **told}
        return {**data, "refused": told.get("refused") or data["refused"]}

    return page_of(request, visit, make, "segment.html" if "segment" in visit.path else "customers.html")
