"""What every process of the feature benchmark prints: its time, and sums by which the answers are compared."""

import json
from collections.abc import Mapping
from typing import Any


def print_figures(seconds: float, n_customers: int, columns: Mapping[str, Any]) -> None:
    """Print seconds from file to table (imports not counted), customers, and the sum of every column."""
    sums = {name: float(values.sum()) for name, values in sorted(columns.items())}
    print(json.dumps({"seconds": seconds, "customers": n_customers, "sums": sums}))
