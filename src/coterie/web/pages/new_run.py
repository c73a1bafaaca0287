"""New run: send a file, see how it would be read, correct that, watch the run being made, land on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from coterie.columns import COLUMNS
from coterie.errors import CoterieError
from coterie.web.api.jobs import desk_of, form_of, looked_at
from coterie.web.jobs.events import LAST
from coterie.web.jobs.fields import order_of, overrides
from coterie.web.jobs.receive import Form
from coterie.web.jobs.stream import HEADERS, stream
from coterie.web.pages.rendering import shown
from coterie.web.refusals import status_of

router = APIRouter(include_in_schema=False)
STAGES = {
    "reading": ("Reading the lines", "lines"),
    "cleaning": ("Cleaning", "lines kept"),
    "features": ("Customers", "customers"),
    "clustering": ("Looking for segments", "numbers of segments tried"),
    "segments": ("Naming them", "segments"),
    "publishing": ("Publishing", ""),
}
"""What each stage is called, and what its count counts."""
FIELDS = {
    "ambiguous_date": "reading.date_format",
    "date_format": "reading.date_format",
    "mixed_timezone": "reading.date_format",
    "ambiguous_number": "reading.decimal",
    "currency": "reading.currency",
    "encoding": "reading.encoding",
    "choose_one": "reading.sheet",
    "bad_as_of": "as_of",
    "bad_k": "k",
    "k_too_large": "k",
    "k_not_given": "k",
    "k_not_free": "k",
    "unknown_recipe": "recipe",
}
"""Which field a refusal concerns, by its code; any other concerns the file."""
FIXES = {
    "mapping": "choose the columns below, and look again.",
    "reading.date_format": "write below how the dates are written, such as %d/%m/%Y, and look again.",
    "reading.decimal": "choose the decimal mark below, and look again.",
    "reading.currency": "write the currency below, such as GBP, and look again.",
    "reading.encoding": "write the encoding below, such as cp1252, and look again.",
    "reading.sheet": "write the name of the worksheet or table below, and look again.",
    "k": "leave the number of segments empty, or give another one.",
}
"""What to do on this page, where a refusal names a flag of the command line."""
READING = (
    ("decimal", "Decimal mark", (("", "recognise it"), (".", "point: 1,234.50"), (",", "comma: 1.234,50"))),
    ("date_format", "Date format", None),
    ("currency", "Currency", None),
    ("encoding", "Text encoding", None),
    ("delimiter", "Column separator", None),
    ("sheet", "Worksheet", None),
    ("table", "Table", None),
    ("missing_tokens", "Texts that mean no customer", None),
)
HINTS = {
    "date_format": "such as %d/%m/%Y",
    "currency": "such as GBP",
    "encoding": "such as cp1252",
    "delimiter": "such as ;",
    "sheet": "of a workbook",
    "table": "of a database file",
    "missing_tokens": "separated by commas",
}


def guarded(request: Request, fields: Mapping[str, str]) -> None:
    """Refuse a form that was not made for this person; the application says how, as ``app.state.check_csrf``."""
    check: Callable[[Request, Mapping[str, str]], None] | None = getattr(request.app.state, "check_csrf", None)
    if check:
        check(request, fields)


@router.get("/new")
async def choose(request: Request) -> Response:
    """Show the form for a file; with ``?upload=``, how that one would be read."""
    asked = dict(request.query_params)
    if not asked.get("upload"):
        return shown(request, "new_run/choose.html", **_sense(asked, None))
    return await _mapping(request, Form(asked))


@router.post("/new")
async def sent(request: Request) -> Response:
    """Take a file, or a corrected mapping, and show how it would be read; with ``start``, make the run."""
    form = Form()
    try:
        form = await form_of(request, lambda fields: guarded(request, fields))
        guarded(request, form.fields)
        fields = {key: value for key, value in form.fields.items() if value and key != "csrf"}
        if form.upload:
            fields["upload"] = form.upload.upload
        desk = desk_of(request)
        if fields.pop("start", None):
            job = await run_in_threadpool(desk.submit, order_of(Form(fields), desk.shelf, "run"))
            return RedirectResponse(f"/new/{job}?{urlencode(fields)}", 303)
        order_of(Form(fields), desk.shelf, "check")
        return RedirectResponse(f"/new?{urlencode(fields)}", 303)
    except CoterieError as refusal:
        if form.fields.get("upload") and refusal.code != "no_upload":
            return await _mapping(request, form, refusal.as_dict(), status_of(refusal))
        return shown(request, "new_run/choose.html", status_of(refusal), **_sense(form.fields, refusal.as_dict()))


@router.get("/new.json")
async def choose_json(request: Request) -> Response:
    """Return what the page shows of an upload, as JSON."""
    try:
        return JSONResponse(await looked_at(desk_of(request), Form(dict(request.query_params))))
    except CoterieError as refusal:
        return JSONResponse(refusal.as_dict(), status_of(refusal))


@router.get("/new/{job}")
async def progress(request: Request, job: str) -> Response:
    """Show how far a run is; land on it when it is done."""
    try:
        events = [event for _, event in desk_of(request).events(job)]
    except CoterieError as refusal:
        return shown(request, "new_run/choose.html", 404, **_sense({}, refusal.as_dict()))
    last, asked = events[-1], dict(request.query_params)
    if last["event"] == "done" and last.get("run"):
        return RedirectResponse(f"/?run={last['run']}", 303)
    done = {event["stage"]: event for event in events if event["event"] == "stage" and event.get("stage") in STAGES}
    at = list(done)[-1] if done else None
    rows = [
        {
            "stage": stage,
            "title": title,
            "unit": unit,
            "state": "now" if stage == at else "done" if stage in done else "waiting",
            **{key: done.get(stage, {}).get(key, 0) for key in ("done", "total")},
        }
        for stage, (title, unit) in STAGES.items()
    ]
    over = last["event"] in LAST
    back = f"/new?{urlencode(asked)}" if asked.get("upload") and _kept(request, asked["upload"]) else "/new"
    refused = {key: last.get(key) for key in ("error", "wrong", "found", "fix")} if over else None
    return shown(
        request, "new_run/progress.html", job=job, rows=rows, over=over, refused=refused, back=back, query=urlencode(asked),
        waiting=last.get("before", 0) if last["event"] == "queued" else 0,
    )  # fmt: skip


@router.get("/new/{job}/events")
async def events(request: Request, job: str) -> Response:
    """Follow a job from the page, with the page's own sign-in."""
    desk = desk_of(request)
    try:
        desk.events(job)
    except CoterieError as refusal:
        return JSONResponse(refusal.as_dict(), 404)
    known = request.headers.get("last-event-id", "")
    after = int(known) if known.isdecimal() and len(known) < 10 else 0
    return StreamingResponse(stream(desk, job, after), media_type="text/event-stream", headers=HEADERS)


