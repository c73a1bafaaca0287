"""What `coterie compile` writes, in every dialect, to be read by a person. COTERIE_UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import datetime
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlglot

from coterie.cleaning import RULES
from coterie.compilation import compile_sql, described, prepared
from coterie.errors import CoterieError
from coterie.features import FEATURES
from coterie.recipe import Recipe
from coterie.scaling import ColumnTransform, Scaling
from coterie.sql import DIALECTS
from coterie.sql.compiled import Compiled, Placing

FOLDER = Path(__file__).parent / "sql"
USE = ("total_orders", "total_spend", "avg_order_value", "active_days")
ANSWERS = ("customers", "features", "ledger")


def compiled(dialect: str, *, table: str = "shop.lines", as_of: datetime.date | None = None, **cleaning: object) -> Compiled:
    """Return the default recipe with a model of two segments."""
    recipe = Recipe.load("default").override({"cleaning": {"exclude_products": ["POST", "L'été"], **cleaning}})
    ranges = [{"feature": n, "registered": n, "unit": "", "sql": FEATURES[n].sql, "low": 1.0, "high": 99.5} for n in USE]
    segments = [{"cluster": k, "segment_id": f"s{k + 1}", "name": name} for k, name in enumerate(("Core", "L'été {{ x }}"))]
    scaling = Scaling("log", tuple(ColumnTransform(name, "log", {}, 1.5, 0.25) for name in USE))
    model = Placing(
        {"features": ranges, "segments": segments}, scaling, np.array([[0.5] * 4, [-0.75] * 4]), ("returned", "Fully returned")
    )
    lines, columns = described(recipe, None, (), table, DIALECTS[dialect])
    return Compiled(recipe, "recipe default and a model", model, lines, columns, table, DIALECTS[dialect], as_of)


# Another sqlglot may lay it out otherwise: what it means is the affair of tests/parity.
@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS.names())
def test_the_script_is_the_golden_one(dialect: str) -> None:
    for what in ANSWERS if dialect == "duckdb" else ("customers",):
        written, golden = compiled(dialect).script(what), FOLDER / f"compile.{what}.{dialect}.sql"
        if os.environ.get("COTERIE_UPDATE_GOLDEN"):
            golden.write_text(written, "utf-8")
        assert written == golden.read_text("utf-8")


@pytest.mark.parametrize("dialect", DIALECTS.names())
@pytest.mark.parametrize("what", ANSWERS)
def test_every_dialect_reads_its_own_script(what: str, dialect: str) -> None:
    written = compiled(dialect, as_of=datetime.date(2011, 12, 10)).script(what)
    trees = sqlglot.parse(written, read=dialect)
    assert len(trees) == 1
    assert trees[0].sql(dialect) == sqlglot.parse_one(trees[0].sql(dialect), read=dialect).sql(dialect)
    steps = [step.name for step in compiled(dialect).answer(what).steps]
    assert len(set(steps)) == len(steps)
    assert "coterie_" not in written


@pytest.mark.parametrize("dialect", DIALECTS.names())
def test_every_rule_is_in_the_head_and_has_a_step_that_is_explained(dialect: str) -> None:
    others = [rule.name for rule in RULES if not rule.always and rule.name not in ("returns_netted", "unmatched_return")]
    every = ["returns_netted", *others]
    head, *steps = re.split(r"^WITH$", compiled(dialect, rules=every).script("ledger"), flags=re.MULTILINE)
    said = " ".join(line.strip("- ") for line in head.splitlines())
    for name in (*every, "missing_customer", "date_range", "unmatched_return"):
        assert name in said.split("Rules that apply: ")[1].split(".")[0].split(", "), name
        assert f"-- {name}: " in steps[0], name
    assert "Rules that do not: ragged, field_limit, control_character," in said


@pytest.mark.parametrize("dialect", DIALECTS.names())
def test_what_only_describes_is_left_out_with_a_reason_and_what_places_is_refused(dialect: str) -> None:
    gaps = {feature.name: why for feature in FEATURES if (why := GAPS.get((feature.name, dialect)))}
    written = compiled(dialect).script("features")
    for name in ("orders_per_month", "median_days_between_orders", "longest_days_between_orders"):
        assert (f" AS {name}" in written) == (name not in gaps)
        if name in gaps:
            assert f"-- Left out: {name}: {gaps[name]}" in written
    if "orders_per_month" in gaps:
        recipe = compiled(dialect).recipe.override({"features": {"use": ["total_spend", "orders_per_month"], "profile": []}})
        with pytest.raises(CoterieError) as refused:
            replace(compiled(dialect), recipe=recipe).script("features")
        assert refused.value.code == "not_in_dialect"


GAPS = {
    **{("median_days_between_orders", dialect): "MEDIAN" for dialect in ("bigquery", "mysql", "trino", "tsql")},
    **{("orders_per_month", dialect): "GREATEST" for dialect in ("bigquery", "mysql", "trino")},
}


@pytest.mark.parametrize(
    ("given", "options", "code"),
    [
        ("default", {"dialect": "oracle"}, "unknown_dialect"),
        ("default", {"what": "customers"}, "bad_what"),
        ("default", {"what": "everything"}, "bad_what"),
        ("nowhere", {}, "unknown_recipe"),
        ("default", {"table": "lines; DROP TABLE x"}, "bad_table"),
        ("default", {"table": "sold_lines"}, "bad_table"),
        ("default", {"table": "by_lines"}, "bad_table"),
        ("default", {"columns": ["when", "who"]}, "columns"),
        ("default", {"mapping": {"customer_id": "nobody"}, "columns": ["customer_id"]}, "columns"),
    ],
)
def test_what_cannot_be_written_is_refused(given: str, options: dict[str, object], code: str) -> None:
    with pytest.raises(CoterieError) as refused:
        compile_sql(given, **{"dialect": "postgres", **options})  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("dialect", "table", "written"),
    [
        ("postgres", "shop.lines", "FROM shop.lines"),
        ("bigquery", "`my-project`.shop.lines", "FROM `my-project`.shop.lines"),
        ("tsql", "[My shop].[lines]", "FROM [My shop].[lines]"),
        ("snowflake", '"Lines"', 'FROM "Lines"'),
    ],
)
def test_a_table_and_its_columns_are_named_as_they_are_there(dialect: str, table: str, written: str) -> None:
    header = ("Order no.", "item", "qty", "group", "unit price", "Customer")
    mapping = dict(zip(("invoice_no", "product_id", "quantity", "invoice_date", "price", "customer_id"), header, strict=True))
    script = compile_sql("default", dialect, table=table, mapping=mapping)
    order, group = (sqlglot.exp.to_identifier(name, quoted=True).sql(dialect) for name in ("Order no.", "group"))
    assert written in script
    assert f"CAST({order} AS" in script
    assert f"{group} AS raw_group" in script
    assert "CAST(Customer AS" in script


def test_the_day_is_the_flags_then_the_recipes_then_the_data() -> None:
    recipe = Recipe.load("default").override({"as_of": "2011-12-10"})
    assert "-- As of 2011-12-10." in compile_sql(recipe)
    assert "15318 - FLOOR" in compile_sql(recipe)
    assert "-- As of 2011-12-11." in compile_sql(recipe, as_of=datetime.date(2011, 12, 11))
    assert prepared("default", "duckdb", table="x")[0].day == "(SELECT as_of_day FROM answer_day)"
