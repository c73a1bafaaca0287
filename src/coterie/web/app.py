"""The application: everything behind the web door, wired together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from coterie.web import refusals
from coterie.web.api import customers, health, jobs, runs, score
from coterie.web.api.description import describe
from coterie.web.auth import Gate, Sessions
from coterie.web.bodies import Bodies
from coterie.web.door import Door
from coterie.web.jobs import Desk
from coterie.web.library import Library
from coterie.web.metrics import Metrics
from coterie.web.opening import opened, settle
from coterie.web.pages import (
    api_docs,
    assets,
    choice,
    data,
    download,
    movement,
    new_run,
    overview,
    rename,
    segment,
    sign_in,
    what_if,
)
from coterie.web.pages import customer as one_customer
from coterie.web.pages import customers as everybody
from coterie.web.pages import runs as all_runs
from coterie.web.settings import Settings

ROUTERS = (
    health.router, score.router, jobs.router, runs.router, customers.router,
    assets.router, sign_in.router, api_docs.router, new_run.router,
    overview.router, download.router, rename.router, segment.router, everybody.router, choice.router, movement.router, data.router,
    one_customer.router, what_if.router, all_runs.router,
)  # fmt: skip
"""Every resource and every page, what is asked for most first; a new one is added here."""
_HERE = Path(__file__).parent


def create_app(settings: Settings, *, now: Callable[[], str] | None = None, library: Library | None = None) -> FastAPI:
    """Return the application of a folder of runs.

    Parameters
    ----------
    settings : Settings
        What it serves, to whom, and within which limits.
    now : callable, optional
        Tells the time for the manifests of runs made in the browser.
    library : Library, optional
        Of the same folder, where one is being opened already.

    Returns
    -------
    FastAPI
        ``app.state`` holds ``settings``, ``library`` (`Library`), ``desk`` (`coterie.web.jobs.Desk`), ``sessions``, ``metrics``,
        and for forms ``csrf_token(request)`` and ``check_csrf(request, fields)``.
    """
    library = library or opened(settings)
    desk = Desk(settings.jobs, settings.runs, now=now)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Who asks first waits for what the first page is made of, but not for every table and every file's hash.
        checking = asyncio.ensure_future(run_in_threadpool(settle, library))
        yield
        await checking
        await run_in_threadpool(desk.close)
        library.close()

    app = FastAPI(
        title="Coterie", version=version("coterie"), summary="Customer segments that people can explain, trust and act on.",
        lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/openapi.json",
    )  # fmt: skip
    sessions, metrics = Sessions(settings.token), Metrics()
    app.state.settings, app.state.library, app.state.desk = settings, library, desk
    app.state.sessions, app.state.metrics = sessions, metrics
    app.state.csrf_token, app.state.check_csrf = sessions.form_token, sessions.check_form
    app.state.upload_bytes, app.state.turns = settings.caps.upload, asyncio.Semaphore(settings.caps.turns)
    refusals.install(app)
    # From the inside out: the last one added is the first to see a request.
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Bodies, caps=settings.caps)
    app.add_middleware(Gate, sessions=sessions)
    app.add_middleware(Door, hosts=settings.hosts, log_ids=settings.log_ids, watch=metrics.watch)
    for router in ROUTERS:
        app.include_router(router)

    describe(app)
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    return app
