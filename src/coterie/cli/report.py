"""``coterie report``: a run's report, as a page, as text, on paper or as images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def report(
    run: o.RunPath,
    format: Annotated[
        str | None,
        typer.Option("--format", help="html, md, pdf, png or svg; default by the name of --output, else html.", show_default=False),
    ] = None,
    locale: o.Locale = None,
    currency: o.Currency = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File, or folder of images; default named after the run.", show_default=False),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Write a run's report.

    As one page, as Markdown, as a PDF (by the Chromium that is installed), or every chart as an image.
    """
    from coterie.cli.terminal import print_json, say
    from coterie.report.formats import write_report
    from coterie.runs import open_run

    opened = open_run(run)
    target = write_report(opened, output, format=format, locale=locale, currency=currency)
    files = sorted(target.iterdir()) if target.is_dir() else [target]
    if as_json:
        sizes = sum(file.stat().st_size for file in files)
        print_json({"schema": 1, "run": opened.number, "path": str(target), "files": len(files), "bytes": sizes})
    else:
        say(f"Report: {target}")