@router.post("/new/{job}/cancel")
async def cancel(request: Request, job: str) -> Response:
    """Stop a job, and show that it was stopped."""
    try:
        form = await form_of(request)
        guarded(request, form.fields)
        desk = desk_of(request)
        await run_in_threadpool(desk.cancel, job)
        await run_in_threadpool(desk.wait, job, 10.0)
    except CoterieError as refusal:
        return shown(request, "new_run/choose.html", status_of(refusal), **_sense({}, refusal.as_dict()))
    return RedirectResponse(f"/new/{job}", 303)


async def _mapping(
    request: Request, form: Form, refused: dict[str, str] | None = None, status: int = 200
) -> Response:
    """Show how an upload would be read, each field with its own refusal."""
    desk = desk_of(request)
    # What was refused in itself is shown as it was typed, beside what the file is like without it.
    plain = {key: value for key, value in form.fields.items() if key in ("upload", "recipe")} if refused else form.fields
    try:
        found = await looked_at(desk, Form(plain))
    except CoterieError as refusal:
        return shown(request, "new_run/choose.html", status_of(refusal), **_sense(form.fields, refusal.as_dict()))
    refused = refused or found["refused"]
    matches = {match["column"]: match for match in found["mapping"]}
    chosen = overrides({key: value for key, value in form.fields.items() if key.startswith("mapping.")}).get("mapping", {})
    columns = [
        {"name": column.name, "meaning": column.meaning, "match": matches.get(column.name), "chosen": chosen.get(column.name, "")}
        for column in COLUMNS
    ]
    sense = _sense(form.fields, refused, columns=bool(found["columns"]))
    return shown(
        request, "new_run/mapping.html", status, found=found, columns=columns,
        reading=READING, hints=HINTS,
        reading_open=any(key.startswith("reading.") for key in (*form.fields, str(sense["concerned"]))),
        **sense,
    )  # fmt: skip


def _sense(fields: Mapping[str, str], refused: Mapping[str, Any] | None, *, columns: bool = False) -> dict[str, Any]:
    """Return what every page of the form needs: what was typed, and which field a refusal stands beside."""
    concerned = None
    if refused:
        mapped = refused.get("error") == "columns" and columns
        concerned = "mapping" if mapped else FIELDS.get(str(refused.get("error")), "file")
        if "--" in str(refused.get("fix")):
            refused = {**refused, "fix": FIXES.get(concerned, refused["fix"])}
    return {"fields": dict(fields), "refused": refused, "concerned": concerned}


def _kept(request: Request, upload: str) -> bool:
    try:
        desk_of(request).shelf.find(upload)
    except CoterieError:
        return False
    return True
