"""The application: everything behind the web door, wired together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Response
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles

import coterie.report
from coterie.web import refusals
from coterie.web.api import health, jobs
from coterie.web.jobs import Desk
from coterie.web.library import Library
from coterie.web.pages import new_run
from coterie.web.settings import Settings

ROUTERS = (health.router, jobs.router, new_run.router)
"""Every resource and every page; a new one is added here."""
_HERE = Path(__file__).parent


def create_app(settings: Settings, *, now: Callable[[], str] | None = None) -> FastAPI:
    """Return the application of a folder of runs.

    Parameters
    ----------
    settings : Settings
        What it serves, to whom, and within which limits.
    now : callable, optional
        Tells the time for the manifests of runs made in the browser.

    Returns
    -------
    FastAPI
        ``app.state`` holds ``settings``, ``library`` (`Library`) and ``desk`` (`coterie.web.jobs.Desk`).
    """
    library = Library(settings.runs)
    desk = Desk(settings.jobs, settings.runs, now=now)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(library.check)
        yield
        await run_in_threadpool(desk.close)
        library.close()

    app = FastAPI(
        title="Coterie", version=version("coterie"), summary="Customer segments that people can explain, trust and act on.",
        lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/openapi.json",
    )  # fmt: skip
    app.state.settings, app.state.library, app.state.desk = settings, library, desk
    app.state.upload_bytes = settings.caps.upload
    refusals.install(app)
    for router in ROUTERS:
        app.include_router(router)

    # The report's own stylesheet: one look, one file.
    style = (Path(coterie.report.__path__[0]) / "templates" / "style.css").read_bytes()

    @app.get("/static/style.css", include_in_schema=False)
    async def styled() -> Response:
        return Response(style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    return app
