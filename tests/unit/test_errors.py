"""The error tree: every refusal says wrong, found and fix, and ends a command with its own exit code."""

from __future__ import annotations

import inspect

import pytest

from coterie import errors
from coterie.errors import BusyError, CoterieError, InputError, MappingError, RecipeError, RunError

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, CoterieError)]
EXIT_CODES = {RecipeError: 2, BusyError: 75}


def refusal(kind: type[CoterieError]) -> CoterieError:
    return kind("The cup is empty.", found="no tea.", fix="coterie brew --tea", code="empty")


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_refusal_tells_wrong_found_and_fix(kind):
    error = refusal(kind)
    assert str(error) == "The cup is empty.\nFound: no tea.\nFix:   coterie brew --tea"
    assert error.as_dict() == {
        "error": "empty", "wrong": "The cup is empty.", "found": "no tea.", "fix": "coterie brew --tea"}
    assert error.exit_code == EXIT_CODES.get(kind, 1)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_the_drawing_of_the_tree_names_every_error(kind):
    assert kind.__name__ in (errors.__doc__ or "")


def test_a_refusal_without_a_fix_cannot_be_made():
    with pytest.raises(TypeError, match="fix"):
        CoterieError("The cup is empty.", found="no tea.", code="empty")  # type: ignore[call-arg]


def test_the_special_is_caught_as_the_general():
    assert issubclass(MappingError, InputError)
    assert issubclass(BusyError, RunError)
    with pytest.raises(CoterieError):
        raise refusal(MappingError)
