"""The first page of ``coterie serve`` beside the same one in Streamlit, over the same half a million customers, in a real browser.

Both show the segments with their figures, charts of them, and can list customers. "To the first chart" is from the address to the
first drawn chart, in a browser that has not been there before; memory is that of the server's process. Streamlit's page is written
plainly, in ``processes/streamlit_app.py``, with its data cached as its documents advise.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measuring import middle, print_table, spread
from measuring.published import published
from measuring.serving import Server, coterie, free_port, serving

HERE = Path(__file__).resolve().parent
CHART = {"coterie serve": "[data-chart] svg", "Streamlit": "[data-testid=stVegaLiteChart] :is(canvas, svg.marks)"}
WHOLE = {"coterie serve": "html[data-drawn=yes]", "Streamlit": "[data-testid=stDataFrame] >> nth=1"}


@dataclass
class Found:
    """What a server took, start by start: seconds of its first visit and of a later one; MB for one user, each more, at most."""

    cold: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=500_000, help="simulated customers (default: 500000)")
    parser.add_argument("--runs", type=Path, help="a folder of runs to serve as it is, in place of simulated customers")
    parser.add_argument("--users", type=int, default=8, help="more users with the page open (default: 8)")
    parser.add_argument("--starts", type=int, default=3, help="of each server, of which the median counts (default: 3)")
    arguments = parser.parse_args()
    missing = absent()
    if missing:
        print(f"Skipped: {missing}.")
        return
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder, browser() as chromium:
        runs = arguments.runs.resolve() if arguments.runs else published(Path(folder) / "runs", arguments.customers)
        customers = runs / (runs / "latest").read_text(encoding="ascii").strip() / "customers.parquet"
        found = {name: Found() for name in CHART}
        for _ in range(arguments.starts):
            for name, one in found.items():
                port = free_port()
                command, first = started(name, runs, customers, port)
                with serving(command, port, Path(folder), first) as server:
                    visit(chromium, server, name, one, arguments.users)
        report(found, arguments.users)


def absent() -> str | None:
    """Return what is missing, if so."""
    for module in ("streamlit", "playwright"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed (pip install --group bench --group test)"
    return None if chromium_path() else "there is no Chromium on the PATH, nor named by COTERIE_CHROMIUM"


def chromium_path() -> str | None:
    named = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return os.environ.get("COTERIE_CHROMIUM") or next((one for one in named if one), None)


@contextmanager
def browser() -> Iterator[Any]:
    """Start a browser that asks nothing of anybody by itself."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=quiet)
        yield chromium
        chromium.close()


def started(name: str, runs: Path, customers: Path, port: int) -> tuple[list[str], str]:
    """Return the command of a server, and an address that answers as soon as it takes visitors."""
    if name == "coterie serve":
        return coterie(runs, port), "/healthz"
    quiet = ["--server.headless", "true", "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"]
    app = [str(HERE / "processes" / "streamlit_app.py"), "--server.address", "127.0.0.1", "--server.port", str(port), *quiet]
    return [sys.executable, "-m", "streamlit", "run", *app, "--", str(customers)], "/_stcore/health"


def visit(chromium: Any, server: Server, name: str, found: Found, users: int) -> None:
    """Open the page as the first visitor, once more, and then as more users who stay."""
    found.cold.append(opened(chromium, server, name)[0])
    found.later.append(opened(chromium, server, name)[0])
    staying = [opened(chromium, server, name, stay=True)]
    found.alone.append(server.megabytes)
    staying += [opened(chromium, server, name, stay=True) for _ in range(users)]
    found.each.append((server.megabytes - found.alone[-1]) / users)
    found.peak.append(server.peak)
    for _, context in staying:
        context.close()


def opened(chromium: Any, server: Server, name: str, *, stay: bool = False) -> tuple[float, Any]:
    """Open the page as somebody new; return seconds to the first chart, and the visit."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1600})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(server.address + "/", wait_until="commit")
    page.wait_for_selector(CHART[name], timeout=120_000)
    seconds = time.perf_counter() - began
    if stay:
        page.wait_for_selector(WHOLE[name], timeout=120_000, state="attached")
    else:
        context.close()
    return seconds, context


def report(found: dict[str, Found], users: int) -> None:
    """Print both side by side."""
    rows = [
        [name, spread(one.cold), spread(one.later), *(f"{middle(figures):,.1f}" for figures in (one.alone, one.each, one.peak))]
        for name, one in found.items()
    ]
    print()
    header = ["to the first chart, seconds", "new server", "later visitor", "MB, 1 user", f"each of {users} more", "at most"]
    print_table(header, rows)
    ours, theirs = found["coterie serve"], found["Streamlit"]
    print(
        f"\nStreamlit takes {middle(theirs.cold) / middle(ours.cold):.1f} times as long to the first chart on a new server, "
        f"{middle(theirs.later) / middle(ours.later):.1f} times for a later visitor."
    )


if __name__ == "__main__":
    main()
