"""``coterie check``: what a run would do, and nothing written."""

from __future__ import annotations

import typer

from coterie.cli import options as o


def check(
    files: o.Inputs,
    recipe: o.RecipeName = "default",
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
    as_json: o.Json = False,
) -> None:
    """Show how a file would be read.

    Columns, types, rules and features; nothing is written.
    """
    from coterie.cli.run import lines_in_words
    from coterie.cli.terminal import percent, print_json, say
    from coterie.cli.terminal import table as print_table
    from coterie.preview import check as look

    found = look(
        files,
        recipe,
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
        ),
    )
    if as_json:
        print_json(found.as_dict())
    else:
        print_table(
            ["column", "read from", "how", "confidence"],
            [[m.column, m.source, m.how, percent(m.confidence)] for m in found.matches],
            text_columns=3,
        )
        for note in found.notes:
            say(f"Note: {note}")
        for warning in found.warnings:
            say(f"Warning: {warning}")
        if found.ledger is not None and found.features is not None:
            typer.echo()
            print_table(
                ["rule", "outcome", "lines", "money"],
                [[e.rule, e.outcome, f"{e.lines:,}", f"{e.money:,.2f}"] for e in found.ledger.entries],
                text_columns=2,
            )
            typer.echo()
            print_table(["feature", "would be"], list(found.features.items()), text_columns=2)
            say()
            say(
                f"{lines_in_words(found.ledger.as_dict())}; {found.customers:,} customers as of {found.as_of}. Nothing was written."
            )
    if found.refusal is not None:
        raise found.refusal
