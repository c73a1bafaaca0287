"""What tests share: where real data lies, and where a Chromium is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# As the command line does: two test processes on two cores must not spin against each other.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real data: COTERIE_DATA, or ../shared/data beside the project."""
    named = os.environ.get("COTERIE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder; set COTERIE_DATA to the one that has it")
    return folder.resolve()


@pytest.fixture(scope="session")
def online_retail(data_folder: Path) -> Path:
    """Return the path of UCI's Online Retail, gzipped CSV."""
    return existing(data_folder / "online_retail.csv.gz")


@pytest.fixture(scope="session")
def online_retail_facts(data_folder: Path) -> Path:
    """Return the path of what the notebook gets from Online Retail, JSON."""
    return existing(data_folder / "online_retail.notebook.json")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of a Chromium; without one the test is skipped, but under COTERIE_CI it fails."""
    named = os.environ.get("COTERIE_CHROMIUM")
    found = named or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no Chromium on PATH under {', '.join(BROWSERS)}; install one or set COTERIE_CHROMIUM"
        if os.environ.get("COTERIE_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def existing(path: Path) -> Path:
    """Return the path, or skip the test where the file is absent."""
    if not path.is_file():
        pytest.skip(f"no real data: {path} is absent")
    return path


@pytest.fixture(scope="session")
def made_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three small runs, as ``web_server.make_runs`` has them; copy it before changing it."""
    from web_server import make_runs

    return make_runs(tmp_path_factory.mktemp("made"))
