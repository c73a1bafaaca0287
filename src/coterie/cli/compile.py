"""``coterie compile``: a recipe or a run as SQL for the place where the lines are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def compile(
    given: Annotated[
        str,
        typer.Argument(
            help="A recipe, or a run's folder: then customers get its segments.", metavar="RECIPE_OR_RUN", show_default=False
        ),
    ],
    dialect: Annotated[
        str,
        typer.Option(
            "--dialect", help="duckdb, postgres, spark, databricks, snowflake, bigquery, redshift, trino, mysql or tsql."
        ),
    ] = "duckdb",
    table: Annotated[str, typer.Option("--table", help="The table of lines, as it is written there.")] = "sales_lines",
    what: Annotated[
        str | None,
        typer.Option(
            "--what", help="customers (of a run), features (of a recipe), or ledger: lines and money by reason.", show_default=False
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="The table's columns, separated by commas; default those the run had, or a line has.",
            show_default=False,
        ),
    ] = None,
    map: o.Map = None,
    as_of: o.AsOf = None,
    dbt: Annotated[
        Path | None,
        typer.Option("--dbt", help="Write dbt models into this folder, such as models/coterie.", metavar="DIR", show_default=False),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Write cleaning, features and assignment as SQL.

    One query of named steps, from raw lines in a table of a warehouse to customers with segment.
    """
    from coterie.cli.terminal import print_json, say
    from coterie.compilation import compile_dbt, compile_sql

    header = [name.strip() for name in columns.split(",")] if columns else ()
    options = {"table": table, "what": what, "columns": header, **o.overrides(map=map, as_of=as_of)}
    if dbt is not None:
        files = [str(path) for path in compile_dbt(given, dbt, dialect, **options)]
        if as_json:
            print_json({"schema": 1, "dialect": dialect, "files": files})
        else:
            say(f"dbt models: {', '.join(files)}")
        return
    script = compile_sql(given, dialect, **options)
    if as_json:
        print_json({"schema": 1, "dialect": dialect, "sql": script})
    else:
        typer.echo(script, nl=False)
