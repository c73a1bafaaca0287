"""The customer table from simulated Parquet: Coterie's, the same query typed by hand for DuckDB, Polars, pandas' groupby.

Five features (orders, quantity, spend, spend an order, active days), each in a process of its own. Seconds are from the
file to the finished table, without imports; memory is the peak of the whole process. DuckDB is held to 2 GB in both.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import Run, middle, print_table, run_process, spread

HERE = Path(__file__).resolve().parent
PEERS = {
    "coterie": "coterie.features",
    "duckdb": "DuckDB, typed by hand",
    "polars": "Polars, streaming",
    "pandas": "pandas groupby",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = [20_000_000, 100_000_000]
    parser.add_argument("--lines", type=int, nargs="*", default=sizes, help="simulated lines (default: 20000000 100000000)")
    most = "pandas has no more lines than this (default: 20000000), and its seconds are scaled up"
    parser.add_argument("--pandas-lines", type=int, default=20_000_000, help=most)
    parser.add_argument("--retailer", default="gift-shop", help="whose lines; seasonal-gifts has six times the customers")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS), help="which to run (default: all)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts (default: 3)")
    arguments = parser.parse_args()
    for at, n_lines in enumerate(arguments.lines):
        print("\n" * bool(at), end="")
        compare(n_lines, arguments)


def compare(n_lines: int, arguments: argparse.Namespace) -> None:
    """Simulate so many lines, run everybody on them, and print how they fared."""
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        whole, part = Path(folder) / "lines.parquet", Path(folder) / "part.parquet"
        made = simulate(whole, n_lines, arguments.retailer)
        print(
            f"{n_lines:,} lines, {whole.stat().st_size / 1e6:.0f} MB of Parquet, simulated in "
            f"{made.seconds:.1f} s with at most {made.megabytes:,.0f} MB; {arguments.runs} runs each, taken in turn"
        )
        scale = 1.0
        if "pandas" in arguments.peers and n_lines > arguments.pandas_lines:
            simulate(part, arguments.pandas_lines, arguments.retailer)
            scale = n_lines / arguments.pandas_lines
            print(f"pandas had {arguments.pandas_lines:,} lines: its seconds are scaled by {scale:.1f}, its memory is not")
        runs: dict[str, list[Run]] = {name: [] for name in PEERS if name in arguments.peers}
        for _ in range(arguments.runs):
            for name, taken in runs.items():
                file = part if name == "pandas" and scale > 1 else whole
                taken.append(run_process([sys.executable, str(HERE / "processes" / f"features_{name}.py"), str(file)]))
        report(runs, scale)


def simulate(path: Path, n_lines: int, retailer: str) -> Run:
    """Write simulated lines, in a process of their own so that they do not count as anybody's memory."""
    return run_process([sys.executable, str(HERE / "processes" / "simulate_lines.py"), str(path), str(n_lines), retailer])


def report(runs: dict[str, list[Run]], scale: float) -> None:
    """Print times, memory and ratios, and whether all gave the same answer."""
    printed = {name: [json.loads(run.output) for run in taken] for name, taken in runs.items()}
    by = {name: scale if name == "pandas" else 1.0 for name in runs}
    seconds = {name: [one["seconds"] * by[name] for one in figures] for name, figures in printed.items()}
    base = middle(seconds["coterie"])
    memory = {name: middle([run.megabytes for run in taken]) for name, taken in runs.items()}
    worked = {name: middle([run.processor for run in taken]) * by[name] for name, taken in runs.items()}
    rows = [
        [PEERS[name], spread(seconds[name]), f"{middle(seconds[name]) / base:.2f}", f"{worked[name]:.2f}", f"{memory[name]:,.0f}"]
        for name in runs
    ]
    print()
    print_table(["customer table", "seconds (range)", "times coterie's", "processor s", "peak MB"], rows)
    print()
    if "duckdb" in seconds:
        print(f"coterie.features takes {base / middle(seconds['duckdb']):.2f} times as long as the query typed by hand.")
    for name in ("polars", "pandas"):
        if name in seconds:
            print(f"It is {middle(seconds[name]) / base:.1f} times as fast as {PEERS[name]}.")
    compared = {name: figures[-1] for name, figures in printed.items() if by[name] == 1.0}
    same = "yes" if agree(list(compared.values())) else "NO"
    print(f"Same answer from {'; '.join(PEERS[name] for name in compared)}: {same}.")


def agree(answers: list[dict[str, Any]]) -> bool:
    """Return whether all have the same customers, and column sums that differ by rounding alone."""
    first = answers[0]
    return all(
        other["customers"] == first["customers"]
        and all(math.isclose(other["sums"][name], total, rel_tol=1e-9) for name, total in first["sums"].items())
        for other in answers[1:]
    )


if __name__ == "__main__":
    main()
