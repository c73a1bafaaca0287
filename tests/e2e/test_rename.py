"""``coterie rename`` as a user types it, and as the machine loses power in the middle of it."""

from __future__ import annotations

import getpass
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import coterie as ct

PYTHON = [sys.executable, "-m", "coterie"]
QUICK = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return ct.run(ct.simulate(120, seed=5).lines, out=tmp_path / "runs", k=3, choice=QUICK).path.parent


def rename(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PYTHON, "rename", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


def test_a_person_is_told_what_was_done_and_where_it_is(runs: Path) -> None:
    done = rename(runs / "latest", "s2", "Middle", "--reason", "Ours.", "--by", "Ada")
    assert (done.returncode, done.stdout) == (0, "")
    first, second, third = done.stderr.splitlines()
    assert first.endswith(" is now Middle, approved by Ada.")
    assert second == "Run 000002 is run 000001 with that name, and is the latest."
    assert Path(third.removeprefix("Report: ")).is_file()


def test_without_by_it_is_the_user_at_the_keyboard_and_the_clock_is_read(runs: Path) -> None:
    said = json.loads(rename(runs / "latest", "s2", "Middle", "--reason", "Ours.", "--json").stdout)
    assert said["by"] == getpass.getuser()
    assert said["at"] == ct.open_run(runs).manifest["created"]
    assert said["at"].endswith("Z")


def test_a_reason_is_needed_and_a_name_must_be_one(runs: Path) -> None:
    assert rename(runs / "latest", "s2", "Middle").returncode == 2
    refused = rename(runs / "latest", "s9", "Middle", "--reason", "Ours.", "--json")
    assert (refused.returncode, json.loads(refused.stderr)["error"]) == (2, "unknown_segment")
    assert ct.open_run(runs).number == "000001"


@pytest.mark.parametrize("last", ["segments.json", "customers.parquet", "manifest.json"])
def test_a_rename_that_is_killed_leaves_a_whole_run_and_the_next_one_tidies_up(runs: Path, last: str) -> None:
    writer = subprocess.Popen([*PYTHON, "rename", runs / "latest", "s2", "Middle", "--reason", "Ours."], stderr=subprocess.DEVNULL)
    beside = runs / ".000002.partial" / last
    while writer.poll() is None and not beside.exists():
        time.sleep(0.001)
    writer.kill()
    writer.wait(10)
    found = ct.open_run(runs)
    for name in found.manifest["outputs"]:
        assert found.file(name).is_file()
    assert ct.rename(runs, "s1", "House friends", reason="Ours.", by="Ada").segments["segments"][0]["name"] == "House friends"
    assert not list(runs.glob(".0*"))
