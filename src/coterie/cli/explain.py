"""``coterie explain``: why a customer is in a segment."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from coterie.cli import options as o


def explain(
    run: o.RunPath,
    customers: Annotated[
        list[str], typer.Argument(help="Ids of customers.", metavar="CUSTOMER_ID...", show_default=False)
    ],
    as_json: o.Json = False,
) -> None:
    """Say why customers are in their segments.

    Their figures beside their segment's, how clear the case is, and the smallest change that would move them.
    """
    from coterie.cli.terminal import print_json
    from coterie.runs import open_run

    explained = open_run(run).explain(customers)
    if as_json:
        print_json({"schema": 1, "customers": explained})
        return
    for number, one in enumerate(explained):
        _print(one, first=number == 0)


def _print(one: dict[str, Any], *, first: bool) -> None:
    from coterie.cli.terminal import figure, table

    if not first:
        typer.echo()
    typer.echo(f"{one['customer_id']}: {one['reason']}")
    if one["distance"] is None:
        return
    table(
        ["feature", "customer", "segment's median", "speaks for it"],
        [
            [part["feature"], figure(part["value"]), figure(part["median"]), _signed(part["contribution"])]
            for part in one["features"]
        ],
    )
    said = [f"distance {one['distance']:.3f}"]
    if one["margin"] is not None:
        said.append(f"{one['nearest']} is {one['margin']:.3f} farther, confidence {one['confidence']:.2f}")
    if one["out_of_range"]:
        said.append("outside what the model was fitted on")
    typer.echo("; ".join(said) + ".")


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"
