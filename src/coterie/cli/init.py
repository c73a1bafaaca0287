"""``coterie init``: a recipe to start from, with the columns as they were recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def init(
    files: o.Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it; a run finds coterie.toml.")] = Path(
        "coterie.toml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    map: o.Map = None,
    as_of: o.AsOf = None,
    k: o.K = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    decimal: o.Decimal = None,
    date_format: o.DateFormat = None,
    currency: o.Currency = None,
    locale: o.Locale = None,
    missing: o.Missing = None,
    no_header: o.NoHeader = False,
    columns: o.Columns = None,
    sheet: o.Sheet = None,
    table: o.Table = None,
    query: o.Query = None,
    as_json: o.Json = False,
) -> None:
    """Write a commented coterie.toml for a file.

    It has the columns that were found, with how sure each is, how text is read, and the main knobs as comments.
    """
    from coterie.cli.terminal import percent, print_json, say
    from coterie.cli.terminal import table as print_table
    from coterie.sources.starter import init as start

    started = start(
        files,
        output,
        force=force,
        **o.overrides(
            map=map,
            as_of=as_of,
            k=k,
            encoding=encoding,
            delimiter=delimiter,
            decimal=decimal,
            date_format=date_format,
            currency=currency,
            locale=locale,
            missing=missing,
            no_header=no_header,
            columns=columns,
            sheet=sheet,
            table=table,
            query=query,
        ),
    )
    if as_json:
        print_json(started.as_dict())
        return
    print_table(
        ["column", "read from", "how", "confidence"],
        [[m.column, m.source, m.how, percent(m.confidence)] for m in started.matches],
        text_columns=3,
    )
    for note in started.notes:
        say(f"Note: {note}")
    if started.refusal:
        say(f"To mend in {started.path}: {started.refusal}")
    say(f"\n{started.path}: coterie run finds it in this folder." if started.path == Path("coterie.toml") else f"\n{started.path}")
