"""``coterie serve``: the dashboard and the API."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o
from coterie.errors import CoterieError

_NEEDED = ("fastapi", "uvicorn", "python_multipart", "itsdangerous", "prometheus_client")


def serve(
    runs: Annotated[Path, typer.Option("--runs", help="Folder of runs.")] = Path("coterie-runs"),
    host: Annotated[str, typer.Option("--host", help="Address to listen at; a public one needs a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen at; 0 takes a free one.", min=0, max=65535)] = 8000,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="File with the token that callers have to know.", show_default=False)
    ] = None,
    locale: o.Locale = None,
    currency: o.Currency = None,
    log_ids: Annotated[bool, typer.Option("--log-ids", help="Log addresses as they came, customers' ids and all.")] = False,
) -> None:
    """Serve the dashboard and the API of a folder of runs."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise CoterieError(
            "Serving needs packages that are not installed.",
            found=f"no {', '.join(missing)} in this environment.",
            fix="pip install 'coterie[serve]'",
            code="not_installed",
        )
    from coterie.cli.run import now
    from coterie.cli.terminal import say
    from coterie.web.server import serve as start
    from coterie.web.settings import Settings, read_token

    token = None if token_file is None else read_token(token_file)
    settings = Settings(runs, host=host, token=token, log_ids=log_ids, locale=locale, currency=currency)
    start(settings, port, said=lambda address: say(f"Coterie: {address}"), now=now)
