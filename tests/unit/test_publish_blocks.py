"""Customers are published so many at a time: how many changes nothing."""

import sys

import pyarrow.parquet as pq

import coterie as ct
from coterie.datasets import simulate

QUICK = {"choice": {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}, "k": 3}


def test_the_customers_are_the_same_in_blocks_of_any_size(tmp_path, monkeypatch):
    lines = simulate(300, seed=5).lines
    whole = ct.run(lines, out=tmp_path / "whole", **QUICK)
    monkeypatch.setattr(sys.modules["coterie.publish"], "_BLOCK", 7)
    parts = ct.run(lines, out=tmp_path / "parts", **QUICK)
    assert pq.read_table(parts.path / "customers.parquet").equals(pq.read_table(whole.path / "customers.parquet"))
    assert (parts.path / "customers.csv").read_bytes() == (whole.path / "customers.csv").read_bytes()
