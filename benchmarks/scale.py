"""The whole validated sweep, k = 2 to 10 as in the default recipe, on ever more simulated customers.

Each size runs in a process of its own. Seconds are those of the sweep, from scaled features to the choice; processor seconds are
what it would cost a single processor, whatever else the machine was doing. The exponent is fitted beyond ``choice.sample_above``,
where silhouettes and resamples are those of a sample. ``--curves`` prints the cost by features and by the largest k instead, for
the first number of customers.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from measuring import print_table, run_process

KINDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = [10_000, 100_000, 1_000_000]
    parser.add_argument("--customers", type=int, nargs="*", default=sizes, help="how many (default: 10000 100000 1000000)")
    parser.add_argument("--curves", action="store_true", help="by features (2, 5, 10, 20) and by the largest k (5, 10, 20)")
    parser.add_argument("--measure", type=int, nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measured(*arguments.measure)))
        return
    if arguments.curves:
        print_curves(arguments.customers[0])
        return
    found = []
    for n in arguments.customers:
        found.append({"customers": n, **swept(n)})
    header = ["customers", "seconds", "processor s", "peak MB", "silhouettes s", "chosen k", "half interval"]
    print_table(header, [row(one) for one in found])
    beyond = [one for one in found if one["customers"] > one["sample_above"]]
    if len(beyond) > 1:
        print(f"\nCost grows with customers to the power {exponent(beyond, 'seconds'):.2f} beyond {beyond[0]['sample_above']:,}; "
              f"in processor seconds {exponent(beyond, 'processor'):.2f}.")  # fmt: skip


def swept(n: int, features: int = 5, k_max: int = 10) -> dict[str, Any]:
    """Sweep n customers in a process of their own."""
    run = run_process([sys.executable, str(Path(__file__).resolve()), "--measure", str(n), str(features), str(k_max)])
    return {"megabytes": run.megabytes, **json.loads(run.output)}


def print_curves(n: int) -> None:
    """Print what the sweep costs by features and by the largest k, as times of the default."""
    base = swept(n)["processor"]
    print(f"{n:,} customers; 5 features and k up to 10 take {base:.1f} processor seconds\n")
    rows = [[str(d), f"{cost:.1f}", f"{cost / base:.2f}"] for d in (2, 5, 10, 20) for cost in [swept(n, features=d)["processor"]]]
    print_table(["features", "processor s", "times"], rows)
    print()
    rows = [[str(k), f"{cost:.1f}", f"{cost / base:.2f}"] for k in (5, 10, 20) for cost in [swept(n, k_max=k)["processor"]]]
    print_table(["largest k", "processor s", "times"], rows)


def measured(n: int, features: int, k_max: int) -> dict[str, Any]:
    """Sweep n customers and return what it took."""
    import time

    from coterie.clustering import choose, feasible_ks, fit_candidates
    from coterie.clustering.sampling import silhouettes_of
    from coterie.recipe import Recipe

    recipe, points = Recipe.load("default").override({"clustering": {"k_max": k_max}}), drawn(n, features)
    part, choice = recipe.clustering, recipe.choice
    wall, processor = time.perf_counter(), time.process_time()
    ks, notes = feasible_ks(points, part, None)
    candidates = fit_candidates(points, points.sum(axis=1), part, choice, ks, lambda stage, done, total: None)
    sweep = choose(candidates, points, choice, None, notes)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    started = time.perf_counter()
    labels = [candidate.partition.labels for candidate in candidates]
    silhouettes_of(points, labels, sample_above=choice.sample_above, random_state=part.random_state)
    interval = sweep.chosen.silhouette_interval
    return {
        "seconds": wall,
        "processor": processor,
        "silhouettes": time.perf_counter() - started,
        "k": sweep.chosen.n_clusters,
        "half": None if interval is None else (interval[1] - interval[0]) / 2,
        "sample_above": choice.sample_above,
    }


def drawn(n: int, features: int) -> Any:
    """Return n customers of a few kinds, overlapping as customers do, standardised."""
    import numpy as np

    rng = np.random.default_rng(0)
    middles = rng.normal(scale=1.5, size=(KINDS, features))
    points = rng.normal(size=(n, features)) + middles[rng.integers(KINDS, size=n)]
    return (points - points.mean(axis=0)) / points.std(axis=0)


def row(one: dict[str, Any]) -> list[str]:
    half = "exact" if one["half"] is None else f"{one['half']:.4f}"
    figures = [f"{one[name]:.1f}" for name in ("seconds", "processor")]
    return [f"{one['customers']:,}", *figures, f"{one['megabytes']:.0f}", f"{one['silhouettes']:.1f}", str(one["k"]), half]


def exponent(found: list[dict[str, Any]], cost: str) -> float:
    """Return the slope of the cost over the customers, both in logarithms, by least squares."""
    x, y = ([math.log(one[name]) for one in found] for name in ("customers", cost))
    across, up = sum(x) / len(x), sum(y) / len(y)
    return sum((a - across) * (b - up) for a, b in zip(x, y, strict=True)) / sum((a - across) ** 2 for a in x)


if __name__ == "__main__":
    main()
