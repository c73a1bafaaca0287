"""The report in a real browser: drawn under its own policy, silent, at every width, in both schemes."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coterie as ct
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


# Each of these shows what no other does: the rest differ in a sentence, or are parts of them.
SHOWN = ("one", "outliers", "no_money", "sampled", "full", "full_twelve", "full_hostile")


@pytest.fixture(scope="module", params=SHOWN)
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


# 320 is the narrowest phone, and 1280 at 400 % zoom.
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_it_is_drawn_in_silence_and_fits(browser: Any, page_file: Path, width: int, scheme: str) -> None:
    page, heard = opened(browser, page_file, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    drawn = page.locator("[data-chart] svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    assert len(drawn) == page.locator("[data-chart]").count() > 3
    assert all(one["width"] > 100 and one["right"] <= width for one in drawn)
    for other in (375, 640, 901):
        page.set_viewport_size({"width": other, "height": 800})
        page.wait_for_function(f"document.documentElement.scrollWidth === {other}", timeout=10_000)
    page.context.close()


def test_it_has_no_accessibility_violation(browser: Any, page_file: Path) -> None:
    assert violations(browser, page_file) == []


@pytest.mark.slow
def test_the_report_of_the_real_file(browser: Any, online_retail: Path, tmp_path: Path) -> None:
    run = ct.run(online_retail, out=tmp_path)
    page, heard = opened(browser, run.path / "report.html", viewport={"width": 375, "height": 800})
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.context.close()
    assert violations(browser, run.path / "report.html") == []
    assert (run.path / "report.html").stat().st_size < 1_500_000


def violations(browser: Any, file: Path) -> list[tuple[str, str]]:
    """Return what axe finds, wide and narrow, light and dark."""
    axe = needed("axe_playwright_python.sync_playwright")
    # axe is put into the page as a script of its own, which the policy rightly would not let in.
    page, _ = opened(browser, file, bypass_csp=True)
    found = []
    for width, scheme in ((1280, "light"), (1280, "dark"), (375, "light"), (375, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        found += [(one["id"], one["nodes"][0]["html"][:120]) for one in axe.Axe().run(page).response["violations"]]
    page.context.close()
    return found


def test_the_keyboard_reaches_every_card_in_order_and_shows_where_it_is(browser: Any, tmp_path: Path) -> None:
    folder = build(tmp_path / "000001", **VARIANTS["full"])
    (folder / "report.html").write_text(build_report(folder), "utf-8")
    page, _ = opened(browser, folder / "report.html")
    seen: list[tuple[str, bool]] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        seen.append(
            tuple(
                page.evaluate(
                    """() => {
                        const one = document.activeElement, style = getComputedStyle(one);
                        const name = one.getAttribute("href") || one.getAttribute("aria-label") || one.textContent.slice(0, 20);
                        return [one === document.body ? "" : name, style.outlineStyle !== "none"];
                    }"""
                )
            )
        )
        if not seen[-1][0]:
            break
    names = [name for name, _ in seen if name]
    assert names[0] == "#main"
    assert [name for name in names if name.startswith("#segment-")] == [f"#segment-{place}" for place in range(1, 5)]
    assert names.index("#segment-4") < names.index("Every k with its checks") < names.index("What became of every line")
    assert all(outlined for name, outlined in seen if name)
    page.context.close()


def test_every_chart_has_its_table(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    assert page.locator("[data-chart]").evaluate_all(
        "places => places.every(p => p.closest('figure').querySelector('table'))"
    )
    page.context.close()


@pytest.mark.parametrize("variant", ["full_long", "full_hostile"])
def test_it_fits_with_letters_twice_as_large(browser: Any, tmp_path: Path, variant: str) -> None:
    folder = build(tmp_path / "000001", **VARIANTS[variant])
    (folder / "report.html").write_text(build_report(folder, locale="de_DE", currency="EUR"), "utf-8")
    page, _ = opened(browser, folder / "report.html", viewport={"width": 1280, "height": 800})
    page.evaluate("document.documentElement.style.zoom = 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
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


def test_a_list_s_command_is_copied_as_it_is_typed(browser: Any, tmp_path: Path) -> None:
    folder = build(tmp_path / "000001", **VARIANTS["full"])
    (folder / "report.html").write_text(build_report(folder), "utf-8")
    page, _ = opened(browser, folder / "report.html", viewport={"width": 375, "height": 800})
    code = page.locator(".command code").first
    code.scroll_into_view_if_needed()
    code.click()
    name = page.locator(".card h3").first.inner_text()
    assert page.evaluate("getSelection().toString().trim()").endswith(f'/000001 --to csv --segment "{name}"')
    page.context.close()


def test_it_prints_on_a4(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file, color_scheme="dark")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 672, "height": 950})
    assert page.evaluate("document.documentElement.scrollWidth") <= 672
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    folded = page.locator("details:not(.rule) > summary + *")
    assert folded.count() > 1
    assert all(height > 0 for height in folded.evaluate_all("all => all.map(one => one.getBoundingClientRect().height)"))
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.context.close()
