"""WooCommerce's Analytics, Orders: a row an order or a refund of one, a customer's name for a customer."""

from __future__ import annotations

from coterie.sources.known.export import KNOWN, KnownExport

STATUSES = ("completed", "processing", "refunded")
OPEN = ("on-hold", "pending", "cancelled", "failed", "checkout-draft", "draft", "trash")

WOOCOMMERCE_ANALYTICS = KNOWN.add(
    KnownExport(
        name="woocommerce-analytics",
        title="WooCommerce Analytics orders",
        marks=("Order #", "N. Revenue (formatted)", "Customer type", "Product(s)", "Items sold", "Coupon(s)", "Attribution"),
        roles={
            "invoice_no": ("Order #",),
            "invoice_date": ("Date",),
            "customer_id": ("Customer",),
            "transaction_value": ("Net Sales",),
            "status": ("Status",),
            "formatted": ("N. Revenue (formatted)",),
        },
        needs=(("invoice_no", "invoice_date", "customer_id", "transaction_value", "status"),),
        says="a row is an order, without tax and shipping; a row below zero takes money off its order; orders not paid are set "
        "aside. Customers are known by name alone: two of one name are one.",
        # Refunds and sales of an order meet in the order of their size, each at most for what it is.
        shape="""
            WITH sides AS (
                SELECT *, problem IS NULL AND NOT again AND invoice_no IS NOT NULL AS counts,
                    CASE WHEN counts AND transaction_value > 0 THEN transaction_value ELSE 0 END AS sold,
                    CASE WHEN counts AND transaction_value < 0 THEN -transaction_value ELSE 0 END AS back
                FROM {typed}),
            sums AS (
                SELECT *, sum(sold) OVER whole AS all_sold, sum(back) OVER whole AS all_back,
                    sum(sold) OVER before - sold AS sold_before, sum(back) OVER before - back AS back_before
                FROM sides
                WINDOW whole AS (PARTITION BY invoice_no),
                before AS (PARTITION BY invoice_no ORDER BY transaction_value, source_row ROWS UNBOUNDED PRECEDING))
            SELECT * REPLACE (
                CASE WHEN sold > 0 AND status = 'refunded' THEN sold
                     WHEN sold > 0 THEN greatest(least(all_back - sold_before, sold), 0)
                     ELSE -greatest(least(all_sold - back_before, back), 0) END AS refunded,
                transaction_value < 0 AS returned)
            FROM sums""",
        sales=frozenset(STATUSES),
        no_sales=frozenset(OPEN),
        how={"customer_id": "a name, not an id", "transaction_value": "less refunds of the order"},
        unsure={"Customer": 0.85},
        references=(
            "https://woocommerce.com/document/woocommerce-analytics/",
            "https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/src/Admin/API/Reports/Orders/Controller.php",
        ),
    )
)
