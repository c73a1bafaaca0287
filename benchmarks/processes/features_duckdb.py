"""The customer table as a person would type it for DuckDB, from lines in Parquet."""

import sys
import time

import duckdb
from figures import print_figures

started = time.perf_counter()
connection = duckdb.connect(config={"memory_limit": "2GB"})
connection.execute("SET enable_progress_bar = false")
columns = connection.execute(
    """
    SELECT CustomerID AS customer_id,
           count(DISTINCT InvoiceNo) AS total_orders,
           sum(Quantity)::DOUBLE AS total_quantity,
           sum(Quantity * UnitPrice)::DOUBLE AS total_spend,
           total_spend / total_orders AS avg_order_value,
           floor((epoch(max(InvoiceDate)) - epoch(min(InvoiceDate))) / 86400) AS active_days
    FROM read_parquet(?)
    WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice > 0
    GROUP BY CustomerID ORDER BY CustomerID
    """,
    [sys.argv[1]],
).fetchnumpy()
seconds = time.perf_counter() - started
print_figures(seconds, len(columns.pop("customer_id")), columns)
