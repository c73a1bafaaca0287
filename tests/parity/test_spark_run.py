"""`coterie run --engine spark` on a cluster that loses a worker amid the run, and its refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

import coterie as ct
from coterie.engines.spark import SparkPlace
from same_runs import same
from spark import SETTINGS, Cluster, cluster, until  # noqa: F401
from warehouse import adversarial_lines

pytestmark = pytest.mark.slow
FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 1}


def test_a_worker_is_lost_amid_a_run_and_the_run_is_the_same(cluster: Cluster, tmp_path: Path) -> None:  # noqa: F811
    """After cleaning, when what features are counted from lies with both workers."""
    lines = adversarial_lines()
    (tmp_path / "lines").mkdir()
    for part, at in enumerate(range(0, lines.num_rows, 5000)):
        pyarrow.parquet.write_table(lines.slice(at, 5000), tmp_path / "lines" / f"part-{part}.parquet")
    options: dict[str, Any] = {"k": 3, "choice": FAST, "value": {"enabled": False}}
    here = ct.run(tmp_path / "lines", out=tmp_path / "here", **options)
    place = SparkPlace(cluster.master, settings=SETTINGS)
    killed = []

    def told(stage: str, done: int, total: int) -> None:
        if stage == "cleaning" and not killed:
            assert place.application.workers == 2
            cluster.workers[0].kill()
            killed.append(stage)

    try:
        until(lambda: place.application.workers == 2, "both workers give an executor")
        there = ct.run(tmp_path / "lines", out=tmp_path / "there", engine="spark", progress=told, **options)
        assert killed
        assert place.application.workers == 1
    finally:
        place.close()
    same(there, here)


def test_the_command_line_refuses_a_master_that_is_not_there(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(adversarial_lines().slice(0, 100), tmp_path / "lines.parquet")
    asked = ["lines.parquet", "--engine", "spark", "--master", "spark://127.0.0.1:9", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "coterie", "run", *asked], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout or done.stderr)
    assert said["error"] == "unreached"
    assert not list((tmp_path / "coterie-runs").glob("0*"))
