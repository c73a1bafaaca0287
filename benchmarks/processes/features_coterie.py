"""One customer table by ``coterie.features``, from lines in Parquet."""

import datetime
import sys
import time

from figures import print_figures

from coterie.columns import DECIMAL, VALUE
from coterie.engines import literal, open_engine
from coterie.features import compute_customers, plan_features
from coterie.recipe import Recipe

recipe = Recipe.load("default").features.model_copy(update={"profile": ()})
quantity, price = f"Quantity::{DECIMAL}", f"UnitPrice::{DECIMAL}"  # the types of every cleaned line

started = time.perf_counter()
with open_engine(memory_limit="2GB") as engine:
    engine.run(
        f"""CREATE VIEW bought AS
        SELECT InvoiceNo AS invoice_no, StockCode AS product_id, {quantity} AS quantity,
        InvoiceDate AS invoice_date, {price} AS price, CustomerID AS customer_id,
        ({quantity} * {price})::{VALUE} AS transaction_value
        FROM read_parquet({literal(sys.argv[1])}) WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice > 0"""
    )
    engine.run("CREATE VIEW returned AS SELECT NULL::VARCHAR AS customer_id, 0 AS returned_value WHERE FALSE")
    plan = plan_features(recipe, ["invoice_no", "product_id", "quantity", "invoice_date", "price", "customer_id"])
    customers = compute_customers(engine, plan, "bought", "returned", datetime.date(2025, 1, 1))
seconds = time.perf_counter() - started
print_figures(seconds, len(customers.ids), customers.columns)
