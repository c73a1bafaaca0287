"""What the recipes recover of the planted types: the default most of them, the notebook's next to nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import adjusted_rand_score

from coterie import pipeline
from coterie.datasets import simulate


def recovered(seed: int, recipe: str, folder: Path) -> tuple[float, int]:
    """Return the adjusted Rand index between planted types and a recipe's clusters, and the number of clusters."""
    shop = simulate(2000, seed=seed)
    pyarrow.csv.write_csv(shop.lines, folder / "lines.csv")
    run = pipeline.run([folder / "lines.csv"], recipe, out=folder / "runs")
    customers = pq.read_table(run.path / "customers.parquet", columns=["customer_id", "cluster"]).drop_null()
    planted = [shop.planted[customer] for customer in customers.column("customer_id").to_pylist()]
    clusters = customers.column("cluster").to_pylist()
    return adjusted_rand_score(planted, clusters), len(set(clusters))


@pytest.mark.parametrize("seed", [0, 3])
def test_the_default_recipe_recovers_the_planted_types_and_the_notebook_does_not(seed: int, tmp_path: Path) -> None:
    ours, n_clusters = recovered(seed, "default", tmp_path)
    notebook, _ = recovered(seed, "notebook", tmp_path)
    print(f"seed {seed}: adjusted Rand index {ours:.2f} (default, k={n_clusters}), {notebook:.2f} (notebook)")
    assert n_clusters == 5
    assert 0.75 < ours < 0.95, "recovered, though the types overlap"
    assert notebook < ours - 0.15
