"""The registry: order, refusal of doubles, and an error that names the nearest entry."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from coterie.errors import RecipeError
from coterie.registry import Registry


@dataclass(frozen=True)
class Fruit:
    name: str
    kernels: int = 1


@pytest.fixture
def fruits() -> Registry[Fruit]:
    registry: Registry[Fruit] = Registry("fruit")
    for fruit in (Fruit("plum"), Fruit("apple", 5), Fruit("cherry")):
        registry.add(fruit)
    return registry


def test_entries_stay_in_order_of_registration(fruits):
    assert fruits.names() == ["plum", "apple", "cherry"]
    assert [fruit.name for fruit in fruits] == fruits.names()
    assert len(fruits) == 3


def test_add_returns_the_entry_so_that_it_can_be_bound_to_a_name(fruits):
    quince = Fruit("quince")
    assert fruits.add(quince) is quince
    assert fruits["quince"] is quince


def test_a_name_is_registered_once(fruits):
    with pytest.raises(ValueError, match="fruit 'apple' is registered twice"):
        fruits.add(Fruit("apple", 3))
    assert fruits["apple"].kernels == 5


def test_membership_is_by_name(fruits):
    assert "apple" in fruits
    assert "pear" not in fruits
    assert Fruit("apple") not in fruits


def test_an_unknown_name_is_refused_with_the_nearest_one(fruits):
    with pytest.raises(RecipeError) as refused:
        fruits["aple"]
    error = refused.value
    assert error.wrong == "There is no fruit called 'aple'."
    assert error.found == "fruits: plum, apple, cherry."
    assert "'apple'" in error.fix
    assert error.code == "unknown_fruit"


def test_a_name_near_to_none_gets_the_whole_list(fruits):
    with pytest.raises(RecipeError) as refused:
        fruits["xyz"]
    assert refused.value.fix == "choose one of the fruits above."
