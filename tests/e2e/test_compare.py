"""``coterie compare`` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import coterie as ct

QUICK = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    lines = ct.simulate(150, seed=5).lines
    ct.run(lines, out=out, k=3, choice=QUICK)
    ct.run(lines, out=out, k=2, choice=QUICK, like=out)
    return out


def compare(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coterie", "compare", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_matrix_and_the_sum_of_it(runs: Path) -> None:
    done = compare(runs / "000001", runs / "000002")
    assert done.returncode == 0
    assert "customers, from \\ to" in done.stdout
    assert "revenue, from \\ to" in done.stdout
    assert "0 new, 0 gone." in done.stderr


def test_the_names_behind_a_cell_are_its_customers(runs: Path) -> None:
    cells = json.loads(compare(runs / "000001", runs / "000002", "--json").stdout)["cells"]
    cell = max(cells, key=lambda one: one["customers"])
    names = compare(runs / "000001", runs / "000002", "--names", cell["from"], cell["to"]).stdout.splitlines()
    assert len(names) == len(set(names)) == cell["customers"]
    said = json.loads(compare(runs / "000001", runs / "000002", "--names", cell["from"], cell["to"], "--json").stdout)
    assert said["customers"] == names == sorted(names)


def test_a_segment_that_is_not_there_is_named_with_those_that_are(runs: Path) -> None:
    done = compare(runs / "000001", runs / "000002", "--names", "s9", "s1", "--json")
    assert (done.returncode, json.loads(done.stderr)["error"]) == (2, "unknown_segment")
