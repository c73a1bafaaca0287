"""Published files in memory, to be read and nothing else: no file, no network, no setting is within a query's reach."""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from coterie.engines.base import identifier, literal
from coterie.errors import BusyError

_PAGE = 1001
"""Rows of the longest page, and one more."""
_KEPT, _FEW, _WORTH = 128, 100, 0.005
"""Answers that are kept for whoever asks the same again, rows of the longest of them, and seconds that one took at least."""
_LINGERING = 1.0
"""Seconds after which whoever watches over queries goes, where there are none."""

Asked = tuple[str, tuple[tuple[type, Any], ...]]


_SETTINGS = {"temp_directory": "", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


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
        settings: dict[str, Any] = {"temp_directory": "", "autoinstall_known_extensions": False, "autoload_known_extensions": False}
        # The first rows of an order are found by the column they are ordered by, and only then are the others read.
        settings |= {"threads": threads, "late_materialization_max_rows": _PAGE}
        self._database = duckdb.connect(":memory:", config=settings)
        self._database.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
        self._columns: dict[str, dict[str, str]] = {}
        for name, path in files.items():
            self._database.execute(f"CREATE TABLE {identifier(name)} AS FROM read_parquet({literal(str(path))})")
            described = self._database.execute(f"DESCRIBE {identifier(name)}").fetchall()
            self._columns[name] = {row[0]: row[1] for row in described}
        self._database.execute("SET enable_external_access = false; SET lock_configuration = true")
        self._watch = _Watch()
        self._idle: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        for _ in range(sessions):
            self._idle.put(self._database.cursor())
        self._kept: OrderedDict[Asked, list[dict[str, Any]]] = OrderedDict()
        self._keeping = threading.Lock()

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
        asked = (sql, tuple((type(value), value) for value in parameters))
        with self._keeping:
            rows = self._kept.get(asked)
            if rows is not None:
                self._kept.move_to_end(asked)
                return [dict(row) for row in rows]
        with self._session(seconds) as session:
            began = time.perf_counter()
            found = session.execute(_query(session, sql), list(parameters))
            names = [column[0] for column in found.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            took = time.perf_counter() - began
        if took >= _WORTH and len(rows) <= _FEW:
            self._keep(asked, [dict(row) for row in rows])
        return rows

    def _keep(self, asked: Asked, rows: list[dict[str, Any]]) -> None:
        """Keep an answer: nothing here ever changes. Of too many, the one that nobody asked for the longest goes."""
        with self._keeping:
            self._kept[asked] = rows
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    @contextmanager
    def _session(self, seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            session = self._idle.get(timeout=seconds)
        except queue.Empty:
            raise _too_long(seconds) from None
        try:
            with self._watch.over(session, seconds):
                yield session
        except duckdb.InterruptException:
            raise _too_long(seconds) from None
        finally:
            self._idle.put(session)


class _Watch:
    """Interrupts what takes too long: one thread for all queries, since starting one for each takes longer than most of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._until: dict[duckdb.DuckDBPyConnection, float] = {}
        self._wakes: float | None = None  # when the thread looks again by itself; None where there is none

    @contextmanager
    def over(self, session: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
        """Interrupt a session where this block lasts longer, and never after it."""
        with self._changed:
            self._until[session] = until = time.monotonic() + seconds
            if self._wakes is None:
                self._wakes = until
                threading.Thread(target=self._look, name="watch", daemon=True).start()
            elif until < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._until.pop(session, None)

    def _look(self) -> None:
        with self._changed:
            idle = False
            while self._until or not idle:
                idle = not self._until
                now = time.monotonic()
                self._wakes = min((now + _LINGERING, *self._until.values()))
                self._changed.wait(self._wakes - now)
                for session in [one for one, until in self._until.items() if until <= time.monotonic()]:
                    del self._until[session]
                    session.interrupt()
            self._wakes = None


def _query(session: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return the one query that this is; anything else could leave a session changed for whoever comes next."""
    statements = session.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise duckdb.PermissionException("only a query, and one at a time")
    return statements[0]


def view_of(path: Path, schema: str, view: str) -> Any:
    """Return the rows of a database file's view as an Arrow table.

    A view is SQL that came with the file: it may read the tables beside it, and neither another file nor the network.
    """
    with duckdb.connect(str(path), read_only=True, config={**_SETTINGS}) as database:
        database.execute("SET enable_external_access = false; SET lock_configuration = true")
        return database.sql(f"SELECT * FROM {identifier(schema)}.{identifier(view)}").to_arrow_table()


def _too_long(seconds: float) -> BusyError:
    return BusyError(
        "The answer takes too long.",
        found=f"more than {seconds:g} seconds.",
        fix="ask for less: a smaller page, or a filter; or ask again in a moment.",
        code="timeout",
    )
