"""Data to try things on: a simulated shop whose truth is known, and public files fetched and verified."""

from __future__ import annotations

from coterie.datasets.catalogue import DATASETS, fetch
from coterie.datasets.retailers import RETAILERS
from coterie.datasets.simulate import Flaws, Simulation, simulate, simulate_to_parquet

__all__ = ["DATASETS", "RETAILERS", "Flaws", "Simulation", "fetch", "simulate", "simulate_to_parquet"]
