"""From the overview's search to a customer and on to what if, by mouse and by keyboard alone, at two widths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import heard, launched, sound
from web_server import Served, publish, rows_of, serving

pytestmark = pytest.mark.browser
ODD_ONE = "é ü 日本"


@pytest.fixture(scope="module")
def served(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path_factory.mktemp("customer") / "runs", "000001", "000002")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with launched(chromium_path) as started:
        yield started


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=["wide", "phone"])
def page(browser: Any, served: Served, request: pytest.FixtureRequest) -> Iterator[Any]:
    width, scheme = request.param
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=f"http://127.0.0.1:{served.port}"
    ) as context:
        context.set_default_timeout(30_000)
        opened = context.new_page()
        said = heard(opened)
        yield opened
        assert [one for one in said if "status of 4" not in one] == []


def drawn(page: Any) -> None:
    if page.locator("[data-chart]").count():
        page.wait_for_selector("html[data-drawn]")


def tab_to(page: Any, name: str, role: str) -> None:
    """Press Tab until a thing has the focus, and see that the focus is shown."""
    wanted = page.get_by_role(role, name=name, exact=True).first.element_handle()
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("one => one === document.activeElement", wanted):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"the keyboard never comes to {name}")


def test_from_the_search_to_a_customer_and_what_if(page: Any, served: Served) -> None:
    row = next(row for row in rows_of(served.runs / "000002") if row["customer_id"] == ODD_ONE)
    page.goto("/")
    page.get_by_label("Find a customer").fill(ODD_ONE)
    page.get_by_role("button", name="Find").click()
    page.get_by_role("heading", level=1, name=ODD_ONE).wait_for()
    drawn(page)
    sound(page, axe=False)
    assert page.get_by_text(row["reason"].replace(" -> ", " → ")).is_visible()
    page.get_by_role("link", name="What if their figures were others?").click()
    page.get_by_role("heading", level=1, name="What if").wait_for()
    assert page.get_by_label("Total orders").input_value() == str(row["total_orders"])
    page.get_by_label("Total orders").fill("1")
    page.get_by_label("Total spend").fill("a lot")
    page.get_by_role("button", name="Where would they belong?").click()
    problem = page.get_by_role("alert").get_by_role("link")
    problem.wait_for()
    problem.click()
    assert page.evaluate("document.activeElement.name") == "total_spend"
    assert page.get_by_label("Total orders").input_value() == "1"
    page.get_by_label("Total spend").fill("40")
    page.get_by_label("Active days").fill("0")
    page.get_by_role("button", name="Where would they belong?").click()
    page.get_by_text("They would be in").wait_for()
    # The customer that it started from is still known.
    assert page.locator("#found").get_by_role("link", name=ODD_ONE).is_visible()
    sound(page, axe=False)


def test_by_keyboard_alone(page: Any) -> None:
    page.goto("/")
    drawn(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    tab_to(page, "Find a customer", "searchbox")
    page.keyboard.type("00123")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customer?*")
    tab_to(page, "What if their figures were others?", "link")
    page.keyboard.press("Enter")
    page.wait_for_url("**/what-if?*")
    tab_to(page, "Total spend", "textbox")
    page.keyboard.press("Control+a")
    page.keyboard.type("99999")
    page.keyboard.press("Enter")
    page.wait_for_url("**/what-if?*total_spend=99999*")
    assert page.get_by_text("They would be in").is_visible()


def test_a_customer_that_is_not_there_leads_to_one_that_is(page: Any) -> None:
    page.goto("/customer")
    page.get_by_label("Customer’s id").fill("0123")
    page.get_by_role("button", name="Look up").click()
    page.get_by_role("heading", level=1, name="No customer 0123").wait_for()
    page.get_by_role("link", name="00123", exact=True).click()
    page.get_by_role("heading", level=1, name="00123").wait_for()
    page.get_by_role("link", name="000001", exact=True).click()
    page.wait_for_url("**/customer?*run=000001*")
    assert page.get_by_role("heading", level=1).inner_text() == "00123"


def test_an_order_says_its_day_and_worth_when_it_is_pointed_at(page: Any, served: Served) -> None:
    busiest = max(rows_of(served.runs / "000002"), key=lambda row: row["total_orders"])
    page.goto("/customer?" + "id=" + busiest["customer_id"].replace("&", "%26").replace("#", "%23").replace("+", "%2B"))
    drawn(page)
    chart = page.locator("[data-chart=orders]")
    chart.locator(".mark-symbol path").last.hover()
    page.wait_for_function("document.querySelector('[data-chart=orders] [title], [data-chart=orders][title]')")
    assert "in all" in chart.evaluate("one => (one.title ? one : one.querySelector('[title]')).title")


def test_all_runs_lead_to_what_changed(page: Any) -> None:
    page.goto("/")
    page.get_by_role("link", name="All runs").click()
    page.get_by_role("heading", level=1, name="2 runs").wait_for()
    page.get_by_role("link", name="with the one before").click()
    page.wait_for_url("**/movement?*")
    assert page.get_by_role("heading", level=1).is_visible()
