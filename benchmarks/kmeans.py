"""A thousand k-means fits of bootstrapped customers: Coterie's one call against scikit-learn's under joblib.

Every fit starts once, by k-means++. scikit-learn gets as many draws on as many processes as there are processors, warmed up,
with one thread in each (joblib sees to that); its workers draw for themselves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from measuring import middle, print_table, spread
from measuring.points import customers, more


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=4338, help="how many (default: 4338)")
    parser.add_argument("--fits", type=int, default=1000, help="bootstraps (default: 1000)")
    parser.add_argument("--clusters", type=int, default=5, help="k (default: 5)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts (default: 3)")
    arguments = parser.parse_args()
    source, points = customers()
    points = more(points, arguments.customers)
    print(f"{source}: {arguments.fits:,} fits of {len(points):,} x {points.shape[1]}, k = {arguments.clusters}\n")
    report(compared(points, arguments), arguments.fits)


def compared(points: np.ndarray[Any, Any], arguments: argparse.Namespace) -> dict[str, list[tuple[float, float, float]]]:
    """Return seconds, mean inertia and mean iterations of every run of either."""
    from joblib import Parallel, delayed

    from coterie.kernels import fit_many, n_processors

    def ours() -> tuple[float, float]:
        fits = fit_many(points, arguments.clusters, seed=1, n_fits=arguments.fits, resample="bootstrap")
        return float(fits.inertia.mean()), float(fits.n_iter.mean())

    with Parallel(n_jobs=n_processors(), batch_size=20) as parallel:

        def theirs() -> tuple[float, float]:
            fits = parallel(delayed(peer)(points, arguments.clusters, seed) for seed in range(arguments.fits))
            return float(np.mean([fit[0] for fit in fits])), float(np.mean([fit[1] for fit in fits]))

        parallel(delayed(peer)(points, arguments.clusters, seed) for seed in range(40))
        taken: dict[str, list[tuple[float, float, float]]] = {"coterie": [], "scikit-learn, joblib": []}
        for _ in range(arguments.runs):
            for name, call in zip(taken, (ours, theirs), strict=True):
                taken[name].append(timed(call))
    return taken


def peer(points: np.ndarray[Any, Any], k: int, seed: int) -> tuple[float, int]:
    """Fit one bootstrap by scikit-learn."""
    from sklearn.cluster import KMeans

    drawn = np.random.default_rng(seed).integers(0, len(points), len(points))
    model = KMeans(k, n_init=1, random_state=seed).fit(points[drawn])
    return float(model.inertia_), int(model.n_iter_)


def timed(call: Callable[[], tuple[float, float]]) -> tuple[float, float, float]:
    started = time.perf_counter()
    answer = call()
    return (time.perf_counter() - started, *answer)


def report(taken: dict[str, list[tuple[float, float, float]]], n_fits: int) -> None:
    base = middle([run[0] for run in taken["coterie"]])
    rows = []
    for name, runs in taken.items():
        seconds, inertia, iterations = zip(*runs, strict=True)
        figures = f"{middle(seconds) / base:.1f}", f"{middle(seconds) / n_fits * 1e3:.3f}"
        rows.append([name, spread(seconds), *figures, f"{inertia[0]:.1f}", f"{iterations[0]:.1f}"])
    print_table(["fits", "seconds (range)", "times coterie's", "ms a fit", "mean inertia", "mean iterations"], rows)


if __name__ == "__main__":
    main()
