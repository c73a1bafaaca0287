"""`coterie compile`, run for real: cleaning, features and assignment in a database are what a run of the same lines is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2
import psycopg
import pyarrow as pa
import pyarrow.parquet
import pytest

import coterie as ct
from coterie.compilation import compile_dbt, compile_sql
from coterie.engines import open_engine
from coterie.errors import CoterieError
from coterie.recipe import Recipe
from coterie.sources import read_lines
from postgres import Cluster
from truth import Truth
from warehouse import Warehouse, adversarial_lines, duckdb_with, postgres_with

FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
VALUE = {"enabled": False}
RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "default": ("default", {"choice": FAST}),
    "codes": ("default", {"choice": FAST, "cleaning": {"exclude_products": ["POST"]}, "reading": {"missing_tokens": ["GUEST"]}}),
    "netted first": ("default", {"choice": FAST, "cleaning": {
        "rules": ["returns_netted", "duplicate", "price_not_positive", "invoice_conflict", "quantity_not_positive"]}}),
    "as of": ("default", {"choice": FAST, "as_of": "2024-06-15"}),
    "notebook": ("notebook", {}),
}  # fmt: skip


@pytest.fixture(params=["duckdb", "postgres"])
def load(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give a function that puts lines into a database."""
    if request.param == "duckdb":
        with open_engine() as engine:
            yield lambda table, lines: duckdb_with(engine, table, lines)
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        with psycopg.connect(cluster.url) as connection:
            yield lambda table, lines: postgres_with(connection, table, lines)
            connection.rollback()


@pytest.fixture(scope="module")
def lines() -> pa.Table:
    return adversarial_lines()


