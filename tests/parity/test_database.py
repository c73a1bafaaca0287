"""The customers as a table of a real database: whole, once, or not at all."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pyarrow
import pytest

import coterie as ct
from coterie.engines import open_engine
from coterie.engines.address import masked, scrubbed
from coterie.errors import ExportError, RecipeError
from coterie.exports import postgres_table
from coterie.exports.databases import DATABASES, export_table
from postgres import Cluster


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    lines = ct.simulate(120, seed=3).lines
    return ct.run(lines, out=tmp_path_factory.mktemp("runs"))


@pytest.fixture
def database(postgres: Cluster) -> Any:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS crm CASCADE; CREATE SCHEMA crm")
        yield connection


def customers(count: int) -> pyarrow.Table:
    return pyarrow.table({"customer_id": [f"c{i}" for i in range(count)], "spend": [i / 7 for i in range(count)]})


def test_a_run_becomes_a_table_and_is_replaced(run: ct.Run, postgres: Cluster, database: Any) -> None:
    expected = run.customers("arrow")
    for _ in range(2):
        told = export_table(run, postgres.url, "crm.customers")
        assert told["rows"] == expected.num_rows
        rows = database.execute("SELECT * FROM crm.customers ORDER BY customer_id").fetchall()
        assert [column.name for column in database.execute("SELECT * FROM crm.customers").description] == expected.column_names
        assert rows == sorted(tuple(row.values()) for row in expected.to_pylist())
    assert database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'crm'").fetchone() == (1,)
    comment = database.execute("SELECT obj_description('crm.customers'::regclass)").fetchone()[0]
    assert comment == f"Customers by Coterie, run {run.number}, as of {run.manifest['as_of']}"


def test_who_could_read_still_can(run: ct.Run, postgres: Cluster, database: Any) -> None:
    database.execute("DROP ROLE IF EXISTS marketing; CREATE ROLE marketing")
    export_table(run, postgres.url, "crm.customers")
    database.execute("GRANT SELECT ON crm.customers TO marketing")
    export_table(run, postgres.url, "crm.customers")
    assert database.execute("SELECT has_table_privilege('marketing', 'crm.customers', 'SELECT')").fetchone() == (True,)
    assert database.execute("SELECT has_table_privilege('marketing', 'crm.customers', 'DELETE')").fetchone() == (False,)


def test_somebody_elses_table_is_never_replaced(run: ct.Run, postgres: Cluster, database: Any) -> None:
    database.execute("CREATE TABLE crm.orders AS SELECT 1 AS id")
    with pytest.raises(ExportError) as refused:
        export_table(run, postgres.url, "crm.orders")
    assert refused.value.code == "foreign_table"
    assert database.execute("SELECT * FROM crm.orders").fetchall() == [(1,)]


def test_a_failing_transaction_leaves_the_old_table(run: ct.Run, postgres: Cluster, database: Any) -> None:
    export_table(run, postgres.url, "crm.customers")
    before = database.execute("SELECT count(*) FROM crm.customers").fetchone()
    twice = pyarrow.concat_tables([customers(3), customers(3)])  # the key forbids it, at the end of the copy
    with pytest.raises(ExportError) as refused:
        DATABASES["postgresql"].write(twice, postgres.url, "crm.customers", "Customers by Coterie, twice")
    assert refused.value.code == "database_refused"
    database.execute("CREATE VIEW crm.best AS SELECT customer_id FROM crm.customers")
    with pytest.raises(ExportError, match="does not take the table"):
        export_table(run, postgres.url, "crm.customers")
    assert database.execute("SELECT count(*) FROM crm.customers").fetchone() == before
    assert database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'crm'").fetchone() == (1,)


class Slow:
    """A table whose batches come slowly, so that there is a middle of the copy."""

    def __init__(self, table: pyarrow.Table) -> None:
        self.table, self.schema, self.column_names = table, table.schema, table.column_names

    def to_batches(self, size: int) -> Any:
        for batch in self.table.to_batches(500):
            time.sleep(0.02)
            yield batch


def kill_copies(url: str, times: int, killed: list[int]) -> None:
    """End the backend in the middle of a copy, so many times."""
    with psycopg.connect(url, autocommit=True) as other:
        until = time.monotonic() + 60
        while len(killed) < times and time.monotonic() < until:
            rows = other.execute(
                "SELECT a.pid, pg_terminate_backend(a.pid) FROM pg_stat_progress_copy p JOIN pg_stat_activity a USING (pid) "
                "WHERE p.tuples_processed > 500 AND a.application_name = 'coterie'"
            ).fetchall()
            killed += [row[0] for row in rows if row[0] not in killed]
            time.sleep(0.01)


@pytest.mark.parametrize(("times", "arrives"), [(2, True), (4, False)])
def test_a_backend_killed_in_the_middle_of_a_copy(
    times: int, arrives: bool, postgres: Cluster, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_table, "RETRIES", (0.05, 0.05, 0.05))
    write, old = DATABASES["postgresql"].write, customers(10)
    write(old, postgres.url, "crm.customers", "Customers by Coterie, old")
    killed: list[int] = []
    killer = threading.Thread(target=kill_copies, args=(postgres.url, times, killed))
    killer.start()
    try:
        if arrives:
            write(Slow(customers(20_000)), postgres.url, "crm.customers", "Customers by Coterie, new")
        else:
            with pytest.raises(ExportError) as lost:
                write(Slow(customers(20_000)), postgres.url, "crm.customers", "Customers by Coterie, new")
            assert lost.value.code == "database_lost"
    finally:
        killer.join()
    assert len(killed) == times
    expected = 20_000 if arrives else 10
    found = database.execute("SELECT count(*), count(DISTINCT customer_id) FROM crm.customers").fetchone()
    assert found == (expected, expected)
    assert database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'crm'").fetchone() == (1,)


def test_two_exports_at_once_end_with_one_whole_table(postgres: Cluster, database: Any) -> None:
    write = DATABASES["postgresql"].write
    failures: list[BaseException] = []

    def go(count: int) -> None:
        try:
            write(Slow(customers(count)), postgres.url, "crm.customers", "Customers by Coterie, one of two")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=go, args=(count,)) for count in (3000, 4000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert database.execute("SELECT count(*) FROM crm.customers").fetchone()[0] in (3000, 4000)


def test_a_password_is_in_no_message(run: ct.Run, tmp_path: Path) -> None:
    url = f"postgresql://ann:s3cr%40t@/crm?host={tmp_path}&connect_timeout=1"
    monkey = pytest.MonkeyPatch()
    monkey.setattr(postgres_table, "RETRIES", (0.01, 0.01, 0.01))
    with pytest.raises(ExportError) as refused:
        export_table(run, url, "customers")
    monkey.undo()
    assert refused.value.code == "database_lost"
    assert "s3cr" not in str(refused.value)
    assert masked("postgresql://ann:a:b@h/c?PASSWORD=x&sslpassword=y&z=1") == (
        "postgresql://ann:***@h/c?PASSWORD=***&sslpassword=***&z=1"
    )
    assert masked("duckdb:////tmp/x.duckdb") == "duckdb:////tmp/x.duckdb"
    assert scrubbed('invalid "s3cr@t" or s3cr%40t', url) == 'invalid "***" or ***'


@pytest.mark.parametrize("name", ["", "crm.customers; DROP TABLE x", "(SELECT 1)", "a b c", "x AS y"])
def test_what_is_no_table_is_refused(name: str, run: ct.Run, postgres: Cluster) -> None:
    with pytest.raises(RecipeError):
        export_table(run, postgres.url, name)


def test_a_table_of_a_duckdb_file(run: ct.Run, tmp_path: Path) -> None:
    url, expected = f"duckdb:///{tmp_path}/crm.duckdb", run.customers("arrow").num_rows
    for _ in range(2):
        assert export_table(run, url, "customers")["rows"] == expected
    with open_engine() as engine:
        engine.run(f"ATTACH '{tmp_path}/crm.duckdb' AS crm")
        assert engine.rows("SELECT count(*) FROM crm.customers") == [(expected,)]
        engine.run("CREATE TABLE crm.mine AS SELECT 1 AS x")
        engine.run("DETACH crm")
    with pytest.raises(ExportError) as refused:
        export_table(run, url, "mine")
    assert refused.value.code == "foreign_table"
    with pytest.raises(ExportError) as refused:
        export_table(run, url, "nowhere.customers")
    assert refused.value.code == "database_refused"
