"""WooCommerce's Advanced Order Export: columns chosen by the shop, quantities after refunds."""

from __future__ import annotations

from coterie.sources.known.export import KNOWN, KnownExport

_SALES = ("completed", "processing", "refunded")
_OPEN = ("on hold", "on-hold", "pending payment", "pending", "cancelled", "canceled", "failed", "draft", "checkout-draft", "trash")

WOOCOMMERCE_ORDERS = KNOWN.add(
    KnownExport(
        name="woocommerce-orders",
        title="WooCommerce Advanced Order Export",
        marks=(
            "Email (Billing)", "Country Code (Billing)", "First Name (Billing)", "Postcode (Billing)", "Quantity (- Refund)",
            "Item Cost", "Order Refund Amount", "Order Total Amount", "Order Status",
        ),
        roles={
            "invoice_no": ("Order Number",),
            "product_id": ("SKU",),
            "description": ("Item Name", "Product Name", "Name"),
            "quantity": ("Quantity (- Refund)", "Quantity"),
            "invoice_date": ("Order Date",),
            "price": ("Item Cost",),
            "customer_id": ("Email (Billing)",),
            "country": ("Country Code (Billing)", "Country Name (Billing)"),
            "transaction_value": ("Order Total Amount",),
            "status": ("Order Status",),
            "currency": ("Order Currency",),
            "sold_units": ("Quantity",),
            "refund": ("Order Refund Amount",),
        },
        needs=(
            ("invoice_no", "invoice_date", "customer_id", "status", "quantity", "price"),
            ("invoice_no", "invoice_date", "customer_id", "status", "transaction_value"),
        ),
        says="order fields are filled down by Order Number; units refunded are taken off, and a refund that the units do not "
        "explain is taken off in proportion; orders not paid are set aside.",
        # A refund of units, with its tax and shipping, and what the rest costs are no more than the order's total was.
        shape="""
            WITH orders AS (
                SELECT *, sum(CAST(quantity AS DECIMAL(20, 6)) * price) FILTER (NOT again) OVER (PARTITION BY invoice_no) AS lines,
                    CAST(CASE WHEN sold_units > quantity THEN sold_units - quantity ELSE 0 END AS DECIMAL(20, 6)) AS units_back
                FROM {typed})
            SELECT * REPLACE (
                coalesce(product_id, description) AS product_id,
                CASE WHEN status IN ('refunded', 'wc-refunded') THEN 1
                     WHEN lines + refund > transaction_value AND transaction_value > 0 THEN least(refund / transaction_value, 1)
                     ELSE 0 END AS share,
                CASE WHEN by_line THEN units_back * price
                     WHEN status IN ('refunded', 'wc-refunded') THEN transaction_value
                     ELSE greatest(least(coalesce(refund, 0), transaction_value), 0) END AS refunded)
            FROM orders""",
        sales=frozenset({*_SALES, *(f"wc-{status}" for status in _SALES)}),
        no_sales=frozenset({*_OPEN, *(f"wc-{status}" for status in _OPEN)}),
        per_line=frozenset({"quantity", "price", "product_id", "description", "sold_units"}),
        runs_on=True,
        how={"quantity": "after refunds", "price": "after discounts", "transaction_value": "less Order Refund Amount"},
        unsure={"Email (Billing)": 0.95},
        missing={
            "customer_id": "Tick Email (Billing) among the fields to export",
            "status": "Tick Order Status among the fields to export: without it failed orders would count",
            "invoice_no": "Tick Order Number among the fields to export",
            "invoice_date": "Tick Order Date among the fields to export",
        },
        references=("https://docs.algolplus.com/algol_order_export/",),
    )
)
