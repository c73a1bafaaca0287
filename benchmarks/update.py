"""An update with 1 % new lines against a full run on all of them, both as whole processes of the command line.

The lines are simulated, in order of time; the new ones are the last. They touch a larger share of the customers than of the lines.
An update also looks through the parts for those customers' lines, and writes the customers anew. Its share of a full run falls as
there are more lines: half a second is Python's start, whatever their number. It is judged by the clock and by processor seconds,
whichever is worse: the first depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from measuring import Run, middle, print_table, run_process, spread

COTERIE = [sys.executable, "-m", "coterie"]
MARK = 0.10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = [500_000, 2_000_000, 5_000_000]
    parser.add_argument("--lines", type=int, nargs="*", default=sizes, help="how many (default: 500000 2000000 5000000)")
    parser.add_argument("--share", type=float, default=0.01, help="of new lines (default: 0.01)")
    parser.add_argument("--repeat", type=int, default=3, help="updates of each size (default: 3)")
    arguments = parser.parse_args()
    rows = []
    for n in arguments.lines:
        with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
            rows.append(row(n, *measured(Path(folder), n, arguments.share, arguments.repeat)))
    of_full, worked = "of the full run", "of its processor s"
    header = ["lines", "full run s", "with parts s", "update s", of_full, "processor s", worked, "parts MB", "mark"]
    print_table(header, rows)


def row(n: int, full: Run, kept: Run, updates: list[Run], megabytes: float) -> list[str]:
    seconds, processor = [one.seconds for one in updates], [one.processor for one in updates]
    share, worked = middle(seconds) / full.seconds, middle(processor) / full.processor
    verdict = f"under {MARK:.0%}: {'met' if max(share, worked) < MARK else 'missed'}"
    times = [f"{full.seconds:.2f}", f"{kept.seconds:.2f}", spread(seconds), f"{share:.1%}", spread(processor), f"{worked:.1%}"]
    return [f"{n:,}", *times, f"{megabytes:.1f}", verdict]


def measured(folder: Path, n: int, share: float, repeat: int) -> tuple[Run, Run, list[Run], float]:
    """Return a full run, a first run that keeps parts, the updates, and the size of the parts."""
    earlier, later, both = folder / "earlier.parquet", folder / "later.parquet", folder / "all.parquet"
    # In a process of its own: a child's peak is at least its parent's.
    cut = Path(__file__).resolve().parent / "processes" / "cut.py"
    run_process([sys.executable, str(cut), str(both), str(earlier), str(later), str(n), str(round(n * (1 - share)))])
    full = run_process([*COTERIE, "run", str(both), "--out", str(folder / "full"), "--quiet"])
    runs = folder / "runs"
    kept = run_process([*COTERIE, "run", str(earlier), "--out", str(runs), "--quiet", "--keep-parts"])
    files = [file for file in (runs / "000001").iterdir() if file.name.startswith(("lines-", "rows-", "figures"))]
    updates = []
    for _ in range(repeat):
        updates.append(run_process([*COTERIE, "update", str(runs), str(later), "--quiet"]))
        shutil.rmtree(runs / "000002")
        (runs / "latest").write_text("000001\n", encoding="ascii")
    return full, kept, updates, sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    main()
