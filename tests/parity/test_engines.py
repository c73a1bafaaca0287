"""`coterie run --engine`: lines that are cleaned and counted elsewhere give the run that lines read here give."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet
import pytest

import coterie as ct
from coterie.engines import open_engine
from coterie.errors import CoterieError, InputError
from coterie.features import FEATURES
from coterie.recipe import Recipe
from coterie.sources import read_lines
from postgres import Cluster
from same_runs import same
from warehouse import adversarial_lines, postgres_with

FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0}
EVERY = {"use": ["total_orders", "total_spend", "avg_order_value", "active_days", "recency_days"],
         "profile": [f.name for f in FEATURES], "rename": {"total_spend": "TotalSpend"}}  # fmt: skip
RECIPES: dict[str, dict[str, Any]] = {
    "every feature, early months, returns let stand": {"k": 3, "choice": FAST, "features": EVERY},
    "codes, a guest and a day": {
        "k": 3, "choice": FAST | {"n_months": 2}, "as_of": "2024-06-15", "value": {"enabled": False},
        "cleaning": {"exclude_products": ["POST"]}, "reading": {"missing_tokens": ["GUEST"]}},
    "returns not netted": {"k": 3, "choice": FAST | {"n_months": 0}, "value": {"enabled": False}, "cleaning": {
        "rules": ["duplicate", "cancellation", "quantity_not_positive", "price_not_positive"]}},
    "every rule, the netting first": {"k": 3, "choice": FAST | {"n_months": 0}, "value": {"enabled": False}, "cleaning": {
        "exclude_products": ["POST"], "rules": ["returns_netted", "duplicate", "invoice_conflict", "excluded_product",
        "cancellation", "quantity_not_positive", "price_not_positive"]}},
}  # fmt: skip


class Database:
    """A PostgreSQL that computes with its own lines; other tables may be asked for by name."""

    def __init__(self, cluster: Cluster) -> None:
        self.url = cluster.url

    def __call__(self, lines: pa.Table, out: Path, **options: Any) -> ct.Run:
        with psycopg.connect(self.url, autocommit=True) as connection:
            postgres_with(connection, "shop.lying", lines)
        reading = options.pop("reading", {}) | {"table": "shop.lying"}
        return ct.run(self.url, out=out, engine="postgres", reading=reading, **options)


def on_spark(lines: pa.Table, out: Path, **options: Any) -> ct.Run:
    """Write lines as a folder of Parquet files, and run where they lie, in the application of this process."""
    folder = Path(tempfile.mkdtemp(dir=out.parent))
    third = lines.num_rows // 3
    for part, size in enumerate((third, third, None)):
        pyarrow.parquet.write_table(lines.slice(part * third, size), folder / f"part-{part}.parquet")
    return ct.run(folder, out=out, engine="spark", **options)


@pytest.fixture(params=["postgres", "spark"])
def run_there(request: pytest.FixtureRequest) -> Callable[..., ct.Run]:
    """Give a function that puts lines where an engine has them, and runs there."""
    if request.param == "postgres":
        return Database(request.getfixturevalue("postgres"))
    request.getfixturevalue("spark_application")
    return on_spark


@pytest.fixture(scope="module")
def lines() -> pa.Table:
    return adversarial_lines()


@pytest.fixture(autouse=True)
def _summer_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give connections a time zone that must not matter."""
    monkeypatch.setenv("PGTZ", "America/New_York")


@pytest.mark.parametrize("name", RECIPES)
def test_odd_lines_give_what_lines_read_here_give(name: str, lines: pa.Table, run_there: Any, tmp_path: Path) -> None:
    here = ct.run(lines, out=tmp_path / "here", **RECIPES[name])
    same(run_there(lines, tmp_path / "there", **RECIPES[name]), here)


