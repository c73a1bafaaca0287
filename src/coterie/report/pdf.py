"""The page as a PDF: printed by the Chromium that is there, since it is the page's own renderer."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from coterie.errors import RunError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
SECONDS = 120
"""After which a browser is given up: printing takes a few."""
_QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pdf-header-footer",
    # The page draws its charts after it is loaded; the browser's own clock runs ahead until they are done.
    "--virtual-time-budget=60000",
)


def browser() -> str:
    """Return the browser to print with: ``COTERIE_CHROMIUM``, or the first that is installed.

    Raises
    ------
    RunError
        If there is none.
    """
    asked = os.environ.get("COTERIE_CHROMIUM")
    for name in (asked,) if asked else BROWSERS:
        if found := shutil.which(name):
            return found
    raise RunError(
        "A PDF needs Chromium, Chrome or Edge.",
        found=f"no {asked}, which COTERIE_CHROMIUM names." if asked else "none of them on the PATH.",
        fix="install one, name it in COTERIE_CHROMIUM, or print the page yourself: coterie report RUN --format html.",
        code="no_browser",
    )


def print_pdf(page: str, target: Path) -> None:
    """Print a page to a PDF, as A4 with the page's own style for print.

    Parameters
    ----------
    page : str
        HTML that needs nothing from elsewhere.
    target : Path
        The file.

    Raises
    ------
    RunError
        If there is no browser, or it does not print.
    """
    command = browser()
    # Chromium refuses its sandbox to the administrator; the page is ours, and its policy lets nothing else in.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # Beside the target: a browser in a box of its own may not see the system's temporary folder.
    with tempfile.TemporaryDirectory(prefix="coterie-", dir=target.absolute().parent) as name:
        folder = Path(name)
        source, printed = folder / "report.html", folder / "report.pdf"
        source.write_text(page, "utf-8")
        own = [f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}"]
        try:
            done = subprocess.run(
                [command, *_QUIET, *root, *own, source.as_uri()], capture_output=True, timeout=SECONDS, check=False
            )
            told = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        except subprocess.TimeoutExpired:
            told = [f"no PDF after {SECONDS} seconds"]
        if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF"):
            raise RunError(
                f"{command} did not print the report.",
                found=f"{told[0]}.",
                fix="name another browser in COTERIE_CHROMIUM, or print the page yourself: coterie report RUN --format html.",
                code="no_pdf",
            )
        shutil.move(printed, target)
