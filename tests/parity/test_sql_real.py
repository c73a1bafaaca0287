"""The model's SQL, run for real, puts every customer of the real file where Python does."""

from __future__ import annotations

from typing import Any

import psycopg
import pyarrow.parquet
import pytest

from coterie.engines import open_engine
from postgres import Cluster
from truth import Truth

pytestmark = pytest.mark.slow


def compared(truth: Truth, rows: list[tuple[Any, ...]]) -> None:
    """Compare customer_id, cluster, segment, distance and out_of_range with what the run published."""
    published = truth.run.customers("arrow").select(
        ["customer_id", "cluster", "segment_id", "segment", "distance", "margin", "out_of_range"]
    )
    expected = list(zip(*(column.to_pylist() for column in published.columns), strict=True))
    found = sorted(rows)
    assert [(*row[:4], row[6]) for row in found] == [(*row[:4], row[6]) for row in expected]
    for place in (4, 5):
        assert [row[place] for row in found] == [
            None if row[place] is None else pytest.approx(row[place], rel=1e-12, abs=1e-12) for row in expected
        ]


CHOSEN = "SELECT customer_id, cluster, segment_id, segment, distance, margin, out_of_range FROM"


def test_duckdb_agrees_on_every_customer(truth: Truth) -> None:
    with open_engine() as engine:
        engine.run(f"CREATE TABLE clean_lines AS FROM '{truth.lines}'")
        engine.run(f"CREATE TABLE returned AS FROM '{truth.returned}'")
        sql = truth.run.model.to_sql("duckdb", returned="returned")
        engine.run(f"CREATE TABLE assigned AS {sql}")
        compared(truth, engine.rows(f"{CHOSEN} assigned"))
        again = truth.run.model.to_sql("duckdb", what="assignment", table="assigned")
        compared(truth, engine.rows(f"{CHOSEN} ({again})"))


def test_postgres_agrees_on_every_customer(truth: Truth, postgres: Cluster) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS shop")
        for name, file in (("lines", truth.lines), ("returned", truth.returned)):
            table = pyarrow.parquet.read_table(file)
            kinds = {"invoice_date": "timestamp", "quantity": "numeric", "price": "numeric"}
            columns = ", ".join(
                f"{c} {kinds.get(c, 'numeric' if c.endswith('value') else 'text')}" for c in table.column_names
            )
            connection.execute(f"CREATE TABLE shop.{name} ({columns})")
            with connection.cursor().copy(f"COPY shop.{name} FROM STDIN") as copy:
                for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                    copy.write_row(row)
        # A day of 23 hours in the session's zone must not matter.
        connection.execute("SET TimeZone = 'Europe/London'")
        sql = truth.run.model.to_sql("postgres", table="shop.lines", returned="shop.returned")
        connection.execute(f"CREATE TABLE shop.assigned AS {sql}")
        compared(truth, connection.execute(f"{CHOSEN} shop.assigned").fetchall())
        again = truth.run.model.to_sql("postgres", what="assignment", table="shop.assigned")
        compared(truth, connection.execute(f"{CHOSEN} ({again}) AS assigned").fetchall())


def test_spark_agrees_on_every_customer(truth: Truth, spark: Any) -> None:
    spark.read.parquet(str(truth.lines)).createOrReplaceTempView("clean_lines")
    spark.read.parquet(str(truth.returned)).createOrReplaceTempView("returned")
    assigned = spark.sql(truth.run.model.to_sql("spark", returned="returned"))
    assigned.createOrReplaceTempView("assigned")
    compared(truth, [tuple(row) for row in spark.sql(f"{CHOSEN} assigned").collect()])
