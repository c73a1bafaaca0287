"""``coterie lift``: what a campaign did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli import options as o


def lift(
    run: o.RunPath,
    exposed: Annotated[Path, typer.Option("--exposed", help="List of who was to be reached.", show_default=False)],
    since: Annotated[str, typer.Option("--since", help="First day that counts.", metavar="YYYY-MM-DD", show_default=False)],
    until: Annotated[
        str | None,
        typer.Option("--until", help="Last day that counts; default the run's last.", metavar="YYYY-MM-DD", show_default=False),
    ] = None,
    control: Annotated[
        Path | None,
        typer.Option("--control", help="List of who was held out; default the one beside the exposed list.", show_default=False),
    ] = None,
    on: Annotated[str | None, typer.Option("--on", help="Column of the lists with the customer ids.", show_default=False)] = None,
    as_json: o.Json = False,
) -> None:
    """Compare exposed customers with those held out.

    Revenue a customer and repurchase, with 95 % intervals.
    """
    from coterie.campaign import lift as compare
    from coterie.cli.terminal import percent, print_json, say, table

    found = compare(run, exposed=exposed, since=since, until=until, control=control, on=on)
    if as_json:
        print_json(found)
        return
    sides = found["exposed"], found["control"]
    rows = [
        [
            name,
            f"{side['customers']:,}",
            f"{side['buyers']:,}",
            percent(side["repurchase_rate"]),
            f"{side['orders']:,}",
            f"{side['revenue']:,.0f}",
            f"{side['revenue_per_customer']:,.2f}",
            f"{side['revenue_per_customer_before']:,.2f}",
        ]
        for name, side in zip(("exposed", "control"), sides, strict=True)
    ]
    table(["", "customers", "buyers", "repurchase", "orders", "revenue", "a customer", "as long before"], rows)
    money, rate = found["revenue_per_customer"], found["repurchase_rate"]
    say()
    say(f"Revenue a customer: {_difference(money | _percent(money), '+,.2f', '')}.")
    say(f"Repurchase: {_difference({key: value and 100 * value for key, value in rate.items()}, '+.1f', ' points')}.")
    say(f"{found['since']} to {found['until']}, 95 % intervals; {found['in_neither']:,} customers of the run are in neither group.")
    say(found["verdict"])
    for note in found["notes"]:
        say(note)


def _percent(found: dict[str, float | None]) -> dict[str, float | None]:
    return {key: value and 100 * value for key, value in found.items() if key.startswith("lift")}


def _difference(found: dict[str, float | None], form: str, unit: str) -> str:
    """Return a difference with its interval, and relative to the control group; an end that is not bounded as dots."""
    difference, low, high, lift, lift_low, lift_high = found.values()
    ends = ["…" if end is None else f"{end:+.1f} %" for end in (lift_low, lift_high)]
    relative = "" if lift is None else f", {lift:+.1f} % [{ends[0]}, {ends[1]}]"
    return f"{difference:{form}}{unit} [{low:{form}}, {high:{form}}]{relative}"
