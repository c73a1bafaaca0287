"""The customer table by Polars, streaming from lines in Parquet."""

import sys
import time

import polars as pl
from figures import print_figures

started = time.perf_counter()
value = pl.col("Quantity") * pl.col("UnitPrice").cast(pl.Float64)
customers = (
    pl.scan_parquet(sys.argv[1])
    .filter(pl.col("CustomerID").is_not_null() & (pl.col("Quantity") > 0) & (pl.col("UnitPrice") > 0))
    .group_by("CustomerID")
    .agg(
        pl.col("InvoiceNo").n_unique().alias("total_orders"),
        pl.col("Quantity").cast(pl.Int64).sum().alias("total_quantity"),
        value.sum().alias("total_spend"),
        (pl.col("InvoiceDate").max() - pl.col("InvoiceDate").min()).dt.total_days().alias("active_days"),
    )
    .with_columns((pl.col("total_spend") / pl.col("total_orders")).alias("avg_order_value"))
    .sort("CustomerID")
    .collect(engine="streaming")
)
seconds = time.perf_counter() - started
names = ["total_orders", "total_quantity", "total_spend", "avg_order_value", "active_days"]
print_figures(seconds, len(customers), {name: customers[name].to_numpy() for name in names})
