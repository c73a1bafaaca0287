"""Published files in memory, to be read and nothing else: no file, no network, no setting is within a query's reach."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from coterie.engines.base import identifier, literal
from coterie.errors import BusyError

_PAGE = 1001
"""Rows of the longest page, and one more."""


class LockedTables:
    """Parquet files as tables of a database in memory whose configuration is locked; threads may ask it side by side.

    Parameters
    ----------
    files : mapping of str to Path
        Name of a table -> its file, which is read here and never again.
    threads : int, default 2
        Threads that one query may use.
    sessions : int, default 4
        Queries at a time; one more waits.
    """

    def __init__(self, files: Mapping[str, Path], *, threads: int = 2, sessions: int = 4) -> None:
        settings = {"temp_directory": "", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        # The first rows of an order are found by the column they are ordered by, and only then are the others read.
        settings |= {"threads": str(threads), "late_materialization_max_rows": str(_PAGE)}
        self._database = duckdb.connect(":memory:", config=settings)
        self._database.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
        self._columns: dict[str, dict[str, str]] = {}
        for name, path in files.items():
            self._database.execute(f"CREATE TABLE {identifier(name)} AS FROM read_parquet({literal(str(path))})")
            described = self._database.execute(f"DESCRIBE {identifier(name)}").fetchall()
            self._columns[name] = {row[0]: row[1] for row in described}
        self._database.execute("SET enable_external_access = false; SET lock_configuration = true")
        self._idle: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        for _ in range(sessions):
            self._idle.put(self._database.cursor())

    @property
    def tables(self) -> list[str]:
        """Names of the tables."""
        return list(self._columns)

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table with their SQL types."""
        return self._columns[table]

    def rows(self, sql: str, parameters: Sequence[Any] = (), *, seconds: float = 10.0) -> list[dict[str, Any]]:
        """Execute a query and return its rows by column.

        Parameters
        ----------
        sql : str
            With ``?`` where a value belongs: what a person typed is never part of it.
        parameters : sequence
            The values.
        seconds : float, default 10
            How long it may wait for a session, and then take.

        Raises
        ------
        BusyError
            If it takes longer.
        """
        with self._session(seconds) as session:
            found = session.execute(_query(session, sql), list(parameters))
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def _session(self, seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            session = self._idle.get(timeout=seconds)
        except queue.Empty:
            raise _too_long(seconds) from None
        watch = threading.Timer(seconds, session.interrupt)
        watch.daemon = True
        watch.start()
        try:
            yield session
        except duckdb.InterruptException:
            raise _too_long(seconds) from None
        finally:
            watch.cancel()
            self._idle.put(session)


def _query(session: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return the one query that this is; anything else could leave a session changed for whoever comes next."""
    statements = session.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise duckdb.PermissionException("only a query, and one at a time")
    return statements[0]


def _too_long(seconds: float) -> BusyError:
    return BusyError(
        "The answer takes too long.",
        found=f"more than {seconds:g} seconds.",
        fix="ask for less: a smaller page, or a filter; or ask again in a moment.",
        code="timeout",
    )
