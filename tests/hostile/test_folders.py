"""Folders of Parquet, partitions, globs over them, views of a database file, and stores that cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from coterie.engines import Engine, open_engine
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.sources import Lines, read_lines

HELD: dict[str, Any] = {
    "invoice_no": ["1"], "product_id": ["A"], "quantity": [2], "invoice_date": ["2011-01-15 10:00:00"], "price": [2.5],
    "customer_id": ["7"],
}  # fmt: skip


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def put(path: Path, **changes: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {name: values for name, values in (HELD | changes).items() if values is not None}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def read(engine: Engine, given: Any, **changes: Any) -> Lines:
    return read_lines(engine, given, Recipe.load("default").override(changes))


def refused(engine: Engine, given: Any, **changes: Any) -> InputError:
    with pytest.raises(InputError) as error:
        read(engine, given, **changes)
    return error.value


def test_partitions_are_columns_and_their_text_is_kept(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "lines/country=Z%C3%BCrich/shop=007/part-0.parquet")
    put(tmp_path / "lines/country=__HIVE_DEFAULT_PARTITION__/shop=7/part-0.parquet", quantity=[3])
    put(tmp_path / "lines/country=x'y/shop=7/deep/part-1.parquet", quantity=[4])
    for name in ("_SUCCESS", "_temporary/0/part-9.parquet", "country=UK/.hidden.parquet"):
        put(tmp_path / "lines" / name, quantity=[9])
    lines = read(engine, tmp_path / "lines")
    assert lines.source_columns == (*HELD, "country", "shop")
    assert engine.rows(f"SELECT country, quantity FROM {lines.table} ORDER BY quantity") == [("Zürich", 2), (None, 3), ("x'y", 4)]
    assert sorted(engine.rows(f"SELECT shop FROM {lines.raw}")) == [("007",), ("7",), ("7",)]
    assert sorted(item.name.rpartition("lines/")[2] for item in lines.inputs)[0] == "country=Z%C3%BCrich/shop=007/part-0.parquet"


def test_equal_files_of_two_partitions_are_two(engine: Engine, tmp_path: Path) -> None:
    for country in ("UK", "FR"):
        put(tmp_path / f"lines/country={country}/part-0.parquet")
    assert engine.rows(f"SELECT count(*) FROM {read(engine, tmp_path / 'lines').table}") == [(2,)]
    put(tmp_path / "lines/country=UK/part-1.parquet")
    lines = read(engine, tmp_path / "lines")
    assert engine.rows(f"SELECT count(*) FROM {lines.table}") == [(2,)]
    assert "the same content" in lines.warnings[0]


def test_a_glob_names_the_folder_below_which_folders_are_columns(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "year=2011/country=UK/a.parquet")
    put(tmp_path / "year=2011/country=FR/deep/er/b.parquet", quantity=[3])
    for pattern in ("year=2011/**/*.parquet", "year=2011/**/[ab].parquet"):
        lines = read(engine, str(tmp_path / pattern))
        assert lines.source_columns == (*HELD, "country")
        assert engine.rows(f"SELECT quantity, country FROM {lines.table} ORDER BY 1") == [(2, "UK"), (3, "FR")]
    assert read(engine, str(tmp_path / "**/a.parquet")).source_columns == (*HELD, "year", "country")
    assert read(engine, tmp_path / "year=2011/country=UK/a.parquet").source_columns == tuple(HELD)


def test_a_column_of_the_file_wins_over_its_folder(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "lines/Customer_ID=8/part-0.parquet")
    lines = read(engine, tmp_path / "lines")
    assert lines.source_columns == tuple(HELD)
    assert engine.rows(f"SELECT customer_id FROM {lines.table}") == [("7",)]


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "a column more": ({"colour": ["red"]}, "only in"),
    "a column less": ({"product_id": None}, "product_id"),
    "text for a number": ({"quantity": ["2"]}, "column quantity: number in the first, text in the other"),
    "a list for a number": ({"price": [[2.5]]}, "column price: number in the first, double[] in the other"),
    "a number for a text": ({"customer_id": [7]}, "column customer_id: text in the first, number in the other"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_partitions_of_another_schema_are_refused_and_the_differences_listed(name: str, engine: Engine, tmp_path: Path) -> None:
    changes, found = OTHERS[name]
    put(tmp_path / "lines/month=01/a.parquet")
    put(tmp_path / "lines/month=02/b.parquet", **changes)
    error = refused(engine, tmp_path / "lines")
    assert (error.code, found in error.found) == ("columns", True), error
    assert "a.parquet" in error.wrong


def test_partitions_at_another_depth_are_refused(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "lines/year=2011/a.parquet")
    put(tmp_path / "lines/year=2011/month=01/b.parquet", quantity=[3])
    assert "only in b.parquet: month" in refused(engine, tmp_path / "lines").found


def test_wider_numbers_and_columns_of_nothing_are_one_table(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "lines/month=01/a.parquet", quantity=pyarrow.array([2], pyarrow.int16()), price=pyarrow.nulls(1))
    put(tmp_path / "lines/month=02/b.parquet", quantity=[3.0])
    lines = read(engine, tmp_path / "lines")
    assert engine.rows(f"SELECT quantity FROM {lines.table} ORDER BY 1") == [(2,), (3,)]


@pytest.mark.parametrize("log", ["_delta_log/0.json", "metadata/v1.metadata.json", ".hoodie/hoodie.properties"])
def test_a_table_whose_log_says_which_files_count_is_refused(log: str, engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "lines/part-0.parquet")
    (tmp_path / "lines" / log).parent.mkdir()
    (tmp_path / "lines" / log).write_text("{}")
    assert refused(engine, tmp_path / "lines").code == "kind"


def test_a_folder_without_parquet_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "lines").mkdir()
    assert refused(engine, tmp_path / "lines").code == "not_a_file"


def test_a_damaged_partition_is_named(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "lines/month=01/a.parquet")
    bad = put(tmp_path / "lines/month=02/b.parquet", quantity=[3])
    bad.write_bytes(bad.read_bytes()[:-20])
    error = refused(engine, tmp_path / "lines")
    assert (error.code, "b.parquet" in error.wrong) == ("corrupt", True)


def test_a_folder_beside_a_file_and_a_frame(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path / "lines/a.parquet")
    (tmp_path / "more.csv").write_text(",".join(HELD) + "\n2,B,1,2011-01-16 10:00:00,1.25,8\n")
    frame = pyarrow.table(HELD | {"invoice_no": ["3"]})
    lines = read(engine, [tmp_path / "lines", tmp_path / "more.csv", frame])
    assert engine.rows(f"SELECT invoice_no FROM {lines.table} ORDER BY 1") == [("1",), ("2",), ("3",)]


def test_many_partitions(engine: Engine, tmp_path: Path) -> None:
    for day in range(200):
        put(tmp_path / f"lines/day={day:03}/part-0.parquet", quantity=[day + 1])
    lines = read(engine, tmp_path / "lines")
    assert engine.rows(f"SELECT count(*), sum(quantity) FROM {lines.table}") == [(200, 20_100)]
    assert engine.rows(f"SELECT count(DISTINCT source_row), max(source_row) FROM {lines.raw}") == [(200, 200)]


def test_views_and_schemas_of_a_database_file(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with open_engine() as other:
        other.register("held", pyarrow.table(HELD))
        other.run(f"ATTACH '{path}' AS shop; CREATE SCHEMA shop.sales; CREATE TABLE shop.sales.lines AS FROM held; USE shop")
        other.run("CREATE VIEW shop.good AS SELECT * FROM sales.lines WHERE quantity > 0; CREATE SCHEMA shop.old")
        other.run("CREATE TABLE shop.old.lines AS SELECT * FROM shop.sales.lines; USE memory; DETACH shop")
    for table in ("good", "sales.lines", "old.lines"):
        with open_engine() as fresh:
            assert fresh.rows(f"SELECT quantity FROM {read(fresh, path, reading={'table': table}).table}") == [(2,)], table
    error = refused(engine, path, reading={"table": "lines"})
    assert error.found == "good, old.lines, sales.lines."
    assert refused(engine, path, reading={"query": "SELECT 1"}).code == "choose_one"


def test_a_view_reads_its_own_file_and_no_other(engine: Engine, tmp_path: Path) -> None:
    path, secret = tmp_path / "shop.duckdb", tmp_path / "secret.csv"
    secret.write_text("customer_id,invoice_date,quantity,price\n7,2024-05-01,1,2.50\n")
    with open_engine() as other:
        other.run(f"ATTACH '{path}' AS shop; CREATE VIEW shop.lines AS SELECT * FROM read_csv('{secret}')")
        other.run("DETACH shop")
    error = refused(engine, path, reading={"table": "lines"})
    assert error.code == "corrupt"
    assert "view lines" in error.wrong
    assert "2.50" not in str(error)


@pytest.mark.parametrize(
    "url", ["s3://shop/lines/*.parquet", "gs://shop/lines.parquet", "https://u:s3cret@h.example/x.parquet?sig=s3cret"]
)
def test_a_store_without_the_extension_is_refused_and_its_secrets_are_not_shown(url: str, engine: Engine) -> None:
    if engine.rows("SELECT installed FROM duckdb_extensions() WHERE extension_name = 'httpfs'") == [(True,)]:
        pytest.skip("DuckDB's extension httpfs is installed here, and there is no store")
    error = refused(engine, url)
    assert error.code == "not_installed"
    assert "httpfs" in error.fix
    assert "s3cret" not in str(error)
