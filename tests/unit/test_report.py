"""The report: what it says, what it refuses, and that nothing in it comes from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from coterie.errors import CoterieError
from coterie.report import build_report, bundle, summarise
from coterie.report.vega import _bundle
from run_folder import MARKUP, VARIANTS, build


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("runs") / "000001")


def test_the_first_screen_says_who_and_how_sure(folder: Path) -> None:
    summary = summarise(folder)
    assert re.fullmatch(r"Four segments\. Core, 24% of customers, brings \d\d% of revenue\.", summary["headline"])
    assert (summary["verdict"]["tone"], summary["verdict"]["word"]) == ("good", "Reproducible")
    assert [one["label"] for one in summary["numbers"]] == ["Customers", "Revenue", "As of"]
    assert summary["numbers"][0]["value"] == "4,327"
    assert summary["verdict"]["sentence"].startswith("The segments come back when customers are resampled, from other starts,")
    assert summary["verdict"]["untested"] == ""


def test_a_handful_of_outliers_is_not_called_a_group(tmp_path: Path) -> None:
    summary = summarise(build(tmp_path / "000001", **VARIANTS["outliers"]))
    assert summary["headline"] == "Two segments, but one holds only 3 of 4,338 customers."
    assert summary["verdict"]["tone"] == "caution"
    assert "outliers" in summary["verdict"]["sentence"]
    assert [one["key"] for one in summary["verdict"]["checks"]] == ["failed", *["untested"] * 4]
    assert "resampled customers" in summary["verdict"]["untested"]
    assert "(0.069%, asked: 5%)" in summary["verdict"]["sentence"]


def test_a_k_that_a_person_set_is_said_to_be_so(tmp_path: Path) -> None:
    assert summarise(build(tmp_path / "000001", verdict="override", chosen_by="user"))["verdict"]["sentence"].startswith(
        "A person chose this k."
    )


def test_one_group_is_not_sold_as_segments(tmp_path: Path) -> None:
    summary = summarise(build(tmp_path / "000001", **VARIANTS["one"]))
    assert summary["headline"] == "One group: 400 customers, no segments among them."
    assert summary["verdict"]["word"] == "No segments"


def test_money_that_is_not_known_is_not_shown(tmp_path: Path) -> None:
    summary = summarise(build(tmp_path / "000001", **VARIANTS["no_money"]))
    assert summary["bands"]["revenue"] == []
    assert "revenue" not in summary["headline"]
    assert [one["label"] for one in summary["segments"][0]["figures"]] == ["Customers"]


def test_the_ledger_is_checked_line_by_line_and_penny_by_penny(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "000002")
    ledger = json.loads((copy / "ledger.json").read_text("utf-8"))
    # As floats, a tenth and two tenths would not be three tenths.
    for read, balanced in (("0.3", True), ("0.31", False)):
        ledger["money"] = {"read": read, "kept": "0.1", "merged": "0.2", "netted": "0", "quarantined": "0"}
        (copy / "ledger.json").write_text(json.dumps(ledger), "utf-8")
        assert summarise(copy)["quality"]["balanced"] is balanced
    ledger["lines"]["kept"] += 1
    ledger["money"]["read"] = "0.3"
    (copy / "ledger.json").write_text(json.dumps(ledger), "utf-8")
    assert summarise(copy)["quality"]["balanced"] is False


def test_bands_fill_their_width(folder: Path) -> None:
    for blocks in summarise(folder)["bands"].values():
        assert sum(block["percent"] for block in blocks) == pytest.approx(100, abs=0.01)


def test_the_map_draws_every_segment_in_proportion_and_the_same_each_time(folder: Path) -> None:
    first, second = (summarise(folder)["pictures"]["map"] for _ in range(2))
    assert first == second
    drawn = [point["segment_id"] for point in first["points"]]
    assert 1490 <= len(drawn) <= 1500
    assert drawn.count("s1") / len(drawn) == pytest.approx(1037 / 4327, abs=0.01)
    assert 0.5 < first["kept"] <= 1


def test_the_map_shows_no_customer_id(folder: Path) -> None:
    assert all(set(point) == {"x", "y", "segment_id"} for point in summarise(folder)["pictures"]["map"]["points"])


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_page_is_small_and_names_no_other_place(tmp_path: Path, variant: str) -> None:
    page = build_report(build(tmp_path / "000001", **VARIANTS[variant]))
    assert len(page.encode()) < 1_500_000
    outline = Outline(page)
    assert {one.removeprefix("#") for one in outline.references - {"data:,"}} <= set(outline.ids)
    assert not outline.inline
    assert outline.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))


def test_the_policy_lets_in_exactly_what_is_there(folder: Path) -> None:
    page = build_report(folder)
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1])  # type: ignore[index]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    texts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL) + re.findall(
        r"<style>(.*?)</style>", page, re.DOTALL
    )
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts}
    assert hashes == set(re.findall(r"'sha256-[^']+'", policy))
    assert len(texts) == 3


def test_names_are_text_whatever_is_in_them(tmp_path: Path) -> None:
    page = build_report(build(tmp_path / "000001", **VARIANTS["hostile"]))
    assert MARKUP not in page
    assert "&lt;/script&gt;&lt;img" in page


def test_a_name_from_right_to_left_does_not_turn_the_sentence(tmp_path: Path) -> None:
    groups = (("עברית", 300, 7.0, 435.0, 293.0, 16.0), ("Rest", 700, 1.0, 136.0, 0.0, 160.0))
    assert (
        "\N{FIRST STRONG ISOLATE}עברית\N{POP DIRECTIONAL ISOLATE}, 30%"
        in summarise(build(tmp_path / "000001", groups))["headline"]
    )


def test_a_scale_that_is_not_even_is_named(folder: Path) -> None:
    panels = {one["feature"]: one for one in summarise(folder)["pictures"]["profile"]["panels"]}
    assert {one["scale"] for one in panels.values()} > {"linear"}
    for one in panels.values():
        assert one["axis"].endswith("log scale") == (one["scale"] != "linear")
    assert panels["total_quantity"]["axis"] == "units, log scale"


def test_ids_are_never_formatted(folder: Path) -> None:
    page = build_report(folder)
    assert "<bdi>536414</bdi>" in page
    assert "536,414" not in page


def test_the_locale_writes_the_figures(folder: Path) -> None:
    german = summarise(folder, locale="de", currency="EUR")
    assert german["numbers"][0]["value"] == "4.327"
    assert german["numbers"][1]["value"].endswith("€")


def test_sentences_of_the_run_have_the_figures_of_the_locale(tmp_path: Path) -> None:
    folder = build(tmp_path / "000001", **VARIANTS["refused"])
    sweep = json.loads((folder / "sweep.json").read_text())
    sweep["why"] = sweep["candidates"][0]["why"] = "Lost: 1,234 customers, Jaccard 0.64."
    (folder / "sweep.json").write_text(json.dumps(sweep))
    german = summarise(folder, locale="de", currency="EUR")
    assert german["choice"]["why"] == german["choice"]["rows"][0]["why"] == "Lost: 1.234 customers, Jaccard 0,64."
    assert "from 11. September 2011 customers placed 210 orders" in german["ahead"]["refused"]


@pytest.mark.parametrize("name", ["manifest", "ledger", "sweep", "segments", "model"])
def test_a_folder_that_is_no_run_is_refused_with_a_fix(folder: Path, tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(folder, tmp_path / "000002")
    (copy / f"{name}.json").write_text("{", "utf-8")
    with pytest.raises(CoterieError, match=re.escape(f"{name}.json")):
        build_report(copy)
    (copy / f"{name}.json").unlink()
    with pytest.raises(CoterieError) as refused:
        build_report(copy)
    assert refused.value.fix


def test_vega_is_kept_and_a_damaged_copy_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = _bundle.__wrapped__()
    (kept,) = (tmp_path / "coterie").iterdir()
    kept.write_text(kept.read_text("utf-8").replace("window.vegaEmbed", "window.nothing"), "utf-8")
    assert _bundle.__wrapped__() == built == bundle()
    assert kept.read_text("utf-8").endswith(built)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "window.vegaEmbed" in _bundle.__wrapped__()


class Outline(HTMLParser):
    """What a page refers to, its headings and ids, and attributes that a strict policy would block."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.references: set[str] = set()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs:
            if name in {"href", "src", "action"}:
                self.references.add(value)
            if name == "id":
                self.ids.append(value)
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")
