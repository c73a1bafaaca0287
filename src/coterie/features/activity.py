"""How often, how long and how lately a customer buys."""

from coterie.features.spec import feature

TOTAL_ORDERS = feature(
    name="total_orders",
    unit="orders",
    level="orders",
    sql="count(*)",
    kind="count",
    meaning="Distinct invoices of which something was kept.",
)
ACTIVE_DAYS = feature(
    name="active_days",
    unit="days",
    sql="floor((max(epoch_seconds) - min(epoch_seconds)) / 86400)",
    can_be_zero=True,
    kind="count",
    meaning="Whole days between a customer's first and last order.",
)
RECENCY_DAYS = feature(
    name="recency_days",
    unit="days",
    sql="{as_of_day} - floor(max(epoch_seconds) / 86400)",
    can_be_zero=True,
    kind="count",
    meaning="Days from the last order to the as-of date.",
)
TENURE_DAYS = feature(
    name="tenure_days",
    unit="days",
    sql="{as_of_day} - floor(min(epoch_seconds) / 86400)",
    can_be_zero=True,
    kind="count",
    meaning="Days from the first order to the as-of date.",
)
FIRST_ORDER_DATE = feature(
    name="first_order_date",
    unit="date",
    sql="min(invoice_date)",
    kind="date",
    meaning="When the first order was placed.",
)
LAST_ORDER_DATE = feature(
    name="last_order_date", unit="date", sql="max(invoice_date)", kind="date", meaning="When the last order was placed."
)
