"""A table or query of PostgreSQL: as one input, in one snapshot, exact decimals, the connection's local time; or left there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from coterie.engines.address import is_masked, masked
from coterie.engines.base import Engine, identifier
from coterie.engines.postgres import LostError, PostgresPlace, Snapshot, StatementError, snapshot
from coterie.engines.there import There
from coterie.errors import InputError
from coterie.recipe import Reading, Recipe
from coterie.sources.headers import checked_header
from coterie.sources.lines import InputFile
from coterie.sources.lying import Lying, look
from coterie.sources.part import Part
from coterie.sources.rows import digest_of_rows, exact

if TYPE_CHECKING:
    import pyarrow

RETRIES = (0.5, 1.0, 2.0)
"""Seconds to wait before each further attempt after a lost connection."""
_TABLES = (
    "SELECT n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') "
    "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1"
)
_NOT_A_QUERY = ("42601", "25006", "0A000")
"""Of a syntax that is no SELECT (or several), writing in a read-only transaction, writing within a WITH."""
_PLAIN = re.compile(r"bool|u?int\d+|float|double|string|large_string|null")


@dataclass(frozen=True)
class _Meant:
    """The relation that is meant: its name, its SQL, its Arrow fields, those of type money, and the connection's time zone."""

    name: str
    sql: str
    fields: tuple[pyarrow.Field, ...]
    money: frozenset[str]
    zone: str

    @property
    def zoned(self) -> tuple[str, ...]:
        """Columns of times that have a zone."""
        return tuple(one.name for one in self.fields if str(one.type).startswith("timestamp") and one.type.tz)


@dataclass(frozen=True)
class _Plan:
    """What to read: its name, its SQL, the columns, and which of these are exact numbers as text, or times that had a zone."""

    name: str
    sql: str
    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    zoned: tuple[str, ...]
    zone: str


def load_postgres(engine: Engine, table: str, url: str, reading: Reading) -> Part:
    """Copy a table or a query's rows into the engine, in one read-only snapshot.

    Parameters
    ----------
    engine, table
        Where the rows will lie.
    url : str
        ``postgresql://user@host:port/database``. Nothing of it is kept.
    reading : Reading
        Its ``table`` or ``query``.

    Raises
    ------
    InputError
        If the database cannot be reached, turns the user away, has no such table, or goes away four times.
    """
    lost: list[str] = []
    while True:
        try:
            with snapshot(url) as shot:
                plan = _plan(shot, url, reading)
                _copy(engine, table, shot, plan)
            break
        except LostError as error:
            lost.append(error.said)
            # Where there never was a server, there is nothing to wait for.
            if len(lost) > len(RETRIES) or not (error.reached or lost[1:]):
                raise _gone(url, lost) from None
            time.sleep(RETRIES[len(lost) - 1])
        except StatementError as error:
            raise _refused(error, url, reading) from None
    names = checked_header(plan.name, list(plan.columns), len(plan.columns), values=False)
    sha256, records, size = digest_of_rows(engine, table, plan.columns)
    typed = exact(engine, table, plan.numbers)
    listed = ", ".join(
        f"{typed.get(old, identifier(old))} AS {identifier(new)}" for old, new in zip(plan.columns, names, strict=True)
    )
    # Places in the table are those in which the rows came.
    query = f"SELECT rowid + 1 AS source_line, {listed} FROM {table}"
    return Part(InputFile(plan.name, size, sha256, records), query, names, notes=tuple(_notes(engine, table, plan, len(lost))))


@contextmanager
def postgres_there(url: str, reading: Reading) -> Iterator[There]:
    """Connect to a database that computes with its own lines, in temporary tables that go with the connection.

    Parameters
    ----------
    url, reading
        As for `load_postgres`.

    Raises
    ------
    InputError
        As from `load_postgres`, and from the block, if the connection is lost or the user may not make temporary tables.
    """
    lost: list[str] = []
    while True:
        try:
            place = PostgresPlace(url)
            break
        except LostError as error:
            lost.append(error.said)
            if len(lost) > len(RETRIES) or not (error.reached or lost[1:]):
                raise _gone(url, lost) from None
            time.sleep(RETRIES[len(lost) - 1])
    with There(place) as there:
        try:
            yield there
        except LostError as error:
            raise InputError(
                f"{masked(url)} went away while it computed.",
                found=f"{error.said}.",
                fix="try again when it is well; nothing was published, and nothing is left there.",
                code="database_lost",
            ) from None
        except StatementError as error:
            raise _refused(error, url, reading) from None


