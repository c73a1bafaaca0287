"""``coterie rename``: a name that a person approved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def rename(
    run: o.RunPath,
    old: Annotated[str, typer.Argument(help="The segment: its name or its id.", metavar="OLD", show_default=False)],
    new: Annotated[str, typer.Argument(help="Its name from now on.", metavar="NEW", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.", show_default=False)],
    by: Annotated[
        str | None, typer.Option("--by", help="Who approves it; default the user at the keyboard.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of runs; default the run's own.", show_default=False)] = None,
    as_json: o.Json = False,
) -> None:
    """Give a segment a name of your own.

    The run stays as it is; a new one is published with the name, and its model keeps who gave it and why.
    """
    from coterie.cli.run import now
    from coterie.cli.terminal import print_json, say
    from coterie.model import SegmentModel
    from coterie.renaming import rename as renamed

    published = renamed(run, old, new, reason=reason, by=by if by is not None else user(), at=now(), out=out)
    given = SegmentModel.load(published.path, assigning=False).document["approved"][-1]
    if as_json:
        print_json(
            {
                "schema": 1,
                "run": published.number,
                "path": str(published.path),
                "renamed_from": published.manifest["renamed_from"],
                **given,
            }
        )
        return
    say(f"{given['was']} is now {given['name']}, approved by {given['by']}.")
    say(f"Run {published.number} is run {published.manifest['renamed_from']} with that name, and is the latest.")
    say(f"Report: {published.path / 'report.html'}")


def user() -> str:
    """Return who is at the keyboard; the command line alone asks the operating system."""
    import getpass

    from coterie.errors import RecipeError

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise RecipeError(
            "Nobody is known to approve the name.",
            found="a user without a name on this system.",
            fix="--by NAME",
            code="no_person",
        ) from None
