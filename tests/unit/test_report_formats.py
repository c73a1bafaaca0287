"""The report in other formats: complete, safe, whole or not at all."""

from __future__ import annotations

import datetime
import re
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.numbers import format_decimal

import coterie as ct
from coterie.errors import CoterieError, RecipeError, RunError
from coterie.recipe import Recipe
from coterie.report import build_report
from coterie.report.formats import FORMATS, write_report
from coterie.report.markdown import build_markdown
from coterie.report.notebook import Charts
from coterie.report.pdf import browser, print_pdf
from run_folder import MARKUP, VARIANTS, build

QUICK = {
    "clustering": {"k_max": 4, "n_init": 2},
    "choice": {"n_bootstrap": 2, "n_seeds": 1, "n_splits": 2, "n_months": 2},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.run(ct.simulate(200, seed=5).lines, out=tmp_path_factory.mktemp("runs"), **QUICK)


@pytest.mark.parametrize("variant", VARIANTS)
def test_markdown_has_whole_tables_and_every_section(tmp_path: Path, variant: str) -> None:
    page = build_markdown(build(tmp_path / "000001", **VARIANTS[variant]))
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        rows = block.splitlines()
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(widths) == 1, rows[0]
        assert re.fullmatch(r"[|:-]+", rows[1])
    for title in ("# ", "## Who they are", "## Why", "## The data behind it", "## How it was done"):
        assert f"\n{title}" in f"\n{page}"


def test_names_cannot_be_markup_in_markdown(tmp_path: Path) -> None:
    page = build_markdown(build(tmp_path / "000001", **VARIANTS["full_hostile"]))
    assert "<" not in page
    assert r"&lt;/script>&lt;img src=x onerror=" in page
    assert "PARTY BUNTING\n" not in page


def test_ids_are_never_formatted(tmp_path: Path) -> None:
    folder = build(tmp_path / "000001", **VARIANTS["full"])
    for page in (build_report(folder, locale="de_DE"), build_markdown(folder, locale="de_DE")):
        assert "000001" in page
        assert "000.001" not in page


@pytest.mark.parametrize(
    ("locale", "currency", "count", "money"),
    [
        ("de_DE", "EUR", "4.327", "Mio.\xa0€"),
        ("ja_JP", "JPY", "4,327", "￥"),
        ("fr_CH", "CHF", format_decimal(4327, locale="fr_CH"), "CHF"),  # an apostrophe or a space, by the edition of CLDR
    ],
)
def test_the_locale_writes_the_figures(tmp_path: Path, locale: str, currency: str, count: str, money: str) -> None:
    page = build_markdown(build(tmp_path / "000001", **VARIANTS["full"]), locale=locale, currency=currency)
    assert f"Customers: **{count}**" in page
    assert money in page
    assert "£" not in page


@pytest.mark.parametrize("name", ["html", "md"])
def test_a_report_is_placed_whole_and_says_where(run: ct.Run, tmp_path: Path, name: str) -> None:
    target = tmp_path / f"mine.{name}"
    assert run.report(target) == target
    assert [one.name for one in tmp_path.iterdir()] == [target.name]
    assert "segments" in target.read_text("utf-8")


def test_without_a_name_it_is_named_after_the_run(run: ct.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_report(run, format="md") == Path("coterie-000001.md")
    assert write_report(run) == Path("coterie-000001.html")


def test_every_chart_is_an_image_of_its_own(run: ct.Run, tmp_path: Path) -> None:
    png, svg = run.report(tmp_path / "png", format="png"), run.report(tmp_path / "svg", format="svg")
    assert {one.stem for one in png.iterdir()} == {one.stem for one in svg.iterdir()} == set(run.charts)
    for one in png.iterdir():
        width, height = struct.unpack(">II", one.read_bytes()[16:24])
        assert min(width, height) > 150
    texts = "".join(one.read_text("utf-8") for one in svg.iterdir())
    assert "<script" not in texts
    assert "http://" not in texts.replace("http://www.w3.org/", "")
    assert "log scale" in (svg / "profile_total_spend.svg").read_text("utf-8")


@pytest.mark.parametrize("name", FORMATS.names())
def test_a_run_that_was_changed_is_refused(run: ct.Run, tmp_path: Path, name: str) -> None:
    changed = ct.open_run(run.path)
    changed.manifest["outputs"]["segments.json"] = "0" * 64
    with pytest.raises(RunError) as refused:
        write_report(changed, tmp_path / "out", format=name)
    assert refused.value.code == "tampered"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_or_locale_is_refused(run: ct.Run, tmp_path: Path) -> None:
    with pytest.raises(CoterieError, match="html, md, pdf, png, svg"):
        write_report(run, tmp_path / "x", format="docx")
    with pytest.raises(CoterieError, match="html, md, pdf, png, svg"):
        write_report(run, tmp_path / "x.docx")
    with pytest.raises(RunError) as refused:
        write_report(run, tmp_path / "x.html", locale="klingon")
    assert refused.value.code == "unknown_locale"
    with pytest.raises(RecipeError, match="de or en_GB"):
        Recipe.load("default").override({"publishing": {"locale": "klingon"}})
    with pytest.raises(RecipeError, match="GBP, EUR or USD"):
        Recipe.load("default").override({"reading": {"currency": "pounds"}})
    assert Recipe.load("default").override({"reading": {"currency": "gbp"}}).reading.currency == "GBP"


@pytest.mark.parametrize("name", ["html", "md", "png"])
def test_a_place_that_cannot_be_written_is_named(run: ct.Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="report") as refused:
        write_report(run, tmp_path / "file" / "report", format=name)
    assert refused.value.filename == str(tmp_path / "file" / "report")


def test_a_run_keeps_the_locale_it_was_made_with(tmp_path: Path) -> None:
    made = ct.run(ct.simulate(1200, seed=5).lines, out=tmp_path, publishing={"locale": "de_DE"}, **QUICK)
    assert made.manifest["recipe"]["publishing"]["locale"] == "de_DE"
    page = (made.path / "report.html").read_text("utf-8")
    assert f"{made.segments['population']['customers']:,}".replace(",", ".") in page
    assert datetime.date.fromisoformat(made.manifest["as_of"]).strftime("%d.").lstrip("0") in page


def test_a_pdf_has_the_page_and_its_charts(
    run: ct.Run, tmp_path: Path, chromium_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COTERIE_CHROMIUM", chromium_path)
    printed = run.report(tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert [one.name for one in tmp_path.iterdir()] == ["report.pdf"]
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", printed, re.DOTALL)
    drawn = b"".join(_inflated(stream) for stream in streams)
    # The map alone has a round mark for every customer, four curves each.
    assert drawn.count(b" c\n") > 4 * 150
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 3


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_without_a_browser_the_refusal_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COTERIE_CHROMIUM", raising=False)
    with pytest.raises(RunError) as refused:
        browser()
    assert refused.value.code == "no_browser"
    assert "--format html" in refused.value.fix
    monkeypatch.setenv("COTERIE_CHROMIUM", "no-such-browser")
    with pytest.raises(RunError, match="needs Chromium"):
        browser()


def test_a_browser_that_prints_nothing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\necho out of paper >&2\nexit 3\n", "utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("COTERIE_CHROMIUM", str(broken))
    with pytest.raises(RunError) as refused:
        print_pdf("<p>", tmp_path / "report.pdf")
    assert "out of paper" in refused.value.found
    assert [one.name for one in tmp_path.iterdir()] == ["browser"]


def test_a_notebook_shows_the_finding_and_the_segments(run: ct.Run) -> None:
    shown = run._repr_html_()
    assert all(segment["name"] in shown for segment in run.segments["segments"])
    assert "<script" not in shown
    assert "text-align: right" in shown


def test_a_notebook_shows_names_as_text(tmp_path: Path) -> None:
    from coterie.report.notebook import run_as_html

    folder = build(tmp_path / "000001", **VARIANTS["full_hostile"])
    shown = run_as_html(ct.Run(folder, {}))

    class Tags(HTMLParser):
        seen: set[str] = set()  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.seen.add(tag)

    parser = Tags()
    parser.feed(shown)
    assert parser.seen == {"div", "p", "strong", "br", "em", "table", "thead", "tbody", "tr", "th", "td", "small", "code"}
    assert MARKUP not in shown


def test_charts_are_altair_s_and_named(run: ct.Run) -> None:
    shown = run.charts
    assert isinstance(shown, Charts)
    assert len(shown) == len(list(shown)) > 5
    assert "shares: " in repr(shown)
    assert run.chart("shares", scheme="dark").to_dict()["config"]["background"] != shown["shares"].to_dict()["config"]["background"]
    with pytest.raises(RunError) as refused:
        run.chart("share")
    assert "'shares'" in refused.value.fix
