"""Bands, top products and countries, and who is at risk, by hand-computed figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from coterie.engines import open_engine
from coterie.segments import at_risk, tops
from coterie.segments.bands import BANDS, banded
from coterie.segments.risk import risk_summary
from coterie.segments.tops import DEVIATIONS, FEWEST, TOP

COLUMNS = {"product_id", "country"}


def bought(*wanted: tuple[str, range]) -> list[dict[str, Any]]:
    """Return a line for every customer of each range, with the product named."""
    return [
        {"customer_id": f"c{i:03}", "product_id": product, "description": f"the {product}", "country": "Spain"}
        for product, customers in wanted
        for i in customers
    ]


def found(lines: list[dict[str, Any]], sizes: tuple[int, ...], available: set[str] = COLUMNS) -> list[dict[str, Any]]:
    ids = np.array([f"c{i:03}" for i in range(sum(sizes))], dtype=object)
    with open_engine() as engine:
        engine.register("lines", pa.Table.from_pylist(lines))
        return tops(engine, "lines", available, ids, np.repeat(np.arange(len(sizes)), sizes).astype(np.int32))


def test_lift_compares_shares_of_customers_and_counts_each_once() -> None:
    lines = bought(("mug", range(30)), ("mug", range(30)), ("pen", range(10, 70)))
    first, second = found(lines, (40, 60))
    assert first["products"][0] == {
        "product_id": "mug",
        "description": "the mug",
        "customers": 30,
        "share": 0.75,
        "population_share": 0.3,
        "lift": 2.5,
    }
    assert [row["product_id"] for row in second["products"]] == ["pen"], "nobody there bought a mug"
    assert first["countries"] == [
        {"country": "Spain", "customers": 40, "share": 1.0, "population_share": 0.7, "lift": pytest.approx(1 / 0.7)}
    ]


def test_what_a_few_bought_never_shows_and_what_little_support_has_comes_last() -> None:
    lines = bought(("rare", range(FEWEST - 1)), ("some", range(FEWEST)), ("much", range(35)), ("much", range(50, 52)))
    first, _ = found(lines, (50, 50))
    assert [(row["product_id"], row["customers"]) for row in first["products"]] == [("much", 35), ("some", 10)]
    assert first["products"][0]["lift"] < first["products"][1]["lift"] == 2
    z, n, p = DEVIATIONS**2, 37, 35 / 37
    least = (p + z / (2 * n) - (z * (p * (1 - p) / n + z / (4 * n * n))) ** 0.5) / (1 + z / n) / 0.5
    assert least > 10 / (10 + z) / 0.5, "by Wilson's formula"


def test_ties_go_by_id_and_five_are_enough() -> None:
    products = [f"p{i}" for i in (3, 1, 6, 2, 5, 4)]
    first, second = found(bought(*((name, range(12)) for name in products)), (12, 12))
    assert [row["product_id"] for row in first["products"]] == ["p1", "p2", "p3", "p4", "p5"]
    assert len(first["products"]) == TOP
    assert second["products"] == []


def test_a_product_is_called_what_it_is_called_most_often() -> None:
    lines = bought(("mug", range(12)))
    for i, line in enumerate(lines):
        line["description"] = None if i < 6 else "MUG" if i < 9 else "mug, blue"
    assert found(lines, (12,))[0]["products"][0]["description"] == "MUG"


def test_order_of_lines_does_not_matter_and_absent_columns_are_none() -> None:
    lines = bought(("mug", range(30)), ("pen", range(10, 70)))
    shuffled = [lines[i] for i in np.random.default_rng(0).permutation(len(lines))]
    assert found(lines, (40, 60)) == found(shuffled, (40, 60))
    assert found(lines, (100,), {"country"})[0]["products"] is None
    assert found(lines, (100,), {"product_id"})[0]["countries"] is None


def test_bands_hold_everybody_once_and_meet_without_a_gap() -> None:
    days = np.arange(500.0)
    for kind, rows in banded({"recency_days": days, "active_days": days}, {"recency_days": days, "active_days": days}).items():
        assert rows is not None
        assert sum(row["customers"] for row in rows) == 500
        assert [row["low"] for row in rows] == [0, *(row["high"] + 1 for row in rows[:-1])]
        assert rows[-1]["high"] is None
        for row in rows:
            assert row["customers"] == (499 if row["high"] is None else row["high"]) - row["low"] + 1
            assert row["share"] == row["population_share"] == row["customers"] / 500
        assert len({row["band"] for row in rows}) == len(BANDS[kind][1])
    assert banded({}, {}) == {"recency": None, "activity": None}


def test_at_risk_is_silence_beyond_the_longest_interval() -> None:
    cases = [  # recency, orders, longest interval: at risk, known
        (31, 3, 30, True, True),
        (30, 3, 30, False, True),
        (500, 2, 30, False, False),
        (500, 1, np.nan, False, False),
        (500, 4, 0.2, False, False),  # four orders of one day
        (np.nan, 0, np.nan, False, False),  # kept nothing
    ]
    columns = dict(zip(("recency_days", "total_orders", "longest_days_between_orders"), np.array(cases).T[:3], strict=True))
    result = at_risk(columns)
    assert result is not None
    assert list(zip(*(part.tolist() for part in result), strict=True)) == [case[3:] for case in cases]
    assert risk_summary(columns) == {"customers": 1, "of": 2, "share": 0.5}
    assert risk_summary({name: values[2:] for name, values in columns.items()}) is None
    assert at_risk({"recency_days": np.array([1.0])}) is None
