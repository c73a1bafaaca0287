"""``coterie assign``: a saved model on new customers or new lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def assign(
    run: o.RunPath,
    files: o.Inputs,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="CSV or Parquet file; default CSV on stdout.", show_default=False),
    ] = None,
    map: o.Map = None,
    as_of: o.AsOf = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    decimal: o.Decimal = None,
    date_format: o.DateFormat = None,
    currency: o.Currency = None,
    missing: o.Missing = None,
    no_header: o.NoHeader = False,
    columns: o.Columns = None,
    sheet: o.Sheet = None,
    table: o.Table = None,
    query: o.Query = None,
    as_json: o.Json = False,
) -> None:
    """Put new customers into a run's segments.

    They are given as features or as transaction lines.
    """
    from coterie.assignment import assign as place
    from coterie.cli.terminal import print_json, say
    from coterie.exports.files import placed, write_table

    assigned = place(
        run,
        files,
        **o.overrides(
            map=map,
            as_of=as_of,
            encoding=encoding,
            delimiter=delimiter,
            decimal=decimal,
            date_format=date_format,
            currency=currency,
            missing=missing,
            no_header=no_header,
            columns=columns,
            sheet=sheet,
            table=table,
            query=query,
        ),
    )
    if as_json:
        print_json({"schema": 1, "customers": assigned.to_pylist()})
    elif output is None:
        write_table(assigned, sys.stdout.buffer, "csv")
    else:
        with placed(output) as beside, beside.open("wb") as file:
            write_table(assigned, file, output.suffix.removeprefix(".") or "csv")
        say(f"{assigned.num_rows:,} customers: {output}")
