"""The columns of the customer table that go along with a customer on a list."""

from __future__ import annotations

PROPERTIES = {
    "customer_id": "Customer ID",
    "segment": "Segment",
    "segment_id": "Segment ID",
    "total_orders": "Total Orders",
    "total_spend": "Total Spend",
    "avg_order_value": "Average Order Value",
    "first_order_date": "First Order Date",
    "last_order_date": "Last Order Date",
    "rfm_group": "RFM Group",
    "at_risk": "At Risk",
    "p_alive": "Probability Active",
    "expected_orders": "Expected Orders",
    "expected_value": "Expected Value",
}
"""Columns of the customer table that a mailing tool may write to people by, where the run has them."""
