"""A server with nothing but the making of runs, in this process, on a free port of the loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles

import coterie.report
import coterie.web
from coterie.web.api.jobs import router as api
from coterie.web.jobs import Desk, Limits
from coterie.web.pages.new_run import router as page


def application(folder: Path, limits: Limits | None = None, waiting: int = 4) -> FastAPI:
    """Return an application that publishes into ``folder/runs``."""
    app = FastAPI()
    app.state.desk = Desk(folder / "jobs", folder / "runs", limits=limits, waiting=waiting, now=lambda: "2011-12-10T00:00:00Z")
    app.include_router(api)
    app.include_router(page)

    @app.get("/", response_class=PlainTextResponse)
    def landed(run: str = "") -> str:
        return f"run {run}"

    style = Path(coterie.report.__path__[0]) / "templates" / "style.css"

    @app.get("/static/style.css", response_class=PlainTextResponse)
    def styled() -> PlainTextResponse:
        return PlainTextResponse(style.read_text(), media_type="text/css")

    app.mount("/static", StaticFiles(directory=Path(coterie.web.__path__[0]) / "static"))
    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve on a free port and yield the address; at most ten seconds to start and to stop."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        app.state.desk.close()
