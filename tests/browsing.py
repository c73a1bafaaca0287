"""A real Chromium for tests: how it is started, what a page may say, and what makes a page sound."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


def needed(module: str) -> Any:
    """Import what a test needs; without it the test is skipped, but under COTERIE_CI it fails."""
    if os.environ.get("COTERIE_CI"):
        return importlib.import_module(module)
    return pytest.importorskip(module, reason=f"no {module}")


@contextmanager
def launched(chromium_path: str) -> Iterator[Any]:
    """Start a browser that asks nothing of anybody by itself."""
    with needed("playwright.sync_api").sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield started
        started.close()


def heard(page: Any) -> list[str]:
    """Return a list that fills with all a page says in its console, and asks for beyond the loopback."""
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda one: None if one.url.startswith(("http://127.0.0.1:", "data:")) else said.append(one.url))
    return said


def sound(page: Any, *, axe: bool = True) -> None:
    """Assert that a page fits its width and that axe finds nothing."""
    page.wait_for_load_state("load")  # a page that a click led to may still be without its style
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if axe:
        found = needed("axe_playwright_python.sync_playwright").Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found] == []
