"""``coterie features | rules | metrics | recipes``: what is registered."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from coterie.cli import options as o


def _list(key: str, header: list[str], entries: list[dict[str, Any]], as_json: bool) -> None:
    from coterie.cli.terminal import print_json, table

    if as_json:
        print_json({"schema": 1, key: entries})
    else:
        table(header, [[str(value) for value in entry.values()] for entry in entries], text_columns=len(header))


def features(as_json: o.Json = False) -> None:
    """List the customer features."""
    from coterie.features import FEATURES

    _list(
        "features",
        ["feature", "unit", "meaning"],
        [{"name": f.name, "unit": f.unit, "meaning": f.meaning} for f in FEATURES],
        as_json,
    )


def rules(as_json: o.Json = False) -> None:
    """List the cleaning rules and their fixes."""
    from coterie.cleaning import RULES

    _list(
        "rules",
        ["rule", "outcome", "meaning", "fix"],
        [{"name": r.name, "outcome": r.outcome, "meaning": r.meaning, "fix": r.fix} for r in RULES],
        as_json,
    )


def metrics(as_json: o.Json = False) -> None:
    """List the scores of a clustering."""
    from coterie.clustering import METRICS

    _list(
        "metrics",
        ["metric", "better", "meaning", "source"],
        [
            {
                "name": m.name,
                "better": "higher" if m.higher_is_better else "lower",
                "meaning": m.meaning,
                "reference": m.reference,
            }
            for m in METRICS
        ],
        as_json,
    )


def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Print this recipe as TOML, every key with its meaning.", show_default=False)
    ] = None,
    as_json: o.Json = False,
) -> None:
    """List the built-in recipes, or print one."""
    from coterie.cli.terminal import print_json
    from coterie.recipe import Recipe, builtin_recipes

    if name is None:
        found = [Recipe.load(one) for one in builtin_recipes()]
        _list("recipes", ["recipe", "meaning"], [{"name": r.name, "meaning": r.meaning} for r in found], as_json)
    elif as_json:
        print_json({"schema": 1, "recipe": Recipe.load(name).model_dump(mode="json")})
    else:
        from coterie.recipe import as_toml

        typer.echo(as_toml(Recipe.load(name)), nl=False)
