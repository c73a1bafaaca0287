"""``coterie check``: what a run would do, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from coterie.cli import options as o

if TYPE_CHECKING:
    from coterie.preview import Checked


def check(
    files: o.Inputs,
    recipe: o.RecipeName = None,
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
    """Show how a file would be read.

    Columns, types, rules and features; nothing is written.
    """
    from coterie.cli.found_recipe import found_recipe
    from coterie.preview import check as look

    changes = o.overrides(
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
    )
    with found_recipe(recipe) as chosen:
        found = look(files, chosen, **changes)
        _show(found, as_json)
        if found.refusal is not None:
            raise found.refusal


def _show(found: Checked, as_json: bool) -> None:
    from coterie.cli.run import lines_in_words
    from coterie.cli.terminal import percent, print_json, say, table

    if as_json:
        print_json(found.as_dict())
        return
    table(
        ["column", "read from", "how", "confidence"],
        [[m.column, m.source, m.how, percent(m.confidence)] for m in found.matches],
        text_columns=3,
    )
    for note in found.notes:
        say(f"Note: {note}")
    for warning in found.warnings:
        say(f"Warning: {warning}")
    if found.ledger is None or found.features is None:
        return
    typer.echo()
    table(
        ["rule", "outcome", "lines", "money"],
        [[e.rule, e.outcome, f"{e.lines:,}", f"{e.money:,.2f}"] for e in found.ledger.entries],
        text_columns=2,
    )
    typer.echo()
    table(["feature", "would be"], list(found.features.items()), text_columns=2)
    say()
    say(f"{lines_in_words(found.ledger.as_dict())}; {found.customers:,} customers as of {found.as_of}. Nothing was written.")
