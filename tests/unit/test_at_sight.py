"""Lines that stay in their files give the run that copied ones do, to the last figure."""

import datetime
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import coterie as ct
from coterie import Recipe
from coterie.cleaning import clean
from coterie.datasets import Flaws, simulate
from coterie.engines import open_engine
from coterie.sources import part, read_lines

QUICK = {
    "choice": {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 2},
    "clustering": {"n_init": 2, "k_max": 3},
}


def odd(lines: pa.Table) -> pa.Table:
    """Return lines with what a look at a line can find in them: blanks, no date, no number, a date in another century."""
    columns = {name: lines[name].to_pylist() for name in lines.column_names}
    columns["CustomerID"][3], columns["CustomerID"][5] = "  10007 ", ""
    columns["InvoiceNo"][9], columns["StockCode"][11] = " 100001", None
    columns["InvoiceDate"][13], columns["InvoiceDate"][17] = None, datetime.datetime(2199, 1, 1)
    columns["InvoiceDate"][19] = datetime.datetime(1950, 1, 1)
    prices = np.array(columns["UnitPrice"], dtype=float)
    prices[[23, 29, 31]] = np.nan, np.inf, 3e9
    columns["UnitPrice"] = prices
    columns["Quantity"][37] = 0
    columns["reason"] = ["a column of the source's own"] * len(lines)
    return pa.table(columns)


@pytest.fixture(params=["as it comes", "odd", "two files"])
def files(request, tmp_path):
    lines = simulate(400, seed=3, flaws=Flaws(duplicates=0.05)).lines
    if request.param != "as it comes":
        lines = odd(lines)
    if request.param == "two files":
        halves = tmp_path / "a.parquet", tmp_path / "b.parquet"
        pq.write_table(lines.slice(0, 20_000), halves[0])
        pq.write_table(lines.slice(20_000), halves[1])
        return [*halves]
    pq.write_table(lines, tmp_path / "lines.parquet")
    return [tmp_path / "lines.parquet"]


def test_a_run_is_the_same(files, tmp_path, monkeypatch):
    copied = ct.run(files, out=tmp_path / "copied", keep_lines=True, keep_parts=True, **QUICK)
    monkeypatch.setattr(part, "MANY", 1)
    lying = ct.run(files, out=tmp_path / "lying", keep_lines=True, keep_parts=True, **QUICK)
    names = sorted(file.name for file in copied.path.iterdir())
    assert names == sorted(file.name for file in lying.path.iterdir())
    told = ("customers.csv", "lines.csv", "ledger.json", "segments.json", "sweep.json", "model.json")
    assert {*told} < {*names}
    for name in told:
        assert (copied.path / name).read_bytes() == (lying.path / name).read_bytes(), name
    for name in (name for name in names if name.endswith(".parquet")):
        one, other = (pq.read_table(run.path / name) for run in (copied, lying))
        assert one.column_names == other.column_names
        # Whether a column can be NULL is told from statistics, and a view has none; and not a number is not equal to itself.
        rows, same = ([repr(row) for row in table.to_pylist()] for table in (one, other.cast(one.schema)))
        if name == "figures.parquet" or name.startswith(("lines-", "rows-")):  # They are in no order.
            rows, same = sorted(rows), sorted(same)
        assert rows == same, name
    one, other = (json.loads((run.path / "manifest.json").read_text()) for run in (copied, lying))
    assert [one[key] for key in ("inputs", "mapping", "notes", "warnings")] == [
        other[key] for key in ("inputs", "mapping", "notes", "warnings")
    ]


def test_nothing_is_copied(files, monkeypatch):
    monkeypatch.setattr(part, "MANY", 1)
    recipe = Recipe.load("default")
    with open_engine() as engine:
        lines = read_lines(engine, files, recipe)
        cleaned = clean(engine, lines, recipe)
        assert cleaned.ledger.balances()
        views = {name for (name,) in engine.rows("SELECT view_name FROM duckdb_views() WHERE NOT internal")}
        assert {lines.table, lines.beside, cleaned.table, cleaned.marks} <= views


def test_an_engine_cleans_copied_and_lying_lines_in_turn(files, monkeypatch):
    recipe, ledgers = Recipe.load("default"), []
    with open_engine() as engine:
        for many in (1, 10**9, 1):
            monkeypatch.setattr(part, "MANY", many)
            ledgers.append(clean(engine, read_lines(engine, files, recipe), recipe).ledger)
    assert ledgers[0] == ledgers[1] == ledgers[2]


def test_dates_as_text_are_copied(tmp_path, monkeypatch):
    monkeypatch.setattr(part, "MANY", 1)
    lines = simulate(300, seed=3).lines
    texts = pa.array([str(moment) for moment in lines["InvoiceDate"].to_pylist()])
    pq.write_table(lines.set_column(4, "InvoiceDate", texts), tmp_path / "texts.parquet")
    with open_engine() as engine:
        assert read_lines(engine, tmp_path / "texts.parquet", Recipe.load("default")).beside is None
