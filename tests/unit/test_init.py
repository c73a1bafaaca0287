"""``coterie init`` writes what was recognised, as a recipe that changes nothing yet; a run finds it in its folder."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app
from coterie.errors import RecipeError
from coterie.recipe import Recipe
from known_texts import TEXT, saved

SHOP = "order no;Client Nr;when;units;cost;country\nB1;K7;24.12.2023;2;1.234,50;DE\nB2;K8;03.01.2024;1;9,95;DE\n"
SAID = {"invoice_date": "when", "customer_id": "Client Nr", "price": "cost"}
RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,Jar,2,2011-01-05 10:00,2.5,7,UK\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def coterie(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout, done.stderr


def test_the_recipe_says_what_was_recognised(folder: Path) -> None:
    started = ct.init(saved(folder, SHOP, "shop.csv"), mapping=SAID)
    assert (started.path, started.refusal) == (Path("coterie.toml"), None)
    text = started.path.read_text()
    recipe = tomllib.loads(text)
    assert recipe["extends"] == "default"
    assert recipe["name"] == "shop"
    assert recipe["mapping"] == {**SAID, "invoice_no": "order no", "quantity": "units", "country": "country"}
    # The next month's file is read alike, even where its dates or numbers leave both ways open.
    assert recipe["reading"] == {"decimal": ",", "date_format": "%d.%m.%Y"}
    assert "# The order or invoice the line belongs to. 93% sure: known as 'orderno'.\ninvoice_no" in text
    assert "# Decimal comma in cost.\n" in text
    for knob in ("k_max = 10", 'exclude_products = ["POST", "DOT"]', 'method = "log"', "k = 4", "jaccard = 0.75"):
        assert f"\n# {knob}\n" in text


@pytest.mark.parametrize("name", [*TEXT, "shop", "retail"])
def test_the_recipe_as_it_is_changes_no_answer(name: str, folder: Path) -> None:
    path = saved(folder, {**TEXT, "shop": SHOP, "retail": RETAIL}[name], "sales.csv")
    changes = {"mapping": SAID} if name == "shop" else {}
    started = ct.init(path, **changes)
    plain, with_it = ct.check(path, **changes).as_dict(), ct.check(path, started.path).as_dict()
    assert plain["refused"] is None
    for key in ("ledger", "customers", "as_of", "features"):
        assert with_it[key] == plain[key]


def test_every_knob_is_a_key_of_a_recipe(folder: Path) -> None:
    text = ct.init(saved(folder, RETAIL, "sales.csv")).path.read_text()
    # What stands as a comment is taken at its word, one key at a time.
    title = ""
    for line in text.splitlines():
        title = line.partition("]")[0] + "]" if line.startswith("[") else title
        key = line.removeprefix("# ").partition(" = ")
        if line.startswith("# ") and key[1] and key[0].isidentifier():
            parsed = tomllib.loads(f'extends = "default"\n{title}\n{line.removeprefix("# ")}\n')
            Recipe.load("default").override({k: v for k, v in parsed.items() if k != "extends"})


def test_columns_of_a_known_export_stay_comments(folder: Path) -> None:
    # Money that is mapped is taken as it stands: refunds would no longer be taken off.
    text = ct.init(saved(folder, TEXT["stripe"], "stripe.csv")).path.read_text()
    assert tomllib.loads(text)["mapping"] == {}
    assert "# Read as Stripe payments (100% sure): " in text
    assert '\n# transaction_value = "Amount"\n' in text


def test_what_is_missing_is_said_and_left_to_fill_in(folder: Path) -> None:
    saved(folder, "order;day;total;Client Nr\n1;2024-01-15;5;7\n", "orders.csv")
    code, out, err = coterie("init", "orders.csv", "--json")
    found = json.loads(out)
    assert (code, found["refused"]["error"], err) == (0, "columns", "")
    text = Path("coterie.toml").read_text()
    assert "# orders.csv has no sure customer_id column.\n" in text
    assert '\n# customer_id = "Client Nr"\n' in text
    code, _, err = coterie("check", "orders.csv")
    assert code == 1
    assert "no sure customer_id column" in err
    Path("coterie.toml").write_text(text.replace("# customer_id =", "customer_id ="))
    code, _, err = coterie("check", "orders.csv")
    assert code == 0
    assert "1 lines: 1 kept" in err


def test_a_half_of_an_export_does_not_become_a_plain_file(folder: Path) -> None:
    header, *rows = TEXT["stripe"].splitlines()
    text = "\n".join([header.replace("Status,", "State,"), *rows, ""])
    started = ct.init(saved(folder, text, "stripe.csv"))
    assert started.refusal is not None
    assert tomllib.loads(started.path.read_text())["mapping"] == {}
    assert ct.check("stripe.csv", started.path).refusal is not None


def test_nothing_is_written_over_without_force(folder: Path) -> None:
    saved(folder, RETAIL, "sales.csv")
    Path("coterie.toml").write_text("mine")
    code, _, err = coterie("init", "sales.csv")
    assert (code, Path("coterie.toml").read_text()) == (2, "mine")
    assert "--force to write over it" in err
    with pytest.raises(RecipeError):
        ct.init("sales.csv")
    assert coterie("init", "sales.csv", "--output", "other.toml")[0] == 0
    assert coterie("init", "sales.csv", "--force")[0] == 0
    assert Path("coterie.toml").read_text() == Path("other.toml").read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["coterie.toml", "other.toml", "sales.csv"]


def test_a_header_cannot_end_its_comment(folder: Path) -> None:
    header = '"customer\n[clustering]\nk_max = 3","x""]\x7f",invoice date,total\n'
    started = ct.init(saved(folder, header + "7,1,2024-01-15,5\n", "odd.csv"), mapping={"customer_id": 'x"]\x7f'})
    recipe = Recipe.load(started.path)
    assert recipe.clustering.k_max == 10
    assert recipe.mapping["customer_id"] == 'x"]\x7f'


def test_a_run_finds_the_recipe_and_says_so(folder: Path) -> None:
    saved(folder, RETAIL, "sales.csv")
    Path("coterie.toml").write_text('extends = "default"\nas_of = 2011-02-01\n')
    code, out, err = coterie("check", "sales.csv", "--json")
    assert (code, err) == (0, "Recipe: coterie.toml, found in this folder.\n")
    assert json.loads(out)["as_of"] == "2011-02-01"
    # A flag beats it, and a recipe that is named stands alone.
    assert json.loads(coterie("check", "sales.csv", "--json", "--as-of", "2011-03-01")[1])["as_of"] == "2011-03-01"
    code, out, err = coterie("check", "sales.csv", "--json", "--recipe", "default")
    assert (json.loads(out)["as_of"], err) == ("2011-01-06", "")


def test_a_run_uses_it_too(folder: Path) -> None:
    lines = [f"{i},A,Jar,{1 + i % 7},2011-01-{1 + i % 28:02d} 10:00,{1 + i % 5}.5,{i % 40},UK" for i in range(200)]
    saved(folder, RETAIL.partition("\n")[0] + "\n" + "\n".join(lines) + "\n", "sales.csv")
    quick = "n_bootstrap = 0\nn_seeds = 0\nn_splits = 0\nn_months = 0\nsensitivity = false\n"
    Path("coterie.toml").write_text(f'extends = "default"\nname = "mine"\nk = 3\n[choice]\n{quick}[value]\nenabled = false\n')
    code, out, err = coterie("run", "sales.csv", "--json")
    assert (code, json.loads(out)["recipe"], json.loads(out)["n_clusters"]) == (0, "mine", 3)
    assert err.startswith("Recipe: coterie.toml, found in this folder.\n")


@pytest.mark.parametrize(
    ("recipe", "code", "said"),
    [
        ('extends = "default"\n[mapping]\ncustomer_id = "Client"\n', 1, "There is no column 'Client' to map customer_id to."),
        ('extends = "default"\n[reading]\ndate_format = "%d/%m/%Y"\n', 1, "'%d/%m/%Y' is not the date format"),
        ('extends = "default"\n[mappings]\n', 2, "mappings"),
        ("extends = default\n", 2, "Recipe coterie.toml is not TOML."),
    ],
)
def test_a_recipe_that_does_not_fit_is_named(recipe: str, code: int, said: str, folder: Path) -> None:
    saved(folder, RETAIL, "sales.csv")
    Path("coterie.toml").write_text(recipe)
    for command in ("check", "run"):
        left, _, err = coterie(command, "sales.csv")
        assert left == code
        assert said in err
        assert "coterie.toml" in err.partition("found in this folder.")[2]
    assert coterie("check", "sales.csv", "--recipe", "default")[0] == 0
