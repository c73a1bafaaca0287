"""Recipes: built-in < recipe file < flag; unknown keys and bad values are refused by name."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from coterie.errors import RecipeError
from coterie.recipe import Recipe, builtin_recipes


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def refused(action) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        action()
    error = caught.value
    assert error.wrong
    assert error.found
    assert error.fix
    return error


@pytest.mark.parametrize("name", builtin_recipes())
def test_a_built_in_recipe_is_called_what_its_file_is_called_and_says_what_it_is_for(name):
    recipe = Recipe.load(name)
    assert recipe.name == name
    assert recipe.meaning.endswith(".")


def test_the_built_in_recipes_are_listed():
    assert {"default", "notebook"} <= set(builtin_recipes())


@pytest.mark.parametrize("name", builtin_recipes())
def test_a_recipe_comes_back_from_its_own_data(name):
    recipe = Recipe.load(name)
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe


def test_a_file_that_extends_a_built_in_changes_only_what_it_says(tmp_path):
    path = written(tmp_path, 'extends = "default"\nname = "mine"\n[clustering]\nk_max = 6\n')
    recipe, base = Recipe.load(path), Recipe.load("default")
    assert (recipe.name, recipe.clustering.k_max) == ("mine", 6)
    assert recipe.clustering.n_init == base.clustering.n_init
    assert (recipe.cleaning, recipe.features, recipe.scaling, recipe.choice) == (
        base.cleaning, base.features, base.scaling, base.choice)


def test_a_list_in_a_file_replaces_the_list_it_overrides(tmp_path):
    path = written(tmp_path, 'extends = "default"\n[features]\nuse = ["total_spend"]\n')
    assert Recipe.load(path).features.use == ("total_spend",)


def test_a_flag_beats_the_file(tmp_path):
    path = written(tmp_path, 'extends = "default"\nas_of = 2011-12-10\n[clustering]\nk_max = 6\n')
    recipe = Recipe.load(path).override({"clustering": {"k_max": 4}, "k": 3})
    assert (recipe.clustering.k_max, recipe.k) == (4, 3)
    assert recipe.as_of == datetime.date(2011, 12, 10)


def test_override_leaves_the_recipe_it_was_called_on_alone():
    recipe = Recipe.load("default")
    recipe.override({"clustering": {"k_max": 4}})
    assert recipe == Recipe.load("default")


def test_an_unknown_recipe_names_the_built_in_ones():
    error = refused(lambda: Recipe.load("defualt"))
    assert "default, notebook" in error.found
    assert "--recipe" in error.fix
    assert error.code == "unknown_recipe"


def test_a_file_that_extends_what_is_not_built_in_is_refused(tmp_path):
    error = refused(lambda: Recipe.load(written(tmp_path, 'extends = "theirs"\n')))
    assert "'theirs'" in error.wrong
    assert error.code == "unknown_recipe"


def test_a_file_that_is_not_toml_is_refused_with_the_line(tmp_path):
    error = refused(lambda: Recipe.load(written(tmp_path, 'name = "mine"\nk = = 3\n')))
    assert "not TOML" in error.wrong
    assert "line 2" in error.found


BAD_VALUES = [
    ({"clustering": {"kmax": 6}}, "at clustering.kmax:"),
    ({"colour": "red"}, "at colour:"),
    ({"clustering": {"k_min": 1}}, "at clustering.k_min:"),
    ({"clustering": {"k_min": 8, "k_max": 4}}, "at clustering: k_max is below k_min"),
    ({"clustering": {"k_max": "many"}}, "at clustering.k_max:"),
    ({"choice": {"smallest_share": 1.5}}, "at choice.smallest_share:"),
    ({"choice": {"smallest_share": float("nan")}}, "at choice.smallest_share:"),
    ({"choice": {"by": "gut"}}, "at choice.by:"),
    ({"features": {"use": []}}, "at features.use:"),
    ({"mapping": {"customer": "Client"}}, "at mapping: customer: no such column"),
    ({"as_of": "yesterday"}, "at as_of:"),
    ({"k": 0}, "at k:"),
    ({"reading": {"decimal": ";"}}, "at reading.decimal:"),
]


@pytest.mark.parametrize(("changes", "named"), BAD_VALUES, ids=lambda value: str(value))
def test_a_bad_value_is_refused_and_its_key_named(changes, named):
    error = refused(lambda: Recipe.load("default").override(changes))
    assert named in error.wrong
    assert error.exit_code == 2


def test_a_recipe_cannot_be_changed_in_place():
    with pytest.raises(ValueError, match="frozen"):
        Recipe.load("default").k = 3