def lie_in_postgres(there: There, url: str, recipe: Recipe) -> Lying:
    """Look at a table or a query of the recipe, where it lies.

    Parameters
    ----------
    there : There
        From `postgres_there`, of the same database.
    url : str
        The database.
    recipe : Recipe
        Its ``mapping`` and ``reading``.
    """
    with snapshot(url) as shot:
        meant = _meant(shot, url, recipe.reading)
    listed = ", ".join(_as_computed(field, field.name in meant.money) for field in meant.fields)
    there.place.view("coterie_source", f"SELECT {listed} FROM ({meant.sql}\n) AS q")
    notes = [
        f"{meant.name}: cleaned and counted in the database, from one snapshot; its SHA-256 is of its rows, in any order.",
        *(f"{column}: times with a zone are read in {meant.zone}, the connection's; PGTZ names another." for column in meant.zoned),
    ]
    return look(there, meant.name, "coterie_source", recipe, (), notes)


def _copy(engine: Engine, table: str, shot: Snapshot, plan: _Plan) -> None:
    stream = shot.stream(plan.sql)
    engine.register(f"{table}_stream", stream.reader)
    try:
        # Replaced: what an attempt before this one had read is dropped.
        engine.run(f"CREATE OR REPLACE TABLE {table} AS FROM {table}_stream")
    except Exception as error:
        raise stream.failure or error from None
    finally:
        engine.run(f"DROP VIEW IF EXISTS {table}_stream")


def _plan(shot: Snapshot, url: str, reading: Reading) -> _Plan:
    meant = _meant(shot, url, reading)
    each = [_as_read(field, field.name in meant.money) for field in meant.fields]
    columns = tuple(field.name for field in meant.fields)
    numbers = tuple(column for column, (_, is_number) in zip(columns, each, strict=True) if is_number)
    listed = ", ".join(read for read, _ in each)
    return _Plan(meant.name, f"SELECT {listed} FROM ({meant.sql}\n) AS q", columns, numbers, meant.zoned, meant.zone)


def _meant(shot: Snapshot, url: str, reading: Reading) -> _Meant:
    if reading.query and reading.table:
        raise InputError(
            "--table and --query both name what to read.",
            found=f"{reading.table!r} and a query.",
            fix="one of the two.",
            code="choose_one",
        )
    if reading.query and is_masked(reading.query):
        raise InputError(
            "The query is known without its texts alone: a run keeps none of them.",
            found=f"{reading.query}.",
            fix='--query "SELECT ...", as it was given then.',
            code="masked_query",
        )
    database, zone = shot.rows("SELECT current_database(), current_setting('TimeZone')")[0]
    if reading.query:
        name, sql = f"{database} (query)", reading.query.strip().rstrip("; \n\t")
    else:
        found, quoted = _table(shot, url, reading.table)
        name, sql = f"{database}.{found}", f"SELECT * FROM {quoted}"
    # As it was given first: the server refuses several statements, which would pass unseen within another one.
    schema = shot.schema(reading.query or sql)
    columns = tuple(schema.names)
    if not columns:
        raise StatementError("a statement that returns no rows", "42601")
    checked_header(name, list(columns), len(columns), values=False)
    money = {column for column, kind in zip(columns, _kinds(shot, sql, columns), strict=True) if kind == "money"}
    return _Meant(name, sql, tuple(schema), frozenset(money), str(zone))


