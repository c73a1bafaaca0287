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
        typer.Option("--to", help="A format, see docs; or the URL of a database.", show_default=False),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; default named after the run.", show_default=False)
    ] = None,
    dialect: Annotated[
        str | None, typer.Option(help="SQL: duckdb, postgres, spark, snowflake, bigquery, mysql or tsql.", show_default=False)
    ] = None,
    what: Annotated[
        str | None, typer.Option(help="SQL: features, from cleaned lines; or assignment only.", show_default=False)
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="SQL: the table it reads; database: the one written.", show_default=False)
    ] = None,
    returned: Annotated[str | None, typer.Option(help="SQL: the table of what was netted off.", show_default=False)] = None,
    segment: a.Segment = None,
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
    from coterie.exports.databases import export_table, is_database
    from coterie.exports.formats import given_options
    from coterie.runs import open_run

    options = {
        "dialect": dialect,
        "what": what,
        "table": table,
        "returned": returned,
        "segment": segment or None,
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
    if is_database(to):
        given_options("a database", frozenset({"table"}), {"output": output, **options})
        written = export_table(open_run(run), to, table or "")
        if as_json:
            print_json({"schema": 1, "format": written["database"].split(":")[0], **written})
        else:
            say(f"{written['rows']:,} customers: {table} in {written['database']}")
        return
    form, opened = EXPORTS[to], open_run(run)
    target = output or Path(f"coterie-{opened.number}{form.suffix}")
    told = form(opened, target, **options)
    if as_json:
        size = {} if form.several else {"bytes": target.stat().st_size}
        print_json({"schema": 1, "format": to, "path": str(target), **size, **told})
    else:
        say(f"{form.meaning} {target}" if len(told.get("files", ())) < 2 else f"{form.meaning} {told['files'][0]['path']} and on")
        for note in told.get("notes", ()):
            say(note)
