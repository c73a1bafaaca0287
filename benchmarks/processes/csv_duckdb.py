"""The same file by DuckDB's own reader, which is given names and types."""

import json
import sys
import time

import duckdb

COLUMNS = {
    "InvoiceNo": "VARCHAR",
    "StockCode": "VARCHAR",
    "Description": "VARCHAR",
    "Quantity": "INTEGER",
    "InvoiceDate": "TIMESTAMP",
    "UnitPrice": "DECIMAL(18, 6)",
    "CustomerID": "VARCHAR",
    "Country": "VARCHAR",
}

started = time.perf_counter()
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
typed = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
connection.execute(
    f"CREATE TABLE lines AS FROM read_csv(?, header = true, auto_detect = false, columns = {{{typed}}})", [sys.argv[1]]
)
seconds = time.perf_counter() - started
query = "SELECT count(*), sum(Quantity)::BIGINT, sum(Quantity * UnitPrice)::DOUBLE FROM lines"
count, units, value = connection.execute(query).fetchone() or (0, 0, 0.0)
print(json.dumps({"seconds": seconds, "lines": count, "units": units, "value": value}))
