"""``coterie datasets fetch``: public data sets, verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def fetch(
    name: Annotated[str, typer.Argument(help="A data set, e.g. online-retail.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="Folder to put it in.")] = Path(),
    url: Annotated[str | None, typer.Option("--url", help="A mirror to download from.")] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help="What the converted CSV must hash to instead.")] = None,
    as_json: o.Json = False,
) -> None:
    """Download a public data set, verify it, and convert it to CSV."""
    from coterie.cli.terminal import print_json, say
    from coterie.datasets import fetch as download

    path = download(name, to, url=url, sha256=sha256)
    if as_json:
        print_json({"schema": 1, "dataset": name, "path": str(path)})
    else:
        say(f"{path}: try  coterie run {path}")
