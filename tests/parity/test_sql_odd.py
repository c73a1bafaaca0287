"""The assignment in SQL, run for real on customers made to fall between the chairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
import pyarrow
import pytest

import adversary
from coterie import SegmentModel
from coterie.engines import identifier, open_engine
from coterie.scaling import TRANSFORMS
from postgres import Cluster

ODD = [(name, adversary.fitted(name), adversary.odd_customers()) for name in TRANSFORMS.names()]
CASES = [*ODD, ("ties", *adversary.tied())]
QUERY = "SELECT cluster, segment FROM ({sql}) AS assigned ORDER BY CAST(customer_id AS INTEGER)"


@pytest.fixture(params=CASES, ids=[case[0] for case in CASES])
def case(request: pytest.FixtureRequest) -> tuple[SegmentModel, np.ndarray]:
    return request.param[1], request.param[2]


def table(model: SegmentModel, features: np.ndarray) -> pyarrow.Table:
    ids = [str(i) for i in range(len(features))]
    return pyarrow.table({"customer_id": ids, **dict(zip(model.features, features.T, strict=True))})


def agree(rows: Sequence[Sequence[Any]], model: SegmentModel, features: np.ndarray) -> None:
    """Compare with Python, but where two centres are as far but for the last digit, unless they are so by construction."""
    found, expected = [tuple(row) for row in rows], adversary.assigned(model, features)
    assert len(found) == len(expected)
    unsure = adversary.unsure(model, features)
    wrong = [at for at, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other and not unsure[at]]
    assert not wrong, [(at, features[at], found[at], expected[at]) for at in wrong[:3]]


def test_duckdb(case: tuple[SegmentModel, np.ndarray]) -> None:
    model, features = case
    with open_engine() as engine:
        engine.register("features", table(model, features))
        rows = engine.rows(QUERY.format(sql=model.to_sql("duckdb", what="assignment")))
    agree(rows, model, features)


def test_postgres(case: tuple[SegmentModel, np.ndarray], postgres: Cluster) -> None:
    model, features = case
    with psycopg.connect(postgres.url) as connection:
        columns = ", ".join(f"{identifier(name)} double precision" for name in model.features)
        connection.execute(f"CREATE TEMP TABLE features (customer_id text, {columns})")
        with connection.cursor().copy("COPY features FROM STDIN") as copy:
            for row in zip(*(column.to_pylist() for column in table(model, features).columns), strict=True):
                copy.write_row(row)
        rows = connection.execute(QUERY.format(sql=model.to_sql("postgres", what="assignment"))).fetchall()
    agree(rows, model, features)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["log", "yeo-johnson", "rank", "ties"])
def test_spark(name: str, spark: Any, tmp_path: Any) -> None:
    import pyarrow.parquet

    model, features = next(case[1:] for case in CASES if case[0] == name)
    pyarrow.parquet.write_table(table(model, features), tmp_path / "features.parquet")
    spark.read.parquet(str(tmp_path / "features.parquet")).createOrReplaceTempView("features")
    rows = spark.sql(QUERY.format(sql=model.to_sql("spark", what="assignment"))).collect()
    agree(rows, model, features)


def test_a_customer_with_nothing_known_is_in_no_segment() -> None:
    model, features = adversary.tied()
    with open_engine() as engine:
        engine.register("features", table(model, features[:1]))
        sql = model.to_sql("duckdb", what="assignment", table="blank")
        engine.run("CREATE TABLE blank AS SELECT customer_id, NULL::DOUBLE AS x, y FROM features")
        assert engine.rows(f"SELECT cluster, segment_id, segment, distance, margin, out_of_range FROM ({sql})") == [
            (None, "returned", "Fully returned", None, None, False)
        ]
