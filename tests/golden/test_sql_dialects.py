"""The SQL of one model in every dialect, to be read by a person. COTERIE_UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import numpy as np
import pytest
import sqlglot

from coterie import SegmentModel
from coterie.errors import CoterieError
from coterie.features import FEATURES
from coterie.scaling import ColumnTransform, Scaling
from coterie.sql import DIALECTS

FOLDER = Path(__file__).parent / "sql"
WHAT = {
    "features": {"table": "shop.clean_lines", "returned": "shop.returned"},
    "assignment": {"what": "assignment", "table": "crm.features"},
}


def model(*names: str, function: str = "log") -> SegmentModel:
    """Return a model of two segments by registered features."""
    columns = tuple(ColumnTransform(name, function, {}, 1.5, 0.25) for name in names)
    features = [
        {"feature": name, "registered": name, "unit": "", "sql": FEATURES[name].sql, "low": 1.0, "high": 99.5} for name in names
    ]
    centers = np.array([[0.5 + i for i in range(len(names))], [-0.75 - i for i in range(len(names))]])
    return SegmentModel.from_parts(
        features=features, scaling=Scaling("log", columns), centers=centers, segments=[("s1", "Core"), ("s2", "L'été")],
        about={"as_of": "2011-12-10"},
    )


# Another sqlglot may lay it out otherwise: what it means is the affair of tests/parity.
@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS.names())
@pytest.mark.parametrize("what", WHAT)
def test_the_script_is_the_golden_one(what: str, dialect: str) -> None:
    written = model("total_orders", "total_spend", "avg_order_value", "active_days").to_sql(dialect, **WHAT[what])
    golden = FOLDER / f"{what}.{dialect}.sql"
    if os.environ.get("COTERIE_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(written, "utf-8")
    assert written == golden.read_text("utf-8")


@pytest.mark.parametrize("dialect", DIALECTS.names())
@pytest.mark.parametrize("what", WHAT)
def test_every_dialect_reads_its_own_script(what: str, dialect: str) -> None:
    written = model("total_orders", "avg_basket_quantity", "active_days").to_sql(dialect, **WHAT[what])
    trees = sqlglot.parse(written, read=dialect)
    assert len(trees) == 1
    assert trees[0].sql(dialect) == sqlglot.parse_one(trees[0].sql(dialect), read=dialect).sql(dialect)


@pytest.mark.parametrize("name", [feature.name for feature in FEATURES if feature.kind != "date"])
@pytest.mark.parametrize("dialect", DIALECTS.names())
def test_every_feature_is_written_or_refused_with_a_reason(name: str, dialect: str) -> None:
    if (name, dialect) in REFUSED:
        with pytest.raises(CoterieError) as refused:
            model(name).to_sql(dialect, returned="returned")
        assert refused.value.code == "not_in_dialect"
    else:
        assert f" AS {name}" in model(name).to_sql(dialect, returned="returned")


REFUSED = {
    *(("median_days_between_orders", dialect) for dialect in ("bigquery", "mysql", "trino", "tsql")),
    *(("orders_per_month", dialect) for dialect in ("bigquery", "mysql", "trino")),
}


def test_the_day_of_the_features_can_be_another() -> None:
    known = model("recency_days")
    assert "15318 - FLOOR" in known.to_sql("duckdb")
    assert "15319 - FLOOR" in known.to_sql("duckdb", as_of=datetime.date(2011, 12, 11))


@pytest.mark.parametrize(
    ("dialect", "options", "code"),
    [
        ("oracle", {}, "unknown_dialect"),
        ("duckdb", {"what": "everything"}, "bad_what"),
        ("duckdb", {"what": "assignment", "returned": "returned"}, "bad_what"),
        ("postgres", {"table": "lines; DROP TABLE x"}, "bad_table"),
        ("postgres", {"table": "(SELECT 1)"}, "bad_table"),
        ("postgres", {"table": "joined"}, "bad_table"),
        ("postgres", {"table": ""}, "bad_table"),
        ("postgres", {"table": "clean_lines", "returned": "scaled"}, "bad_table"),
    ],
)
def test_what_cannot_be_written_is_refused(dialect: str, options: dict[str, str], code: str) -> None:
    with pytest.raises(CoterieError) as refused:
        model("total_spend").to_sql(dialect, **options)
    assert refused.value.code == code
