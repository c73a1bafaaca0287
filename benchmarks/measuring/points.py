"""Customers to cluster: Online Retail's where its file is at hand, else drawn; logs, standardised."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
FILE = "online_retail.csv.gz"
FEATURES = ("total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days")


def customers() -> tuple[str, NDArray[np.float64]]:
    """Return what they are, and the points, of shape (n_customers, 5)."""
    file = Path(os.environ.get("COTERIE_DATA") or ROOT.parent / "shared" / "data") / FILE
    if file.is_file():
        return FILE, standardised(real(file))
    return "simulated, no Online Retail at hand", standardised(simulated())


def real(file: Path) -> NDArray[np.float64]:
    """Return the features of the notebook's customers."""
    import coterie

    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        coterie.run(file, "notebook", out=folder)
        table = next(Path(folder).glob("*/customers.csv"))
        with table.open(encoding="utf-8", newline="") as lines:
            return np.array([[float(row[name]) for name in FEATURES] for row in csv.DictReader(lines)])


def simulated() -> NDArray[np.float64]:
    """Return 4,338 customers of five kinds."""
    rng = np.random.default_rng(0)
    return np.exp(rng.normal(size=(4338, 5)) + rng.normal(size=(5, 5))[np.arange(4338) % 5])


def standardised(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return logs with mean 0 and standard deviation 1."""
    logs = np.log1p(features)
    return (logs - logs.mean(axis=0)) / logs.std(axis=0)


def more(points: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return n customers: the same ones, or others drawn from them and blurred a little."""
    if n == len(points):
        return points
    rng = np.random.default_rng(n)
    return points[rng.integers(0, len(points), n)] + rng.normal(scale=0.05, size=(n, points.shape[1]))
