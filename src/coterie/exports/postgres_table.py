"""A table of PostgreSQL: written beside the old one, then put in its place, all in one transaction."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from coterie.engines.address import masked, scrubbed
from coterie.engines.dialects import DIALECTS
from coterie.errors import ExportError
from coterie.exports.databases import DATABASES, MARK, Database, foreign
from coterie.exports.extras import needed
from coterie.sql.render import table_named

RETRIES = (0.5, 1.0, 2.0)
"""Seconds to wait before each further attempt after a lost connection."""
_BATCH = 10_000


def _write(customers: Any, url: str, name: str, comment: str) -> None:
    psycopg = needed("psycopg", extra="postgres")
    parsed = table_named(name, DIALECTS["postgres"], set())
    qualifier = parsed.args.get("db")
    schema, table = (_folded(qualifier) if qualifier else None), _folded(parsed.this)
    for wait in (*RETRIES, None):
        connected = False
        try:
            with psycopg.connect(url, connect_timeout=10, application_name="coterie") as connection:
                connected = True
                _replace(psycopg, connection, customers, schema, table, comment, name)
            return
        except psycopg.OperationalError as error:
            # A server that answers, and says no, would say no again.
            refused = not connected and "FATAL" in str(error) and "starting up" not in str(error)
            if refused or wait is None:
                raise ExportError(
                    f"{masked(url)} cannot be reached." if not connected else f"{masked(url)} went away.",
                    found=scrubbed(str(error), url),
                    fix="mend the URL, PGPASSWORD or .pgpass, or wait for the server; the table is as it was.",
                    code="database_lost",
                ) from None
            time.sleep(wait)
        except psycopg.Error as error:
            raise ExportError(
                f"{masked(url)} does not take the table {name}.",
                found=scrubbed(str(error), url),
                fix="name a schema that is there and that this user may create tables in; the table is as it was.",
                code="database_refused",
            ) from None


def _folded(identifier: Any) -> str:
    """Return a name as the database has it: in lower case, unless it was quoted."""
    return str(identifier.this if identifier.args.get("quoted") else identifier.this.lower())


def _replace(psycopg: Any, connection: Any, customers: Any, schema: str | None, table: str, comment: str, given: str) -> None:
    """Replace a table, within the connection's transaction."""
    sql = psycopg.sql
    if schema is None:
        schema = connection.execute("SELECT current_schema()").fetchone()[0] or "public"
    target = sql.Identifier(schema, table)
    text = target.as_string(connection)
    # One export at a time: a second one waits here, then replaces the first one's table.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"coterie {text}"])
    found = connection.execute(
        "SELECT c.oid, obj_description(c.oid, 'pg_class') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s",
        [schema, table],
    ).fetchone()
    if found and not str(found[1] or "").startswith(MARK):
        raise foreign(given, found[1])
    beside = sql.Identifier(schema, f"coterie_{hashlib.sha256(text.encode()).hexdigest()[:16]}")
    columns = [sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(_type(field))) for field in customers.schema]
    key = sql.SQL(", PRIMARY KEY (customer_id)") if "customer_id" in customers.column_names else sql.SQL("")
    connection.execute(sql.SQL("CREATE TABLE {} ({}{})").format(beside, sql.SQL(", ").join(columns), key))
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(beside)) as copy:
        for batch in customers.to_batches(_BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                copy.write_row(row)
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(beside, sql.Literal(comment)))
    if found:
        _grant_alike(sql, connection, found[0], beside)
        connection.execute(sql.SQL("DROP TABLE {}").format(target))
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(beside, sql.Identifier(table)))


def _grant_alike(sql: Any, connection: Any, old: int, new: Any) -> None:
    """Let those read and write the new table who could the old one: a nightly export must not lock anybody out."""
    granted = connection.execute(
        "SELECT a.privilege_type, a.grantee, r.rolname, a.is_grantable FROM pg_class c, aclexplode(c.relacl) a "
        "LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE c.oid = %s AND a.grantee <> c.relowner",
        [old],
    ).fetchall()
    for privilege, grantee, role, grantable in granted:
        to = sql.SQL("PUBLIC") if grantee == 0 else sql.Identifier(role)
        option = sql.SQL(" WITH GRANT OPTION") if grantable else sql.SQL("")
        connection.execute(sql.SQL("GRANT {} ON {} TO {}{}").format(sql.SQL(privilege), new, to, option))


def _type(field: Any) -> str:
    import pyarrow.types as kinds

    kind = field.type
    if kinds.is_boolean(kind):
        return "boolean"
    if kinds.is_integer(kind):
        return "bigint"
    if kinds.is_floating(kind):
        return "double precision"
    if kinds.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "timestamptz"
    return "date" if kinds.is_date(kind) else "text"


for scheme in ("postgresql", "postgres"):
    DATABASES.add(Database(scheme, "PostgreSQL", _write))
