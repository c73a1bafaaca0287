"""Value ahead, proof of use and RFM: shown beside history, or said to be refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coterie.report import build_report, summarise
from run_folder import VARIANTS, build


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return summarise(build(tmp_path_factory.mktemp("runs") / "000001", **VARIANTS["full"]))


def summary_of(tmp_path: Path, variant: str) -> dict[str, Any]:
    return summarise(build(tmp_path / "000001", **VARIANTS[variant]))


def test_what_is_expected_stands_beside_what_was(summary: dict[str, Any]) -> None:
    found, picture = summary["ahead"], summary["pictures"]["ahead"]
    assert found["title"] == picture["title"]
    assert "expected in the next 90 days, after £" in found["title"]
    assert [row["name"] for row in found["rows"]] == ["Core", "Regular", "One-time large", "One-time small"]
    # Nine tenths of the past, as the fixture says.
    assert all(row["second"] == pytest.approx(0.9 * row["first"]) for row in picture["rows"])


def test_a_forecast_made_earlier_is_held_against_what_came(summary: dict[str, Any]) -> None:
    found = summary["ahead"]["calibration"]
    assert found["title"] == "The same forecast, made 90 days earlier, expected 228 orders; 210 came"
    assert [row["decile"] for row in found["rows"]] == [str(place) for place in range(10, 0, -1)]


def test_the_proof_says_how_each_way_did(summary: dict[str, Any]) -> None:
    proof = summary["ahead"]["proof"]
    assert proof["title"].startswith("Core, as it would have been on September 11, 2011, brought ")
    assert [row["name"] for row in proof["compared"]] == [
        "These segments",
        "RFM groups",
        "All customers alike",
        "Each customer’s own last 90 days",
        "Each customer’s forecast",
    ]
    assert proof["compared"][2]["figures"][0] == "–"


def test_a_refused_forecast_says_why_and_shows_no_figure(tmp_path: Path) -> None:
    folder = build(tmp_path / "000001", **VARIANTS["refused"])
    found = summarise(folder)
    assert found["ahead"]["title"] == "No forecast: it would not hold"
    assert found["ahead"]["rows"] == []
    assert found["pictures"]["ahead"] is None
    page = build_report(folder)
    assert "where 90 had been expected" in page
    assert "likely still customers" not in page


def test_a_run_that_did_not_look_ahead_has_no_such_section(tmp_path: Path) -> None:
    folder = build(tmp_path / "000001")
    assert summarise(folder)["ahead"] is None
    assert 'id="ahead"' not in build_report(folder)


def test_rfm_shows_its_cut_offs_best_score_first(summary: dict[str, Any]) -> None:
    cuts = summary["rfm"]["cuts"]
    assert cuts["names"] == ["Days since last order", "Total orders", "Total spend"]
    assert [row["score"] for row in cuts["rows"]] == [5, 4, 3, 2, 1]
    assert cuts["rows"][0]["told"][0].endswith("or less")
    assert cuts["rows"][0]["told"][1].startswith("over")
    assert cuts["rows"][4]["told"][0].startswith("over")


def test_a_score_that_nobody_can_have_is_said_to_be_nobody_s(summary: dict[str, Any]) -> None:
    assert [row["told"][1] for row in summary["rfm"]["cuts"]["rows"]].count("nobody") == 1


def test_rfm_groups_are_crossed_with_the_segments(summary: dict[str, Any]) -> None:
    crossed = summary["rfm"]["crossed"]
    assert [one["name"] for one in crossed["columns"]] == ["Core", "Regular", "One-time large", "One-time small"]
    assert [row["name"] for row in crossed["rows"]] == ["Champions", "Lost"]
    assert crossed["title"] == "49% of the Champions are in Core"
    assert sum(row["own"][0] for row in crossed["rows"]) == 1037


def test_rfm_stands_in_for_segments_where_there_are_none(tmp_path: Path) -> None:
    page = build_report(build(tmp_path / "000001", **VARIANTS["one"]))
    assert page.index('id="rfm"') < page.index('id="apart"')
    full = build_report(build(tmp_path / "000002", **VARIANTS["full"]))
    assert full.index('id="rfm"') > full.index('id="why"')


def test_without_rfm_there_is_no_section(tmp_path: Path) -> None:
    assert summary_of(tmp_path, "four")["rfm"] is None
