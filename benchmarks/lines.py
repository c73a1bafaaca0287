"""Whole runs of the default recipe, validated and with a report, on ever more simulated lines in Parquet.

The shop has some 18 lines a customer. Each size runs in a process of its own; processor seconds are what it would cost a single
processor, whatever else the machine was doing. Memory is the peak of the whole process; what is spilled are the engine's temporary
files. A hundred million lines take minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import print_table, run_process

HERE = Path(__file__).resolve().parent
SECONDS, MEGABYTES, EXPONENT = 150, 6000, 1.05
"""Marks: of 100 million lines, and of the growth between sizes."""
LARGE = 100_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = [1_000_000, 10_000_000, LARGE]
    parser.add_argument("--lines", type=int, nargs="*", default=sizes, help="how many (default: 1000000 10000000 100000000)")
    parser.add_argument("--memory-limit", default="2GB", help="of the engine, beside which are the customers (default: 2GB)")
    parser.add_argument("--retailer", default="seasonal-gifts", help="whose lines (default: seasonal-gifts)")
    arguments = parser.parse_args()
    found = [measured(n, arguments.memory_limit, arguments.retailer) for n in arguments.lines]
    header = ["lines", "customers", "seconds", "processor s", "to features", "segments", "peak MB", "spilled MB", "k"]
    print_table(header, [row(one) for one in found])
    if len(found) > 1:
        print(f"\nProcessor seconds grow with lines to the power {exponent(found):.2f} (aimed for: at most {EXPONENT}).")
    for one in found:
        if one["lines"] >= LARGE:
            met = one["seconds"] < SECONDS and one["megabytes"] < MEGABYTES
            print(f"{one['lines']:,} lines, aimed for: under {SECONDS} s and {MEGABYTES:,} MB: {'met' if met else 'missed'}.")


def measured(n: int, memory_limit: str, retailer: str) -> dict[str, Any]:
    """Simulate so many lines, run them, and return what it took."""
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        file, spills = Path(folder) / "lines.parquet", Path(folder) / "spills"
        spills.mkdir()
        made = run_process([sys.executable, str(HERE / "processes" / "simulate_lines.py"), str(file), str(n), retailer])
        command = [sys.executable, str(HERE / "processes" / "run_lines.py"), str(file), str(Path(folder) / "runs"), memory_limit]
        run = run_process(command, spills)
    beside = {"customers": int(made.output), "processor": run.processor, "megabytes": run.megabytes, "spilled": run.spilled}
    return {**json.loads(run.output), **beside}


def row(one: dict[str, Any]) -> list[str]:
    figures = [one["seconds"], one["processor"], one["reached"]["features"], one["reached"]["segments"]]
    sizes = [f"{one['lines']:,}", f"{one['customers']:,}"]
    return [*sizes, *(f"{x:.0f}" for x in figures), f"{one['megabytes']:,.0f}", f"{one['spilled']:,.0f}", str(one["k"])]


def exponent(found: Sequence[dict[str, Any]]) -> float:
    """Return the slope of processor seconds over lines, both in logarithms, by least squares."""
    x, y = ([math.log(one[name]) for one in found] for name in ("lines", "processor"))
    across, up = sum(x) / len(x), sum(y) / len(y)
    return sum((a - across) * (b - up) for a, b in zip(x, y, strict=True)) / sum((a - across) ** 2 for a in x)


if __name__ == "__main__":
    main()
