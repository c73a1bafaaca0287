"""The report in a real browser: drawn under its own policy, silent, at every width, in both schemes."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coterie.report import build_report
from run_folder import MARKUP, VARIANTS, build

pytestmark = pytest.mark.browser


def needed(module: str) -> Any:
    """Import what a test needs; without it the test is skipped, but under COTERIE_CI it fails."""
    if os.environ.get("COTERIE_CI"):
        return importlib.import_module(module)
    return pytest.importorskip(module, reason=f"no {module}")


sync_api = needed("playwright.sync_api")


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield started
        started.close()


# A pattern and a choice by hand differ from the first one in a sentence alone.
@pytest.fixture(scope="module", params=[name for name in VARIANTS if name not in {"pattern", "override"}])
def page_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp(request.param) / "000001", **VARIANTS[request.param])
    file = folder / "report.html"
    file.write_text(build_report(folder), "utf-8")
    return file


def opened(browser: Any, file: Path, **context: Any) -> tuple[Any, list[str]]:
    """Open a page and return it with everything that it said or asked for."""
    page, heard = browser.new_context(**context).new_page(), []
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on(
        "request",
        lambda asked: None if asked.url == file.as_uri() or asked.url.startswith("data:") else heard.append(asked.url),
    )
    page.goto(file.as_uri())
    if context.get("java_script_enabled", True):
        page.wait_for_selector("html[data-drawn]", timeout=30_000)
    return page, heard


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_it_is_drawn_in_silence_and_fits(browser: Any, page_file: Path, width: int, scheme: str) -> None:
    page, heard = opened(browser, page_file, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    drawn = page.locator("[data-chart] svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    assert len(drawn) == page.locator("[data-chart]").count() > 3
    assert all(one["width"] > 100 and one["right"] <= width for one in drawn)
    page.context.close()


def test_it_has_no_accessibility_violation(browser: Any, page_file: Path) -> None:
    axe = needed("axe_playwright_python.sync_playwright")
    # axe is put into the page as a script of its own, which the policy rightly would not let in.
    page, _ = opened(browser, page_file, bypass_csp=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    page.context.close()


def test_it_reads_without_scripts(browser: Any, page_file: Path) -> None:
    page, heard = opened(browser, page_file, java_script_enabled=False)
    assert heard == []
    assert page.locator("[data-chart]").evaluate_all(
        "places => places.every(p => getComputedStyle(p).display === 'none')"
    )
    assert (
        page.locator("table").evaluate_all(
            "tables => tables.filter(t => t.getBoundingClientRect().height === 0).length"
        )
        == 0
    )
    page.context.close()


def test_charts_follow_the_colour_scheme(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file, color_scheme="light")
    ink = "getComputedStyle(document.querySelector('[data-chart=profile_total_orders] svg text')).fill"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ink) != light
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ink) == light
    page.context.close()


def test_hostile_names_stay_text(browser: Any, tmp_path: Path) -> None:
    folder = build(tmp_path / "000001", **VARIANTS["hostile"])
    (folder / "report.html").write_text(build_report(folder), "utf-8")
    page, heard = opened(browser, folder / "report.html")
    assert heard == []
    assert page.title() not in {"1", "2"}
    assert page.locator("img").count() == 0
    assert page.locator(".card h3").all_inner_texts().count(MARKUP) == 1
    page.context.close()


def test_it_prints_on_a4(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file, color_scheme="dark")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 672, "height": 950})
    assert page.evaluate("document.documentElement.scrollWidth") <= 672
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.context.close()
