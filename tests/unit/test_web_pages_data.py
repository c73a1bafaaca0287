"""Data in the browser: the ledger, the lines that were set aside however many, and the run's files, byte for byte."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from resealed import replace, reseal
from web_server import Served, publish, serving

SCRIPT = "<script>alert(1)</script>"
HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "＝1", "-2+3", "-5", SCRIPT, "\x1b[2J\u202e", None)
"""Cells that a spreadsheet, a page or a terminal would take for something else."""
PART = 40
"""Lines in each of the parts that the hostile file is written in."""


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path_factory.mktemp("ledger") / "runs", "000001", "000002")) as served:
        yield served


@pytest.fixture(scope="module")
def hostile(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a run whose quarantine has every hostile cell, a column called reason, types of its own, and several parts."""
    runs = publish(made_runs, tmp_path_factory.mktemp("aside") / "runs", "000001")
    reasons = ["missing_customer", "unmatched_return"]
    rows = [
        {
            "=A1": HOSTILE[place % len(HOSTILE)],
            "reason": "theirs",
            "when": datetime.datetime(2011, 12, 9, 12, 50),
            "units": -place,
            # The first part has none of the second reason.
            "reason_": reasons[place >= PART and place % 3 == 0],
            "source_file": "sales.csv",
            "source_line": place + 2,
            "source_text": "x" * 5000 if place == 1 else None,
        }
        for place in range(3 * PART)
    ]
    file = runs / "000001" / "quarantine.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file, row_group_size=PART)
    reseal(runs / "000001", "quarantine.parquet")
    with serving(runs) as served:
        yield served


def page(shop: Served, address: str) -> str:
    answer = shop.get(address, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def published(shop: Served, run: str = "000002") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(shop.runs / run / "quarantine.parquet").to_pylist()
    return rows


def walked(shop: Served, query: str = "") -> list[list[str]]:
    """Return the lines of every page."""
    found: list[list[str]] = []
    following = f"/data/lines{query}"
    while following:
        told = shop.get(following.replace("/data/lines", "/data/lines.json", 1)).json()
        found += told["lines"]
        following = told["next"]
    assert len(found) == told["total"]
    return found


def test_the_ledger_is_the_file(shop: Served) -> None:
    ledger = json.loads((shop.runs / "000002" / "ledger.json").read_text())
    told = shop.get("/data.json").json()["quality"]
    as_number = {fate["key"]: int(fate["lines"].replace(",", "")) for fate in told["fates"]}
    assert as_number == {key: ledger["lines"][key] for key in as_number}
    assert int(told["read"]["lines"].replace(",", "")) == ledger["lines"]["read"]
    assert {rule["name"]: rule["fix"] for rule in told["rules"]} == {
        rule["rule"]: rule["fix"] for rule in ledger["rules"] if rule["lines"]
    }


def test_a_rule_that_sets_lines_aside_leads_to_them_and_no_other_does(shop: Served) -> None:
    text = page(shop, "/data")
    links = dict(re.findall(r'<a href="(/data/lines\?reason=(\w+))">', text))
    ledger = json.loads((shop.runs / "000002" / "ledger.json").read_text())
    aside = {rule["rule"]: rule["lines"] for rule in ledger["rules"] if rule["outcome"] == "quarantined" and rule["lines"]}
    assert set(links.values()) == set(aside)
    for address, reason in links.items():
        assert shop.get(address.replace("lines?", "lines.json?")).json()["total"] == aside[reason]


def test_every_page_together_is_the_file_in_its_order(shop: Served) -> None:
    rows = published(shop)
    assert len(rows) > 50
    assert [(line[0], int(line[1])) for line in walked(shop)] == [(row["source_file"], row["source_line"]) for row in rows]


@pytest.mark.parametrize("reason", [None, "missing_customer", "unmatched_return"])
def test_the_download_and_the_pages_are_the_same_lines(hostile: Served, reason: str | None) -> None:
    query = f"?reason={reason}" if reason else ""
    rows = [row for row in published(hostile, "000001") if reason in (None, row["reason_"])]
    header, *loaded = csv.reader(io.StringIO(hostile.get(f"/data/lines.csv{query}").text))
    assert header == ["'=A1", *list(rows[0])[1:]]
    assert [line[header.index("source_line")] for line in loaded] == [str(row["source_line"]) for row in rows]
    assert [line[1] for line in walked(hostile, query)] == [str(row["source_line"]) for row in rows]


def test_a_cell_of_the_download_is_guarded_and_a_number_stays_a_number(hostile: Served) -> None:
    loaded = list(csv.DictReader(io.StringIO(hostile.get("/data/lines.csv").text)))
    cells = [row["'=A1"] for row in loaded[: len(HOSTILE)]]
    assert cells[:8] == ["'=1+1", "'+cmd|' /C calc'!A0", "'@SUM(A1)", "'\t=1", "'＝1", "'-2+3", "-5", SCRIPT]
    assert cells[9] == ""
    assert loaded[3]["units"] == "-3"
    assert loaded[0]["when"] == "2011-12-09T12:50:00"
    assert loaded[1]["source_text"] == "x" * 5000


def test_a_cell_of_the_page_is_text_and_cut_where_it_is_long(hostile: Served) -> None:
    text = page(hostile, "/data/lines")
    assert "<script>alert" not in text
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in text
    assert "<bdi>␛[2J" in text
    assert f"<bdi>{'x' * 200}…</bdi>" in text


def test_the_lines_that_are_passed_over_are_those_before(hostile: Served) -> None:
    rows = [row for row in published(hostile, "000001") if row["reason_"] == "missing_customer"]
    told = hostile.get("/data/lines.json?reason=missing_customer&page=2").json()
    assert [int(line[1]) for line in told["lines"]] == [row["source_line"] for row in rows[50:100]]
    assert told["place"] == f"51–{len(rows)} of {len(rows)}"
    assert told["previous"] == "/data/lines?reason=missing_customer"
    assert told["next"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("reason=duplicate", "unknown_reason"),
        ("reason=none", "unknown_reason"),
        ("reason=%27%20OR%201=1--", "unknown_reason"),
        ("reason=%3Cscript%3E", "unknown_reason"),
        ("reason=%00", "unknown_reason"),
        ("page=0", "bad_page"),
        ("page=1e9", "bad_page"),
        ("page=999999", "bad_page"),
    ],
)
def test_what_does_not_fit_is_refused(shop: Served, query: str, code: str) -> None:
    answer = shop.get(f"/data/lines.json?{query}")
    assert (answer.status_code, answer.json()["error"]) == (422, code)
    shown = shop.get(f"/data/lines?{query}", headers={"accept": "text/html"})
    assert shown.status_code == 422
    assert "<script>" not in shown.text
    if "reason" in query:
        assert shop.get(f"/data/lines.csv?{query}").status_code == 422


