"""What a customer is worth."""

from coterie.features.spec import feature

TOTAL_QUANTITY = feature(
    name="total_quantity",
    unit="units",
    sql="sum(quantity)",
    needs=("quantity",),
    meaning="Units bought, returns taken off.",
)
TOTAL_SPEND = feature(
    name="total_spend", unit="money", sql="sum(transaction_value)", meaning="Money spent, returns taken off."
)
AVG_ORDER_VALUE = feature(
    name="avg_order_value",
    unit="money per order",
    level="customers",
    sql="total_spend / nullif(total_orders, 0)",
    meaning="Money spent per order.",
)
AVG_LINE_VALUE = feature(
    name="avg_line_value",
    unit="money per line",
    sql="avg(transaction_value)",
    needs=("product_id",),
    meaning="Mean money of a line; the notebook calls it avg_order_value.",
)
RETURN_RATE = feature(
    name="return_rate",
    unit="share",
    level="customers",
    can_be_zero=True,
    needs=("invoice_no",),
    sql="returned_value / nullif(returned_value + total_spend, 0)",
    meaning="Share of the money once spent that was taken back.",
)
