"""PostgreSQL's driver: one read-only snapshot, streamed as Arrow batches in bounded memory, or computed with where it lies."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from coterie.engines.address import masked, scrubbed
from coterie.engines.base import identifier
from coterie.engines.dialects import DIALECTS, Dialect
from coterie.errors import InputError

if TYPE_CHECKING:
    import pyarrow

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


class PostgresPlace:
    """Temporary tables of one connection, for a program to compute with in the database; nothing else is written there.

    What reads the user's own tables runs in a read-only transaction at REPEATABLE READ, as every query does that
    fills one of them: all of a table comes from one moment.

    Parameters
    ----------
    url : str
        As for `snapshot`.

    Raises
    ------
    InputError, LostError
        As from `snapshot`.
    """

    numbering = ""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = _connected(url)
        self._cursor = self._connection.cursor()
        self._lock = threading.RLock()

    @property
    def dialect(self) -> Dialect:
        """What it speaks."""
        return DIALECTS["postgres"]

    @property
    def apart(self) -> bool:
        """One server sorts its lines where they lie."""
        return False

    def keep(self, name: str, sql: str) -> None:
        """Make the rows of a query a temporary table: laid out first, and filled by a transaction that only reads."""
        with self._lock:
            self._execute(f"DROP TABLE IF EXISTS {identifier(name)} CASCADE")
            self._execute(f"CREATE TEMPORARY TABLE {identifier(name)} AS {sql} WITH NO DATA")
            self._commit()
            for setting in _SETTINGS:
                self._execute(setting)
            self._execute(f"INSERT INTO {identifier(name)} {sql}")
            self._commit()
            self._execute(f"ANALYZE {identifier(name)}")
            self._commit()

    def view(self, name: str, sql: str) -> None:
        """Name a query, in the place of one of that name."""
        with self._lock:
            self._execute(f"DROP VIEW IF EXISTS {identifier(name)} CASCADE")
            self._execute(f"CREATE TEMPORARY VIEW {identifier(name)} AS {sql}")
            self._commit()

    def fetch(self, sql: str) -> pyarrow.RecordBatchReader:
        """Return a query's rows; a decimal that is not cast comes as text."""
        import pyarrow

        with self._lock:
            self._execute(sql)
            with self._judged():
                table = self._cursor.fetch_arrow_table()
            self._commit()
        plain = [pyarrow.field(field.name, getattr(field.type, "storage_type", field.type)) for field in table.schema]
        bare = [getattr(column, "chunks", []) for column in table.columns]
        columns = [
            pyarrow.chunked_array([getattr(chunk, "storage", chunk) for chunk in chunks], field.type)
            for chunks, field in zip(bare, plain, strict=True)
        ]
        return pyarrow.table(columns, schema=pyarrow.schema(plain)).to_reader()

    def take(self, name: str, table: pyarrow.Table) -> None:
        """Make an Arrow table a temporary table."""
        with self._lock:
            self._execute(f"DROP TABLE IF EXISTS {identifier(name)} CASCADE")
            with self._judged():
                self._cursor.adbc_ingest(name, table, mode="create", temporary=True)
            self._commit()

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a relation with their types, in the server's words."""
        with self._lock:
            with self._judged():
                names = self._cursor.adbc_execute_schema(f"SELECT * FROM {relation}").names
            asked = ", ".join(f"pg_typeof(q.{identifier(name)})::text" for name in names)
            # Joined on what is false, the query is planned and not run.
            (kinds,) = self._rows(f"SELECT {asked} FROM (SELECT 1) AS one LEFT JOIN {relation} AS q ON false")
        return dict(zip(names, kinds, strict=True))

    def digest(self, relation: str, columns: Sequence[str]) -> tuple[str, int, int]:
        """Return a SHA-256 of rows in whatever order, how many they are, and the bytes of their values as text."""
        values = ", ".join(f"coalesce(q.{identifier(column)}::text, chr(30))" for column in columns)
        lanes = ", ".join(f"coalesce(sum(('x' || substr(hash, {at}, 15))::bit(60)::bigint), 0)::text" for at in range(1, 61, 15))
        with self._lock:
            ((count, size, *added),) = self._rows(
                f"SELECT count(*), coalesce(sum(octet_length(text)), 0)::bigint, {lanes} FROM (SELECT text, "
                "encode(sha256(convert_to(text, 'UTF8')), 'hex') AS hash FROM "
                f"(SELECT concat_ws(chr(31), {values}) AS text FROM {relation} AS q) AS texts) AS hashes"
            )
        return hashlib.sha256(repr((tuple(columns), count, *map(int, added))).encode()).hexdigest(), count, int(size)

    def close(self) -> None:
        """Stop what still runs, and leave; the temporary tables go with the connection."""
        with suppress(Exception):  # It may be gone already, or have nothing to stop.
            self._cursor.adbc_cancel()
        with self._lock, suppress(Exception):
            self._cursor.close()
            self._connection.close()

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        self._execute(sql)
        with self._judged():
            found: list[tuple[Any, ...]] = self._cursor.fetchall()
        self._commit()
        return found

    def _execute(self, sql: str) -> None:
        with self._judged():
            self._cursor.execute(sql)

    def _commit(self) -> None:
        with self._judged():
            self._connection.commit()

    @contextmanager
    def _judged(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise _judge(error, self._url) from None


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
    connection = _connected(url)
    try:
        yield Snapshot(connection, url)
    finally:
        with suppress(Exception):  # It may be gone already.
            connection.close()


def _connected(url: str) -> Any:
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
        return dbapi.connect(_with_defaults(url))
    except Exception as error:
        raise _unreached(str(error), url) from None


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
    return scrubbed(told.group(1) if told else re.sub(r"^[A-Z_]+: (\[libpq\] )?|\nQuery was:.*", "", text), url).rstrip(".?")


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
