"""Options that several commands share; each is a key of the recipe."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from coterie.errors import RecipeError

Inputs = Annotated[
    list[str],
    typer.Argument(
        help="CSV, Parquet, Excel or DuckDB files, globs, folders of Parquet, postgresql:// URLs; several are read as one.",
        metavar="FILE...",
        show_default=False,
    ),
]
RunPath = Annotated[
    Path, typer.Argument(help="A run's folder, e.g. coterie-runs/latest.", metavar="RUN", show_default=False)
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        help="A built-in recipe, or a TOML file; default coterie.toml in this folder, else the recipe 'default'.",
        rich_help_panel="Recipe",
        show_default=False,
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="Column of the contract = column of the source; repeat.",
        metavar="COLUMN=SOURCE",
        show_default=False,
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="The day the answer is for; default the day after the last line.",
        metavar="YYYY-MM-DD",
        show_default=False,
    ),
]
K = Annotated[
    int | None, typer.Option("--k", help="Number of segments, chosen by you.", min=2, max=100, show_default=False)
]
Algorithm = Annotated[str | None, typer.Option("--algorithm", help="A clustering algorithm by name.", show_default=False)]
Null = Annotated[bool, typer.Option("--null", help="Hold the choice against 20 data sets without clusters.")]
Out = Annotated[Path, typer.Option("--out", help="Folder of runs.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Text encoding, e.g. cp1252.", show_default=False)]
Delimiter = Annotated[
    str | None, typer.Option("--delimiter", help="Column separator; ' ' means runs of spaces.", show_default=False)
]
Decimal = Annotated[str | None, typer.Option("--decimal", help="Decimal mark, '.' or ','.", show_default=False)]
DateFormat = Annotated[
    str | None, typer.Option("--date-format", help="strptime format of the date, e.g. %d/%m/%Y.", show_default=False)
]
Currency = Annotated[
    str | None, typer.Option("--currency", help="Currency of the money columns, e.g. GBP.", show_default=False)
]
Locale = Annotated[
    str | None,
    typer.Option("--locale", help="Language and country of figures and dates in the report, e.g. de_DE.", show_default=False),
]
Missing = Annotated[
    list[str] | None,
    typer.Option("--missing", help="A text that means a missing customer, e.g. NA; repeat.", show_default=False),
]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first line is data; name the columns with --columns.")]
Columns = Annotated[
    str | None, typer.Option("--columns", help="Names of the columns, separated by commas.", show_default=False)
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Worksheet of a workbook.", show_default=False)]
Table = Annotated[
    str | None,
    typer.Option("--table", help="Table of a DuckDB file or of PostgreSQL, e.g. sales.lines.", show_default=False),
]
Query = Annotated[
    str | None, typer.Option("--query", help="SELECT whose rows are read from PostgreSQL.", show_default=False)
]


def overrides(
    *,
    map: list[str] | None,
    as_of: str | None,
    k: int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    date_format: str | None = None,
    currency: str | None = None,
    missing: list[str] | None = None,
    no_header: bool = False,
    columns: str | None = None,
    sheet: str | None = None,
    table: str | None = None,
    query: str | None = None,
    algorithm: str | None = None,
    null: bool = False,
    locale: str | None = None,
) -> dict[str, Any]:
    """Return what the flags change in a recipe; a flag that was not given changes nothing."""
    reading = {
        "encoding": encoding,
        "delimiter": delimiter,
        "decimal": decimal,
        "date_format": date_format,
        "currency": currency,
        "missing_tokens": missing,
        "header": False if no_header else None,
        "columns": [name.strip() for name in columns.split(",")] if columns else None,
        "sheet": sheet,
        "table": table,
        "query": query,
    }
    top = {
        "choice": {"n_null": 20} if null else {},
        "clustering": _given({"algorithm": algorithm}),
        "mapping": pairs(map or []),
        "publishing": _given({"locale": locale}),
        "as_of": _day(as_of),
        "k": k,
        "reading": _given(reading),
    }
    return _given({key: value for key, value in top.items() if value != {}})


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None and value != []}


def _day(flag: str | None) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(flag, "%Y-%m-%d").date() if flag is not None else None
    except ValueError:
        raise RecipeError(
            f"--as-of {flag} is no day.",
            found="no such day of the calendar, as YYYY-MM-DD.",
            fix="--as-of 2011-12-10",
            code="bad_as_of",
        ) from None


def pairs(flags: list[str]) -> dict[str, str]:
    """Return what ``--map A=B`` flags say.

    Raises
    ------
    RecipeError
        If a flag is not a pair.
    """
    found = {}
    for flag in flags:
        column, equals, source = flag.partition("=")
        if not equals or not source:
            raise RecipeError(
                f"--map {flag} is not a pair.",
                found="no column on one side of '='.",
                fix="--map customer_id=Client",
                code="bad_map",
            )
        found[column.strip()] = source.strip()
    return found
