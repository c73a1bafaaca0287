"""Choosing k, movement and data as a person walks through them: what is clicked opens, and what is downloaded is what was seen."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import heard, launched, sound
from web_server import Served, publish, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path_factory.mktemp("findings") / "runs", "000001", "000002")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with launched(chromium_path) as started:
        yield started


@pytest.fixture(params=[1280, 375], ids=["wide", "phone"])
def page(browser: Any, served: Served, request: pytest.FixtureRequest) -> Iterator[Any]:
    address, size = f"http://127.0.0.1:{served.port}", {"width": request.param, "height": 800}
    with browser.new_context(viewport=size, base_url=address) as context:
        context.set_default_timeout(30_000)
        opened = context.new_page()
        said = heard(opened)
        yield opened
        assert said == []


def table(page: Any, name: str) -> list[list[str]]:
    """Return the body of a table as a person reads it."""
    rows = page.get_by_role("region", name=name, exact=True).locator("tbody tr")
    cells: list[list[str]] = rows.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))")
    return cells


def loaded(page: Any, link: str) -> list[list[str]]:
    """Download a CSV by its link."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link, exact=True).click()
    with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_click_a_k_and_see_its_segments(page: Any) -> None:
    page.goto("/")
    page.get_by_role("link", name="Why so many").click()
    page.get_by_role("region", name="Every k with its checks").get_by_role("link", name="3", exact=True).click()
    page.get_by_role("heading", name="Three segments, beside the four that were chosen").wait_for()
    assert page.url.endswith("/choice?k=3#k")
    rows = [row for row in table(page, "Segments of k = 3") if len(row) > 1]
    assert [row[0] for row in rows[:3]] == ["Group 1", "Group 2", "Group 3"]
    assert len(rows) == 3 + 4
    page.get_by_role("navigation", name="Every k that was tried").get_by_role("link", name="4 chosen").click()
    page.get_by_role("heading", name="Four segments, the choice").wait_for()
    page.wait_for_selector("html[data-drawn]")
    sound(page, axe=False)


def test_compare_two_runs_and_download_the_names_behind_a_cell(page: Any) -> None:
    page.goto("/movement")
    page.get_by_label("From run").select_option("000002")
    page.get_by_label("To run").select_option("000001")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/movement?before=000002&run=000001")
    cell = page.get_by_role("region", name="Customers", exact=True).get_by_role("link").first
    number, went = cell.inner_text().split(maxsplit=1)
    cell.click()
    names = page.get_by_role("region", name="Customers behind the cell")
    names.wait_for()
    assert page.locator("#names h2").inner_text().startswith(f"{number} customer")
    assert went.startswith("from ")
    seen = [row[0] for row in table(page, "Customers behind the cell")]
    header, *rows = loaded(page, "Download all as CSV")
    assert header[0] == "customer_id"
    assert [row[0].removeprefix("'") for row in rows] == seen
    assert len(seen) == int(number)
    sound(page, axe=False)
    names.get_by_role("link").first.click()
    page.wait_for_url("**/customer?**")


def test_open_the_lines_of_a_rule_and_download_them(page: Any) -> None:
    page.goto("/data")
    rule = page.locator("details.rule", has_text="unmatched_return")
    rule.locator("summary").click()
    link = rule.get_by_role("link")
    number = int(link.inner_text().split()[1].replace(",", ""))
    link.click()
    page.get_by_role("heading", name=f"{number:,} lines set aside").wait_for()
    seen = table(page, "Lines set aside")
    sound(page, axe=False)
    header, *rows = loaded(page, "Download these as CSV")
    file, line = header.index("source_file"), header.index("source_line")
    assert [[row[file], row[line]] for row in rows] == [row[:2] for row in seen]
    assert len(rows) == number


def test_the_report_opens_and_draws_apart_from_this_site(page: Any) -> None:
    page.goto("/data")
    page.get_by_role("link", name="The report", exact=True).click()
    page.wait_for_selector("html[data-drawn]")
    assert page.url.endswith("/data/report")
    assert page.locator("[data-chart] svg").count() == page.locator("[data-chart]").count() > 0
    assert page.evaluate("origin") == "null"
    page.go_back()
    page.get_by_role("heading", name="What came in, and what became of it").wait_for()
