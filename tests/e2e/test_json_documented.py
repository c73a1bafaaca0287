"""docs/json.md names every key that commands print and files hold, and no other."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text("utf-8")
QUICK = {
    "clustering": {"k_max": 4, "n_init": 2},
    "choice": {"n_bootstrap": 2, "n_seeds": 1, "n_splits": 2, "n_months": 2, "n_null": 1},
    "value": {"fewest_repeaters": 10, "total_within": 10},
}


def documented(title: str) -> dict[str, None]:
    """Return the keys in the tables of a section, in order."""
    section = re.split(r"^#+ ", PAGE.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return dict.fromkeys(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def keys(data: Any, known: dict[str, None], told_elsewhere: tuple[str, ...] = (), path: str = "") -> Iterator[str]:
    """Yield the key paths of a document; names that depend on the data become the ``<...>`` that is documented there."""
    if isinstance(data, list):
        for item in data:
            yield from keys(item, known, told_elsewhere, f"{path}[]")
    elif isinstance(data, dict):
        below = f"{path}." if path else ""
        names = [name for name in known if re.fullmatch(re.escape(below) + "<[^>.]+>", name)]
        for key, value in data.items():
            whole = below + key
            if whole not in known and names:
                whole = names[0]
            yield whole
            if whole not in told_elsewhere:
                yield from keys(value, known, told_elsewhere, whole)


def agree(title: str, *documents: Any, told_elsewhere: tuple[str, ...] = ()) -> None:
    known = documented(title)
    found = {key for one in documents for key in keys(one, known, told_elsewhere)}
    assert sorted(found) == sorted(known)


def said(*arguments: object) -> Any:
    return json.loads(CliRunner().invoke(app, [*map(str, arguments), "--json"]).stdout)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.run(ct.simulate(200, seed=5).lines, out=tmp_path_factory.mktemp("runs"), keep_lines=True, **QUICK)


@pytest.fixture(scope="module")
def renamed(run: ct.Run) -> ct.Run:
    return ct.rename(run, "s1", "Loyal", reason="Ours.", by="Ada")


@pytest.fixture(scope="module")
def like(renamed: ct.Run) -> ct.Run:
    return ct.run(ct.simulate(200, seed=6).lines, out=renamed.path.parent, keep_lines=True, like=renamed, **QUICK)


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    lines = ct.simulate(200, seed=5).lines
    out = tmp_path_factory.mktemp("updated")
    ct.run(lines.slice(0, lines.num_rows - 500), out=out, keep_parts=True, **QUICK)
    return ct.update(out, lines.slice(lines.num_rows - 500))


def read(run: ct.Run, name: str) -> Any:
    return json.loads((run.path / name).read_text())


def test_run_and_show(run: ct.Run) -> None:
    agree("run, show, demo", said("show", run.path))


def test_check(run: ct.Run) -> None:
    found = said("check", run.path / "lines.csv")
    agree("check", found, told_elsewhere=("ledger", "refused"))
    ledger = documented("ledger.json").keys() - {"fully_returned"}
    assert set(keys(found["ledger"], documented("ledger.json"))) <= ledger
    assert found["ledger"].keys() == {key for key in ledger if not re.search(r"[.\[]", key)}


def test_init(run: ct.Run, tmp_path: Path) -> None:
    agree("init", said("init", run.path / "lines.csv", "--output", tmp_path / "coterie.toml"), told_elsewhere=("refused",))


def test_assign(run: ct.Run) -> None:
    found = said("assign", run.path, run.path / "customers.parquet")
    agree("assign", found)
    shown = [key.removeprefix("customers[].") for key in documented("assign") if key.startswith("customers[]")]
    expected = [name for key in shown for name in (run.model.features if key == "<feature>" else [key])]
    assert list(found["customers"][0]) == expected


def test_rename(run: ct.Run, tmp_path: Path) -> None:
    agree("rename", said("rename", run.path, "s1", "Loyal", "--reason", "Ours.", "--out", tmp_path))


def test_update(updated: ct.Run, tmp_path: Path) -> None:
    lines = ct.simulate(60, seed=5).lines
    cut, out = lines.num_rows // 2, tmp_path / "runs"
    ct.run(lines.slice(0, cut), out=out, keep_parts=True, k=2, **QUICK)
    pyarrow.parquet.write_table(lines.slice(cut), tmp_path / "new.parquet")
    agree("update", said("update", out, tmp_path / "new.parquet"))
    again = said("update", out, tmp_path / "new.parquet")
    assert (again["updated_from"], again["update"]) == (None, None)
    parts = set(documented("Parts"))
    shown = {name.replace("000002", "000001") if name[:4] in ("line", "rows") else name for name in updated.manifest["outputs"]}
    assert parts <= shown
    assert updated.customers("arrow").column_names[-1] == "previous_segment"


def test_compare(run: ct.Run, renamed: ct.Run) -> None:
    agree("compare", said("compare", run.path, renamed.path))


def test_explain(run: ct.Run) -> None:
    ids = [one["customer_id"] for one in run.customers("arrow").to_pylist()]
    found = said("explain", run.path, *ids[:60])
    agree("explain", found)
    assert [one["customer_id"] for one in found["customers"]] == ids[:60]


def test_export(run: ct.Run, tmp_path: Path) -> None:
    found = said("export", run.path, "--to", "json", "--output", tmp_path / "all.json")
    written = json.loads((tmp_path / "all.json").read_text())
    agree("export", found, *({key: None} for key in documented("export") if key in written))
    assert written.keys() == {"schema", "run", "segments", "customers"}


def test_report(run: ct.Run, tmp_path: Path) -> None:
    agree("report", said("report", run.path, "--output", tmp_path / "report.md"))


def test_lists() -> None:
    lists = [said(name) for name in ("features", "rules", "metrics", "recipes")]
    agree("features, rules, metrics, recipes", *lists, said("recipes", "default"), told_elsewhere=("recipe",))


def test_refusals(tmp_path: Path) -> None:
    agree("Refusals", json.loads(CliRunner().invoke(app, ["show", str(tmp_path), "--json"]).stderr))


@pytest.mark.parametrize("name", ["manifest.json", "ledger.json", "sweep.json", "segments.json", "model.json"])
def test_files(run: ct.Run, renamed: ct.Run, like: ct.Run, updated: ct.Run, name: str) -> None:
    agree(name, *(read(one, name) for one in (run, renamed, like, updated)), told_elsewhere=("recipe", "rules.tree"))


def test_tables(run: ct.Run) -> None:
    recipe = run.manifest["recipe"]["features"]
    features = [*recipe["use"], *recipe["profile"]]
    with (run.path / "customers.csv").open(newline="") as file:
        written = next(csv.reader(file))
    assert written == pyarrow.parquet.read_schema(run.path / "customers.parquet").names
    own = list(documented("customers.csv and customers.parquet"))
    assert written == [own[0], *features, *own[2:]]
    quarantine = pyarrow.parquet.read_schema(run.path / "quarantine.parquet").names
    assert quarantine[-4:] == list(documented("quarantine.parquet"))
    assert pyarrow.parquet.read_schema(run.path / "orders.parquet").names == list(documented("orders.parquet"))
    with (run.path / "lines.csv").open(newline="") as file:
        assert next(csv.reader(file)) == list(documented("lines.csv"))
    assert set(run.manifest["outputs"]) | {"manifest.json"} == set(re.findall(r"\b\w+\.(?:json|parquet|csv|html)", " ".join(
        re.findall(r"^## (.+)$", PAGE, re.MULTILINE))))
