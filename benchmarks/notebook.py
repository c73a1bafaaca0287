"""The notebook's steps in pandas and scikit-learn against ``coterie run``, recipe notebook and default: whole processes.

The default recipe repeats every k on resamples, seeds, halves and earlier months; the notebook's steps repeat nothing. Coterie also
accounts for every line, profiles the segments and writes a report; all of that is in its time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import Run, middle, print_table, run_process, spread

HERE = Path(__file__).resolve().parent
REAL = "online_retail.csv.gz"
SIMULATE = """
import gzip, sys
import pyarrow.csv
from coterie.datasets import simulate
with gzip.open(sys.argv[1], "wb", compresslevel=6) as file:
    pyarrow.csv.write_csv(simulate(4300).lines, file)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--file", type=Path, help=f"raw lines; by default {REAL} in COTERIE_DATA or ../shared/data, else simulated"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts (default: 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        file = arguments.file or real_file() or simulated_file(Path(folder))
        print(f"{file.name}, {file.stat().st_size / 1e6:.1f} MB, {arguments.runs} runs each, taken in turn\n")
        peer, ours, validated = [], [], []
        for number in range(arguments.runs):
            out = Path(folder) / str(number)
            out.mkdir()
            peer.append(
                run_process([sys.executable, str(HERE / "processes" / "notebook_steps.py"), str(file), str(out)])
            )
            ours.append(coterie_run(file, "notebook", out))
            validated.append(coterie_run(file, "default", out))
        report(peer, ours, validated)


def coterie_run(file: Path, recipe: str, out: Path) -> Run:
    """Run a recipe as a user would."""
    command = [sys.executable, "-m", "coterie", "run", str(file), "--recipe", recipe, "--out", str(out / "runs"), "--json"]
    return run_process(command)


def report(peer: list[Run], ours: list[Run], validated: list[Run]) -> None:
    """Print times, memory and ratios, and whether both gave the same answer."""
    base = middle([run.seconds for run in peer])
    rows = [
        [
            name,
            spread([run.seconds for run in runs]),
            f"{base / middle([run.seconds for run in runs]):.2f}x",
            f"{middle([run.megabytes for run in runs]):,.0f}",
        ]
        for name, runs in (
            ("pandas + scikit-learn", peer),
            ("coterie run --recipe notebook", ours),
            ("coterie run, fully validated", validated),
        )
    ]
    print_table(["whole process", "seconds (range)", "speed", "peak MB"], rows)
    theirs, mine = json.loads(peer[-1].output), json.loads(ours[-1].output)
    scores = {str(one["n_clusters"]): one["silhouette"] for one in mine["candidates"]}
    apart = max(abs(scores[k] - score) for k, score in theirs["silhouettes"].items())
    print(
        f"\nSame answer: {theirs['customers']:,} and {mine['customers']:,} customers, k = {theirs['n_clusters']} and "
        f"{mine['n_clusters']}, silhouettes at most {apart:.1e} apart."
    )


def real_file() -> Path | None:
    """Return Online Retail where it lies."""
    named = os.environ.get("COTERIE_DATA")
    path = (Path(named) if named else HERE.parent.parent / "shared" / "data") / REAL
    return path if path.is_file() else None


def simulated_file(folder: Path) -> Path:
    """Write as many customers as Online Retail has."""
    path = folder / "simulated.csv.gz"
    subprocess.run([sys.executable, "-c", SIMULATE, str(path)], check=True)
    return path


if __name__ == "__main__":
    main()
