"""Runs: immutable folders, published whole."""

from coterie.runs.run import Run
from coterie.runs.store import Reserved, reserve, resolve

__all__ = ["Reserved", "Run", "reserve", "resolve"]
