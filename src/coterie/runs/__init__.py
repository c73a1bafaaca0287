"""Runs: immutable folders, published whole."""

from coterie.runs.run import Run, open_run
from coterie.runs.store import Reserved, one_at_a_time, reserve, resolve

__all__ = ["Reserved", "Run", "one_at_a_time", "open_run", "reserve", "resolve"]
