"""``coterie run``: lines in, a published run out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from coterie.cli import options as o


def run(
    files: o.Inputs,
    recipe: o.RecipeName = None,
    map: o.Map = None,
    as_of: o.AsOf = None,
    k: o.K = None,
    algorithm: o.Algorithm = None,
    null: o.Null = False,
    out: o.Out = Path("coterie-runs"),
    keep_lines: Annotated[
        bool, typer.Option("--keep-lines", help="Also write the cleaned lines as lines.csv.")
    ] = False,
    keep_parts: Annotated[
        bool, typer.Option("--keep-parts", help="Keep what coterie update needs to add later deliveries.")
    ] = False,
    like: Annotated[
        Path | None,
        typer.Option(
            "--like", help="An earlier run: keep its segments' ids and approved names.", metavar="RUN", show_default=False
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine", help="Where lines are cleaned and counted: duckdb, here; postgres, in the database; spark, on a cluster."
        ),
    ] = "duckdb",
    master: Annotated[
        str | None, typer.Option("--master", help="Spark master, e.g. spark://host:7077; default local[*].", show_default=False)
    ] = None,
    collect: Annotated[
        int,
        typer.Option("--collect", help="Above how many customers a Spark run leaves customers on the cluster.", min=1, metavar="N"),
    ] = 20_000_000,
    memory_limit: Annotated[
        str | None,
        typer.Option("--memory-limit", help="Most memory of the engine, e.g. 2GB; what needs more is on disk.", show_default=False),
    ] = None,
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
    quiet: o.Quiet = False,
) -> None:
    """Turn transaction lines into segments.

    Cleans the lines, finds the segments, and publishes the run: customers, segments, model, ledger and report.
    """
    from coterie import pipeline
    from coterie.cli.found_recipe import found_recipe
    from coterie.cli.show import print_run, run_as_dict
    from coterie.cli.terminal import print_json, progress

    changes = o.overrides(
        map=map,
        as_of=as_of,
        k=k,
        algorithm=algorithm,
        null=null,
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
    )
    with found_recipe(recipe) as chosen, progress(silent=quiet or as_json) as told:
        published = pipeline.run(
            files,
            chosen,
            out=out,
            keep_lines=keep_lines,
            keep_parts=keep_parts,
            progress=told,
            created=now(),
            like=like,
            engine=engine,
            master=master,
            collect=collect,
            memory_limit=memory_limit,
            **changes,
        )
    if as_json:
        print_json(run_as_dict(published))
    elif not quiet:
        print_run(published)


def now() -> str:
    """Return the time, for the manifest; the command line alone reads the clock."""
    import datetime

    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def lines_in_words(ledger: dict[str, Any]) -> str:
    """Return the ledger's first line as a sentence."""
    lines = ledger["lines"]
    parts = [f"{lines['kept']:,} kept"] + [
        f"{lines[fate]:,} {fate}" for fate in ("merged", "netted", "quarantined") if lines[fate]
    ]
    return f"{lines['read']:,} lines: {', '.join(parts)}"
