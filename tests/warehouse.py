"""Lines as a warehouse has them, the odd ones among them, and databases that hold them as a table."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa

import coterie as ct
from coterie.engines import Engine, identifier

COLUMNS = ("invoice_no", "product_id", "description", "quantity", "invoice_date", "price", "customer_id", "country")
SCHEMA = pa.schema([
    ("invoice_no", pa.string()),
    ("product_id", pa.string()),
    ("description", pa.string()),
    ("quantity", pa.float64()),
    ("invoice_date", pa.timestamp("us")),
    ("price", pa.float64()),
    ("customer_id", pa.string()),
    ("country", pa.string()),
])  # fmt: skip
_POSTGRES = {"string": "text", "double": "double precision", "timestamp[us]": "timestamp"}


def at(text: str) -> datetime.datetime:
    """Return a time without zone."""
    return datetime.datetime.fromisoformat(text)


def row(
    invoice: str | None = "A1", product: str | None = "P1", quantity: float | None = 1, date: str | None = "2011-06-01 12:00:00",
    price: float | None = 2.5, customer: str | None = "17850", description: str | None = "JAR", country: str | None = "Norway",
) -> tuple[Any, ...]:  # fmt: skip
    """Return a line."""
    return (invoice, product, description, quantity, at(date) if date else None, price, customer, country)


NAN, INF = float("nan"), float("inf")
MIDNIGHT, LEAP = "2011-06-02 00:00:00", "2012-02-29 23:59:59.999999"
ODD = [
    # Equal lines, and lines that only look equal: another text, a padded id, an empty text beside none.
    *[row("D1", "P9", 3)] * 3, row("D1", "P9", 3, description="JAR "), row("D1", "P9", 3, description=None),
    row("D1", "P9", 3, description=""), row("D1", "P9", 3, customer=" 17850 "), row("D1", None, 3), row("D1", "", 3),
    # Equal sales, of which one is returned in part.
    *[row("D2", "P8", 5)] * 2, row("CD2", "P8", -2, "2011-06-03 10:00:00"),
    # Nobody, a guest, and what is no date or number.
    row("N1", customer=None), row("N2", customer=""), row("N3", customer="   "), row("N4", customer="GUEST"),
    row("N5", date=None), row("N6", date="1969-12-31 23:59:59"), row("N7", date="2205-01-01 00:00:00"),
    row("N8", date="2027-01-01 00:00:00"), row("N9", quantity=None), row("N10", price=None), row("N11", price=NAN),
    row("N12", price=INF), row("N13", quantity=-INF), row("N14", quantity=1e9), row("N15", price=99999.99),
    row("N16", price=1e300), row("N17", quantity=None, price=NAN, date=None), row("N18", customer=None, date=None),
    # Not positive.
    row("Z1", quantity=0), row("Z2", quantity=-2), row("Z3", price=0), row("Z4", price=-1), row("C1", price=0, quantity=-1),
    # An invoice of two customers, and none at all.
    row("X1", customer="17850"), row("X1", customer="12346"), row(None, customer="17850"), row(None, "P2", customer="12346"),
    # Returned in part, in whole, too much, before it was bought, in lower case, of another price, twice the same.
    row("R1", "T1", 5), row("CR1", "T1", -2, "2011-06-03 10:00:00"), row("R2", "T2", 1),
    row("CR2", "T2", -1, "2011-06-05 09:00:00"),
    row("R3", "T3", 2), row("CR3", "T3", -7, "2011-06-05 09:00:00"), row("CR4", "T4", -1, "2011-05-01 09:00:00"),
    row("R4", "T4", 1),
    row("R5", "T5", 4), row("cr5", "T5", -1.5, "2011-06-07 09:00:00"), row("R6", "T6", 1, price=3.1),
    row("CR6", "T6", -1, price=3.2),
    row("R7", "T7", 2), *[row("CR7", "T7", -1, "2011-06-09 09:00:00")] * 2, row("R8", None, 2),
    row("CR8", "", -1, "2011-06-09 09:00:00"),
    # At midnight, at one moment: which sale a return takes back is decided by the invoice, and one has none.
    row("M1", "T8", 1, MIDNIGHT), row("M2", "T8", 2, MIDNIGHT), row(None, "T8", 3, MIDNIGHT), row("CM", "T8", -4, MIDNIGHT),
    row("é1", "T9", 1, MIDNIGHT), row("Z9", "T9", 1, MIDNIGHT), row("a9", "T9", 1, MIDNIGHT),
    row("CN", "T9", -2, "2011-06-04 00:00:00"),
    # Ids of all kinds, some alike but for case or for how an accent is written; O'Neil bought and took all of it back.
    *[row(f"U{i}", date="2011-08-01 10:00:00", customer=c) for i, c in enumerate(
        ["abc", "ABC", "日本", "🎁", "é", "e\u0301", "00123", "123", 'say "hi"', "back\\slash", "%_", "${x}", "ß", "SS"])],
    row("U98", "T1", 2, "2011-08-01 10:00:00", customer="O'Neil"), row("CU98", "T1", -2, "2011-08-02 10:00:00", customer="O'Neil"),
    # Cents that drift, many places, a leap day's last microsecond, the hour that a summer time skips, what is no product.
    *[row("K1", f"K{i}", 1, price=0.1 * i, customer="cents") for i in range(1, 40)],
    row("K2", "K0", 3, price=1 / 3, customer="cents"),
    row("K3", "K0", 1e-6, price=1e-6, customer="cents"), row("L1", date=LEAP, customer="leap"),
    row("L2", date="2012-03-01 00:00:00", customer="leap"), row("L3", date="2011-03-27 01:30:00", customer="leap"),
    row("E1", "POST", 1, customer="post"), row("E1", "P1", 1, customer="post"), row("E2", "POST", 1, customer="only post"),
]  # fmt: skip


def adversarial_lines() -> pa.Table:
    """Return simulated lines with every odd one above among them."""
    usual = ct.simulate(150, seed=11).lines.rename_columns(list(COLUMNS)).cast(SCHEMA)
    odd = pa.table({name: list(values) for name, values in zip(COLUMNS, zip(*ODD, strict=True), strict=True)}, schema=SCHEMA)
    return pa.concat_tables([usual, odd]).combine_chunks()


@dataclass(frozen=True)
class Warehouse:
    """A place that holds a table and answers queries in its dialect; ``query`` returns rows."""

    dialect: str
    query: Any


def duckdb_with(engine: Engine, table: str, lines: pa.Table) -> Warehouse:
    """Put lines into DuckDB."""
    engine.register("handed_over", lines)
    engine.run("SET TimeZone = 'America/New_York'")
    engine.run("CREATE SCHEMA IF NOT EXISTS shop")
    engine.run(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM handed_over")
    return Warehouse("duckdb", engine.rows)


def postgres_with(connection: psycopg.Connection, table: str, lines: pa.Table) -> Warehouse:
    """Put lines into PostgreSQL, in a session whose zone has a summer time."""
    columns = ", ".join(f"{identifier(f.name)} {_POSTGRES.get(str(f.type), 'numeric')}" for f in lines.schema)
    connection.execute("SET TimeZone = 'Europe/London'; CREATE SCHEMA IF NOT EXISTS shop")
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE TABLE {table} ({columns})")
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for values in zip(*(column.to_pylist() for column in lines.columns), strict=True):
            copy.write_row(values)
    connection.execute(f"ANALYZE {table}")
    return Warehouse("postgres", lambda sql: connection.execute(sql).fetchall())
