"""An update by its commands: what is published, what is refused, and what a kill leaves behind."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app
from coterie.document import encode, seal
from coterie.errors import RunError
from shop import line, write

QUICK = {
    "clustering": {"k_max": 4, "n_init": 2},
    "choice": {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False},
}
FIGURES = (
    "customer_id", "total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days", "recency_days", "country",
    "tenure_days", "orders_per_month", "median_days_between_orders", "return_rate", "first_order_date", "last_order_date",
    "rfm_recency", "rfm_group", "at_risk",
)  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> pa.Table:
    return ct.simulate(150, seed=3).lines


@pytest.fixture(scope="module")
def halves(lines: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Every third line is delivered late, so that returns come apart from their sales, either way round."""
    late = np.arange(lines.num_rows) % 3 == 1
    return lines.filter(pa.array(~late)), lines.filter(pa.array(late))


@pytest.fixture(scope="module")
def base(halves: tuple[pa.Table, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    first = ct.run(halves[0], out=tmp_path_factory.mktemp("runs"), keep_parts=True, k=3, **QUICK)
    return ct.rename(first, "s1", "Our best", reason="Ours.", by="Ada")


@pytest.fixture(scope="module")
def updated(base: ct.Run, halves: tuple[pa.Table, pa.Table]) -> ct.Run:
    return ct.update(base.path.parent, halves[1])


def test_the_customers_are_those_of_a_full_run(updated: ct.Run, halves, tmp_path: Path) -> None:
    full = ct.run(list(halves), out=tmp_path, k=3, **QUICK)
    one, other = (run.customers("arrow").select(FIGURES).to_pylist() for run in (updated, full))
    assert one == other
    assert updated.manifest["as_of"] == full.manifest["as_of"]
    for key in ("lines", "money", "fully_returned", "period", "without_value"):
        assert updated.ledger[key] == full.ledger[key]


def test_the_model_is_frozen_and_its_names_stay(base: ct.Run, updated: ct.Run) -> None:
    assert updated.model.document == base.model.document
    assert updated.segments["segments"][0]["name"] == "Our best"
    found, customers = updated.model.segments, updated.customers("arrow")
    columns = {name: customers[name].cast(pa.float64()).to_numpy() for name in updated.model.features}
    assert customers["segment"].to_pylist() == updated.model.assign(columns).segment
    assert [one["segment_id"] for one in found] == [one["segment_id"] for one in updated.segments["segments"]]
    assert sum(one["customers"] for one in updated.segments["segments"]) == updated.segments["population"]["customers"]
    assert updated.sweep["inherited_from"] == base.number
    assert updated.sweep["candidates"] == base.sweep["candidates"]
    assert (updated.path.parent / "latest").read_text() == updated.number + "\n"


def test_reasons_that_were_given_before_are_those_that_would_be_given_now(updated: ct.Run, tmp_path: Path) -> None:
    few = ct.simulate(50, seed=5).lines.slice(0, 60)
    one, other = tmp_path / "one", tmp_path / "other"
    for root in (one, other):
        shutil.copytree(updated.path, root / updated.number)
    manifest = json.loads((other / updated.number / "manifest.json").read_text(encoding="utf-8")) | {"versions": {"coterie": "0"}}
    # What another version said is said anew.
    (other / updated.number / "manifest.json").write_bytes(encode(seal(manifest)))
    after, anew = (ct.update(root, few) for root in (one, other))
    assert 0 < after.manifest["update"]["customers_touched"] < after.customers("arrow").num_rows // 2
    for name in ("customers.csv", "segments.json"):
        assert after.file(name).read_bytes() == anew.file(name).read_bytes()
    assert after.customers("arrow").equals(anew.customers("arrow"))


def test_the_deltas_are_those_of_a_comparison(base: ct.Run, updated: ct.Run) -> None:
    told, compared = updated.manifest["update"], ct.compare(base, updated)
    assert {key: told[key] for key in ("new", "gone", "moved", "stayed")}.items() <= compared.counts.items()
    assert sum(cell["customers"] for cell in told["cells"]) == updated.customers("arrow").num_rows + told["gone"]
    before = dict(zip(*(base.customers("arrow")[name].to_pylist() for name in ("customer_id", "segment")), strict=True))
    customers = updated.customers("arrow")
    for one, previous in zip(customers["customer_id"].to_pylist(), customers["previous_segment"].to_pylist(), strict=True):
        assert previous == before.get(one)
    assert 0 < told["moved"] < told["stayed"]


def test_what_was_delivered_before_changes_nothing(updated: ct.Run, halves) -> None:
    again = ct.update(updated.path.parent, halves[1])
    assert again.path == updated.path
    assert "same content" in again.warnings[-1]


def test_the_report_of_an_update_says_what_is_inherited(updated: ct.Run) -> None:
    assert "as they were found" in updated.manifest["notes"][-1]
    assert "Our best" in updated.file("report.html").read_text("utf-8")


SALES = [
    line(str(i), quantity=1 + i % 7, date=f"2011-{1 + i % 9:02d}-{13 + i % 9:02d} 10:00:00", customer=str(100 + i % 12))
    for i in range(90)
]


def told(*arguments: object) -> object:
    ran = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    return json.loads(ran.stdout or ran.stderr)


def test_the_command_reads_the_date_as_it_was_read_and_says_what_is_new(tmp_path: Path) -> None:
    def british(rows: list) -> list:
        return [(*row[:4], f"{row[4][8:10]}/{row[4][5:7]}/{row[4][:4]} {row[4][11:16]}", *row[5:]) for row in rows]

    first = write(tmp_path / "first.csv", british(SALES))
    second = write(tmp_path / "second.csv", british([line("900", date="2011-10-04 10:00:00", customer="new")]))
    runs = tmp_path / "runs"
    ct.run(first, out=runs, keep_parts=True, k=2, **QUICK)
    found = told("update", runs, second)
    # On its own, 04/10/2011 could be a day of April.
    assert found["as_of"] == "2011-10-05"
    assert (found["update"]["new"], found["update"]["lines"]) == (1, 1)
    again = told("update", runs, second)
    assert (again["run"], again["update"]) == (found["run"], None)
    third = write(tmp_path / "third.csv", british([line("901", date="2011-10-05 10:00:00", customer="new")]))
    shown = CliRunner().invoke(app, ["update", str(runs), str(third)])
    assert "1 new lines touched 1 customers" in shown.output


@pytest.mark.parametrize(
    ("rows", "header", "code"),
    [
        ([line("900", date="10/31/2011 10:00")], None, "read_otherwise"),
        ([line("900", price="1.234,50"), line("901", price="2,50")], ("a", *"bcdefgh"), "columns"),
    ],
)
def test_what_would_be_read_otherwise_is_refused(tmp_path: Path, rows, header, code: str) -> None:
    runs = tmp_path / "runs"
    ct.run(write(tmp_path / "first.csv", SALES), out=runs, keep_parts=True, k=2, **QUICK)
    other = write(tmp_path / "other.csv", rows, *([header] if header else []))
    with pytest.raises(ct.CoterieError) as refusal:
        ct.update(runs, other)
    assert refusal.value.code in (code, "unknown_column", "mapping")
    assert (runs / "latest").read_text() == "000001\n"
    assert sorted(one.name for one in runs.iterdir() if one.name.startswith("0")) == ["000001"]


def test_a_run_without_parts_and_a_run_that_is_not_the_latest_are_refused(tmp_path: Path, updated: ct.Run, base: ct.Run) -> None:
    ct.run(write(tmp_path / "first.csv", SALES), out=tmp_path / "runs", k=2, **QUICK)
    with pytest.raises(RunError, match="keeps no parts"):
        ct.update(tmp_path / "runs", write(tmp_path / "b.csv", SALES[:3]))
    with pytest.raises(RunError, match="is not the latest"):
        ct.update(base.path, write(tmp_path / "b.csv", SALES[:3]))


@pytest.mark.parametrize("stage", ["reading", "cleaning", "features", "publishing"])
def test_a_kill_leaves_the_old_run_and_the_next_update_works(tmp_path: Path, stage: str) -> None:
    runs, new = tmp_path / "runs", write(tmp_path / "new.csv", [line("900", date="2011-10-04 10:00:00", customer="new")])
    ct.run(write(tmp_path / "first.csv", SALES), out=runs, keep_parts=True, k=2, **QUICK)
    script = (
        "import sys, coterie as ct\n"
        "def told(stage, done, total):\n"
        "    if stage == sys.argv[3]:\n        print('there', flush=True)\n        sys.stdin.read()\n"
        "ct.update(sys.argv[1], sys.argv[2], progress=told)\n"
    )
    command = [sys.executable, "-c", script, str(runs), str(new), stage]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"there\n"
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait(10)
    assert ct.open_run(runs).number == "000001"
    after = ct.update(runs, new)
    assert after.manifest["update"]["new"] == 1
    assert not list(runs.glob(".0*"))
    assert ct.open_run(runs).path == after.path


def test_earlier_lines_are_linked_and_quarantined_ones_stay_byte_for_byte(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    nobody = [line(f"80{i}", customer="", date="2011-02-13 10:00:00") for i in range(5)]
    base = ct.run(write(tmp_path / "first.csv", [*SALES, *nobody]), out=runs, keep_parts=True, k=2, **QUICK)
    after = ct.update(runs, write(tmp_path / "second.csv", [*nobody[:2], line("900", date="2011-10-04 10:00:00", customer="new")]))
    for name in ("lines-000001.parquet", "rows-000001.parquet"):
        assert after.file(name).samefile(base.file(name))
    earlier, now = (run.file("quarantine.parquet").read_bytes() for run in (base, after))
    blocks = len(earlier) - 8 - int.from_bytes(earlier[-8:-4], "little")
    assert now[:blocks] == earlier[:blocks]
    found = pyarrow.parquet.read_table(after.file("quarantine.parquet"))
    assert found["InvoiceNo"].to_pylist() == ["800", "801", "802", "803", "804", "800", "801"]
    assert found["source_file"].to_pylist() == ["first.csv"] * 5 + ["second.csv"] * 2


def test_an_earlier_line_that_joins_the_quarantine_has_its_place_there_by_its_number(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    nobody = [line(f"80{i}", customer="", date="2011-02-13 10:00:00") for i in range(2)]
    ct.run(write(tmp_path / "first.csv", [nobody[0], *SALES, nobody[1]]), out=runs, keep_parts=True, k=2, **QUICK)
    after = ct.update(runs, write(tmp_path / "second.csv", [line("7", date="2011-10-04 10:00:00", customer="another")]))
    found = pyarrow.parquet.read_table(after.file("quarantine.parquet"))
    assert found["InvoiceNo"].to_pylist() == ["800", "7", "801", "7"]
    assert found["reason"].to_pylist() == ["missing_customer", "invoice_conflict", "missing_customer", "invoice_conflict"]
    assert after.manifest["parts"]["changes"] == ["000002"]


def test_parts_of_another_layout_are_refused(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    made = ct.run(write(tmp_path / "first.csv", SALES), out=runs, keep_parts=True, k=2, **QUICK)
    manifest = json.loads((made.path / "manifest.json").read_text(encoding="utf-8"))
    manifest["parts"]["layout"] = 1
    (made.path / "manifest.json").write_bytes(encode(seal(manifest)))
    with pytest.raises(RunError, match="keeps no parts to which lines could be added") as refusal:
        ct.update(runs, write(tmp_path / "second.csv", SALES[:2]))
    assert "another version" in refusal.value.found


def test_the_real_file_in_two_deliveries(online_retail: Path, tmp_path: Path) -> None:
    with gzip.open(online_retail, "rt", encoding="utf-8-sig") as file:
        header, *records = file.read().splitlines(keepends=True)
    cut = len(records) * 98 // 100
    parts = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, own in zip(parts, (records[:cut], records[cut:]), strict=True):
        path.write_text(header + "".join(own), encoding="utf-8")
    ct.run(parts[0], out=tmp_path / "runs", keep_parts=True, k=4, **QUICK)
    after = ct.update(tmp_path / "runs", parts[1])
    full = ct.run(parts, out=tmp_path / "full", k=4, **QUICK)
    assert after.ledger == full.ledger
    for name in ("orders.parquet", "quarantine.parquet"):
        one, other = (pyarrow.parquet.read_table(run.file(name)) for run in (after, full))
        assert one.cast(other.schema).equals(other)
    one, other = (run.customers("arrow").select(FIGURES) for run in (after, full))
    assert one.cast(other.schema).equals(other)
