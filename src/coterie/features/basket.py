"""What lies in a customer's basket."""

from coterie.features.spec import feature

LINES = ("product_id",)

AVG_BASKET_LINES = feature(
    name="avg_basket_lines",
    unit="lines per order",
    level="customers",
    sql="line_count / nullif(total_orders, 0)",
    needs=LINES,
    meaning="Lines per order.",
)
AVG_BASKET_QUANTITY = feature(
    name="avg_basket_quantity",
    unit="units per order",
    level="customers",
    sql="total_quantity / nullif(total_orders, 0)",
    needs=("quantity",),
    meaning="Units per order.",
)
DISTINCT_PRODUCTS = feature(
    name="distinct_products",
    unit="products",
    sql="count(DISTINCT product_id)",
    needs=LINES,
    kind="count",
    meaning="Different products bought.",
)
