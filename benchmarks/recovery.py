"""Planted types recovered: the gates' k and its agreement with the truth, beside the highest silhouette's and the notebook's.

Each seed is a simulated shop whose customers' types are known. The adjusted Rand index compares segments with types.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from typing import Any

import numpy as np

import coterie as ct
from coterie.clustering import adjusted_rand, cross_table

WAYS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("gates", "default", {"choice": {"sensitivity": False}}),
    ("highest silhouette", "default", {
        "choice": {"by": "silhouette", "sensitivity": False, "n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0}}),
    ("notebook", "notebook", {}),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="simulated shops (default: %(default)s)")
    parser.add_argument("--customers", type=int, default=2000, help="customers of each (default: %(default)s)")
    given = parser.parse_args()
    found: dict[str, list[tuple[int, float]]] = {way: [] for way, _, _ in WAYS}
    print("seed  " + "".join(f"{way + ' k':>22} {'ARI':>5}" for way, _, _ in WAYS))
    for seed in range(given.seeds):
        shop = ct.simulate(given.customers, seed=seed)
        for way, recipe, overrides in WAYS:
            found[way].append(recovered(shop, recipe, overrides))
        print(f"{seed:>4}  " + "".join(f"{found[way][-1][0]:>22} {found[way][-1][1]:5.2f}" for way, _, _ in WAYS))
    medians = (statistics.median(ari for _, ari in found[way]) for way, _, _ in WAYS)
    print("median" + "".join(f"{'':>22} {ari:5.2f}" for ari in medians))


def recovered(shop: Any, recipe: str, overrides: dict[str, Any]) -> tuple[int, float]:
    """Return the number of segments, and how they agree with the planted types."""
    with tempfile.TemporaryDirectory() as folder:
        run = ct.run(shop.lines, recipe, out=folder, **overrides)
        rows = [row for row in run.customers("arrow").to_pylist() if row["cluster"] is not None]
    types = sorted(set(shop.planted.values()))
    planted = np.array([types.index(shop.planted[row["customer_id"]]) for row in rows])
    segments = np.array([row["cluster"] for row in rows])
    k = int(segments.max()) + 1
    return k, adjusted_rand(cross_table(planted, len(types), segments, k))


if __name__ == "__main__":
    main()
