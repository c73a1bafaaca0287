"""Spark: lines on a cluster, or on this machine's cores, behind the same SQL."""

from __future__ import annotations

from coterie.engines.spark.place import SparkPlace

__all__ = ["SparkPlace"]
