"""Silhouettes of a whole sweep, k = 2 to 8: Coterie's single pass against scikit-learn's score, called seven times.

Both are exact, in float64, and taken in turn; the largest difference between their means is printed. One processor's
nanoseconds per distance, at best, stand beside those of a bare square root: a plain C loop, vectorised, in the nearest cache.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from measuring import middle, print_table, run_process, spread
from measuring.points import customers, more

KS = range(2, 9)
# A process inherits the peak that getrusage tells from its parent; /proc tells its own.
PEAK = """
import re, sys
from pathlib import Path
import numpy as np
from coterie.clustering.silhouette import silhouette_samples
with np.load(sys.argv[1]) as file:
    silhouette_samples(file["points"], list(file["labels"]))
status = Path("/proc/self/status")
print(int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) // 1000 if status.exists() else "-")
"""


ROOTS = """
#include <math.h>
void roots(double *values, long n, long times)
{
    for (long t = 0; t < times; t++)
        for (long i = 0; i < n; i++) values[i] = sqrt(values[i] + 1.0);
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="*", default=[4338, 20_000], help="how many (default: 4338 20000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts (default: 3)")
    parser.add_argument("--large", action="store_true", help="also 100,000, scikit-learn once and scaled by seven; minutes")
    arguments = parser.parse_args()
    source, points = customers()
    print(f"{source}, {len(points):,} customers x {points.shape[1]}; larger numbers are drawn from them and blurred\n")
    rows = [compared(more(points, n), arguments.runs, calls=len(KS)) for n in arguments.customers]
    if arguments.large:
        rows.append(compared(more(points, 100_000), 1, calls=1))
    header = ["customers", "coterie s", "scikit-learn s, x7", "times as fast", "ns a distance", "of bare roots", "difference"]
    print_table([*header, "peak MB"], rows)
    print("\nNanoseconds: one processor, every distance from every customer to every other, both ways.")


def compared(points: np.ndarray[Any, Any], runs: int, calls: int) -> list[str]:
    """Measure both on these customers; scikit-learn for the first ``calls`` of the seven ks, scaled to all."""
    from sklearn.metrics import silhouette_score

    from coterie.clustering.silhouette import silhouette_samples

    labels = sweep(points)
    ours, theirs, means = [], [], []
    for _ in range(runs):
        ours.append(seconds(lambda: means.append([float(s.mean()) for s in silhouette_samples(points, labels)])))
        scores: list[float] = []
        for one in labels[:calls]:
            started = time.perf_counter()
            scores.append(float(silhouette_score(points, one)))
            theirs.append(time.perf_counter() - started)
    each = [len(KS) / calls * sum(theirs[i : i + calls]) for i in range(0, len(theirs), calls)]
    difference = max(abs(a - b) for a, b in zip(means[0], scores, strict=False))
    nanoseconds = one_processor(points, labels)
    return [
        f"{len(points):,}", spread(ours), spread(each), f"{middle(each) / middle(ours):.0f}", f"{nanoseconds:.3f}",
        f"{bare_root() / nanoseconds:.0%}", f"{difference:.0e}", peak(points, labels),
    ]  # fmt: skip


def sweep(points: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """Return the labels of every k."""
    from coterie.kernels import fit_many, nearest

    return [nearest(points, fit_many(points, k, seed=0, n_init=5).centers[0])[0] for k in KS]


def seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def one_processor(points: np.ndarray[Any, Any], labels: list[np.ndarray[Any, Any]]) -> float:
    """Return the nanoseconds of a distance in the kernel alone: some rows of a large table are as good as all."""
    from coterie.kernels import group_sums

    group = np.unique(np.column_stack(labels), axis=0, return_inverse=True)[1]
    group = np.sort(group.reshape(-1)[:20_000])
    starts = np.unique(group, return_index=True)[1]
    part = points[: len(group)]
    return min(seconds(lambda: group_sums(part, starts, threads=1)) for _ in range(7)) * 1e9 / len(part) ** 2


def bare_root() -> float:
    """Return the nanoseconds of a square root in a plain C loop over an array in the nearest cache; nan without a compiler."""
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        source, library = Path(folder) / "roots.c", Path(folder) / "roots.so"
        source.write_text(ROOTS)
        flags = ["-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno", "-shared", "-fPIC"]
        with contextlib.suppress(OSError):
            subprocess.run(["cc", *flags, str(source), "-o", str(library), "-lm"], check=False, stderr=subprocess.DEVNULL)
        if not library.exists():
            return float("nan")
        call = ctypes.CDLL(str(library)).roots
    values, count = np.linspace(1, 2, 2048), 3000
    arguments = values.ctypes.data_as(ctypes.c_void_p), ctypes.c_long(len(values)), ctypes.c_long(count)
    return min(seconds(lambda: call(*arguments)) for _ in range(7)) * 1e9 / (count * len(values))


def peak(points: np.ndarray[Any, Any], labels: list[np.ndarray[Any, Any]]) -> str:
    """Return the peak memory of a process that does nothing else, in MB."""
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        file = Path(folder) / "points.npz"
        np.savez(file, points=points, labels=np.array(labels))
        return run_process([sys.executable, "-c", PEAK, str(file)]).output.strip()


if __name__ == "__main__":
    main()
