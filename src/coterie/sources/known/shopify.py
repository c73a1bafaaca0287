"""Shopify's orders: a row a line; the order's own fields on its first row."""

from __future__ import annotations

from coterie.sources.known.export import KNOWN, KnownExport

SHOPIFY = KNOWN.add(
    KnownExport(
        name="shopify",
        title="Shopify orders",
        marks=(
            "Financial Status", "Fulfillment Status", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku",
            "Lineitem discount", "Lineitem requires shipping", "Refunded Amount",
        ),
        roles={
            "invoice_no": ("Name",),
            "product_id": ("Lineitem sku",),
            "description": ("Lineitem name",),
            "quantity": ("Lineitem quantity",),
            "invoice_date": ("Created at",),
            "price": ("Lineitem price",),
            "customer_id": ("Email",),
            "country": ("Billing Country", "Shipping Country"),
            "status": ("Financial Status",),
            "cancelled": ("Cancelled at", "Canceled at"),
            "currency": ("Currency",),
            "discount": ("Lineitem discount",),
            "subtotal": ("Subtotal",),
            "total": ("Total",),
            "refund": ("Refunded Amount",),
        },
        needs=(("invoice_no", "quantity", "invoice_date", "price", "customer_id", "status"),),
        says="order fields are filled down by Name; discounts are taken off the lines, and refunds in proportion; unpaid, voided "
        "and cancelled orders are set aside.",
        # The subtotal is what the lines cost after every discount, the code's too. What was refunded, with tax and shipping, is a
        # share of the total; the file does not say for which line.
        shape="""
            WITH units AS (
                SELECT *, TRY_CAST(price - coalesce(discount / nullif(quantity, 0), 0) AS DECIMAL(18, 6)) AS unit FROM {typed}),
            orders AS (
                SELECT *, sum(CAST(quantity AS DECIMAL(20, 6)) * unit) FILTER (NOT again) OVER (PARTITION BY invoice_no) AS lines
                FROM units)
            SELECT * REPLACE (
                coalesce(product_id, description) AS product_id,
                CASE WHEN subtotal >= 0 AND subtotal < lines THEN unit * subtotal / lines ELSE unit END AS price,
                CASE WHEN status = 'refunded' THEN 1
                     WHEN refund > 0 AND coalesce(total, subtotal, lines) > 0
                     THEN least(refund / coalesce(total, subtotal, lines), 1) ELSE 0 END AS share)
            FROM orders""",
        sales=frozenset({"paid", "partially_paid", "partially_refunded", "refunded"}),
        no_sales=frozenset({"pending", "authorized", "voided", "expired", "unpaid"}),
        per_line=frozenset({"quantity", "price", "product_id", "description", "discount"}),
        voids=frozenset({"cancelled"}),
        how={
            "customer_id": "of the order's first row",
            "invoice_date": "of the order's first row",
            "country": "of the order's first row",
            "price": "less discounts and refunds",
        },
        unsure={"Email": 0.95},
        missing={"customer_id": "Export with customers' emails: in Orders, Export, Plain CSV file"},
        references=("https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders",),
    )
)
