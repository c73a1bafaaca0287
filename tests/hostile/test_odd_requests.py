"""Odd requests of the command line: each is refused in words, and no trace of the program shows."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app
from coterie.errors import CoterieError
from shop import line, write

NOT_TEXT = ["idna", "punycode", "undefined", "UTF-8\0", "é", "../x", "hex", "rot13", "base64"]


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    prices = ["£2.50", "2.5", "3.10"]
    return write(tmp_path / "sales.csv", [line(str(i), customer=str(i % 9), price=prices[i % 3]) for i in range(40)])


@pytest.mark.parametrize("encoding", [*NOT_TEXT, "utf_16", "utf_16_le", "utf_32", "utf_7", "iso2022_jp", "hz", "ascii"])
def test_an_encoding_that_the_file_is_not_in_is_refused(sales: Path, encoding: str) -> None:
    with pytest.raises(CoterieError) as refused:
        ct.check(sales, reading={"encoding": encoding, "currency": "GBP"})
    assert refused.value.found
    assert refused.value.fix


def test_a_name_that_is_empty_is_no_folder(sales: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sales.parent)
    found = CliRunner().invoke(app, ["check", ""])
    assert found.exit_code == 1
    assert "empty" in found.output


def test_an_algorithm_that_there_is_none_of_is_refused_once(
    sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[object] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    flags = ["--currency", "GBP", "--out", str(tmp_path / "runs"), "--algorithm", "nope"]
    found = CliRunner().invoke(app, ["run", str(sales), *flags])
    assert found.exit_code == 2
    assert "There is no algorithm called 'nope'." in found.output
    for thread in threading.enumerate():
        if thread.name.endswith("(ahead)"):
            thread.join()
    assert died == []


def test_an_update_of_nothing_new_says_so_from_the_folder_of_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = ct.simulate(80, seed=1).lines
    ct.run(shop, k=2, out=tmp_path / "runs", keep_parts=True, choice={"n_bootstrap": 0, "n_months": 0, "n_splits": 0})
    pyarrow.parquet.write_table(shop, tmp_path / "again.parquet")
    monkeypatch.chdir(tmp_path)
    first = CliRunner().invoke(app, ["update", "runs", "again.parquet"])
    assert first.exit_code == 0, first.output
    second = CliRunner().invoke(app, ["update", "runs", "again.parquet"])
    assert second.exit_code == 0, second.output
    assert "stays the latest" in second.output
