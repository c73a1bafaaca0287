"""Names and sentences on simulated retailers of different shapes, on a page that a person can review.

``python tests/golden/test_retailers.py`` writes the page anew; read what changed before it is committed.
"""

from __future__ import annotations

import difflib
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import coterie as ct
from coterie.datasets.retailers import RETAILERS

PAGE = Path(__file__).with_name("retailers.md")
CUSTOMERS = {"gift-shop": 1500, "wholesale": 500, "subscription": 1500, "seasonal-gifts": 1500, "grocery": 600, "marketplace": 1500}
QUICK = {
    "clustering": {"k_max": 8, "n_init": 5},
    "choice": {"n_bootstrap": 20, "n_seeds": 5, "n_splits": 5},
    "reading": {"currency": "EUR"},
}
HEAD = """# Six retailers, as Coterie reads them

Each is simulated, so who its customers are is known: *planted* is what a segment's members were made as. Would a retailer who knows
these customers call them so? Written by `python tests/golden/test_retailers.py`.
"""


def page(folder: Path) -> str:
    """Return the page."""
    return "\n".join([HEAD, *(one for name in RETAILERS.names() for one in section(name, folder / name))]) + "\n"


def section(name: str, folder: Path) -> list[str]:
    """Return what is said of one retailer."""
    shop = ct.simulate(CUSTOMERS[name], seed=1, retailer=name)
    run = ct.run(shop.lines, out=folder, **QUICK)
    rows = [(row["segment_id"], shop.planted[row["customer_id"]]) for row in run.customers("arrow").to_pylist()]
    found, n_customers = run.segments["segments"], run.segments["population"]["customers"]
    lines = [
        f"## {name}",
        "",
        RETAILERS[name].meaning,
        "",
        f"{len(found)} segments of {n_customers:,} customers; verdict: {run.sweep['verdict']}.",
        "",
        "| segment | customers | revenue | orders | an order | active | silent | known | at risk | planted |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    said = []
    for one in found:
        planted = Counter(kind for segment, kind in rows if segment == one["segment_id"])
        lines.append(f"| {' | '.join([one['name'], *figures(one), made_of(planted, one['customers'])])} |")
        said += ["", f"**{one['name']}.** {one['sentence']}"]
        if one.get("rule"):
            said.append(f"Rule: {one['rule']['sentence']}")
    return [*lines, *said, ""]


def figures(segment: dict[str, Any]) -> list[str]:
    """Return a segment's figures as cells."""
    risk = segment["at_risk"]
    medians = ("total_orders", "avg_order_value", "active_days", "recency_days", "tenure_days")
    return [
        f"{segment['share']:.0%}",
        f"{segment['revenue_share']:.1%}",
        *(f"{segment['features'][name]['median']:,.0f}" for name in medians),
        f"{risk['share']:.0%} of {risk['of']}" if risk else "",
    ]


def made_of(planted: Counter[str], members: int) -> str:
    """Return the planted types that make up a tenth of a segment or more."""
    ordered = sorted(planted.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{n / members:.0%} {kind}" for kind, n in ordered if n >= members / 10)


def test_the_page_is_what_the_retailers_give(tmp_path: Path) -> None:
    known, found = PAGE.read_text("utf-8").splitlines(), page(tmp_path).splitlines()
    changed = "\n".join(difflib.unified_diff(known, found, "retailers.md", "now", lineterm=""))
    assert not changed, f"{changed}\n\npython {Path(__file__).name} writes the page anew"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as aside:
        PAGE.write_text(page(Path(aside)), "utf-8")
