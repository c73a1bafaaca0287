"""Where a command's answer goes when the place is full, closed, absent or no plain file: a refusal, and nothing half-written."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pyarrow.csv
import pytest

import coterie as ct

PYTHON = [sys.executable, "-m", "coterie"]
FULL = Path("/dev/full")
FAST = {"n_bootstrap": 2, "n_seeds": 1, "n_splits": 1, "n_months": 0, "sensitivity": False}


def coterie(*arguments: object, stdout: int | None = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [*PYTHON, *map(str, arguments)]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    pyarrow.csv.write_csv(ct.simulate(100, seed=5).lines, path)
    return path


@pytest.fixture(scope="module")
def run(sales: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ct.run(sales, k=2, out=tmp_path_factory.mktemp("runs"), choice=FAST).path


def refused(done: subprocess.CompletedProcess[str], named: object) -> None:
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {named} cannot be used: ")
    assert "Found:" in done.stderr
    assert "Fix:" in done.stderr


@pytest.mark.parametrize("form", ["joblib", "csv", "json"])
def test_an_export_into_no_folder_is_refused(run: Path, tmp_path: Path, form: str) -> None:
    place = tmp_path / "absent" / "x"
    refused(coterie("export", run, "--to", form, "--output", place), place)


def test_customers_assigned_into_no_folder_are_refused(run: Path, sales: Path, tmp_path: Path) -> None:
    place = tmp_path / "absent" / "x.csv"
    refused(coterie("assign", run, sales, "--output", place), place)
    said = json.loads(coterie("assign", run, sales, "--output", tmp_path, "--json").stdout)
    assert said["schema"] == 1


def test_a_refused_kind_of_file_leaves_what_was_there(run: Path, sales: Path, tmp_path: Path) -> None:
    place = tmp_path / "list.foo"
    place.write_text("mine")
    assert coterie("assign", run, sales, "--output", place).returncode == 2
    assert place.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [place]


def test_a_pipe_is_written_to_and_not_replaced(run: Path) -> None:
    done = coterie("export", run, "--to", "csv", "--output", "/dev/stdout")
    assert done.stdout == (run / "customers.csv").read_text()


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_a_full_stdout_is_a_refusal(run: Path, sales: Path) -> None:
    for command in (["show", run], ["assign", run, sales], ["features"]):
        with FULL.open("w") as full:
            refused(coterie(*command, stdout=full.fileno()), "The output")


def test_a_closed_stdout_is_no_mishap(run: Path) -> None:
    command = ["sh", "-c", '"$0" -m coterie show "$1" >&-', sys.executable, str(run)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stderr


@pytest.mark.parametrize("delimiter", ["abc", '"'])
def test_what_cannot_separate_columns_is_refused(sales: Path, delimiter: str) -> None:
    done = coterie("check", sales, "--delimiter", delimiter)
    assert done.returncode == 1
    assert "cannot separate columns" in done.stderr


@pytest.mark.parametrize("columns", [120, 80, 40])
def test_a_narrow_terminal_cuts_no_name_and_no_figure(run: Path, columns: int) -> None:
    shown = in_terminal(columns, "show", run)
    words = shown.split()
    for segment in ct.open_run(run).segments["segments"]:
        assert all(word in words for word in (*segment["name"].split(), f"{segment['customers']:,}", f"{segment['revenue']:,.0f}"))


def in_terminal(columns: int, *arguments: object) -> str:
    """Return what a command prints in a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [*PYTHON, *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
        assert process.wait() == 0
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # The other side is closed.
        return b""
