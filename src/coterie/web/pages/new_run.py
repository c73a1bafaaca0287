"""New run: send a file, see how it would be read, correct that, watch the run being made, land on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError
from coterie.web.api.jobs import desk_of, form_of, looked_at
from coterie.web.jobs.events import LAST
from coterie.web.jobs.fields import order_of
from coterie.web.jobs.receive import Form
from coterie.web.jobs.stream import HEADERS, stream
from coterie.web.pages.mapping import DATES, HINTS, READING, both_ways, in_the_form, rows, sense
from coterie.web.pages.rendering import shown
from coterie.web.refusals import STATUS, status_of

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
        return shown(request, "new_run/choose.html", **sense(asked, None))
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
        return shown(request, "new_run/choose.html", status_of(refusal), **sense(form.fields, refusal.as_dict()))


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
        return shown(request, "new_run/choose.html", 404, **sense({}, refusal.as_dict()))
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
        return shown(request, "new_run/choose.html", status_of(refusal), **sense({}, refusal.as_dict()))
    return RedirectResponse(f"/new/{job}", 303)


async def _mapping(request: Request, form: Form, refused: dict[str, str] | None = None, status: int = 200) -> Response:
    """Show how an upload would be read, each field with its own refusal."""
    desk = desk_of(request)
    # What was refused in itself is shown as it was typed, beside what the file is like without it.
    plain = {key: value for key, value in form.fields.items() if key in ("upload", "recipe")} if refused else form.fields
    try:
        found = await looked_at(desk, Form(plain))
    except CoterieError as refusal:
        return shown(request, "new_run/choose.html", status_of(refusal), **sense(form.fields, refusal.as_dict()))
    refused = refused or found["refused"]
    told = sense(form.fields, refused, columns=bool(found["columns"]))
    if told["concerned"] == "file" and not found["columns"]:
        # Nothing on the page of columns could mend it.
        return shown(request, "new_run/choose.html", STATUS.get(str(told["refused"]["error"]), 422), **told)
    return shown(
        request, "new_run/mapping.html", status, found=found, columns=rows(form.fields, found["mapping"], refused),
        reading=READING, hints=HINTS, dates=DATES, both_ways=both_ways(refused),
        warnings=[in_the_form(one) for one in found.get("warnings") or ()],
        earlier=(desk.runs / "latest").is_file(),
        reading_open=any(key.startswith("reading.") for key in (*form.fields, str(told["concerned"]))),
        **told,
    )  # fmt: skip


def _kept(request: Request, upload: str) -> bool:
    try:
        desk_of(request).shelf.find(upload)
    except CoterieError:
        return False
    return True
