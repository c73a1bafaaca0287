"""Published tables in memory: whatever a query says, no file, no network and no setting is within its reach."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pyarrow
import pytest

from coterie.engines.locked import LockedTables
from coterie.errors import BusyError


@pytest.fixture(scope="module")
def tables(made_runs: Path) -> LockedTables:
    return LockedTables({"customers": made_runs / "000001" / "customers.parquet"}, sessions=2)


READING = (
    "SELECT * FROM read_text('{file}')", "SELECT * FROM read_blob('{file}')", "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_json('{file}')", "SELECT * FROM read_parquet('{run}')", "FROM '{run}'", "FROM parquet_metadata('{run}')",
    "FROM glob('/*')", "FROM sniff_csv('{file}')", "FROM read_csv('http://127.0.0.1:1/a.csv')", "FROM 's3://bucket/a.parquet'",
    "FROM sqlite_scan('{file}', 't')", "FROM postgres_scan('host=127.0.0.1', 'public', 't')", "SELECT getenv('PATH')",
    "FROM query('FROM read_text(''{file}'')')", "FROM query_table('{run}')", "COPY customers FROM '{run}'", "ATTACH '{file}'",
    "ATTACH '{out}' AS other", "IMPORT DATABASE '{out}'",
)  # fmt: skip
WRITING = (
    "COPY customers TO '{out}'", "COPY (SELECT 1) TO '{out}' (FORMAT parquet)", "EXPORT DATABASE '{out}'", "INSTALL httpfs",
    "INSTALL httpfs FROM '{file}'", "FORCE INSTALL spatial", "LOAD httpfs", "LOAD '{file}'", "PRAGMA profiling_output = '{out}'",
    "CREATE PERSISTENT SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')",
)  # fmt: skip
SETTING = (
    "SET enable_external_access = true", "SET GLOBAL enable_external_access = true", "PRAGMA enable_external_access = true",
    "RESET enable_external_access", "SET lock_configuration = false", "RESET lock_configuration", "SET allowed_paths = ['/']",
    "SET allowed_directories = ['/']", "SET temp_directory = '{out}'", "SET home_directory = '/'", "SET secret_directory = '{out}'",
    "SET extension_directory = '{out}'", "SET custom_extension_repository = 'http://127.0.0.1:1'", "SET threads = 64",
    "SET allow_unsigned_extensions = true", "SET autoinstall_known_extensions = true", "SET autoload_known_extensions = true",
    "SET memory_limit = '1TB'", "SET log_query_path = '{out}'", "SET python_scan_all_frames = true",
    "SET python_enable_replacement_scans = true", "SET TimeZone = 'Europe/Paris'",
)  # fmt: skip
CHANGING = (
    "DELETE FROM customers", "UPDATE customers SET segment = 'x'", "DROP TABLE customers", "CREATE TABLE t AS FROM customers",
    "CREATE VIEW customers2 AS FROM customers", "ATTACH ':memory:' AS other", "USE other", "CREATE MACRO lower(x) AS 'x'",
    "PREPARE q AS SELECT 1", "BEGIN TRANSACTION", "PRAGMA enable_profiling", "CALL pragma_version()", "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE customers", "INSERT INTO customers (customer_id) VALUES ('x')", "",
)  # fmt: skip
PEOPLE = [{"n": 151}]


def count(tables: LockedTables) -> list[dict[str, int]]:
    return tables.rows("SELECT count(*) AS n FROM customers")


@pytest.mark.parametrize("sql", [*READING, *WRITING, *SETTING, *CHANGING])
def test_a_query_asks_and_does_nothing_else(tables: LockedTables, made_runs: Path, tmp_path: Path, sql: str):
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nsesame\n")
    asked = sql.format(file=secret, run=made_runs / "000001" / "customers.parquet", out=tmp_path / "out")
    with pytest.raises(duckdb.Error) as refusal:
        tables.rows(asked)
    assert "sesame" not in str(refusal.value)
    if sql not in CHANGING:
        # The database would not do it, either, for whoever got past the first look at what is asked.
        with pytest.raises(duckdb.Error) as refusal:
            tables._database.cursor().execute(asked)
        assert "sesame" not in str(refusal.value)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.csv"]
    for _ in range(3):  # every session is as it was
        assert count(tables) == PEOPLE
    locked = "SELECT value FROM duckdb_settings() WHERE name IN ('enable_external_access', 'lock_configuration') ORDER BY name"
    assert [row["value"] for row in tables.rows(locked)] == ["false", "true"]


def test_what_lies_in_python_is_no_table(tables: LockedTables):
    frame = pyarrow.table({"word": ["sesame"]})
    assert frame.num_rows == 1
    for name in ("frame", "files", "parameters", "tables"):
        with pytest.raises(duckdb.Error):
            tables.rows(f"SELECT * FROM {name}")


def test_values_are_values(tables: LockedTables):
    for text in ("'; DROP TABLE customers; --", "' OR 1=1 --", "\"", "\0", "%", "é日本🦄", "x" * 100_000):
        assert tables.rows("SELECT count(*) AS n FROM customers WHERE customer_id = ?", [text]) == [{"n": 0}]


ENDLESS = "SELECT count(*) AS n FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range % 7 = 3"


def test_a_query_without_end_is_ended_and_its_place_is_free_again(tables: LockedTables):
    for _ in range(3):
        with pytest.raises(BusyError) as refusal:
            tables.rows(ENDLESS, seconds=0.1)
        assert refusal.value.code == "timeout"
    assert count(tables) == PEOPLE


def test_who_finds_no_place_is_told(tables: LockedTables):
    told: list[str] = []

    def ask() -> None:
        try:
            tables.rows(ENDLESS, seconds=1)
        except BusyError as refusal:
            told.append(refusal.code)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for one in askers:
        one.start()
    # Two places, both taken: whoever comes now waits a moment and is told.
    while tables._idle.qsize():
        pass
    with pytest.raises(BusyError):
        tables.rows("SELECT 1", seconds=0.05)
    for one in askers:
        one.join()
    assert told == ["timeout"] * 2
    assert tables.rows("SELECT 1 AS one") == [{"one": 1}]
