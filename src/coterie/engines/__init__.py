"""Where SQL runs: one small protocol, and DuckDB behind it."""

from __future__ import annotations

from coterie.engines.arrow import column, numbers
from coterie.engines.base import Engine, Tables, identifier, literal

__all__ = ["Engine", "Tables", "column", "identifier", "literal", "numbers", "open_engine"]


def open_engine(*, memory_limit: str | None = None, threads: int | None = None) -> Engine:
    """Open the default engine, DuckDB in memory, spilling to a temporary folder.

    Parameters
    ----------
    memory_limit : str, optional
        Such as ``"2GB"``; DuckDB's own default is 80 % of the machine.
    threads : int, optional
        Number of threads; DuckDB's own default is every core.
    """
    from coterie.engines.duckdb import DuckDBEngine

    return DuckDBEngine(memory_limit=memory_limit, threads=threads)
