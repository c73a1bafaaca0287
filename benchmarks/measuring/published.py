"""A run of simulated customers to serve, made once where several benchmarks want it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from measuring import run_process

PROCESSES = Path(__file__).resolve().parent.parent / "processes"


def published(runs: Path, customers: int) -> Path:
    """Publish a run, in a process of its own, and say what it took."""
    told = run_process([sys.executable, str(PROCESSES / "publish_run.py"), str(runs), "--customers", str(customers)])
    found = json.loads(told.output)
    size = sum(file.stat().st_size for file in (runs / found["run"]).iterdir()) / 1e6
    print(
        f"{customers:,} simulated customers, {found['lines']:,} lines: published in {found['seconds']:.0f} s with at most "
        f"{told.megabytes:,.0f} MB; {size:.0f} MB of files"
    )
    return runs
