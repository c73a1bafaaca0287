"""Measure whole processes: time on the clock and peak memory, medians of a few runs, as an aligned table."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One process: seconds on the clock, peak resident memory in MB, what it printed, seconds of the processors, MB spilled."""

    seconds: float
    megabytes: float
    output: str
    processor: float = 0.0
    spilled: float = 0.0


def run_process(command: Sequence[str], spills: Path | None = None) -> Run:
    """Run a command to its end and measure it; stop the benchmark if it fails.

    A child's peak is at least its parent's at the start, so the measuring process imports nothing heavy. With ``spills``, its
    temporary files go to that folder, and the most that they took at a look every tenth of a second is measured.
    """
    environment = as_installed() | ({"TMPDIR": str(spills)} if spills else {})
    started, spilled, over = time.perf_counter(), [0], threading.Event()
    watch = threading.Thread(target=_watch, args=(spills, spilled, over), daemon=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        watch.start()
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    over.set()
    watch.join()
    if process.returncode:
        sys.exit(f"failed with {process.returncode}: {' '.join(command)}")
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return Run(seconds, usage.ru_maxrss / unit, output, usage.ru_utime + usage.ru_stime, spilled[0] / 1e6)


def as_installed() -> dict[str, str]:
    """Return this environment, in which Python keeps what it compiles: pip compiles what it installs, so no user waits for that."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _watch(folder: Path | None, most: list[int], over: threading.Event) -> None:
    while folder is not None and not over.wait(0.1):
        found = 0
        for file in folder.rglob("*"):
            try:
                found += file.stat().st_size if file.is_file() else 0
            except OSError:  # It is gone again.
                continue
        most[0] = max(most[0], found)


def middle(figures: Sequence[float]) -> float:
    """Return the median, and say nothing of the spread: `spread` does."""
    return statistics.median(figures)


def spread(figures: Sequence[float]) -> str:
    """Return median and range as text."""
    return f"{middle(figures):.2f} ({min(figures):.2f}–{max(figures):.2f})"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header, the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
