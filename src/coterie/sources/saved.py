"""A recipe as it is saved with a run and its model: all that decides the answer, and nothing that could be a secret."""

from __future__ import annotations

from typing import Any

from coterie.engines.address import masked_query
from coterie.recipe import Recipe


def saved(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as JSON data, the texts in its query masked.

    Examples
    --------
    >>> recipe = Recipe.load("default").override({"reading": {"query": "SELECT * FROM lines WHERE shop = 'York'"}})
    >>> saved(recipe)["reading"]["query"].partition(" -- ")[0]
    "SELECT * FROM lines WHERE shop = '***'"
    """
    query = recipe.reading.query
    return recipe.override({"reading": {"query": masked_query(query) if query else query}}).model_dump(mode="json")