def _kinds(shot: Snapshot, sql: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns' types in the server's words; joined on what is false, the query is planned and not run."""
    asked = ", ".join(f"pg_typeof(q.{identifier(column)})::text" for column in columns)
    return shot.rows(f"SELECT {asked} FROM (SELECT 1) AS one LEFT JOIN ({sql}\n) AS q ON false")[0]


def _as_read(field: pyarrow.Field, is_money: bool) -> tuple[str, bool]:
    """Return the SQL that reads a column, and whether it gives an exact number as text."""
    if is_money or _is_numeric(field):
        return f"q.{identifier(field.name)}{'::numeric' if is_money else ''}::text AS {identifier(field.name)}", True
    return _as_computed(field, is_money), False


def _as_computed(field: pyarrow.Field, is_money: bool) -> str:
    """Return the SQL of a column that can be computed with: numbers, times without zone, texts."""
    name, kind = f"q.{identifier(field.name)}", str(field.type)
    if is_money:
        return f"{name}::numeric AS {identifier(field.name)}"
    if kind.startswith(("timestamp", "date")):
        # Infinity, and years that no other program knows, become the first or last day: too early or too late.
        first, last = "'0001-01-02'", "'9999-12-30'"
        within = f"CASE WHEN {name} < {first} THEN {first} WHEN {name} > {last} THEN {last} ELSE {name} END"
        # A time with a zone is cast by the server, in the connection's zone.
        return f"({within})::{'date' if kind.startswith('date') else 'timestamp'} AS {identifier(field.name)}"
    return name if _is_numeric(field) or _PLAIN.fullmatch(kind) else f"{name}::text AS {identifier(field.name)}"


def _is_numeric(field: pyarrow.Field) -> bool:
    return (field.metadata or {}).get(b"ADBC:postgresql:typname") == b"numeric"


def _table(shot: Snapshot, url: str, wanted: str | None) -> tuple[str, str]:
    """Return a table's name and how SQL writes it: as it is there, or folded to lower case as the server would."""
    there = [(str(name), str(quoted)) for name, quoted in shot.rows(_TABLES)]
    if wanted is None and len(there) == 1:
        return there[0]
    given = (wanted or "").replace('"', "")
    for form in (given, given.lower()):
        fitting = [one for one in there if form in (one[0], one[0].partition(".")[2])]
        if len(fitting) > 1:
            fitting = [one for one in fitting if one[0] == f"public.{form}"] or fitting
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise _choose(url, f"has {len(fitting)} tables called {wanted!r}", [name for name, _ in fitting])
    names = [name for name, _ in there]
    if wanted is None:
        raise _choose(url, f"has {len(names)} tables", names)
    # By the whole name, or by the table's own; the nearest first.
    forms = {name.partition(".")[2].lower(): name for name in names} | {name.lower(): name for name in names}
    near = [forms[form] for form in get_close_matches(given.lower(), list(forms))]
    raise InputError(
        f"{masked(url)} has no table {wanted!r} that this user may see.",
        found=f"{', '.join(names[:50]) or 'no table'}.",
        fix=f"--table {near[0] if near else 'SCHEMA.TABLE'}, or --query with a SELECT.",
        code="choose_one",
    )


def _choose(url: str, wrong: str, names: list[str]) -> InputError:
    return InputError(
        f"{masked(url)} {wrong}.",
        found=f"{', '.join(names[:50]) or 'no table'}.",
        fix=f"--table {names[0] if names else 'SCHEMA.TABLE'}, or --query with a SELECT.",
        code="choose_one",
    )


def _gone(url: str, lost: list[str]) -> InputError:
    return InputError(
        f"{masked(url)} went away, and {len(lost) - 1} more attempts failed." if lost[1:] else f"{masked(url)} cannot be reached.",
        found=f"{lost[-1]}.",
        fix="try again when it is well; nothing was published." if lost[1:] else "mend the host and port, or start the server.",
        code="database_lost",
    )


def _refused(error: StatementError, url: str, reading: Reading) -> InputError:
    if "temporary" in error.said or (error.state == "25006" and "CREATE" in error.said):
        return InputError(
            f"{masked(url)} gives this user no temporary table to compute in.",
            found=f"{error.said}.",
            fix="GRANT TEMPORARY ON DATABASE ... TO this user, or leave --engine out: the lines are then read from there.",
            code="no_permission",
        )
    what = "the query" if reading.query else f"table {reading.table or ''}".rstrip()
    if error.state == "42501":
        return InputError(
            f"This user may not read {what}.",
            found=f"{error.said}.",
            fix="ask its owner to GRANT SELECT on it, and USAGE on its schema, to this user.",
            code="no_permission",
        )
    if reading.query and error.state in _NOT_A_QUERY:
        return InputError(
            "The query is not one SELECT that only reads.",
            found=f"{error.said}.",
            fix='--query "SELECT ..." with a single statement; nothing was run.',
            code="query",
        )
    return InputError(
        f"{masked(url)} does not give {what}.",
        found=f"{error.said}.",
        fix="mend the query: try it in psql." if reading.query else "mend the table, or name its columns by --query.",
        code="query",
    )


def _notes(engine: Engine, table: str, plan: _Plan, lost: int) -> list[str]:
    notes = [f"{plan.name}: read in one read-only snapshot; its SHA-256 is of its rows, in any order."]
    for column in plan.zoned:
        count = engine.rows(f"SELECT count({identifier(column)}) FROM {table}")[0][0]
        notes.append(f"{column}: {count:,} times with a zone are read in {plan.zone}, the connection's; PGTZ names another.")
    if lost:
        notes.append(f"{plan.name}: the connection was lost {lost} times before all was read, and every row was read anew.")
    return notes
