"""The simulated retailers have the shapes they are named after."""

from __future__ import annotations

from typing import Any

import pytest

from coterie.datasets import RETAILERS, Simulation, simulate
from coterie.engines import open_engine
from coterie.errors import RecipeError


@pytest.fixture(scope="module")
def shops() -> dict[str, Simulation]:
    return {name: simulate(300, seed=2, retailer=name) for name in RETAILERS.names()}


def asked(shop: Simulation, sql: str) -> Any:
    """Return the one row of a query over the orders of known customers."""
    with open_engine() as engine:
        engine.register("lines", shop.lines)
        engine.run(
            "CREATE TABLE orders AS SELECT CustomerID AS customer, InvoiceNo AS invoice, min(InvoiceDate) AS placed, "
            "sum(Quantity * UnitPrice)::DOUBLE AS value, count(*) AS n, hash(list(StockCode ORDER BY StockCode)) AS basket "
            "FROM lines WHERE CustomerID IS NOT NULL AND Quantity > 0 AND Quantity * UnitPrice < 150000 GROUP BY ALL"
        )
        [row] = engine.rows(sql)
        return row


def test_every_retailer_has_its_types_in_their_shares(shops: dict[str, Simulation]) -> None:
    for name, shop in shops.items():
        planted = list(shop.planted.values())
        assert sum(kind.share for kind in RETAILERS[name].types) == pytest.approx(1), name
        for kind in RETAILERS[name].types:
            assert planted.count(kind.name) == pytest.approx(300 * kind.share, abs=3), (name, kind.name)


def test_another_retailer_is_refused_by_name() -> None:
    with pytest.raises(RecipeError, match="bakery"):
        simulate(100, retailer="bakery")


def test_wholesale_is_few_large_accounts_with_huge_orders(shops: dict[str, Simulation]) -> None:
    top, order = asked(
        shops["wholesale"],
        "WITH spent AS (SELECT sum(value) AS spend FROM orders GROUP BY customer) SELECT "
        "(SELECT sum(spend) FROM (FROM spent ORDER BY spend DESC LIMIT 30)) / sum(spend), (SELECT median(value) FROM orders) "
        "FROM spent",
    )
    assert top > 0.7
    assert order > 2000


def test_subscribers_get_the_same_basket_every_month(shops: dict[str, Simulation]) -> None:
    interval, spread, baskets = asked(
        shops["subscription"],
        "WITH gaps AS (SELECT *, epoch(placed - lag(placed) OVER (PARTITION BY customer ORDER BY placed, invoice)) / 86400 AS days "
        "FROM orders), each AS (SELECT median(days) AS middle, quantile_cont(days, 0.9) - quantile_cont(days, 0.1) AS wide, "
        "max(n) - min(n) + count(DISTINCT basket) AS baskets FROM gaps GROUP BY customer HAVING count(*) > 5) "
        "SELECT median(middle), median(wide), avg((baskets <= 2)::INT) FROM each",
    )
    assert interval == pytest.approx(30.4, abs=2)
    assert spread < 20
    # A line at a price of 0, or one repeated, makes another basket of the same lines.
    assert baskets > 0.5


def test_gifts_are_bought_before_christmas_and_mostly_once(shops: dict[str, Simulation]) -> None:
    christmas, once = asked(
        shops["seasonal-gifts"],
        "SELECT avg((month(placed) >= 11)::INT), "
        "(SELECT avg((n = 1)::INT) FROM (SELECT count(*) AS n FROM orders GROUP BY customer)) FROM orders",
    )
    assert christmas > 0.75
    assert once == pytest.approx(0.6, abs=0.06)


def test_groceries_are_many_small_orders(shops: dict[str, Simulation]) -> None:
    orders, value = asked(
        shops["grocery"],
        "SELECT (SELECT median(n) FROM (SELECT count(*) AS n FROM orders GROUP BY customer)), median(value) FROM orders",
    )
    assert orders > 15
    assert value < 60


def test_a_marketplace_has_one_timers_many_countries_and_any_price(shops: dict[str, Simulation]) -> None:
    once, spread = asked(
        shops["marketplace"],
        "SELECT (SELECT avg((n = 1)::INT) FROM (SELECT count(*) AS n FROM orders GROUP BY customer)), "
        "quantile_cont(value, 0.95) / quantile_cont(value, 0.05) FROM orders",
    )
    assert once == pytest.approx(0.55, abs=0.05)
    assert spread > 20
    assert len(set(shops["marketplace"].lines.column("Country").to_pylist())) == 11
