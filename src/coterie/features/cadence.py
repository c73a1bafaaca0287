"""The rhythm of a customer's orders."""

from coterie.features.spec import feature

ORDERS_PER_MONTH = feature(
    name="orders_per_month",
    unit="orders per month",
    level="customers",
    sql="total_orders / greatest(tenure_days / 30.4375, 1)",
    meaning="Orders per month since the first one, counting at least a month.",
)
MEDIAN_DAYS_BETWEEN_ORDERS = feature(
    name="median_days_between_orders",
    unit="days",
    level="orders",
    sql="median(days_since_previous)",
    can_be_zero=True,
    can_be_missing=True,
    meaning="Median days from one order to the next; none for a single order.",
)
LONGEST_DAYS_BETWEEN_ORDERS = feature(
    name="longest_days_between_orders",
    unit="days",
    level="orders",
    sql="max(days_since_previous)",
    can_be_zero=True,
    can_be_missing=True,
    meaning="Most days from one order to the next; none for a single order.",
)
