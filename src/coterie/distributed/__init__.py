"""Customers too many for one machine: they stay on the cluster, and a part of them, drawn at random, goes the usual way."""

from coterie.distributed.whole import MOST, Whole, customers_there

__all__ = ["MOST", "Whole", "customers_there"]
