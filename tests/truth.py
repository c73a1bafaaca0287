"""The real file, once: its run, its cleaned lines, and where Python puts every one of its customers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import coterie as ct
from coterie import Recipe
from coterie.cleaning import clean
from coterie.engines import open_engine
from coterie.sources import read_lines


@dataclass(frozen=True)
class Truth:
    """What every other form of the model is held against.

    Parameters
    ----------
    run : Run
        Of the real file.
    lines, returned : Path
        Its kept lines and what was netted off, Parquet.
    ids : list of str
        Every customer, sorted.
    features : ndarray of shape (n_customers, n_features)
        NaN where one who kept nothing has none.
    clusters : list of int
        -1 for one who kept nothing.
    """

    run: ct.Run
    lines: Path
    returned: Path
    ids: list[str]
    features: np.ndarray
    clusters: list[int]


@pytest.fixture(scope="session")
def truth(online_retail: Path, tmp_path_factory: pytest.TempPathFactory) -> Truth:
    folder = tmp_path_factory.mktemp("truth")
    recipe = Recipe.load("default")
    with open_engine() as engine:
        cleaned = clean(engine, read_lines(engine, online_retail, recipe), recipe)
        columns = "customer_id, invoice_no, invoice_date, product_id, quantity, price, transaction_value"
        engine.write(f"SELECT {columns} FROM {cleaned.table}", folder / "lines.parquet")
        engine.write(f"SELECT customer_id, returned_value FROM {cleaned.returned}", folder / "returned.parquet")
    run = ct.run(online_retail, out=folder / "runs")
    table = run.customers("arrow")
    features = np.column_stack([table[name].to_numpy().astype(float) for name in run.model.features])
    clusters = [-1 if cluster is None else cluster for cluster in table["cluster"].to_pylist()]
    assert clusters.count(-1) == 11
    assert len(clusters) == 4338
    return Truth(
        run, folder / "lines.parquet", folder / "returned.parquet", table["customer_id"].to_pylist(), features, clusters
    )
