"""``coterie update``: what was delivered since, in the segments of the latest run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli import options as o

if TYPE_CHECKING:
    from coterie.runs import Run


def update(
    runs: Annotated[
        Path, typer.Argument(help="Folder of runs, the latest made with --keep-parts.", metavar="RUNS", show_default=False)
    ],
    files: o.Inputs,
    as_of: o.AsOf = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    decimal: o.Decimal = None,
    date_format: o.DateFormat = None,
    query: o.Query = None,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Add new lines to the latest run.

    Reads the new files alone: late lines, returns of old orders and lines delivered before are welcome. Publishes a run with the
    customers that a full run would have, in the segments of the latest run's model, and says who moved.
    """
    given = {"encoding": encoding, "delimiter": delimiter, "decimal": decimal, "date_format": date_format, "query": query}
    said = {key: value for key, value in given.items() if value is not None}
    with _uncollected():
        from coterie import updating
        from coterie.cli.run import now
        from coterie.cli.terminal import print_json, progress
        from coterie.runs import open_run

        before = open_run(runs)
        with progress(silent=quiet or as_json) as told:
            published = updating.update(runs, files, as_of=as_of, progress=told, created=now(), **said)
    if as_json:
        print_json(update_as_dict(published, nothing_new=published.number == before.number))
    elif not quiet:
        _print(published, nothing_new=published.number == before.number)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Search for no cycles: next to nothing is made that only this would free, and it takes a twentieth of so short a time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def update_as_dict(run: Run, *, nothing_new: bool) -> dict[str, Any]:
    """Return what ``--json`` prints of an update; documented in docs/json.md."""
    delivered = None if nothing_new else run.manifest["update"]
    return {
        "schema": 1,
        "run": run.number,
        "path": str(run.path),
        "updated_from": None if nothing_new else run.manifest["updated_from"],
        "as_of": run.manifest["as_of"],
        "lines": run.ledger["lines"],
        "update": delivered,
        "warnings": run.warnings,
        "notes": run.manifest["notes"],
    }


def _print(run: Run, *, nothing_new: bool) -> None:
    from coterie.cli.show import print_run
    from coterie.cli.terminal import figure, say, table

    if nothing_new:
        say(f"{run.caution}")
        say(f"Run {run.number} stays the latest.")
        return
    print_run(run)
    found = run.manifest["update"]
    names = {one["segment_id"]: f"{one['name']} ({one['segment_id']})" for one in run.segments["segments"]}
    gone = [cell for cell in found["cells"] if cell["from"] != cell["to"]]
    if gone:
        say()
        table(
            ["customers who moved, from", "to", "customers"],
            [[*(names.get(cell[side], cell[side]) for side in ("from", "to")), figure(cell["customers"])] for cell in gone],
        )
    silent = "" if found["gone_silent"] is None else f" {found['gone_silent']:,} went silent."
    say(
        f"{found['lines']:,} new lines touched {found['customers_touched']:,} customers since run {run.manifest['updated_from']}: "
        f"{found['new']:,} new, {found['moved']:,} moved, {found['gone']:,} gone, {found['stayed']:,} stayed.{silent}"
    )