def test_orders_without_lines_and_columns_of_other_names(lines: pa.Table, run_there: Any, tmp_path: Path) -> None:
    orders = lines.select(["customer_id", "invoice_date", "invoice_no"]).append_column("transaction_value", lines["price"])
    named = orders.rename_columns(["Client no.", "sold At", "Bill", "Sum"])
    mapping = {"customer_id": "Client no.", "invoice_date": "sold At", "invoice_no": "Bill", "transaction_value": "Sum"}
    options = {"k": 3, "choice": FAST, "mapping": mapping}
    same(run_there(named, tmp_path / "there", **options), ct.run(named, out=tmp_path / "here", **options))
    bare = named.drop_columns(["Bill"])
    options["mapping"] = {key: value for key, value in mapping.items() if key != "invoice_no"}
    same(run_there(bare, tmp_path / "there", **options), ct.run(bare, out=tmp_path / "here", **options))


def test_ids_that_came_as_numbers_and_lines_of_another_currency(lines: pa.Table, run_there: Any, tmp_path: Path) -> None:
    usual = ct.simulate(120, seed=5).lines.rename_columns(lines.column_names)
    ids = [None if text is None else float(text) for text in usual["customer_id"].to_pylist()]
    codes = ["EUR" if i % 50 == 0 else "GBP" for i in range(len(ids))]
    told = usual.set_column(6, "customer_id", pa.array(ids, pa.float64())).append_column("currency", pa.array(codes))
    options: dict[str, Any] = {"k": 3, "choice": FAST, "reading": {"currency": "GBP"}}
    here = ct.run(told, out=tmp_path / "here", **options)
    assert here.customers("arrow")["customer_id"][0].as_py().isdigit()
    assert {one["rule"]: one["lines"] for one in here.ledger["rules"]}["other_currency"] > 0
    same(run_there(told, tmp_path / "there", **options), here)


@pytest.mark.slow
def test_the_real_file(online_retail: Path, run_there: Any, tmp_path: Path) -> None:
    """One recipe file: from CSV here and from typed columns there, the same customers in the same segments."""
    recipe = tmp_path / "coterie.toml"
    default = (files("coterie.recipes") / "default.toml").read_text("utf-8")
    recipe.write_text(default.replace("n_bootstrap = 100", "n_bootstrap = 20"), "utf-8")
    here = ct.run(online_retail, recipe, out=tmp_path / "here", keep_lines=True)
    with open_engine() as engine:
        read = read_lines(engine, online_retail, Recipe.load("default"))
        engine.write(
            'SELECT raw."InvoiceNo", raw."StockCode", raw."Description", raw."Quantity"::INTEGER AS "Quantity", '
            'lines.invoice_date AS "InvoiceDate", raw."UnitPrice"::DECIMAL(18, 3) AS "UnitPrice", '
            'raw."CustomerID"::DOUBLE AS "CustomerID", raw."Country" '
            f"FROM {read.raw} AS raw JOIN {read.table} AS lines USING (source_row)",
            tmp_path / "typed.parquet",
        )
    there = run_there(pyarrow.parquet.read_table(tmp_path / "typed.parquet"), tmp_path / "there", recipe=recipe, keep_lines=True)
    assert there.ledger["lines"]["read"] == 541_909
    same(there, here)
    kept = [(run.path / "lines.csv").read_bytes().count(b"\n") for run in (there, here)]
    assert kept[0] == kept[1]


def refused(url: Any, tmp_path: Path, **options: Any) -> CoterieError:
    with pytest.raises(CoterieError) as error:
        ct.run(url, out=tmp_path / "refused", engine="postgres", k=3, choice=FAST, **options)
    assert not (tmp_path / "refused" / "000001").exists()
    return error.value


@pytest.fixture(scope="module")
def shop(postgres: Cluster, lines: pa.Table) -> Cluster:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        postgres_with(connection, "shop.sold", lines)
        connection.execute("CREATE OR REPLACE FUNCTION shop.sneak() RETURNS text LANGUAGE plpgsql VOLATILE AS "
                           "$$ BEGIN DELETE FROM shop.sold; RETURN 'x'; END $$")  # fmt: skip
    return postgres


