"""Features by hand: one customer, every figure worked out on paper."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from coterie.engines import Engine, open_engine
from coterie.errors import RecipeError
from coterie.features import FEATURES, compute_customers, plan_features
from coterie.recipe import Features
from shop import cleaned, line, write

EVERYTHING = Features(use=("total_orders",), profile=tuple(f.name for f in FEATURES if f.name != "total_orders"))


def _customers(engine: Engine, path: Path, part: Features = EVERYTHING, as_of: str = "2011-03-01"):
    found = cleaned(engine, path)
    plan = plan_features(part, found.lines.available)
    return compute_customers(engine, plan, found.table, found.returned, datetime.date.fromisoformat(as_of))


def test_every_feature_of_one_customer(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sales.csv",
        [
            line("1", "A", 2, "2011-01-01 10:00:00", "1.10"),
            line("1", "B", 1, "2011-01-01 10:05:00", "3.00"),
            line("2", "A", 10, "2011-01-11 09:00:00", "1.00"),
            line("3", "C", 4, "2011-02-10 12:00:00", "2.45"),
            line("C4", "A", -5, "2011-02-11 12:00:00", "1.00"),
        ],
    )
    with open_engine() as engine:
        found = _customers(engine, path)
        row = {name: values[0] for name, values in found.columns.items()}
        dates = engine.rows("SELECT first_order_date, last_order_date FROM customers")[0]
    spend = 2 * 1.10 + 3.00 + 5 * 1.00 + 4 * 2.45
    assert row == pytest.approx(
        {
            "total_orders": 3,
            "total_quantity": 2 + 1 + 5 + 4,
            "total_spend": spend,
            "avg_order_value": spend / 3,
            "avg_line_value": spend / 4,
            "active_days": 40,
            "recency_days": 19,
            "tenure_days": 59,
            "orders_per_month": 3 / (59 / 30.4375),
            "avg_basket_lines": 4 / 3,
            "avg_basket_quantity": 12 / 3,
            "distinct_products": 3,
            "median_days_between_orders": ((10 - 1 / 24) + (30 + 3 / 24)) / 2,
            "longest_days_between_orders": 30 + 3 / 24,
            "return_rate": 5 / (spend + 5),
        }
    )
    assert dates == (datetime.datetime(2011, 1, 1, 10), datetime.datetime(2011, 2, 10, 12))


def test_active_days_are_elapsed_days_not_midnights(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sales.csv", [line("1", date="2011-01-01 23:59:00"), line("2", "B", date="2011-01-02 00:01:00")]
    )
    with open_engine() as engine:
        assert _customers(engine, path).columns["active_days"].tolist() == [0]


def test_a_customer_who_returned_everything_is_there_with_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sales.csv",
        [
            line("1", customer="a"),
            line("C2", quantity=-1, customer="a", date="2011-01-02 10:00:00"),
            line("3", customer="b"),
        ],
    )
    with open_engine() as engine:
        found = _customers(engine, path)
    assert found.ids.tolist() == ["a", "b"]
    assert found.columns["total_orders"].tolist() == [0, 1]
    assert found.columns["total_spend"].tolist() == [0, 2.5]
    assert found.columns["return_rate"].tolist() == [1, 0]
    assert np.isnan(found.columns["avg_order_value"][0])
    assert found.buying.tolist() == [False, True]


def test_order_level_input_has_no_figures_of_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path / "orders.csv",
        [("1", "2011-01-01", "a", "10.00"), ("2", "2011-01-03", "a", "20.00")],
        header=("order_id", "date", "customer_id", "total"),
    )
    with open_engine() as engine:
        found = _customers(engine, path)
    assert set(found.plan.not_available) == {
        "total_quantity",
        "avg_line_value",
        "avg_basket_lines",
        "avg_basket_quantity",
        "distinct_products",
    }
    assert found.columns["total_spend"].tolist() == [30]
    assert found.columns["total_orders"].tolist() == [2]


def test_a_feature_that_some_customers_lack_places_nobody() -> None:
    with pytest.raises(RecipeError, match="No distance can be measured in median_days_between_orders"):
        plan_features(Features(use=("median_days_between_orders",)), {"invoice_no"})


def test_a_recipe_without_any_available_feature_is_refused() -> None:
    with pytest.raises(RecipeError, match="None of the recipe's features"):
        plan_features(Features(use=("total_quantity",)), {"invoice_no"})


@pytest.mark.parametrize("feature", list(FEATURES), ids=lambda f: f.name)
def test_every_feature_says_what_it_is(feature) -> None:
    assert feature.unit
    assert feature.meaning.endswith(".")
    assert feature.level in ("lines", "orders", "customers")
