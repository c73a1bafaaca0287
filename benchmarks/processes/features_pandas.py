"""The customer table by pandas' groupby, from lines in Parquet; prices are read as floats, pandas' best type."""

import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
from figures import print_figures

started = time.perf_counter()
table = pq.read_table(sys.argv[1], columns=["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"])
table = table.set_column(3, "UnitPrice", table.column("UnitPrice").cast(pa.float64()))
lines = table.to_pandas(self_destruct=True, split_blocks=True)
del table
lines = lines[lines["CustomerID"].notna() & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)].copy()
lines["value"] = lines["Quantity"] * lines["UnitPrice"]
customers = lines.groupby("CustomerID").agg(
    total_orders=("InvoiceNo", "nunique"),
    total_quantity=("Quantity", "sum"),
    total_spend=("value", "sum"),
    first=("InvoiceDate", "min"),
    last=("InvoiceDate", "max"),
)
customers["avg_order_value"] = customers["total_spend"] / customers["total_orders"]
customers["active_days"] = (customers["last"] - customers["first"]).dt.days
seconds = time.perf_counter() - started
names = ["total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days"]
print_figures(seconds, len(customers), {name: customers[name].to_numpy() for name in names})
