"""Rules and reasons of published runs: what is said, replayed, is what the model does, for every customer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app
from coterie.clustering import ALGORITHMS
from coterie.engines import literal, open_engine
from coterie.errors import RunError
from coterie.segments.conditions import matches

QUICK = {
    "clustering": {"k_max": 5, "n_init": 3},
    "choice": {"n_bootstrap": 3, "n_seeds": 1, "n_splits": 2, "n_months": 0, "sensitivity": False},
}


@pytest.fixture(scope="module")
def real(online_retail: Path, tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.run(online_retail, out=tmp_path_factory.mktemp("real"), choice={**QUICK["choice"], "n_bootstrap": 20, "n_splits": 5})


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.run(ct.simulate(600, seed=11).lines, out=tmp_path_factory.mktemp("simulated"), k=4, **QUICK)


@pytest.fixture(params=["real", "simulated"])
def run(request: pytest.FixtureRequest) -> ct.Run:
    return request.getfixturevalue(request.param)


def features(run: ct.Run) -> dict[str, np.ndarray]:
    table = run.customers("arrow")
    return {name: np.array([np.nan if x is None else x for x in table[name].to_pylist()], float) for name in run.model.features}


def test_the_published_sql_gives_what_the_published_conditions_give(run: ct.Run) -> None:
    with open_engine() as engine:
        source = f"read_parquet({literal(str(run.path / 'customers.parquet'))})"
        sql = run.segments["rules"]["sql"]
        said = [row[0] for row in engine.rows(f"SELECT {sql} FROM {source} ORDER BY customer_id")]
    columns, own = features(run), run.customers("arrow")["segment_id"].to_pylist()
    held = np.full(len(said), "returned", dtype=object)
    placed = np.array([one != "returned" for one in own])
    for segment in run.segments["segments"]:
        for leaf in segment["rule"]["leaves"]:
            hold = matches(leaf["when"], columns) & placed
            assert (held[hold] == "returned").all()
            assert hold.sum() == leaf["customers"]
            held[hold] = segment["segment_id"]
    assert said == held.tolist()
    agree = float(np.mean([a == b for a, b, kept in zip(said, own, placed, strict=True) if kept]))
    assert agree == pytest.approx(run.segments["rules"]["fidelity"])


def test_the_real_file_is_told_by_few_rules(real: ct.Run) -> None:
    leaves = [leaf for segment in real.segments["segments"] for leaf in segment["rule"]["leaves"]]
    assert len(leaves) <= 8
    assert real.segments["rules"]["fidelity"] >= 0.94
    assert all(segment["rule"]["leaves"] for segment in real.segments["segments"])


def test_every_stated_change_moves_its_customer_and_one_step_less_does_not(run: ct.Run) -> None:
    columns, model = features(run), run.model
    found, own = model.explain(columns), model.assign(columns).cluster
    assert found.changes is not None
    has = found.changes.path >= 0
    assert has.mean() > 0.5
    after = model.assign(found.changes.columns(columns, found.registered)).cluster
    before = model.assign(found.changes.columns(columns, found.registered, short=1)).cluster
    np.testing.assert_array_equal(after[has], found.changes.to[has])
    np.testing.assert_array_equal(before[has], own[has])
    assert (after[has] != own[has]).all()


def test_what_is_published_is_what_the_model_says(run: ct.Run) -> None:
    table, found = run.customers("arrow"), run.model.explain(features(run))
    assert table["reason"].to_pylist() == found.sentence.tolist()
    assert table["nearest"].to_pylist() == found.nearest.tolist()
    published = [np.nan if x is None else x for x in table["confidence"].to_pylist()]
    np.testing.assert_array_equal(published, found.confidence)
    explained = run.explain(table["customer_id"].to_pylist()[:5])
    assert [one["reason"] for one in explained] == table["reason"].to_pylist()[:5]


def test_the_command_says_it_in_words_and_as_json(real: ct.Run) -> None:
    said = CliRunner().invoke(app, ["explain", str(real.path), "15107", "12346"])
    assert said.exit_code == 0
    assert "15107: Regular for 6 orders" in said.stdout
    assert "12346: Everything came back" in said.stdout
    data = json.loads(CliRunner().invoke(app, ["explain", str(real.path), "15107", "--json"]).stdout)["customers"][0]
    gap = (data["distance"] + data["margin"]) ** 2 - data["distance"] ** 2
    assert sum(one["contribution"] for one in data["features"]) == pytest.approx(gap)
    assert 0 < data["confidence"] < 1


def test_an_unknown_customer_is_met_with_the_closest(real: ct.Run) -> None:
    with pytest.raises(RunError, match=r"There is no customer '1510'") as refused:
        real.explain("1510")
    assert refused.value.code == "unknown_customer"
    assert "closest: 1510" in refused.value.found
    assert CliRunner().invoke(app, ["explain", str(real.path), "1510"]).exit_code == 1


@pytest.mark.parametrize("algorithm", ["gaussian-mixture", "ward", "hdbscan", "bisecting-kmeans"])
def test_other_algorithms_have_rules_and_reasons_too(algorithm: str, tmp_path: Path) -> None:
    part = {"clustering": {**QUICK["clustering"], "algorithm": algorithm}, "choice": QUICK["choice"]}
    run = ct.run(ct.simulate(300, seed=2).lines, out=tmp_path, **part)
    one_segment = len(run.segments["segments"]) == 1
    assert (run.segments["rules"] is None) == one_segment
    table = run.customers("arrow")
    assert all(table["reason"].to_pylist())
    changed = [one["change"] for one in run.explain(table["customer_id"].to_pylist())]
    assert any(changed) == (ALGORITHMS[algorithm].can_predict and not one_segment)


def test_the_notebooks_list_stays_as_it_is(tmp_path: Path) -> None:
    run = ct.run(ct.simulate(200, seed=5).lines, "notebook", out=tmp_path)
    assert (run.path / "customers.csv").read_text().splitlines()[0].endswith(",active_days,cluster")
    assert {"nearest", "confidence", "reason"} <= set(pyarrow.parquet.read_schema(run.path / "customers.parquet").names)
    assert run.segments["rules"]["fidelity"] > 0.9
