"""Magento's order grid: a row an order; who ordered is in a column that is hidden at first."""

from __future__ import annotations

from coterie.sources.known.export import KNOWN, KnownExport

MAGENTO = KNOWN.add(
    KnownExport(
        name="magento",
        title="Magento order grid",
        marks=("Purchase Point", "Purchase Date", "Bill-to Name", "Ship-to Name", "Grand Total (Base)", "Grand Total (Purchased)"),
        roles={
            "invoice_no": ("ID",),
            "invoice_date": ("Purchase Date",),
            "customer_id": ("Customer Email",),
            "transaction_value": ("Grand Total (Base)", "Grand Total (Purchased)"),
            "status": ("Status",),
            "purchased": ("Grand Total (Purchased)",),
            "refund": ("Total Refunded",),
        },
        needs=(("invoice_no", "invoice_date", "customer_id", "transaction_value", "status"),),
        says="a row is an order, with tax and shipping, in the shop's base currency; a closed order was refunded whole, and Total "
        "Refunded is taken off; orders not paid are set aside.",
        # What was refunded is in the currency of the purchase.
        shape="""
            SELECT * REPLACE (
                CASE WHEN status = 'closed' THEN transaction_value
                     WHEN refund IS NULL THEN 0
                     WHEN purchased <> transaction_value AND purchased > 0
                     THEN least(CAST(transaction_value * CAST(refund AS DOUBLE) / purchased AS DECIMAL(18, 6)), transaction_value)
                     ELSE greatest(least(refund, transaction_value), 0) END AS refunded)
            FROM {typed}""",
        sales=frozenset({"complete", "processing", "closed"}),
        no_sales=frozenset({
            "canceled", "cancelled", "pending", "pending payment", "pending_payment", "on hold", "holded", "payment review",
            "payment_review", "suspected fraud", "fraud", "rejected", "pending paypal", "pending_paypal", "paypal reversed",
            "paypal_reversed", "paypal canceled reversal", "paypal_canceled_reversal",
        }),
        how={"transaction_value": "less Total Refunded", "customer_id": "a column hidden at first"},
        unsure={"Customer Email": 0.95, "Grand Total (Purchased)": 0.95},
        missing={"customer_id": "Show it: in Sales, Orders, tick Customer Email under Columns, and export again"},
        references=(
            "https://docs.magento.com/user-guide/sales/orders-workspace.html",
            "https://github.com/magento/magento2/blob/2.4-develop/app/code/Magento/Sales/view/adminhtml/ui_component/sales_order_grid.xml",
        ),
    )
)
