"""``coterie export``: a run's model or customers, for elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import audience_options as a
from coterie.cli import options as o


def export(
    run: o.RunPath,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="csv, parquet, json, xlsx; google, meta, klaviyo, mailchimp, hubspot; sql, joblib, skops, onnx; "
            "or the URL of a database.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; default named after the run.", show_default=False)
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option(
            "--dialect",
            help="SQL: duckdb, postgres, spark, databricks, snowflake, bigquery, redshift, trino, mysql or tsql.",
            show_default=False,
        ),
    ] = None,
    what: Annotated[
        str | None, typer.Option("--what", help="SQL: features, from cleaned lines; or assignment only.", show_default=False)
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="SQL: the table it reads; database: the one written.", show_default=False)
    ] = None,
    returned: Annotated[
        str | None, typer.Option("--returned", help="SQL: the table of what was netted off.", show_default=False)
    ] = None,
    segment: a.Segment = None,
    only: a.Only = None,
    contacts: a.ContactsFile = None,
    on: a.On = None,
    map: a.FieldMap = None,
    country_code: a.CountryCode = None,
    all_consents: a.AllConsents = False,
    suppress: a.Suppress = None,
    holdout: a.Holdout = None,
    holdout_key: a.HoldoutKey = None,
    as_json: o.Json = False,
) -> None:
    """Write a run in another format.

    The model as a file or a query, or the customers as a list or a database's table.
    """
    from coterie.cli.terminal import print_json, say
    from coterie.exports import EXPORTS
    from coterie.exports import export as leave

    options = {
        "dialect": dialect,
        "what": what,
        "table": table,
        "returned": returned,
        "segment": segment or None,
        "only": only,
        "contacts": contacts,
        "on": on,
        "map": o.pairs(map) if map else None,
        "country_code": country_code,
        "all_consents": all_consents or None,
        "suppress": suppress or None,
        "holdout": holdout,
        # A key that stands in the environment is for lists with a control group.
        "holdout_key": holdout_key if holdout else None,
    }
    told = leave(run, to, output, **options)
    if as_json:
        print_json(told)
    elif "database" in told:
        say(f"{told['rows']:,} customers: {table} in {told['database']}")
    else:
        files = [file["path"] for file in told.get("files", ())] or [told["path"]]
        say(f"{EXPORTS[to].meaning} {', '.join(files)}")
        for note in told.get("notes", ()):
            say(note)
