"""Square's item details: a row an item, refunds as rows of their own, amounts with a currency sign."""

from __future__ import annotations

from coterie.sources.known.export import KNOWN, KnownExport

SQUARE = KNOWN.add(
    KnownExport(
        name="square",
        title="Square items",
        marks=(
            "Time Zone", "Price Point Name", "Modifiers Applied", "Gross Sales", "Net Sales", "Event Type", "Dining Option",
            "Device Name", "Itemization Type", "Customer Reference ID",
        ),
        enough=4,
        roles={
            "invoice_no": ("Transaction ID",),
            "product_id": ("SKU",),
            "description": ("Item",),
            "quantity": ("Qty",),
            "invoice_date": ("Date",),
            "price": ("Net Sales",),
            "customer_id": ("Customer ID",),
            "time": ("Time",),
            "status": ("Event Type",),
        },
        needs=(("invoice_no", "quantity", "invoice_date", "price", "customer_id", "status"),),
        says="Net Sales, after discounts, is the line's money, and divided by Qty, to six decimals, its price; a row of Event Type "
        "Refund takes back a sale of the same customer, item and price; sales at the till without a Customer ID are set aside.",
        # Refunds come with a quantity below zero or above it, and items given back within a sale with both below.
        shape="""
            SELECT * REPLACE (
                coalesce(product_id, description) AS product_id,
                CASE WHEN status = 'refund' THEN -abs(quantity) ELSE quantity END AS quantity,
                CASE WHEN status = 'refund' THEN abs(price / coalesce(nullif(quantity, 0), 1))
                     ELSE price / coalesce(nullif(quantity, 0), 1) END AS price,
                CASE WHEN status = 'refund' THEN -abs(price) ELSE price END AS money,
                status = 'refund' AS returned)
            FROM {typed}""",
        sales=frozenset({"payment", "refund"}),
        no_sales=frozenset({"void", "voided", "canceled", "cancelled", "failed", "declined"}),
        per_line=frozenset({"quantity", "price", "product_id", "description", "invoice_date", "time", "status"}),
        how={"price": "divided by Qty", "invoice_date": "with Time", "customer_id": "of the transaction"},
        missing={
            "quantity": "Export Items Detail CSV, not Transactions",
            "customer_id": "Export Items Detail CSV with its customer columns",
        },
        references=("https://squareup.com/help/us/en/article/5072-summaries-and-reports-from-the-online-square-dashboard",),
    )
)
