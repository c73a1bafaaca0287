"""Importing Coterie or its command line loads nothing heavy: `--help` has to answer at once."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

import pyarrow.parquet
import pytest

import coterie as ct

HEAVY = (
    "sklearn", "scipy", "numpy", "pandas", "polars", "pyarrow", "duckdb", "altair", "vl_convert", "joblib", "babel",
    "jinja2",
)


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after a statement."""
    tops = "sorted({name.partition('.')[0] for name in sys.modules})"
    code = f"{statement}\nimport json, sys\nprint(json.dumps({tops}))"
    run = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    return set(json.loads(run.stdout.splitlines()[-1]))


@pytest.mark.parametrize("statement", ["import coterie", "import coterie.cli"])
def test_an_import_loads_nothing_heavy(statement):
    loaded = loaded_by(statement)
    assert "coterie" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_asking_for_help_loads_nothing_heavy():
    statement = (
        "import sys\nfrom coterie.cli import main\nsys.argv = ['coterie', 'run', '--help']\n"
        "try: main()\nexcept SystemExit as done: assert not done.code"
    )
    loaded = loaded_by(statement)
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("heavy", ["duckdb", "sklearn"])
def test_the_check_sees_a_heavy_import(heavy):
    assert heavy in loaded_by(f"import {heavy}")


def test_a_default_run_loads_neither_scikit_learn_nor_a_frame_library(tmp_path):
    lines = tmp_path / "lines.parquet"
    pyarrow.parquet.write_table(ct.simulate(120, seed=1).lines, lines)
    quick = {"n_bootstrap": 2, "n_seeds": 1, "n_splits": 2, "n_months": 0}
    loaded = loaded_by(f"import coterie as ct\nct.run({str(lines)!r}, out={str(tmp_path / 'runs')!r}, choice={quick})")
    assert "scipy" in loaded
    # DuckDB before 2 loads pyarrow.dataset, and that loads pandas where it is installed.
    old = int(version("duckdb").partition(".")[0]) < 2
    assert loaded.isdisjoint({"sklearn", "polars", "altair", *(() if old else ("pandas",))})
