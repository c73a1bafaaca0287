"""docs/inputs.md and docs/recipes.md name everything that the code names, and nothing else."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from coterie.cleaning import RULES
from coterie.cli import options
from coterie.columns import COLUMNS
from coterie.recipe import Recipe, as_toml, builtin_recipes
from coterie.sources.known import KNOWN

ROOT = Path(__file__).resolve().parents[2]
INPUTS = (ROOT / "docs" / "inputs.md").read_text("utf-8")
RECIPES = (ROOT / "docs" / "recipes.md").read_text("utf-8")


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(text: str) -> list[list[str]]:
    """Return the cells of every row of a page's tables that starts with a name in backticks."""
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in row] for row in rows]


def codes(path: Path) -> set[str]:
    """Return the codes of the refusals in a module: the word given to ``code=``, or last to its own ``_refusal``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            own = isinstance(node.func, ast.Name) and node.func.id == "_refusal"
            last = node.args[-1:] if own else [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            found |= {one.value for one in last if isinstance(one, ast.Constant)}
    return found


def test_every_refusal_of_an_input_is_listed_with_its_fix() -> None:
    # The locked engine reads published runs, not inputs.
    folders = [ROOT / "src" / "coterie" / name for name in ("sources", "engines")]
    raised = set().union(*(codes(path) for folder in folders for path in folder.rglob("*.py") if path.stem != "locked"))
    assert {code for code, *_ in table(section(INPUTS, "Refusals"))} == raised


def test_every_rule_is_listed_in_order_word_for_word() -> None:
    listed = table(section(INPUTS, "Quarantine"))
    assert listed == [[rule.name, rule.outcome, rule.meaning, rule.fix] for rule in RULES]


def test_every_column_is_listed_word_for_word() -> None:
    assert table(section(INPUTS, "Which column is which")) == [[column.name, column.meaning] for column in COLUMNS]


def test_every_known_export_is_listed_with_the_columns_it_reads() -> None:
    rows = {cells[0]: " ".join(cells) for line in section(INPUTS, "Known exports").splitlines()
            if len(cells := line.strip("| ").split(" | ")) == 6}  # fmt: skip
    for export in KNOWN:
        (row,) = (text for name, text in rows.items() if name.startswith(export.title))
        for role in ("customer_id", "transaction_value" if "price" not in export.roles else "price"):
            assert f"`{export.roles[role][0]}`" in row


@pytest.mark.parametrize("name", builtin_recipes())
def test_every_key_of_a_recipe_is_shown(name: str) -> None:
    keys = re.findall(r"^(?:# )?(\w+) =", as_toml(Recipe.load(name)), re.MULTILINE)
    shown = re.findall(r"^(?:# )?(\w+) =", RECIPES, re.MULTILINE)
    assert set(keys) <= set(shown)


def test_the_recipe_to_copy_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(RECIPES.partition("```toml\n")[2].partition("```")[0])
    mine, default = Recipe.load(path), Recipe.load("default")
    assert (mine.clustering.k_max, mine.scaling, mine.cleaning.rules) == (6, default.scaling, default.cleaning.rules)


def test_every_flag_that_is_a_key_is_listed_with_it() -> None:
    listed = {row[0].split()[0]: row[1].strip("`") for row in table(section(RECIPES, "Flags are keys"))}
    given = {
        "map": ["price=Cost"], "as_of": "2011-12-10", "k": 5, "encoding": "cp1252", "delimiter": ";", "decimal": ",",
        "date_format": "%Y", "currency": "GBP", "missing": ["NA"], "no_header": True, "columns": "a,b", "sheet": "S", "table": "T",
        "query": "SELECT 1",
        "algorithm": "kmeans", "null": True, "locale": "de_DE",
    }  # fmt: skip
    for flag in inspect.signature(options.overrides).parameters:
        changes = options.overrides(**{**dict.fromkeys(given), "no_header": False, "null": False, flag: given[flag]})
        (key, inner), = changes.items()
        path = f"{key}.{next(iter(inner))}" if key in ("reading", "clustering", "choice", "publishing") else key
        assert listed.pop(f"--{flag.replace('_', '-')}") == path
    assert listed == {}
