"""``coterie demo``: data to report, offline, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def demo(
    out: o.Out = Path("coterie-runs"),
    customers: Annotated[int, typer.Option("--customers", help="Simulated customers.", min=50, max=100_000)] = 2000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the simulation.", min=0)] = 0,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Try it on a simulated shop.

    Simulates a retailer and runs the default recipe on it: no file, no network.
    """
    from coterie import pipeline
    from coterie.cli.run import now
    from coterie.cli.show import print_run, run_as_dict
    from coterie.cli.terminal import print_json, progress
    from coterie.datasets import simulate

    with progress(silent=quiet or as_json) as told:
        shop = simulate(customers, seed=seed)
        published = pipeline.run(shop.lines, out=out, progress=told, created=now())
    if as_json:
        print_json(run_as_dict(published))
    elif not quiet:
        print_run(published)
