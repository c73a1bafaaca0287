"""PostgreSQL's driver: one read-only snapshot, streamed as Arrow batches in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from coterie.engines.address import masked, scrubbed
from coterie.errors import InputError

_LOST = ("57P01", "57P02", "57P03", "40001")
"""Terminated, crashed, starting up, in the way of a standby's recovery: the next attempt may go better. As may class 08."""
_SETTINGS = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL client_encoding = 'UTF8'",
    # Else a scan starts where another one happens to be.
    "SET LOCAL synchronize_seqscans = off",
)


class LostError(Exception):
    """The connection went away, or there is none.

    Parameters
    ----------
    said : str
        How, without a password.
    reached : bool
        Whether there was a server at all: one that ends the connection, or is not up yet.
    """

    def __init__(self, said: str, *, reached: bool = True) -> None:
        super().__init__(said)
        self.said, self.reached = said, reached


class StatementError(Exception):
    """The server answered, and said no.

    Parameters
    ----------
    said : str
        Its message, without a password.
    state : str
        Its SQLSTATE.
    """

    def __init__(self, said: str, state: str) -> None:
        super().__init__(said)
        self.said, self.state = said, state


class Snapshot:
    """A read-only transaction at REPEATABLE READ: every statement sees the same rows."""

    def __init__(self, connection: Any, url: str) -> None:
        self._cursor = connection.cursor()
        self._url = url
        for setting in _SETTINGS:
            with self._judged():
                self._cursor.execute(setting)

    def rows(self, sql: str, parameters: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Return a statement's rows; ``$1`` and so on stand for the parameters."""
        with self._judged():
            self._cursor.execute(sql, parameters=list(parameters) or None)
            found: list[tuple[Any, ...]] = self._cursor.fetchall()
            return found

    def schema(self, sql: str) -> Any:
        """Return the Arrow schema of a query that is not executed; several statements are refused by the server."""
        with self._judged():
            return self._cursor.adbc_execute_schema(sql)

    def stream(self, sql: str) -> Stream:
        """Start a query and return its rows as they come."""
        with self._judged():
            self._cursor.execute(sql)
            return Stream(self._cursor.fetch_record_batch(), self._url)

    @contextmanager
    def _judged(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise _judge(error, self._url) from None


class Stream:
    """Batches of rows on their way, and what ended them early.

    Parameters
    ----------
    batches : pyarrow.RecordBatchReader
        The driver's.
    url : str
        For the message.
    """

    def __init__(self, batches: Any, url: str) -> None:
        import pyarrow

        self.failure: LostError | StatementError | None = None
        self._batches, self._url = batches, url
        self.reader = pyarrow.RecordBatchReader.from_batches(batches.schema, self._each())

    def _each(self) -> Iterator[Any]:
        try:
            yield from self._batches
        except Exception as error:  # pyarrow's, of several kinds; whoever reads wraps it in its own once more
            self.failure = _judge(error, self._url)
            raise


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Connect to a database, and give one snapshot of it.

    Parameters
    ----------
    url : str
        ``postgresql://user@host:port/database``; what it leaves out, ``PGPASSWORD``, ``PGSERVICE``, ``.pgpass`` and so on say.

    Raises
    ------
    InputError
        If the driver is not installed, the URL is none, or the server turns this user away.
    LostError
        If nothing answers, or the server is not up yet; if the connection is lost later, from the snapshot's methods.
    """
    try:
        from adbc_driver_postgresql import dbapi
    except ModuleNotFoundError as error:
        raise InputError(
            "Reading from PostgreSQL needs adbc-driver-postgresql.",
            found=f"no module {error.name!r} in this environment.",
            fix="pip install 'coterie[postgres]'",
            code="not_installed",
        ) from None
    try:
        connection = dbapi.connect(_with_defaults(url))
    except Exception as error:
        raise _unreached(str(error), url) from None
    try:
        yield Snapshot(connection, url)
    finally:
        with suppress(Exception):  # It may be gone already.
            connection.close()


def _with_defaults(url: str) -> str:
    for key, value in (("application_name", "coterie"), ("connect_timeout", "10")):
        if f"{key}=" not in url:
            url += f"{'&' if '?' in url else '?'}{key}={value}"
    return url


def _judge(error: Exception, url: str) -> LostError | StatementError:
    text = str(error)
    state = str(getattr(error, "sqlstate", None) or "")
    said = _said(text, url)
    unsaid = not state and re.search("connection|terminating|server closed|SSL", text)
    if unsaid or state.startswith("08") or state in _LOST:
        return LostError(said)
    return StatementError(said, state)


def _said(text: str, url: str) -> str:
    """Return the server's own words: without the statement, and without what the driver puts around them."""
    told = re.search(r"(?:ERROR|FATAL|PANIC):\s+(.*?)(?:\n\n?LINE \d+:|\n\n?Query was:|\n\n|\. SQLSTATE:|$)", text, re.DOTALL)
    return scrubbed(told.group(1) if told else re.sub(r"^[A-Z_]+: (\[libpq\] )?|\nQuery was:.*", "", text), url).rstrip(".")


def _unreached(text: str, url: str) -> Exception:
    if re.search("starting up|shutting down|recovery mode|too many clients|connection slots", text):
        return LostError(_said(text, url))
    turned_away = re.search("FATAL|no password|service", text)
    if not turned_away and re.search("connection to server|could not translate", text):
        return LostError(_said(text, url), reached=False)
    if not turned_away:  # libpq quotes the part of the URL that it cannot read, which may be a part of the password.
        return InputError(
            f"{masked(url)} is no URL of a PostgreSQL database.",
            found="something in it that libpq cannot read.",
            fix="postgresql://user@host:5432/database, with the password in PGPASSWORD, or with its : / ? @ as %3A %2F %3F %40.",
            code="database_url",
        )
    return InputError(
        f"{masked(url)} turns this user away.",
        found=f"{_said(text, url)}.",
        fix="mend the user, database or password: PGPASSWORD, PGSERVICE, .pgpass or the URL.",
        code="database_refused",
    )