def test_a_rule_that_found_nothing_says_so(shop: Served) -> None:
    ledger = json.loads((shop.runs / "000002" / "ledger.json").read_text())
    none = next(rule["rule"] for rule in ledger["rules"] if rule["outcome"] == "quarantined" and not rule["lines"])
    assert "No line was set aside for this reason" in page(shop, f"/data/lines?reason={none}")
    assert len(shop.get(f"/data/lines.csv?reason={none}").text.splitlines()) == 1


def test_every_file_is_the_published_one(shop: Served) -> None:
    run = shop.runs / "000002"
    told = shop.get("/data.json").json()["files"]
    assert {one["name"] for one in told} == set(json.loads((run / "manifest.json").read_text())["outputs"])
    for one in told:
        answer = shop.get(one["address"])
        assert answer.content == (run / one["name"]).read_bytes()
        assert one["bytes"] == len(answer.content)
        assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name", ["manifest.json", "latest", "nothing.csv", "..", "%2e%2e", "..%2F000001%2Fmodel.json", "%00", "C:%5Cx"]
)
def test_no_other_file_leaves(shop: Served, name: str) -> None:
    status, _ = shop.target(f"/data/file/{name}")
    assert status == 404


def test_a_changed_file_does_not_leave_though_it_did_before(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    with serving(runs) as served:
        assert served.get("/data/file/ledger.json").status_code == 200
        assert served.get("/data/lines").status_code == 200
        for name in ("ledger.json", "quarantine.parquet"):
            (runs / "000001" / name).write_bytes((runs / "000001" / name).read_bytes() + b" ")
        assert served.get("/data/file/ledger.json").json()["error"] == "tampered"
        assert served.get("/data/lines.json").json()["error"] == "tampered"
        assert served.get("/data/lines.csv").status_code == 503


def test_the_quarantine_is_not_read_before_it_is_asked_for(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    (runs / "000001" / "quarantine.parquet").unlink()
    with serving(runs) as served:
        assert served.get("/").status_code == 200
        assert served.get("/data").status_code == 200
        assert served.get("/data/lines.json").json()["error"] == "no_file"


def test_a_run_without_a_quarantine_offers_none(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    manifest = json.loads((runs / "000001" / "manifest.json").read_text())
    del manifest["outputs"]["quarantine.parquet"]
    (runs / "000001" / "manifest.json").write_text(json.dumps(manifest))
    reseal(runs / "000001")
    with serving(runs) as served:
        assert served.get("/data.json").json()["aside"] is None
        assert "set aside</a>" not in page(served, "/data")


def test_a_quarantine_of_another_shape_is_refused(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    pyarrow.parquet.write_table(pyarrow.table({"a": [1], "b": [2]}), runs / "000001" / "quarantine.parquet")
    reseal(runs / "000001", "quarantine.parquet")
    with serving(runs) as served:
        assert served.get("/data/lines.json").json()["error"] == "other_shape"


def test_the_report_is_shown_in_a_sandbox_that_lets_in_its_own_scripts_alone(shop: Served) -> None:
    answer = shop.get("/data/report")
    assert answer.content == (shop.runs / "000002" / "report.html").read_bytes()
    policy = answer.headers["content-security-policy"]
    meta = unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', answer.text)[1])
    hashes = re.findall(r"'sha256-[^']+'", meta)
    assert hashes
    assert re.findall(r"'sha256-[^']+'", policy) == hashes
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; ")
    assert "allow-same-origin" not in policy
    assert "unsafe" not in policy


def test_a_report_that_says_nothing_of_its_scripts_gets_none(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    (runs / "000001" / "report.html").write_text(
        '<meta http-equiv="Content-Security-Policy" content="script-src \'unsafe-inline\'; sandbox allow-same-origin">'
        "<script>alert(1)</script>"
    )
    reseal(runs / "000001", "report.html")
    with serving(runs) as served:
        policy = served.get("/data/report").headers["content-security-policy"]
    assert "script-src 'none'" in policy
    assert "unsafe" not in policy
    assert "allow-same-origin" not in policy


def test_a_ledger_that_does_not_balance_is_said_to(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    ledger = json.loads((runs / "000001" / "ledger.json").read_text())
    ledger["lines"]["kept"] += 1
    replace(runs / "000001", "ledger.json", ledger)
    with serving(runs) as served:
        assert "the sums do not add up" in page(served, "/data")