def test_nothing_is_written_but_temporary_tables(shop: Cluster, lines: pa.Table, tmp_path: Path) -> None:
    query = "SELECT *, shop.sneak() AS extra FROM shop.sold"
    error = refused(shop.url, tmp_path, reading={"query": query})
    assert error.code == "query"
    assert "read-only" in error.found
    ct.run(shop.url, out=tmp_path / "runs", engine="postgres", k=3, choice=FAST, reading={"query": "SELECT * FROM shop.sold;"})
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT count(*) FROM shop.sold").fetchone() == (lines.num_rows,)
        left = "SELECT count(*) FROM pg_class WHERE relname IN ('judged_lines', 'sold_lines', 'coterie_source')"
        assert connection.execute(left).fetchone() == (0,)


def test_a_user_without_temporary_tables(shop: Cluster, tmp_path: Path) -> None:
    with psycopg.connect(shop.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA shop TO reader")
        connection.execute("GRANT SELECT ON shop.sold TO reader")
        connection.execute("REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC")
        try:
            error = refused(shop.url.replace("coterie@", "reader@"), tmp_path, reading={"table": "shop.sold"})
        finally:
            connection.execute("GRANT TEMPORARY ON DATABASE postgres TO PUBLIC; DROP OWNED BY reader; DROP ROLE reader")
    assert (error.code, "GRANT TEMPORARY" in error.fix) == ("no_permission", True)


def test_columns_that_cannot_be_computed_with(shop: Cluster, tmp_path: Path) -> None:
    text = "SELECT invoice_no, product_id, quantity::text, invoice_date, price, customer_id FROM shop.sold"
    error = refused(shop.url, tmp_path, reading={"query": text})
    assert (error.code, "quantity" in error.wrong, "text" in error.found) == ("not_typed", True, True)
    ids = "SELECT invoice_no, product_id, quantity, invoice_date, price, 1.5 AS customer_id FROM shop.sold"
    assert "with a fraction" in refused(shop.url, tmp_path, reading={"query": ids}).found


def test_inputs_that_are_not_in_one_database(shop: Cluster, lines: pa.Table, tmp_path: Path) -> None:
    assert refused(lines, tmp_path).code == "not_there"
    assert refused([shop.url, shop.url], tmp_path).code == "not_there"
    assert refused(shop.url, tmp_path, master="local[2]", reading={"table": "shop.sold"}).code == "no_master"
    assert refused(shop.url, tmp_path, keep_parts=True, reading={"table": "shop.sold"}).code == "no_parts"
    with pytest.raises(CoterieError, match="no engine called 'postgre'"):
        ct.run(shop.url, out=tmp_path, engine="postgre")


def test_a_connection_that_is_lost_while_it_computes(shop: Cluster, tmp_path: Path) -> None:
    """The server is told to end the connection by the query itself, once rows of it have come."""
    ended = "SELECT sold.*, pg_terminate_backend(pg_backend_pid())::text AS gone FROM shop.sold AS sold"
    error = refused(shop.url, tmp_path, reading={"query": ended})
    assert (error.code, "nothing was published" in error.fix) == ("database_lost", True)


def test_a_password_is_nowhere(shop: Cluster, tmp_path: Path) -> None:
    url = shop.url.replace("coterie@", "coterie:s3cr%25t@")
    run = ct.run(url, out=tmp_path / "runs", engine="postgres", k=3, choice=FAST, reading={"table": "shop.sold"})
    for file in run.path.iterdir():
        assert b"s3cr" not in file.read_bytes(), file.name
    error = refused(url.replace("coterie:", "nobody:"), tmp_path, reading={"table": "shop.sold"})
    assert isinstance(error, InputError)
    assert "s3cr" not in str(error)
