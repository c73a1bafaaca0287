"""The public names stay what they are, whatever has been imported before."""

from __future__ import annotations

import importlib
import pkgutil
import types

import pytest

import coterie


@pytest.mark.parametrize("name", coterie.__all__)
def test_a_public_name_is_a_thing_to_use_and_not_a_module(name: str) -> None:
    importlib.import_module("coterie.cli.app")
    assert not isinstance(getattr(coterie, name), types.ModuleType)
    assert getattr(coterie, name) is getattr(coterie, name)


def test_no_module_is_called_like_a_public_name() -> None:
    # Importing a module binds its name in the package: coterie.run would turn from a function into a module.
    modules = {module.name for module in pkgutil.iter_modules(coterie.__path__)}
    assert modules.isdisjoint(coterie.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'segment'"):
        coterie.segment  # noqa: B018


def test_dir_lists_the_public_names() -> None:
    assert dir(coterie) == sorted(coterie.__all__)
