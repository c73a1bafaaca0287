"""What a person may ask for in a browser: a built-in recipe, and the few keys of it that depend on their file."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from coterie.errors import RecipeError
from coterie.web.jobs.uploads import Upload

if TYPE_CHECKING:
    from coterie.recipe import Recipe

FILE = "order.json"
_TOP = ("mapping", "reading", "as_of", "k", "publishing")


@dataclass(frozen=True)
class Order:
    """What a job is to do.

    Parameters
    ----------
    kind : {"run", "check"}
        Publish a run, or only look.
    upload : str
        The upload's id.
    path : str
        Where the file lies.
    recipe : str
        A built-in recipe's name.
    overrides : dict
        Keys of the recipe: ``mapping``, ``reading``, ``as_of``, ``k``, ``publishing``.
    like : bool
        Whether segments keep the ids and approved names that they have in the latest run.
    """

    kind: Literal["run", "check"]
    upload: str
    path: str
    recipe: str = "default"
    overrides: dict[str, Any] = field(default_factory=dict)
    like: bool = False

    def save(self, folder: Path, **more: Any) -> None:
        """Write the order where the job's process finds it, with what the server adds."""
        (folder / FILE).write_text(json.dumps({**asdict(self), **more}, ensure_ascii=False), encoding="utf-8")

    def chosen(self) -> Recipe:
        """Return the effective recipe."""
        from coterie.recipe import Recipe

        changes = dict(self.overrides)
        if isinstance(changes.get("as_of"), str):
            changes["as_of"] = datetime.date.fromisoformat(changes["as_of"])
        return Recipe.load(self.recipe).override(changes)


def ordered(kind: Literal["run", "check"], upload: Upload, recipe: str, overrides: Mapping[str, Any]) -> Order:
    """Return an order, or refuse what is none.

    Parameters
    ----------
    kind : {"run", "check"}
        What to do.
    upload : Upload
        The file.
    recipe : str
        A built-in recipe's name; paths are not followed.
    overrides : mapping
        As JSON has them; empty values change nothing.

    Raises
    ------
    RecipeError
        If there is no such recipe or key, or a value is none.

    Examples
    --------
    >>> sales = Upload("0" * 32, "sales.csv", Path("sales.csv"))
    >>> ordered("run", sales, "default", {"k": 4, "mapping": {"customer_id": "Client", "country": ""}}).overrides
    {'mapping': {'customer_id': 'Client'}, 'k': 4}
    """
    from coterie.recipe import Reading, builtin_recipes

    if recipe not in builtin_recipes():
        raise RecipeError(
            f"There is no recipe {recipe[:100]!r}.",
            found=f"recipes: {', '.join(builtin_recipes())}.",
            fix="choose one of them.",
            code="unknown_recipe",
        )
    unknown = [key for key in overrides if key not in _TOP]
    unknown += [f"publishing.{key}" for key in _part(overrides, "publishing") if key != "locale"]
    unknown += [f"reading.{key}" for key in _part(overrides, "reading") if key not in Reading.model_fields]
    if unknown:
        raise RecipeError(
            "What is asked for has a key that cannot be set here.",
            found=f"{', '.join(unknown)[:200]}.",
            fix=f"set {', '.join(_TOP)}.",
            code="bad_recipe",
        )
    given = {key: _given(overrides.get(key)) for key in _TOP}
    kept = {key: value for key, value in given.items() if value not in (None, {}, "")}
    order = Order(kind, upload.upload, str(upload.path), recipe, kept)
    try:
        order.chosen()
    except ValueError:
        raise RecipeError(
            f"As of {str(overrides.get('as_of'))[:40]!r} is no day.",
            found="no such day of the calendar, as YYYY-MM-DD.",
            fix="write it as 2011-12-10.",
            code="bad_as_of",
        ) from None
    return order


def _part(overrides: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = overrides.get(key) or {}
    if isinstance(part, Mapping):
        return part
    raise RecipeError(f"{key} is no object.", found=f"{part!r:.100}.", fix=f"give {key} as key and value.", code="bad_recipe")


def _given(value: Any) -> Any:
    """Return a value without its empty parts."""
    if isinstance(value, Mapping):
        return {key: one for key, one in value.items() if one not in (None, "", [])}
    return value