@pytest.fixture(scope="module")
def runs(lines: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ct.Run]:
    """Runs of the same lines, by recipe."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        name: ct.run(lines, recipe, out=folder / name.replace(" ", "-"), k=3, value=VALUE, **changes)
        for name, (recipe, changes) in RECIPES.items()
    }


def agreed(run: ct.Run, where: Warehouse, table: str, **options: Any) -> None:
    """Compare customers, every feature and the ledger of a script with those of a run."""
    for what, check in CHECKS.items():
        check(run, where.query(compile_sql(run, where.dialect, table=table, what=what, **options)))


def same_ledger(run: ct.Run, ledger: list[tuple[Any, ...]]) -> None:
    """Compare lines and money by reason, and in all."""
    entries = {entry["rule"]: (entry["lines"], float(entry["money"])) for entry in run.ledger["rules"] if entry["lines"]}
    entries |= {fate: (run.ledger["lines"][fate], float(run.ledger["money"][fate])) for fate in ("read", "kept")}
    found = {rule: (int(count), float(money)) for rule, _, count, money in ledger}
    netted = {entry["rule"]: float(entry["money"]) for entry in run.ledger["rules"]}
    assert {rule: said for rule, said in found.items() if said[0]} == {
        rule: (count, pytest.approx(money, rel=1e-9, abs=1e-9)) for rule, (count, money) in entries.items()
    }
    assert found.get("returns_netted", (0, 0.0))[1] == pytest.approx(netted.get("returns_netted", 0.0), rel=1e-9, abs=1e-9)


def same_customers(run: ct.Run, rows: list[tuple[Any, ...]]) -> None:
    """Compare the customers, the features that place them, and where they are placed."""
    names = ["customer_id", *run.model.features, "cluster", "segment_id", "segment", "distance", "margin", "out_of_range"]
    same(run.customers("arrow").select(names), rows)


def same_features(run: ct.Run, rows: list[tuple[Any, ...]]) -> None:
    """Compare every feature of the recipe that the run has."""
    published, part = run.customers("arrow"), run.manifest["recipe"]["features"]
    every = [part["rename"].get(name, name) for name in (*part["use"], *part["profile"])]
    same(published.select(["customer_id", *(name for name in every if name in published.column_names)]), rows)


CHECKS = {"ledger": same_ledger, "customers": same_customers, "features": same_features}


def same(expected: pa.Table, rows: list[tuple[Any, ...]]) -> None:
    """Compare rows with a table: whole numbers, texts and times exactly, other numbers to 1e-9 relative."""
    found = sorted(tuple(row) for row in rows)
    assert [row[0] for row in found] == expected[0].to_pylist()
    for place, name in enumerate(expected.column_names):
        wanted = expected[name].to_pylist()
        got = [row[place] for row in found]
        if pa.types.is_floating(expected[name].type):
            wrong = [(a, b) for a, b in zip(got, wanted, strict=True) if not close(a, b)]
            assert not wrong, f"{name}: {wrong[:3]}"
        else:
            assert got == wanted, name


def close(a: float | None, b: float | None) -> bool:
    """Return whether two numbers are alike, or both are none."""
    return a is b or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12))


@pytest.mark.parametrize("name", RECIPES)
def test_odd_lines_give_what_a_run_gives(name: str, runs: dict[str, ct.Run], lines: pa.Table, load: Any) -> None:
    agreed(runs[name], load("shop.sold", lines), "shop.sold")


def test_columns_of_other_names_and_one_more_that_tells_lines_apart(lines: pa.Table, load: Any, tmp_path: Path) -> None:
    names = ["Order no.", "item", "text", "qty", "sold at", "unit price", "Customer", "land"]
    told = lines.rename_columns(names).append_column("line", pa.array([str(i // 2) for i in range(lines.num_rows)]))
    mapping = dict(zip(("invoice_no", "product_id", "description", "quantity", "invoice_date", "price", "customer_id", "country"),
                       names, strict=True))  # fmt: skip
    run = ct.run(told, mapping=mapping, out=tmp_path, k=3, value=VALUE, choice=FAST)
    where = load("shop.other", told)
    quoted = ['"Customer"' if name == "Customer" else name for name in told.column_names]
    agreed(run, where, "shop.other", columns=quoted, mapping={"customer_id": '"Customer"'})


def test_orders_without_lines(lines: pa.Table, load: Any, tmp_path: Path) -> None:
    rows = lines.select(["customer_id", "invoice_date", "invoice_no"]).append_column("transaction_value", lines["price"])
    run = ct.run(rows, out=tmp_path / "numbered", k=3, value=VALUE, choice=FAST)
    agreed(run, load("shop.orders", rows), "shop.orders")
    bare = rows.drop_columns(["invoice_no"])
    run = ct.run(bare, out=tmp_path / "bare", k=3, value=VALUE, choice=FAST)
    agreed(run, load("shop.orders", bare), "shop.orders")


def test_a_table_without_a_line(lines: pa.Table, load: Any) -> None:
    where = load("shop.nothing", lines.slice(0, 0))
    assert where.query(compile_sql("default", where.dialect, table="shop.nothing", columns=lines.column_names)) == []
    ledger = where.query(compile_sql("default", where.dialect, table="shop.nothing", what="ledger"))
    assert {(count, float(money)) for _, _, count, money in ledger} == {(0, 0.0)}


@pytest.mark.slow
def test_the_real_file(truth: Truth, online_retail: Path, load: Any) -> None:
    """Every customer, every feature and every reason of Online Retail, from typed columns as a warehouse would have them."""
    with open_engine() as engine:
        read = read_lines(engine, online_retail, Recipe.load("default"))
        typed = (
            'SELECT lines.invoice_no, lines.product_id, raw."Description" AS description, raw."Quantity"::INTEGER AS quantity, '
            'lines.invoice_date, raw."UnitPrice"::DECIMAL(18, 3) AS price, lines.customer_id, raw."Country" AS country '
            f"FROM {read.raw} AS raw JOIN {read.table} AS lines USING (source_row)"
        )
        engine.write(typed, truth.lines.parent / "raw.parquet")
    raw = pyarrow.parquet.read_table(truth.lines.parent / "raw.parquet")
    assert raw.num_rows == 541_909
    where = load("shop.sold", raw)
    for what in CHECKS if where.dialect == "duckdb" else ("ledger", "customers"):
        CHECKS[what](truth.run, where.query(compile_sql(truth.run, where.dialect, table="shop.sold", what=what)))


def models_of(
    run: ct.Run, folder: Path, make: Callable[[str, str], None], made: Sequence[str] = (), **options: Any
) -> list[str]:
    """Write dbt models, render each as dbt would and hand it over, those that it refers to before it; return what is made."""
    models = {path.stem: path.read_text("utf-8") for path in compile_dbt(run, folder, **options) if path.suffix == ".sql"}
    made = list(made)

    def ready(name: str) -> str:
        if name not in made:
            names = {"ref": ready, "source": lambda schema, table: f"{schema}.{table}", "config": lambda materialized: ""}
            make(name, jinja2.Template(models[name]).render(names))
            made.append(name)
        return name

    for name in models:
        ready(name)
    described = [line for line in (folder / "schema.yml").read_text("utf-8").splitlines() if line.startswith("  - name: ")]
    assert sorted(line.split(": ")[1] for line in described) == sorted(models)
    return made


def marts(run: ct.Run, query: Callable[[str], list[tuple[Any, ...]]], what: str) -> None:
    """Compare the marts with the run."""
    same_ledger(run, query("SELECT rule, outcome, line_count, money FROM coterie_ledger"))
    CHECKS[what](run, query(f"SELECT * FROM coterie_{what}"))


@pytest.mark.parametrize("what", ["customers", "features"])
def test_dbt_models_on_duckdb(what: str, runs: dict[str, ct.Run], lines: pa.Table, tmp_path: Path) -> None:
    with open_engine() as engine:
        duckdb_with(engine, "shop.sold", lines)
        models_of(
            runs["codes"], tmp_path, lambda name, sql: engine.run(f"CREATE TABLE {name} AS {sql}"), table="shop.sold", what=what
        )
        marts(runs["codes"], engine.rows, what)


@pytest.mark.slow
def test_dbt_models_on_spark(runs: dict[str, ct.Run], lines: pa.Table, spark: Any, tmp_path: Path) -> None:
    """As models each kept, for Spark writes a step out wherever it is named, and plans the whole script for a minute."""
    spark.sql("CREATE DATABASE IF NOT EXISTS shop")
    spark.sql("DROP TABLE IF EXISTS shop.sold")
    pyarrow.parquet.write_table(lines, tmp_path / "lines.parquet")
    spark.read.parquet(str(tmp_path / "lines.parquet")).write.saveAsTable("shop.sold")
    made: list[str] = []
    for what in ("customers", "features"):
        made = models_of(
            runs["codes"],
            tmp_path / what,
            lambda name, sql: spark.sql(sql).localCheckpoint().createOrReplaceTempView(name),
            made,
            dialect="spark",
            table="shop.sold",
            what=what,
        )
        marts(runs["codes"], lambda sql: [tuple(row) for row in spark.sql(sql).collect()], what)


def test_somebody_elses_model_is_never_written_over(tmp_path: Path) -> None:
    mine = tmp_path / "marts" / "coterie_ledger.sql"
    mine.parent.mkdir()
    mine.write_text("SELECT 1", "utf-8")
    with pytest.raises(CoterieError) as refused:
        compile_dbt("default", tmp_path)
    assert refused.value.code == "foreign_file"
    assert [path.name for path in tmp_path.rglob("*.*")] == ["coterie_ledger.sql"]
    assert mine.read_text("utf-8") == "SELECT 1"
    mine.unlink()
    assert len(compile_dbt("default", tmp_path)) == len(compile_dbt("default", tmp_path)) == 9
