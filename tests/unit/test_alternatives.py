"""The segments of every k in a published run, and where a customer lives."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow
import pytest

import coterie as ct
from coterie.engines import open_engine
from coterie.publish import home_sql


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    quick = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
    return ct.run(ct.simulate(150, seed=5).lines, out=tmp_path_factory.mktemp("runs"), choice=quick, k=3)


def test_the_chosen_k_is_beside_itself(run: ct.Run) -> None:
    own = next(one for one in run.sweep["candidates"] if one["n_clusters"] == 3)["segments"]
    table = np.array([one["chosen"] for one in own])
    assert np.array_equal(table, np.diag(np.diag(table)))
    medians = {one["cluster"]: one["features"]["total_spend"]["median"] for one in run.segments["segments"]}
    assert [one["medians"]["total_spend"] for one in own] == pytest.approx([medians[cluster] for cluster in range(3)])


def test_every_k_counts_everybody_once(run: ct.Run) -> None:
    sizes = [one["customers"] for one in sorted(run.segments["segments"], key=lambda one: one["cluster"])]
    for candidate in run.sweep["candidates"]:
        table = np.array([one["chosen"] for one in candidate["segments"]])
        assert table.sum(axis=0).tolist() == sizes
        assert table.sum(axis=1).tolist() == candidate["sizes"] == [one["customers"] for one in candidate["segments"]]


def test_a_customer_lives_where_most_lines_are_and_of_two_places_in_the_later() -> None:
    given = [("a", "France", 0), ("a", "France", 1), ("a", "Spain", 2), ("b", "France", 1), ("b", "Spain", 0), ("c", None, 0)]
    lines = pyarrow.table(
        {
            "customer_id": [one for one, _, _ in given],
            "country": pyarrow.array([where for _, where, _ in given], pyarrow.string()),
            "invoice_date": [datetime.datetime(2024, 1, 1 + day) for _, _, day in given],
        }
    )
    with open_engine() as engine:
        engine.register("lines", lines)
        assert sorted(engine.rows(home_sql("lines"))) == [("a", "France"), ("b", "France")]
