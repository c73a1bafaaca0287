"""Stripe's payments: a row a payment, failed ones among them, refunds beside the amount."""

from __future__ import annotations

from coterie.sources.known.export import KNOWN, KnownExport

STRIPE = KNOWN.add(
    KnownExport(
        name="stripe",
        title="Stripe payments",
        # The header was "Created (UTC)" before it was "Created date (UTC)".
        marks=(
            "Created date (UTC)", "Created (UTC)", "Amount Refunded", "Converted Amount", "Converted Amount Refunded",
            "Statement Descriptor", "Seller Message", "PaymentIntent ID", "Payment Source Type",
        ),
        enough=2,
        roles={
            "invoice_no": ("id",),
            "invoice_date": ("Created date (UTC)", "Created (UTC)"),
            "customer_id": ("Customer ID", "Customer Email"),
            "country": ("Card Address Country", "Card Issue Country"),
            "transaction_value": ("Amount",),
            "guest": ("Customer Email",),
            "status": ("Status",),
            "currency": ("Currency",),
            "refund": ("Amount Refunded",),
        },
        needs=(("invoice_no", "invoice_date", "customer_id", "transaction_value", "status", "refund"),),
        says="a row is an order; refunds are taken off; payments that failed or are open are set aside; who has no Customer ID is "
        "known by Customer Email.",
        shape="""
            SELECT * REPLACE (
                CASE WHEN status = 'refunded' AND coalesce(refund, 0) = 0 THEN transaction_value
                     ELSE greatest(least(coalesce(refund, 0), transaction_value), 0) END AS refunded)
            FROM {typed}""",
        sales=frozenset({"paid", "succeeded", "refunded", "partially refunded", "partially_refunded"}),
        no_sales=frozenset({
            "failed", "canceled", "cancelled", "pending", "uncaptured", "incomplete", "blocked", "expired", "processing",
            "requires_payment_method", "requires_confirmation", "requires_action", "requires_capture",
        }),
        how={"transaction_value": "less Amount Refunded", "customer_id": "else Customer Email"},
        unsure={"Customer Email": 0.95},
        missing={
            "customer_id": "Export with Customer ID or Customer Email among the columns",
            "status": "Export with Status among the columns: without it failed payments would count",
            "refund": "Export with Amount Refunded among the columns",
        },
        references=("https://support.stripe.com/questions/exporting-a-report-of-all-transactions",),
    )
)
