"""``coterie export``: a run's model or customers, for elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def export(
    run: o.RunPath,
    to: Annotated[str, typer.Option("--to", help="Format: csv, parquet, json or joblib.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; default named after the run.", show_default=False)
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Write a run in another format.

    The model as a scikit-learn pipeline, or the customers as a list.
    """
    from coterie.cli.terminal import print_json, say
    from coterie.exports import EXPORTS
    from coterie.runs import open_run

    form, opened = EXPORTS[to], open_run(run)
    target = output or Path(f"coterie-{opened.number}{form.suffix}")
    told = form(opened, target)
    if as_json:
        size = {} if form.several else {"bytes": target.stat().st_size}
        print_json({"schema": 1, "format": to, "path": str(target), **size, **told})
    else:
        say(f"{form.meaning} {target}")
