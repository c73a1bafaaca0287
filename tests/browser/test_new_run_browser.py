"""A run from the browser as a person makes it: file, mapping, progress, cancel; at two widths, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars
import pytest

import coterie as ct
from web_shop import application, serving

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lines") / "sales.csv"
    polars.from_arrow(ct.simulate(400, seed=5).lines).write_csv(path)
    return path


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(application(tmp_path_factory.mktemp("server"))) as at:
        yield at


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        yield started.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=["wide", "phone"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    width, scheme = request.param
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        context.set_default_timeout(30_000)
        opened = context.new_page()
        said: list[str] = []
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("request", lambda one: said.append(one.url) if not one.url.startswith("http://127.0.0.1") else None)
        yield opened
        assert [one for one in said if "favicon" not in one and "404" not in one] == []


def sound(page: Any) -> None:
    page.wait_for_load_state("load")  # a page that a click led to may still be without its style
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert [found["id"] for found in axe.Axe().run(page).response["violations"]] == []


def chosen(page: Any, address: str, sales: Path) -> None:
    page.goto(f"{address}/new")
    sound(page)
    page.get_by_label("File with the sales").set_input_files(sales)
    page.get_by_role("button", name="See how it is read").click()
    page.get_by_role("heading", name="How sales.csv is read").wait_for()


def test_from_a_file_to_its_run(page: Any, address: str, sales: Path) -> None:
    chosen(page, address, sales)
    sound(page)
    assert page.get_by_label("customer_id").is_visible()
    page.get_by_label("Number of segments").fill("3")
    page.get_by_role("button", name="Make the run").click()
    page.wait_for_url("**/?run=*")
    assert page.inner_text("body").startswith("run 0")


def test_a_run_is_cancelled(page: Any, address: str, sales: Path) -> None:
    chosen(page, address, sales)
    page.get_by_role("button", name="Make the run").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("heading", name="The run was cancelled").wait_for()
    sound(page)


def test_what_was_corrected_is_looked_at_again_and_stays(page: Any, address: str, sales: Path) -> None:
    chosen(page, address, sales)
    page.get_by_text("How its text is read").click()
    page.get_by_label("Currency").fill("GBP")
    page.get_by_label("As of").fill("2011-12-31")
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("heading", name="How sales.csv is read").wait_for()
    assert page.get_by_label("Currency").input_value() == "GBP"
    assert "customers as of 2011-12-31" in page.inner_text("main")
    sound(page)


def test_a_column_and_dates_that_are_unclear_are_chosen_by_keyboard(page: Any, address: str, tmp_path: Path) -> None:
    days = [f"{1 + i % 9:02}/{1 + i % 8:02}/2011" for i in range(120)]
    lines = "".join(f"{i},c{i % 40},{day},1,{i}.50\n" for i, day in enumerate(days))
    (tmp_path / "unclear.csv").write_text(f"Order,Client,When,Qty,Price\n{lines}")
    page.goto(f"{address}/new")
    page.get_by_label("File with the sales").set_input_files(tmp_path / "unclear.csv")
    page.get_by_role("button", name="See how it is read").click()
    page.get_by_text("has no sure invoice_date column.").first.wait_for()
    sound(page)
    # What is refused has the focus.
    assert page.evaluate("document.activeElement.name") == "mapping.invoice_date"
    page.keyboard.type("When")
    page.get_by_role("button", name="Look again").press("Enter")
    page.get_by_text("can be read in two ways.").first.wait_for()
    sound(page)
    assert page.evaluate("document.activeElement.name") == "reading.date_format"
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_text("as of 2011-").wait_for()
    assert page.get_by_label("Date format").input_value() == "%d/%m/%Y"
    sound(page)
