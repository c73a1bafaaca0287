"""A CSV file of simulated lines read and mapped by Coterie, beside DuckDB's own reader that is told names and types.

Coterie finds delimiter, encoding, columns, decimal mark and date format by itself, over the whole file, hashes the file, keeps
every row as it came, and says of each row why it cannot be read. Each reads in a process of its own; seconds are without imports.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

from measuring import Run, middle, print_table, run_process, spread

HERE = Path(__file__).resolve().parent
PEERS = {"coterie": "coterie.sources", "duckdb": "DuckDB's read_csv, types given"}
MARK = 1.3
WRITE = """
import sys, duckdb
duckdb.execute(f"COPY (FROM '{sys.argv[1]}') TO '{sys.argv[2]}' (HEADER)")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000, help="simulated lines (default: 10000000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts (default: 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        parquet, file = Path(folder) / "lines.parquet", Path(folder) / "lines.csv"
        simulate = str(HERE / "processes" / "simulate_lines.py")
        run_process([sys.executable, simulate, str(parquet), str(arguments.lines), "gift-shop"])
        run_process([sys.executable, "-c", WRITE, str(parquet), str(file)])
        print(f"{arguments.lines:,} lines, {file.stat().st_size / 1e6:,.0f} MB of CSV, {arguments.runs} runs each, taken in turn\n")
        runs: dict[str, list[Run]] = {name: [] for name in PEERS}
        for _ in range(arguments.runs):
            for name, taken in runs.items():
                taken.append(run_process([sys.executable, str(HERE / "processes" / f"csv_{name}.py"), str(file)]))
    report(runs)


def report(runs: dict[str, list[Run]]) -> None:
    """Print times, memory and ratios, and whether both read the same."""
    printed = {name: [json.loads(run.output) for run in taken] for name, taken in runs.items()}
    rows = [
        [
            PEERS[name],
            spread([one["seconds"] for one in printed[name]]),
            spread([run.processor for run in taken]),
            f"{middle([run.megabytes for run in taken]):,.0f}",
        ]
        for name, taken in runs.items()
    ]
    print_table(["read", "seconds (range)", "processor s (range)", "peak MB"], rows)
    clock = middle([one["seconds"] for one in printed["coterie"]]) / middle([one["seconds"] for one in printed["duckdb"]])
    worked = middle([run.processor for run in runs["coterie"]]) / middle([run.processor for run in runs["duckdb"]])
    verdict = "met" if clock <= MARK else "missed"
    print(f"\ncoterie takes {clock:.2f} times as long, {worked:.2f} in processor seconds (aimed for: {MARK}: {verdict}).")
    ours, theirs = printed["coterie"][-1], printed["duckdb"][-1]
    same = (ours["lines"], ours["units"]) == (theirs["lines"], theirs["units"]) and math.isclose(ours["value"], theirs["value"])
    print(f"Same lines, units and money: {'yes' if same else 'NO'}.")


if __name__ == "__main__":
    main()
