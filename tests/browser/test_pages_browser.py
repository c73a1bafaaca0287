"""Every page in a real browser: silent, self-contained, accessible, within its width, on a screen and a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import heard, launched, sound
from coterie.web.app import ROUTERS
from web_server import Served, publish, serving

pytestmark = pytest.mark.browser

PAGES = {
    "/": "/",
    "/runs": "/runs",
    "/segments/{segment:path}": "/segments/s1?min_orders=1",
    "/customers": "/customers?sort=-total_orders",
    "/customer": "/customer?id=a%2Fb",
    "/choice": "/choice?k=3",
    "/movement": "/movement?from=s1&to=s1",
    "/data": "/data",
    "/data/lines": "/data/lines",
    "/what-if": "/what-if?total_orders=3&total_quantity=40&total_spend=120&active_days=30",
    "/new": "/new",
    "/docs": "/docs",
}
"""A full address of every page."""
UNFIT = (
    "/customer?id=nobody", "/segments/none", "/nowhere", "/what-if?total_orders=many", "/customers?q=nobody-at-all",
    "/movement?before=000001&run=000001",
)  # fmt: skip
"""What a person gets wrong, or finds empty."""


@pytest.fixture(scope="module")
def served(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    runs = publish(made_runs, tmp_path_factory.mktemp("serving") / "runs", "000001", "000002")
    with serving(runs) as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with launched(chromium_path) as started:
        yield started


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("path", [*PAGES.values(), *UNFIT])
def test_a_page_is_sound(browser: Any, served: Served, path: str, width: int) -> None:
    # axe is put into the page as a script of its own, which the policy rightly would not let in.
    for bypass in (False, True):
        context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=bypass)
        page = context.new_page()
        said = heard(page)
        page.goto(f"http://127.0.0.1:{served.port}{path}")
        if page.locator("[data-chart]").count():
            page.wait_for_selector("html[data-drawn]", timeout=30_000)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            sound(page, axe=bypass)
        assert [one for one in said if path not in UNFIT or "status of 4" not in one] == []
        context.close()


def test_every_page_is_looked_at() -> None:
    pages = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if "GET" in route.methods and not route.include_in_schema and not route.path.endswith((".json", ".csv", ".css", ".js"))
    }
    # A file, a report that has tests of its own, steps of a journey, and what leads back from one.
    others = {"/data/file/{name}", "/data/report", "/sign-in", "/new/{job}", "/new/{job}/events"}
    others |= {"/customers/download", "/segments/{segment:path}/download", "/segments/{segment:path}/rename"}
    assert pages - others == set(PAGES)


def test_a_page_reads_without_scripts(browser: Any, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    said = heard(page)
    for path in PAGES.values():
        page.goto(f"http://127.0.0.1:{served.port}{path}")
        assert page.locator("h1").count() == 1
        assert page.locator("[data-chart]").evaluate_all("all => all.every(one => getComputedStyle(one).display === 'none')")
    assert said == []
    context.close()
