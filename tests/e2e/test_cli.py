"""The commands as a user types them, in processes of their own."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

import coterie as ct
from shop import line, write

PYTHON = [sys.executable, "-m", "coterie"]


def coterie(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PYTHON, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    pyarrow.csv.write_csv(ct.simulate(300, seed=5).lines, path)
    return path


@pytest.fixture(scope="module")
def runs(sales: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "runs"
    done = coterie("run", sales, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (out / "said.json").write_text(done.stdout)
    return out


def test_json_of_run_has_the_documented_shape(runs: Path) -> None:
    said = json.loads((runs / "said.json").read_text())
    assert list(said) == [
        "schema",
        "run",
        "path",
        "recipe",
        "as_of",
        "lines",
        "customers",
        "fully_returned",
        "n_clusters",
        "chosen_by",
        "verdict",
        "why",
        "candidates",
        "segments",
        "warnings",
        "notes",
    ]
    assert said["schema"] == 1
    assert said["run"] == "000001"
    assert said["lines"].keys() == {"read", "kept", "merged", "netted", "quarantined"}
    assert [c["n_clusters"] for c in said["candidates"]] == list(range(2, 11))
    for candidate in said["candidates"]:
        assert candidate.keys() == {
            "n_clusters",
            "silhouette",
            "silhouette_macro",
            "inertia",
            "calinski_harabasz",
            "davies_bouldin",
            "smallest_share",
            "seed_ari",
            "passed",
            "why",
        }
    for segment in said["segments"]:
        assert segment.keys() == {"cluster", "name", "customers", "share", "revenue", "revenue_share"}
    assert sum(s["customers"] for s in said["segments"]) == said["customers"]


def test_show_prints_the_same_json_and_a_table(runs: Path) -> None:
    said = json.loads((runs / "said.json").read_text())
    assert json.loads(coterie("show", runs / "latest", "--json").stdout) == said
    shown = coterie("show", runs)
    assert all(segment["name"] in shown.stdout for segment in said["segments"])
    assert shown.stderr.rstrip().endswith("report.html")


def test_check_writes_nothing_and_shows_the_mapping(sales: Path, tmp_path: Path) -> None:
    done = coterie("check", sales, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert {m["column"]: m["source"] for m in found["mapping"]}["customer_id"] == "CustomerID"
    assert found["refused"] is None
    assert found["customers"] == 300
    assert list(tmp_path.iterdir()) == []
    plain = coterie("check", sales, cwd=tmp_path)
    assert "Nothing was written" in plain.stderr
    assert "missing_customer" in plain.stdout


def test_assign_takes_features_and_lines_alike(sales: Path, runs: Path, tmp_path: Path) -> None:
    customers = pyarrow.parquet.read_table(runs / "000001" / "customers.parquet").to_pylist()
    expected = {row["customer_id"]: row["segment"] for row in customers}
    for source in (sales, runs / "000001" / "customers.csv", runs / "000001" / "customers.parquet"):
        done = coterie("assign", runs / "latest", source, "--json")
        assert done.returncode == 0, done.stderr
        assert {row["customer_id"]: row["segment"] for row in json.loads(done.stdout)["customers"]} == expected
    done = coterie("assign", runs / "latest", sales, "--output", tmp_path / "who.parquet")
    assert done.stdout == ""
    assert pyarrow.parquet.read_table(tmp_path / "who.parquet").num_rows == len(expected)
    header = coterie("assign", runs / "latest", sales).stdout.splitlines()[0]
    assert header == (
        "customer_id,total_orders,total_quantity,total_spend,avg_order_value,active_days,cluster,segment_id,segment,"
        "distance,margin,out_of_range"
    )


def test_a_joblib_export_works_in_a_process_without_coterie(runs: Path, tmp_path: Path) -> None:
    assert (
        coterie("export", runs / "latest", "--to", "joblib", "--output", tmp_path / "behavior_model.pkl").returncode
        == 0
    )
    run = ct.open_run(runs)
    frame = run.customers("pandas").dropna(subset=["cluster"])
    np.save(tmp_path / "features.npy", frame[run.model.features].to_numpy(dtype=float))
    script = (
        "import sys, json, joblib, numpy\nmodel = joblib.load('behavior_model.pkl')\n"
        "assert not any(name.split('.')[0] == 'coterie' for name in sys.modules)\n"
        "print(json.dumps([model.coterie_features_, model.predict(numpy.load('features.npy')).tolist()]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    names, labels = json.loads(done.stdout)
    assert names == run.model.features
    assert labels == frame["cluster"].astype(int).tolist()


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_other_exports(runs: Path, tmp_path: Path, form: str) -> None:
    done = coterie("export", runs, "--to", form, "--json", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert (tmp_path / said["path"]).stat().st_size == said["bytes"] > 1000


@pytest.mark.parametrize("command", ["features", "rules", "metrics", "recipes"])
def test_what_is_registered_is_listed(command: str) -> None:
    entries = json.loads(coterie(command, "--json").stdout)[command]
    plain = coterie(command).stdout
    assert entries
    assert all(entry["name"] in plain for entry in entries)


def test_a_printed_recipe_can_be_used(sales: Path, tmp_path: Path) -> None:
    text = coterie("recipes", "default").stdout
    (tmp_path / "mine.toml").write_text(text.replace("k_max = 10", "k_max = 4").replace("n_init = 20", "n_init = 2"))
    done = coterie("run", sales, "--recipe", tmp_path / "mine.toml", "--out", tmp_path / "runs", "--json")
    assert len(json.loads(done.stdout)["candidates"]) == 3


def test_flags_reach_the_recipe(sales: Path, tmp_path: Path) -> None:
    done = coterie(
        "run", sales, "--k", 3, "--as-of", "2025-06-01", "--out", tmp_path, "--map", "country=Country", "--json"
    )
    said = json.loads(done.stdout)
    assert (said["n_clusters"], said["chosen_by"], said["as_of"]) == (3, "user", "2025-06-01")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "nothing.csv"], 1),
        (["run"], 2),
        (["run", "x.csv", "--k", "one"], 2),
        (["run", "x.csv", "--recipe", "nonsense"], 2),
        (["run", "x.csv", "--map", "customer"], 2),
        (["run", "x.csv", "--map", "client=Client"], 2),
        (["run", "x.csv", "--as-of", "yesterday"], 2),
        (["run", "x.csv", "--decimal", ";"], 2),
        (["show", "nothing"], 1),
        (["assign", "nothing", "x.csv"], 1),
        (["export", "nothing", "--to", "joblib"], 1),
        (["export", "nothing", "--to", "word"], 2),
        (["sing"], 2),
    ],
)
def test_what_goes_wrong_has_its_exit_code_and_words(arguments: list[str], code: int, tmp_path: Path) -> None:
    done = coterie(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    if code == 1:
        assert "Found:" in done.stderr
        assert "Fix:" in done.stderr


def test_a_refusal_in_json_is_json(tmp_path: Path) -> None:
    done = coterie("show", "nothing", "--json", cwd=tmp_path)
    assert done.stdout == ""
    assert json.loads(done.stderr).keys() == {"error", "wrong", "found", "fix"}


def test_quiet_says_nothing(sales: Path, tmp_path: Path) -> None:
    done = coterie("run", sales, "--quiet", "--out", tmp_path, "--recipe", "notebook")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_demo_needs_no_file(tmp_path: Path) -> None:
    done = coterie("demo", "--customers", 200, "--json", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert (tmp_path / said["path"] / "report.html").is_file()


def test_a_formula_in_a_name_leaves_harmless(tmp_path: Path) -> None:
    rows = [
        line(
            str(i),
            quantity=1 + i,
            price=f"{1 + i / 7:.2f}",
            customer=f"=cmd|' /C calc'!A{i}",
            product=f"P{i % 5}",
            date=f"2011-0{1 + i % 9}-01 10:00:00",
        )
        for i in range(60)
    ]
    assert coterie("run", write(tmp_path / "s.csv", rows), "--out", tmp_path / "runs", "--json").returncode == 0
    text = (tmp_path / "runs" / "000001" / "customers.csv").read_text().splitlines()
    assert all(row.startswith("'=cmd") for row in text[1:])


def test_a_terminal_sees_progress_and_ctrl_c_leaves_no_run(sales: Path, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*PYTHON, "run", str(sales), "--out", str(tmp_path / "runs")], stdout=subprocess.PIPE, stderr=slave
    )
    os.close(slave)
    deadline = time.monotonic() + 60
    seen = b""
    while b"clustering" not in seen and time.monotonic() < deadline:
        seen += os.read(master, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    os.close(master)
    assert process.stdout is not None
    process.stdout.close()
    assert b"reading" in seen
    assert sorted(e.name for e in (tmp_path / "runs").iterdir()) == [".lock"]
