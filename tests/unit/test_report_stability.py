"""How sure: what the report says of every k, of each segment, and of other decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coterie.report import build_report, summarise
from run_folder import VARIANTS, build


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return summarise(build(tmp_path_factory.mktemp("runs") / "000001", **VARIANTS["sampled"]))


def summary_of(tmp_path: Path, variant: str) -> dict[str, Any]:
    return summarise(build(tmp_path / "000001", **VARIANTS[variant]))


def test_every_k_shows_every_check_with_its_figure(summary: dict[str, Any]) -> None:
    rows = {row["n_clusters"]: row for row in summary["choice"]["rows"]}
    assert list(rows) == [2, 3, 4, 5, 6, 8]
    assert [one["value"] for one in rows[4]["checks"]] == ["19%", "0.960", "1.00", "0.870", "0.930"]
    assert [one["key"] for one in rows[6]["checks"]] == ["passed", "failed", "passed", "failed", "failed"]
    assert summary["choice"]["title"] == "3 of 6 ks that were tried pass every check: 2, 3 and 4"


def test_every_check_says_what_it_means(summary: dict[str, Any]) -> None:
    meanings = [one["meaning"] for one in summary["verdict"]["checks"]]
    assert len(set(meanings)) == 5
    assert "A check of this recipe." not in meanings


def test_a_score_of_a_sample_has_its_interval(summary: dict[str, Any], tmp_path: Path) -> None:
    own = next(row for row in summary["choice"]["rows"] if row["chosen"])
    assert own["scores"][0] == {"value": "0.381", "interval": "0.374 to 0.388"}
    assert not summary_of(tmp_path, "four")["choice"]["sampled"]


def test_every_segment_of_every_k_has_its_size_and_jaccard(summary: dict[str, Any]) -> None:
    own = next(row for row in summary["choice"]["rows"] if row["chosen"])
    assert own["segments"][0] == {"customers": "1,627", "jaccard": "0.962"}
    assert [len(row["segments"]) for row in summary["choice"]["rows"]] == [2, 3, 4, 5, 6, 8]


def test_the_least_steady_segment_is_named(summary: dict[str, Any]) -> None:
    assert summary["stability"]["segments"]["title"].startswith("Core comes back least")


def test_a_pattern_says_what_moves(tmp_path: Path) -> None:
    verdict = summary_of(tmp_path, "pattern")["verdict"]
    assert (verdict["tone"], verdict["word"]) == ("caution", "A pattern")
    assert verdict["sentence"] == (
        "The segments come back when customers are resampled, but their borders move on new customers (0.710, asked: 0.8)."
    )


def test_a_person_s_choice_is_told_with_what_it_lacks(tmp_path: Path) -> None:
    verdict = summary_of(tmp_path, "override")["verdict"]
    assert (verdict["tone"], verdict["word"]) == ("caution", "Set by hand")
    assert "On its own merits, their borders move on new customers" in verdict["sentence"]


def test_no_segments_show_rfm_groups_instead(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, "one")
    assert summary["rfm"]["title"] == "Champions, 25% of customers, bring 70% of revenue"
    assert [row["name"] for row in summary["rfm"]["rows"]] == ["Champions", "Lost"]
    assert "RFM groups" in summary["verdict"]["sentence"]
    assert summary_of(tmp_path, "four")["rfm"] is None


def test_neighbours_say_who_moves_where(summary: dict[str, Any]) -> None:
    fewer, more = summary["stability"]["neighbours"]
    assert fewer["title"] == "With three, One-time large and One-time small are one group"
    assert more["title"] == "With five, Core is split"
    assert [cell["heat"] for cell in more["rows"][0]["cells"]] == [3, 7, 0, 0, 0]
    # Largest shares on the diagonal, and every customer in one cell.
    assert [row["cells"].index(max(row["cells"], key=lambda cell: cell["heat"])) for row in fewer["rows"]] == [0, 1, 2, 2]
    assert [group["customers"] for group in fewer["groups"]] == ["1,037", "1,627", "1,663"]


def test_a_group_that_takes_a_little_of_several_is_named_by_most(tmp_path: Path) -> None:
    folder = build(tmp_path / "000001")
    sweep = json.loads((folder / "sweep.json").read_text("utf-8"))
    table = [[937, 0, 0, 0, 100], [0, 1577, 0, 0, 50], [0, 0, 857, 0, 0], [0, 0, 0, 806, 0]]
    sweep["neighbours"] = [{"n_clusters": 5, "customers": table}]
    (folder / "sweep.json").write_text(json.dumps(sweep), "utf-8")
    (found,) = summarise(folder)["stability"]["neighbours"]
    assert found["title"] == "With five, a new group of 150 customers comes mostly from Core"


def test_sensitivity_names_what_the_answer_hangs_on(summary: dict[str, Any]) -> None:
    found = summary["pictures"]["sensitivity"]
    assert found["title"] == (
        "The answer hangs most on the log transform (0.001 is left with robust) and on active days (0.428 is left without)"
    )
    assert [row["ari"] for row in found["rows"]] == sorted(row["ari"] for row in found["rows"])
    assert "Of 5 changes, 2 hardly matter" in found["note"]


def test_refits_are_told_by_the_month_that_ended(summary: dict[str, Any]) -> None:
    found = summary["pictures"]["refits"]
    assert found["months"] == ["Sep 2011", "Oct 2011", "Nov 2011"]
    assert found["title"] == "Least like the next month’s are the segments of Sep 2011: 0.930 of 1"


def test_calibration_claims_no_more_than_was_found(summary: dict[str, Any]) -> None:
    found = summary["stability"]["calibration"]
    assert [row["beyond"] for row in found["rows"]] == [True, False]
    assert "not natural kinds" in found["sentence"]


@pytest.mark.parametrize("variant", ["four", "sampled"])
def test_a_run_without_a_null_says_how_to_get_one(tmp_path: Path, variant: str) -> None:
    page = build_report(build(tmp_path / "000001", **VARIANTS[variant]))
    assert ("coterie run --null" in page) is (variant == "four")


def test_what_was_not_measured_leaves_no_empty_section(tmp_path: Path) -> None:
    page = build_report(build(tmp_path / "000001", **VARIANTS["outliers"]))
    assert 'id="sure"' not in page
    assert 'href="#sure"' not in page
