"""Lines in a real PostgreSQL: the same answer as from files, in one snapshot, and never a password anywhere."""

from __future__ import annotations

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

import coterie as ct
from coterie.engines import open_engine
from coterie.engines.postgres import Snapshot, Stream
from coterie.errors import CoterieError, InputError
from coterie.recipe import Recipe
from coterie.sources import postgres as source
from coterie.sources import read_lines
from postgres import Cluster

QUICK: dict[str, Any] = {"k": 3, "choice": {"n_bootstrap": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}}
TABLE = (
    "CREATE TABLE sales.lines (invoice_no text, product_id text, description text, quantity integer, invoice_date timestamp, "
    "price numeric(10, 2), customer_id text, country text)"
)
NAMES = ("invoice_no", "product_id", "description", "quantity", "invoice_date", "price", "customer_id", "country")
PASSWORD = "s3cr%t:w/rd"
ESCAPED = "s3cr%25t%3Aw%2Frd"


@pytest.fixture(scope="module")
def lines() -> pyarrow.Table:
    held = ct.simulate(150, seed=4).lines
    assert isinstance(held, pyarrow.Table)
    return held.rename_columns(list(NAMES))


@pytest.fixture(scope="module")
def shop(postgres: Cluster, lines: pyarrow.Table) -> Iterator[Cluster]:
    """Give a database with the lines in sales.lines, and a role that needs a password."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS sales CASCADE; CREATE SCHEMA sales")
        connection.execute(TABLE)
        with connection.cursor().copy("COPY sales.lines FROM STDIN") as copy:
            for row in lines.to_pylist():
                copy.write_row(tuple(row.values()))
        connection.execute("DROP ROLE IF EXISTS ann; DROP ROLE IF EXISTS bob; CREATE ROLE bob LOGIN")
        connection.execute(psycopg.sql.SQL("CREATE ROLE ann LOGIN PASSWORD {}").format(PASSWORD))
        connection.execute("GRANT USAGE ON SCHEMA sales TO ann; GRANT SELECT ON sales.lines TO ann")
        rules = postgres.folder / "data" / "pg_hba.conf"
        before = rules.read_text()
        rules.write_text(f"local all ann scram-sha-256\n{before}")
        connection.execute("SELECT pg_reload_conf()")
    yield postgres
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        rules.write_text(before)
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("DROP SCHEMA sales CASCADE; DROP OWNED BY ann; DROP ROLE ann; DROP ROLE bob")


@pytest.fixture
def admin(shop: Cluster) -> Iterator[Any]:
    with psycopg.connect(shop.url, autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "RETRIES", (0.01, 0.01, 0.01))
    for name in ("PGPASSWORD", "PGSERVICE", "PGTZ"):
        monkeypatch.delenv(name, raising=False)


def as_role(shop: Cluster, who: str) -> str:
    return shop.url.replace("coterie@", f"{who}@")


def read(url: Any, **reading: Any) -> tuple[list[tuple[Any, ...]], ct.sources.Lines]:
    with open_engine() as engine:
        found = read_lines(engine, url, Recipe.load("default").override({"reading": reading}))
        rows = engine.rows(f"SELECT * EXCLUDE source_row FROM {found.table} ORDER BY ALL")
        return rows, found


def refused(url: Any, **reading: Any) -> CoterieError:
    with pytest.raises(CoterieError) as error:
        read(url, **reading)
    assert PASSWORD not in str(error.value)
    assert ESCAPED not in str(error.value)
    return error.value


def test_csv_parquet_folder_duckdb_file_and_postgres_give_one_answer(shop: Cluster, lines: pyarrow.Table, tmp_path: Path) -> None:
    pyarrow.csv.write_csv(lines, tmp_path / "lines.csv")
    third = len(lines) // 3
    for month, at in enumerate((0, third, 2 * third)):
        folder = tmp_path / "lines" / "year=2011" / f"month={month:02}"
        folder.mkdir(parents=True)
        pyarrow.parquet.write_table(lines.slice(at, third if month < 2 else None), folder / "part-0.parquet")
    with open_engine() as engine:
        engine.register("held", lines)
        engine.run(f"ATTACH '{tmp_path}/shop.duckdb' AS shop; CREATE SCHEMA shop.sales; CREATE TABLE shop.sales.lines AS FROM held")
        engine.run("DETACH shop")
    sources: dict[Any, dict[str, Any]] = {
        tmp_path / "lines.csv": {},
        tmp_path / "lines": {},
        tmp_path / "shop.duckdb": {"table": "sales.lines"},
        shop.url: {"table": "sales.lines"},
        shop.url.replace("postgresql:", "postgres:"): {"query": "SELECT * FROM sales.lines ORDER BY price; "},
    }
    runs = [ct.run(given, out=tmp_path / "runs", reading=reading, **QUICK) for given, reading in sources.items()]
    first = runs[0]
    bytes_of = {"customers.parquet", "orders.parquet"}
    for run in runs[1:]:
        assert run.segments == first.segments
        assert run.ledger["lines"] == first.ledger["lines"]
        assert run.ledger["money"] == first.ledger["money"]
        for name in bytes_of:
            assert (run.path / name).read_bytes() == (first.path / name).read_bytes(), (name, run.manifest["inputs"])
    table, query = runs[3].manifest["inputs"][0], runs[4].manifest["inputs"][0]
    assert (table["name"], query["name"]) == ("postgres.sales.lines", "postgres (query)")
    assert table["sha256"] == query["sha256"]  # the same rows, in another order
    assert table["records"] == lines.num_rows
    assigned = ct.assign(runs[0].path, shop.url, reading={"table": "sales.lines"})
    assert assigned["segment_id"].to_pylist() == ct.assign(runs[0].path, lines)["segment_id"].to_pylist()
    # A recipe that names a table is for that database: another input, and another query, are read as they are.
    assert ct.assign(runs[3].path, lines).num_rows == assigned.num_rows
    assert ct.assign(runs[3].path, shop.url, reading={"query": "SELECT * FROM sales.lines"}).num_rows == assigned.num_rows


def test_no_text_of_a_query_is_kept_and_a_run_asks_for_it(shop: Cluster, tmp_path: Path) -> None:
    query = "SELECT * FROM sales.lines /* tok3n */ WHERE 's3cret' <> $x$hush$x$ AND country <> E'it\\'s' -- psst"
    run = ct.run(shop.url, out=tmp_path, keep_parts=True, reading={"query": query}, **QUICK)
    kept = run.manifest["recipe"]["reading"]["query"]
    asked, _, said = kept.partition(" -- ")
    assert asked == "SELECT * FROM sales.lines   WHERE '***' <> '***' AND country <> '***'"
    assert said == f"SHA-256 of the whole query: {hashlib.sha256(query.encode()).hexdigest()}"
    for file in run.path.iterdir():
        content = file.read_bytes()
        assert not [one for one in (b"s3cret", b"tok3n", b"hush", b"psst") if one in content], file.name
    asked_anew: list[Callable[..., Any]] = [
        lambda **reading: ct.update(tmp_path, shop.url, **reading),
        lambda **reading: ct.assign(run, shop.url, reading=reading),
    ]
    for again in asked_anew:
        with pytest.raises(InputError) as told:
            again()
        assert told.value.code == "masked_query"
        assert "--query" in told.value.fix
        assert asked in told.value.found
        again(query=query)
    # Where there was no text in it, all of it is kept, and a run can ask anew.
    plain = ct.run(shop.url, out=tmp_path / "plain", reading={"query": 'SELECT * FROM "sales"."lines" -- all'}, **QUICK)
    assert plain.manifest["recipe"]["reading"]["query"] == 'SELECT * FROM "sales"."lines"'
    assert ct.assign(plain, shop.url).num_rows == len(plain.customers("arrow"))


def test_the_real_file(postgres: Cluster, online_retail: Path, tmp_path: Path) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection, gzip.open(online_retail) as file:
        header = file.readline().decode().strip().split(",")
        connection.execute("DROP SCHEMA IF EXISTS retail CASCADE; CREATE SCHEMA retail")
        kinds = {"Quantity": "integer", "InvoiceDate": "timestamp", "UnitPrice": "numeric"}
        columns = ", ".join(f'"{name}" {kinds.get(name, "text")}' for name in header)
        connection.execute(f"CREATE TABLE retail.lines ({columns})")
        with connection.cursor().copy("COPY retail.lines FROM STDIN (FORMAT csv)") as copy:
            while chunk := file.read(1 << 20):
                copy.write(chunk)
    try:
        quick = QUICK | {"k": 4, "value": {"enabled": False}}
        runs = [
            ct.run(postgres.url, out=tmp_path, reading={"table": "retail.lines"}, **quick),
            ct.run(online_retail, out=tmp_path, **quick),
        ]
    finally:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA retail CASCADE")
    assert runs[0].segments == runs[1].segments
    assert runs[0].ledger["lines"] == runs[1].ledger["lines"]
    assert runs[0].ledger["money"] == runs[1].ledger["money"]
    assert (runs[0].path / "customers.parquet").read_bytes() == (runs[1].path / "customers.parquet").read_bytes()


def test_every_type_is_read_exactly_or_named(shop: Cluster, admin: Any) -> None:
    admin.execute(
        "DROP TABLE IF EXISTS sales.odd; DROP DOMAIN IF EXISTS sales.euro; CREATE DOMAIN sales.euro AS numeric;"
        'CREATE TABLE sales.odd ("InvoiceNo" char(8), "CustomerID" numeric, "Quantity" numeric, "UnitPrice" sales.euro, '
        '"InvoiceDate" timestamptz, "Country" varchar(20), tags text[], doc jsonb, key uuid, "x""; DROP TABLE t;--" int)'
    )
    admin.execute(
        "INSERT INTO sales.odd VALUES "
        "('1', 90071992547409931, 1, 0.123456, '2011-03-27 00:59:59+00', 'Zürich', '{a}', '{\"a\": 1}', gen_random_uuid(), 1),"
        "('2', 17850, 3, 1.234, '2011-03-27 01:00:00+00', NULL, NULL, NULL, NULL, NULL),"
        "('3', NULL, 1, 2.5, 'infinity', '', NULL, NULL, NULL, NULL),"
        "('4', 1, 'NaN', 1, '-infinity', NULL, NULL, NULL, NULL, NULL),"
        "('5', 1, 'NaN', 1, '2011-01-01', NULL, NULL, NULL, NULL, NULL), "
        "('6', 1, 2, 999999999.999999, NULL, NULL, NULL, NULL, NULL, NULL)"
    )
    url = shop.url + "&options=-c%20TimeZone%3DEurope/London"
    rows, found = read(url, table="sales.odd")
    with open_engine() as engine:
        found = read_lines(engine, url, Recipe.load("default").override({"reading": {"table": "sales.odd"}}))
        rows = engine.rows(
            "SELECT invoice_no, customer_id, quantity::VARCHAR, price::VARCHAR, invoice_date::VARCHAR, country, problem "
            f"FROM {found.table} ORDER BY 1"
        )
        assert engine.rows(f"SELECT tags, doc FROM {found.raw} WHERE tags IS NOT NULL") == [("{a}", '{"a": 1}')]
    assert rows == [
        ("1", "90071992547409931", "1.000000", "0.123456", "2011-03-27 00:59:59", "Zürich", None),
        ("2", "17850", "3.000000", "1.234000", "2011-03-27 02:00:00", None, None),
        ("3", None, "1.000000", "2.500000", "9999-12-30 00:00:00", None, "date_range"),
        ("4", "1", None, "1.000000", rows[3][4], None, "date_range"),
        ("5", "1", None, "1.000000", "2011-01-01 00:00:00", None, "non_finite"),
        ("6", "1", "2.000000", "999999999.999999", None, None, "date"),
    ]
    assert any("5 times with a zone are read in Europe/London" in note for note in found.notes)
    admin.execute("DROP TABLE sales.odd; DROP DOMAIN sales.euro")


def test_a_hash_is_of_the_rows_whatever_their_order(shop: Cluster, admin: Any) -> None:
    hashes = []
    admin.execute("DROP TABLE IF EXISTS sales.copy; CREATE TABLE sales.copy AS SELECT * FROM sales.lines ORDER BY price")
    for change in ("", "UPDATE sales.copy SET country = country WHERE quantity > 1", "UPDATE sales.copy SET country = 'X'"):
        admin.execute(change or "SELECT 1")
        hashes.append(read(shop.url, table="sales.copy")[1].inputs[0].sha256)
    admin.execute("DROP TABLE sales.copy")
    assert hashes[0] == hashes[1] == read(shop.url, table="sales.lines")[1].inputs[0].sha256
    assert hashes[2] != hashes[0]


def test_what_is_not_there_or_no_query_is_refused(shop: Cluster, admin: Any, tmp_path: Path) -> None:
    admin.execute("CREATE TABLE sales.empty AS SELECT * FROM sales.lines LIMIT 0; CREATE TABLE sales.bare (); "
                  "CREATE TABLE sales.stock AS SELECT 1 AS sku")  # fmt: skip
    try:
        assert "sales.lines" in refused(shop.url, table="sales.line").fix
        assert "sales.lines" in refused(shop.url, table="lins").fix
        assert refused(shop.url).code == "choose_one"
        assert read(shop.url, table="LINES")[1].inputs[0].name == "postgres.sales.lines"
        assert refused(shop.url, table="sales.lines; DROP TABLE sales.stock").code == "choose_one"
        assert refused(shop.url, table="lines", query="SELECT 1").code == "choose_one"
        assert refused(shop.url, table="sales.empty").code == "no_rows"
        assert refused(shop.url, table="sales.bare").code == "query"
        assert refused(shop.url, table="sales.stock").code == "columns"
        assert refused(as_role(shop, "bob"), table="sales.lines").code == "no_permission"
        assert refused(as_role(shop, "bob"), query="SELECT * FROM sales.lines").code == "no_permission"
        assert refused(as_role(shop, "nobody"), table="sales.lines").code == "database_refused"
        assert refused(f"postgresql://ann:{ESCAPED}@/x?host={tmp_path}", table="a").code == "database_lost"
        assert refused(f"postgresql://ann:{PASSWORD}@/x?host={tmp_path}", table="a").code in ("database_url", "database_lost")
        assert refused("postgresql://localhost/x?passwrd=1", table="a").code == "database_url"
        for query in (
            "SELECT 1; SELECT 2",
            "DELETE FROM sales.stock",
            "DELETE FROM sales.stock RETURNING *",
            "WITH gone AS (DELETE FROM sales.stock RETURNING *) SELECT * FROM gone",
            f"SELECT 1) TO PROGRAM 'touch {tmp_path}/ran'; --",
            "SELECT setval('sales.n', 5)",
            "SELEC 1",
            "EXPLAIN SELECT 1",
            ";",
            "SELECT * FROM sales.nix",
            "SELECT 1 AS a, 2 AS a",
        ):
            admin.execute("CREATE SEQUENCE IF NOT EXISTS sales.n")
            assert refused(shop.url, query=query).code == ("columns" if "AS a" in query else "query"), query
        assert admin.execute("SELECT count(*), (SELECT last_value FROM sales.n) FROM sales.stock").fetchone() == (1, 1)
        assert not (tmp_path / "ran").exists()
        with pytest.raises(InputError, match="no input is one"):
            read(pyarrow.table({"a": [1]}), query="SELECT 1")
    finally:
        admin.execute("DROP TABLE sales.empty, sales.bare, sales.stock; DROP SEQUENCE IF EXISTS sales.n")


def crash_backends(url: str) -> int:
    """Kill a backend as the kernel would: the server throws everybody out and recovers."""
    with psycopg.connect(url, autocommit=True) as other:
        found = other.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'coterie'").fetchall()
        for (pid,) in found:
            os.kill(pid, signal.SIGKILL)
    return len(found)


def end_backends(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as other:
        return len(
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coterie'"
            ).fetchall()
        )


@pytest.mark.parametrize(
    ("end", "times", "arrives"), [(end_backends, 3, True), (end_backends, 4, False), (crash_backends, 1, True)]
)
def test_a_server_lost_in_the_middle_of_a_read(
    end: Callable[[str], int], times: int, arrives: bool, shop: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "RETRIES", (0.01, 0.01, 0.01) if end is end_backends else (1.0, 2.0, 4.0))
    killed: list[int] = []
    each = Stream._each

    def cut(self: Stream) -> Iterator[Any]:
        for number, batch in enumerate(each(self)):
            if number == 0 and len(killed) < times:
                killed.append(end(shop.url))
            yield batch

    monkeypatch.setattr(Stream, "_each", cut)
    # Far more than the connection and the driver hold at a time.
    wide = "SELECT l.*, repeat(md5(i::text), 40) AS pad, i FROM sales.lines AS l, generate_series(1, 12) AS i"
    reading = {"query": wide}
    if arrives:
        rows, found = read(shop.url, **reading)
        assert len(rows) == 12 * read(shop.url, table="sales.lines")[1].inputs[0].records
        assert any("the connection was lost" in note for note in found.notes)
    else:
        with pytest.raises(InputError) as lost:
            ct.run(shop.url, out=tmp_path / "runs", reading=reading, **QUICK)
        assert lost.value.code == "database_lost"
        assert [item.name for item in (tmp_path / "runs").iterdir() if item.is_dir() and item.name.isdigit()] == []
    assert killed == [1] * times


def test_one_snapshot_whatever_others_write(shop: Cluster, admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(shop.url, table="sales.lines")[1].inputs[0]
    plan = Snapshot.stream

    def later(self: Snapshot, sql: str) -> Stream:
        admin.execute("INSERT INTO sales.lines SELECT * FROM sales.lines LIMIT 5")
        return plan(self, sql)

    monkeypatch.setattr(Snapshot, "stream", later)
    during = read(shop.url, table="sales.lines")[1].inputs[0]
    monkeypatch.undo()
    assert during == before
    assert read(shop.url, table="sales.lines")[1].inputs[0].records == before.records + 5
    admin.execute("DELETE FROM sales.lines WHERE ctid IN (SELECT ctid FROM sales.lines ORDER BY ctid DESC LIMIT 5)")


def coterie(*given: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coterie", *map(str, given)],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False, env=os.environ | environment,
    )  # fmt: skip


def test_a_password_is_nowhere(shop: Cluster, tmp_path: Path) -> None:
    (tmp_path / "service.conf").write_text(f"[shop]\nhost={shop.folder}\nuser=ann\ndbname=postgres\npassword={PASSWORD}\n")
    place = f"/postgres?host={shop.folder}&port={shop.port}"
    ways: list[tuple[str, dict[str, str]]] = [
        (f"postgresql://ann:{ESCAPED}@{place}", {}),
        (f"postgresql://{place}&user=ann&password={ESCAPED}", {}),
        (f"postgresql://ann@{place}", {"PGPASSWORD": PASSWORD}),
        ("postgresql://", {"PGSERVICEFILE": str(tmp_path / "service.conf"), "PGSERVICE": "shop"}),
    ]
    said = ""
    for number, (url, environment) in enumerate(ways):
        flags = ("--table", "sales.lines", "--k", 2) if number == 0 else ("--table", "sales.lines")
        done = coterie("run" if number == 0 else "check", url, *flags, cwd=tmp_path, **environment)
        assert done.returncode == 0, done.stderr
        said += done.stdout + done.stderr
    done = coterie("init", ways[0][0], "--table", "sales.lines", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said += done.stdout + done.stderr + (tmp_path / "coterie.toml").read_text()
    for wrong in (ways[0][0].replace("wrong", "x") + "&sslmode=nix", ways[0][0].replace("%2F", "%2Fnot"), ways[0][0]):
        done = coterie("run", wrong, "--table", "sales.nix", cwd=tmp_path)
        assert done.returncode == 1
        assert "Fix:" in done.stderr
        said += done.stdout + done.stderr
    held = [said.encode(), *(path.read_bytes() for path in (tmp_path / "coterie-runs").rglob("*") if path.is_file())]
    assert len(held) > 8
    for form in (PASSWORD, ESCAPED, "s3cr"):
        assert not any(form.encode() in content for content in held), form


def test_reading_beside_another_reader_waits_for_nobody(shop: Cluster) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(read(shop.url, table="sales.lines")[0]))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 2
