"""``coterie compare``: who moved between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli import options as o

if TYPE_CHECKING:
    from coterie.comparison import Comparison


def compare(
    before: Annotated[Path, typer.Argument(help="The earlier run's folder.", metavar="BEFORE", show_default=False)],
    after: Annotated[Path, typer.Argument(help="The later run's folder.", metavar="AFTER", show_default=False)],
    names: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--names",
            help="Print the customers who went from a segment's id, or new, to another's, or gone.",
            metavar="FROM TO",
            show_default=False,
        ),
    ] = None,
    as_json: o.Json = False,
) -> None:
    """Show who moved from which segment to which.

    A row for every segment of the earlier run, and one for new customers; no group is too small to be shown.
    """
    from coterie.cli.terminal import print_json
    from coterie.comparison import compare as compared

    found = compared(before, after)
    if names:
        behind = found.names(*names)
        if as_json:
            print_json({"schema": 1, "from": names[0], "to": names[1], "customers": behind})
        else:
            typer.echo("".join(f"{one}\n" for one in behind), nl=False)
    elif as_json:
        print_json(found.as_dict())
    else:
        _print(found)


def _print(found: Comparison) -> None:
    from coterie.cli.terminal import figure, say, table

    moved, counts = found.migration, found.counts
    before = [f"{name} ({one})" for one, name in moved.before]
    after = [f"{name} ({one})" for one, name in moved.after]
    for what, cells in (("customers", moved.customers), ("revenue", moved.revenue)):
        if cells is None:
            continue
        rows = [[name, *map(figure, row)] for name, row in zip([*before, "new"], cells.tolist(), strict=True)]
        # Those who are gone spent nothing by the later run, which does not know them.
        columns = [*after, "gone"] if what == "customers" else after
        shown = [row[: len(columns) + 1] for row in rows if any(cell != "0" for cell in row[1:])]
        table([f"{what}, from \\ to", *columns], shown)
        typer.echo()
    say(
        f"Run {found.before.number} as of {found.before.manifest['as_of']} -> run {found.after.number} as of "
        f"{found.after.manifest['as_of']}: {counts['both']:,} customers in both, {counts['stayed']:,} stayed, "
        f"{counts['moved']:,} moved; "
        f"{counts['new']:,} new, {counts['gone']:,} gone."
    )
    was, now = f"of run {found.before.number}", f"of run {found.after.number}"
    for pair in found.pairs:
        if not pair.same:
            say(f"{pair.after} {now} is no segment {was}: nearest {pair.before}, Jaccard {pair.jaccard:.2f}.")
        elif pair.before != pair.after:
            say(f"{pair.after} {now} is {pair.before} {was}: Jaccard {pair.jaccard:.2f}.")
    if any(pair.same != (pair.before == pair.after) for pair in found.pairs):
        say(f"Keep the ids: coterie run FILE --like {found.before.path}")
    else:
        say(f"Who moved: coterie compare {found.before.path} {found.after.path} --names FROM TO")
