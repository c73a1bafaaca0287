"""From the overview to a downloaded list, and to a name of one's own: as a person goes, by pointer and by keyboard alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import heard, launched, sound
from web_server import Served, publish, rows_of, serving

pytestmark = pytest.mark.browser


@pytest.fixture
def served(made_runs: Path, tmp_path: Path) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path / "runs", "000001", "000002")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with launched(chromium_path) as started:
        yield started


@pytest.fixture(params=[1280, 375], ids=["wide", "phone"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": request.param, "height": 800}, bypass_csp=True)
    context.set_default_timeout(30_000)
    opened = context.new_page()
    said = heard(opened)
    yield opened
    # A browser tells of every answer that is a refusal, too.
    assert [one for one in said if "422" not in one] == []
    context.close()


def shown(page: Any) -> list[str]:
    """Return the ids on the screen, in order."""
    return [text.strip() for text in page.locator("table.listed tbody th").all_inner_texts()]


def saved(page: Any, act: Any, path: Path) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        act()
    waiting.value.save_as(path)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_from_the_overview_to_a_file_that_is_the_screen(page: Any, served: Served, tmp_path: Path) -> None:
    page.goto(f"http://127.0.0.1:{served.port}/")
    name = served.get("/segments/s2.json").json()["one"]["name"]
    page.locator("table.glance").get_by_role("link", name=name).click()
    page.get_by_role("heading", level=1, name=name).wait_for()
    page.get_by_label("Spend: at least").fill("50")
    page.get_by_label("Last order, days ago: at most").fill("365")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Spend at least 50").wait_for()
    page.get_by_role("link", name="Orders").click()
    page.locator('th[aria-sort="descending"]', has_text="Orders").wait_for()
    assert page.url.endswith("#list")
    page.goto(page.url.replace("#list", "&limit=7#list"))
    seen = shown(page)
    assert len(seen) == 7
    while page.get_by_role("link", name="Next page").count():
        page.get_by_role("link", name="Next page").click()
        page.get_by_text(f"{len(seen) + 1}–").wait_for()
        seen += shown(page)
    sound(page)
    fits = [row for row in rows_of(served.runs / "000002") if row["segment_id"] == "s2" and row["total_spend"] >= 50]
    fits = [row for row in fits if row["recency_days"] <= 365]
    fits.sort(key=lambda row: (-row["total_orders"], row["customer_id"]))
    assert seen == [row["customer_id"] for row in fits]
    read = saved(page, lambda: page.get_by_role("link", name="As CSV, at once").click(), tmp_path / "link.csv")
    assert [row["customer_id"].removeprefix("'") for row in read] == seen
    assert [float(row["total_spend"]) for row in read] == [row["total_spend"] for row in fits]
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(
        "kunde,email\n"
        + "".join(f"{one['customer_id']},a{i}@example.com\n" for i, one in enumerate(fits) if "," not in one["customer_id"])
    )
    page.get_by_label("Format").select_option(label="HubSpot contacts")
    page.get_by_role("button", name="Download").click()
    page.get_by_text("needs contacts").wait_for()
    sound(page)
    page.get_by_label("File with contacts").set_input_files(contacts)
    page.get_by_label("Column with the ids").fill("kunde")
    page.get_by_role("button", name="Only count").click()
    page.get_by_text(f"{len(fits)} members: ").wait_for()
    page.get_by_label("File with contacts").set_input_files(contacts)
    read = saved(page, page.get_by_role("button", name="Download").click, tmp_path / "hubspot.csv")
    assert [row["Customer ID"].removeprefix("'") for row in read] == seen


def test_a_segment_is_named_and_found_by_its_name(page: Any, served: Served) -> None:
    page.goto(f"http://127.0.0.1:{served.port}/segments/s1")
    other = served.get("/segments/s2.json").json()["one"]["name"]
    page.get_by_text("Give it a name of your own").click()
    page.get_by_label("New name").fill(other)
    page.get_by_label("Why").fill("The shop's own word.")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Give this name").click()
    page.get_by_text(f"'{other}' is taken.").wait_for()
    sound(page)
    page.get_by_label("New name").fill("Our very best — and a name of sixty letters, as long as any")
    page.get_by_role("button", name="Give this name").click()
    page.get_by_role("status").wait_for()
    sound(page)
    assert "is now Our very best" in page.get_by_role("status").inner_text()
    page.goto(f"http://127.0.0.1:{served.port}/customers?segment=s1")
    assert "Our very best" in page.locator("table.listed tbody td.segment").first.inner_text()
    sound(page)


def test_by_keyboard_alone(browser: Any, served: Served, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{served.port}/")

    def tab_to(word: str) -> None:
        """Press Tab until what has the focus, which shows, says so."""
        for _ in range(200):
            page.keyboard.press("Tab")
            said, outlined = page.evaluate(
                """(() => {
                    const one = document.activeElement, style = getComputedStyle(one)
                    const said = one.matches("a, button, input") ? one.innerText || one.id : ""
                    return [said, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0]
                })()"""
            )
            if word in said:
                assert outlined
                return
        raise AssertionError(f"no {word!r} within reach")

    tab_to("Customers")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers")
    tab_to("min-spend")
    page.keyboard.type("200")
    page.keyboard.press("Enter")
    page.wait_for_url("**min_spend=200*")
    tab_to("Per order")
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=-avg_order_value*")
    assert page.locator('th[aria-sort="descending"]').inner_text().startswith("Per order")
    tab_to("As CSV, at once")
    read = saved(page, lambda: page.keyboard.press("Enter"), tmp_path / "list.csv")
    values = [float(row["avg_order_value"]) for row in read if row["avg_order_value"]]
    assert values == sorted(values, reverse=True)
    assert len(read) == sum(row["total_spend"] >= 200 for row in rows_of(served.runs / "000002"))
    context.close()
