"""RFM groups: what is shown beside the customers where no k gives segments."""

from __future__ import annotations

from typing import Any

from coterie.report.format import Format


def rfm_groups(run: dict[str, Any], words: Format) -> dict[str, Any] | None:
    """Return the groups by recency, frequency and money, the one worth most first; None where there are segments."""
    found = run["segments"].get("rfm")
    if not found or run["sweep"]["n_clusters"] > 1:
        return None
    groups = sorted((one for one in found["groups"] if one["customers"]), key=lambda one: -(one["revenue"] or 0))
    first = groups[0]
    return {
        "title": f"{first['group']}, {words.share(first['share'])} of customers, "
        f"bring {words.share(first['revenue_share'])} of revenue",
        "rows": [
            {
                "name": one["group"],
                "customers": words.count(one["customers"]),
                "share": words.share(one["share"]),
                "revenue": words.amount(one["revenue"]),
                "revenue_share": words.share(one["revenue_share"]),
            }
            for one in groups
        ],
    }
