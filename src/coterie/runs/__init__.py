"""Runs: immutable folders, published whole."""

from coterie.runs.run import Run, open_run
from coterie.runs.store import Reserved, reserve, resolve

__all__ = ["Reserved", "Run", "open_run", "reserve", "resolve"]
