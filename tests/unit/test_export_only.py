"""Customers who were chosen one by one: every list holds those and nobody else, in the order of the choice."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app
from coterie.errors import MappingError, RecipeError
from coterie.exports import EXPORTS
from web_server import ODD, publish

LISTS = [export.name for export in EXPORTS if "only" in export.options]


@pytest.fixture(scope="module")
def run(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.open_run(publish(made_runs, tmp_path_factory.mktemp("only") / "runs", "000001") / "000001")


@pytest.fixture(scope="module")
def ids(run: ct.Run) -> list[str]:
    return run.customers("arrow")["customer_id"].to_pylist()


def contacts(path: Path, ids: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("customer_id", "email", "consent"), *((one, f"a{i}@example.com", "yes") for i, one in enumerate(ids))]
        )
    return path


def listed(name: str, path: Path) -> list[str]:
    """Return the ids in a list, as they came."""
    if name == "json":
        return [row["customer_id"] for row in json.loads(path.read_bytes())["customers"]]
    if name == "parquet":
        return pyarrow.parquet.read_table(path)["customer_id"].to_pylist()
    if name == "xlsx":
        with path.open("rb") as file:
            sheet = openpyxl.load_workbook(file)["Customers"]
            return [str(row[0]) for row in sheet.iter_rows(min_row=2, values_only=True)]
    with path.open(newline="", encoding="utf-8") as file:
        return [row.get("Customer ID", row.get("customer_id", "")) for row in csv.DictReader(file)]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_the_chosen_in_their_order(name: str, run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    chosen = [ids[5], ids[70], ids[2], ids[9]]
    more = {"contacts": contacts(tmp_path / "c.csv", ids)} if "contacts" in EXPORTS[name].options else {}
    told = ct.export(run, name, tmp_path / "list", only=chosen, **more)
    assert told["counts"]["members"] == told["counts"]["written"] == 4
    if name in ("google", "meta"):
        with (tmp_path / "list").open(newline="", encoding="utf-8") as file:
            found = [row.get("Email", row.get("email")) for row in csv.DictReader(file)]
        assert found == [hashlib.sha256(f"a{ids.index(one)}@example.com".encode()).hexdigest() for one in chosen]
    else:
        assert listed(name, tmp_path / "list") == chosen


def test_the_order_of_the_choice_decides_nothing_but_the_order(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    first = ct.export(run, "csv", tmp_path / "a.csv", only=ids[:60], holdout="30%")
    second = ct.export(run, "csv", tmp_path / "b.csv", only=ids[59::-1], holdout="30%")
    assert listed("csv", tmp_path / "a.csv") == listed("csv", tmp_path / "b.csv")[::-1]
    assert 0 < first["holdout"]["customers"] == second["holdout"]["customers"]


def test_a_segment_and_a_choice_both_hold(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    of = dict(zip(ids, run.customers("arrow")["segment_id"].to_pylist(), strict=True))
    ct.export(run, "csv", tmp_path / "a.csv", only=ids[:50], segment="s1")
    assert listed("csv", tmp_path / "a.csv") == [one for one in ids[:50] if of[one] == "s1"]


@pytest.mark.parametrize("name", ["csv", "parquet", "json", "xlsx"])
def test_nobody_chosen_is_a_list_of_nobody(name: str, run: ct.Run, tmp_path: Path) -> None:
    assert ct.export(run, name, tmp_path / "list", only=[])["counts"]["members"] == 0
    assert listed(name, tmp_path / "list") == []


def test_who_is_no_customer_cannot_be_chosen(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="1 of 2 chosen customers are none of this run's") as refused:
        ct.export(run, "csv", tmp_path / "a.csv", only=[ids[0], "nobody"])
    assert refused.value.code == "foreign_customer"
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("header", ["customer_id\n", ""])
def test_a_file_of_ids_chooses_them(header: str, run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    chosen = [ids[40], "00123", "x?y#z;q=1", ids[41]]
    assert set(chosen) <= {*ids, *ODD}
    (tmp_path / "ids.csv").write_text(header + "\n".join(chosen) + "\n", encoding="utf-8")
    done = CliRunner().invoke(
        app, ["export", str(run.path), "--to", "csv", "--only", str(tmp_path / "ids.csv"), "--output", str(tmp_path / "a.csv")]
    )
    assert done.exit_code == 0, done.output
    assert listed("csv", tmp_path / "a.csv") == chosen


def test_a_file_without_ids_is_refused(run: ct.Run, tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("colour,size\nred,1\n", encoding="utf-8")
    with pytest.raises(MappingError, match="does not say which customers are chosen"):
        ct.export(run, "csv", tmp_path / "a.csv", only=tmp_path / "ids.csv")
