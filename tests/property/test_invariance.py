"""What must not matter does not: order of rows, order and number of files, names of customers, unit of the currency."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

import coterie as ct

FEW = {"clustering": {"n_init": 5, "k_max": 6}}


@pytest.fixture(scope="module")
def lines() -> pa.Table:
    return ct.simulate(300, seed=5).lines


@pytest.fixture(scope="module")
def base(lines: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.run(lines, out=tmp_path_factory.mktemp("base"), **FEW)


def outputs(run: ct.Run, *names: str) -> list[str]:
    return [run.manifest["outputs"][name] for name in names or ("customers.parquet", "sweep.json", "segments.json")]


def test_row_order(lines: pa.Table, base: ct.Run, tmp_path: Path) -> None:
    shuffled = lines.take(np.random.default_rng(0).permutation(lines.num_rows))
    assert outputs(ct.run(shuffled, out=tmp_path, **FEW)) == outputs(base)


def test_one_file_or_three_in_any_order(lines: pa.Table, base: ct.Run, tmp_path: Path) -> None:
    third = lines.num_rows // 3
    for name, part in (("b", lines.slice(0, third)), ("c", lines.slice(third, third)), ("a", lines.slice(2 * third))):
        pyarrow.parquet.write_table(part, tmp_path / f"{name}.parquet")
    one = ct.run(str(tmp_path / "*.parquet"), out=tmp_path / "runs", **FEW)
    other = ct.run(
        [tmp_path / "c.parquet", tmp_path / "a.parquet", tmp_path / "b.parquet"], out=tmp_path / "runs", **FEW
    )
    assert outputs(one) == outputs(other) == outputs(base)
    assert outputs(one, "model.json") == outputs(other, "model.json")


def test_names_of_customers(lines: pa.Table, base: ct.Run, tmp_path: Path) -> None:
    ids = sorted({i for i in lines["CustomerID"].to_pylist() if i is not None})
    renamed = dict(zip(ids, np.random.default_rng(1).permutation(ids).tolist(), strict=True))
    column = lines.schema.get_field_index("CustomerID")
    other = lines.set_column(
        column, "CustomerID", pa.array([renamed.get(i) for i in lines["CustomerID"].to_pylist()], pa.string())
    )
    run = ct.run(other, out=tmp_path, **FEW)
    assert outputs(run, "sweep.json", "segments.json") == outputs(base, "sweep.json", "segments.json")
    before = {row["customer_id"]: row["segment_id"] for row in base.customers("arrow").to_pylist()}
    after = {row["customer_id"]: row["segment_id"] for row in run.customers("arrow").to_pylist()}
    assert {renamed[i]: segment for i, segment in before.items()} == after


def test_unit_of_the_currency(lines: pa.Table, base: ct.Run, tmp_path: Path) -> None:
    column = lines.schema.get_field_index("UnitPrice")
    pence = lines.set_column(
        column, "UnitPrice", pc.multiply(lines["UnitPrice"].cast(pa.decimal128(18, 2)), pa.scalar(100))
    )
    run = ct.run(pence, out=tmp_path, **FEW)
    segments = [[row["segment_id"] for row in r.customers("arrow").to_pylist()] for r in (base, run)]
    assert segments[0] == segments[1]
    assert [s["name"] for s in run.segments["segments"]] == [s["name"] for s in base.segments["segments"]]
    for one, other in zip(base.sweep["candidates"], run.sweep["candidates"], strict=True):
        assert one["silhouette"] == pytest.approx(other["silhouette"], abs=1e-9)


@pytest.mark.parametrize("recipe", ["default", "notebook"])
def test_number_of_threads(lines: pa.Table, tmp_path: Path, recipe: str) -> None:
    pyarrow.parquet.write_table(lines, tmp_path / "lines.parquet")
    command = [sys.executable, "-m", "coterie", "run", str(tmp_path / "lines.parquet"), "--recipe", recipe, "--k", "4"]
    found = []
    for threads in ("1", "2"):
        out = tmp_path / threads
        limits = {f"{pool}_NUM_THREADS": threads for pool in ("OMP", "OPENBLAS", "MKL")}
        # One processor means one thread for the kernels and the engine, too.
        pin = ["taskset", "-c", "0"] if threads == "1" else []
        subprocess.run([*pin, *command, "--out", str(out), "--quiet"], env={**os.environ, **limits}, check=True)
        found.append(outputs(ct.open_run(out)))
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", ["pandas", "polars", "duckdb"])
def test_kind_of_frame(lines: pa.Table, base: ct.Run, tmp_path: Path, kind: str) -> None:
    import duckdb
    import polars

    frames = {
        "pandas": lines.to_pandas,
        "polars": lambda: polars.from_arrow(lines),
        "duckdb": lambda: duckdb.from_arrow(lines),
    }
    assert outputs(ct.run(frames[kind](), out=tmp_path, **FEW)) == outputs(base)
