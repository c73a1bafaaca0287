"""A segment's name, given on its page: who may give one, what becomes of it, and what was given before."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError
from coterie.web.api.asking import library_of
from coterie.web.api.jobs import desk_of
from coterie.web.jobs.apart import apart
from coterie.web.library import Library
from coterie.web.pages import segment
from coterie.web.pages.new_run import guarded
from coterie.web.pages.visit import Data, Visit, page_of, visit_of

router = APIRouter(include_in_schema=False)
PATH = f"{segment.PATH}/rename"
_CONCERNED = {"bad_reason": "reason", "bad_person": "by"}
"""Which field a refusal concerns, by its code; any other concerns the name."""
_FIXES = {
    "name": "1 to 60 characters on one line.",
    "reason": "1 to 500 characters on one line.",
    "by": "1 to 500 characters on one line.",
}


@router.get(PATH)
async def back(request: Request) -> Response:
    """Lead whoever reloads a refused form to the page that has it."""
    return RedirectResponse(f"{quote(request.url.path.removesuffix('/rename'))}#rename", 303)


@router.post(PATH)
async def rename(request: Request) -> Response:
    """Publish the run again with the name, and land on it; or show the page again, with why not."""
    fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    guarded(request, fields)
    visit = replace(await visit_of(request, None), asked=())
    found = segment.known(visit)
    try:
        number = await run_in_threadpool(_published, request, found["segment_id"], fields)
    except CoterieError as refusal:
        return await run_in_threadpool(_page, request, visit, fields, refusal)
    await run_in_threadpool(_until_served, library_of(request), number)
    return RedirectResponse(f"/segments/{quote(found['segment_id'])}?said=renamed#renamed", 303)


def _published(request: Request, one: str, fields: Mapping[str, str]) -> str:
    """Have the name published in a process of its own, and return the new run's number."""
    library, desk = library_of(request), desk_of(request)
    pointer = library.folder.resolve() / "latest"
    order = {
        "kind": "rename",
        "run": str(pointer if pointer.is_file() else library.place(library.current().number).resolve()),
        "of": fields.get("of", ""),
        "old": one,
        "new": fields.get("name", ""),
        "reason": fields.get("reason", ""),
        "by": fields.get("by", ""),
        "at": desk.now() if desk.now else None,
    }
    with tempfile.TemporaryDirectory(prefix="coterie-rename-") as folder:
        made = apart(
            Path(folder) / "job",
            desk.limits,
            order,
            wrong="The name was not given. What was published before is as it was.",
            fix="try again; if it happens again, give it on the command line: coterie rename.",
        )
    return str(made["run"])


def _until_served(library: Library, number: str) -> None:
    """Wait until a new run answers: another request may be opening it just now."""
    if library.current().number != number:
        library.get(number)


def _page(request: Request, visit: Visit, fields: Mapping[str, str], refusal: CoterieError) -> Response:
    concerned = _CONCERNED.get(refusal.code, "name")
    said = refusal.as_dict()
    # Flags of the command line, and the name of its argument, are not the page's words.
    if refusal.code in ("bad_name", "bad_reason", "bad_person"):
        said["fix"] = _FIXES[concerned]

    def make(visit: Visit) -> Data:
        data = segment.segment(visit)
        typed = {name: fields.get(name, "") for name in ("name", "reason", "by")}
        data["rename"] = {**data["rename"], "fields": typed, "refused": said, "concerned": concerned}
        return {**data, "refused": said}

    return page_of(request, visit, make, "segment.html")
