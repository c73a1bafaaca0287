"""Two runs of the same lines, compared: what an engine did must not show."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet

import coterie as ct
from coterie.sources.lines import ROW_NUMBER

ORDERED = ("customer_id", "ordered_at", "value")


def same(there: ct.Run, here: ct.Run) -> None:
    """Compare customers, segments, ledger and what is beside the choice: counts and labels exactly, sums to 1e-9."""
    mine, other = here.customers("arrow"), there.customers("arrow")
    assert other.schema.equals(mine.schema)
    for name in mine.column_names:
        found, wanted = other[name].to_pylist(), mine[name].to_pylist()
        if pa.types.is_floating(mine[name].type):
            wrong = [(a, b) for a, b in zip(found, wanted, strict=True) if not close(a, b)]
            assert not wrong, f"{name}: {wrong[:3]}"
        else:
            assert found == wanted, name
    assert there.ledger["lines"] == here.ledger["lines"]
    assert there.ledger["money"] == here.ledger["money"]
    rules = [
        [{key: one[key] for key in ("rule", "outcome", "lines", "money")} for one in run.ledger["rules"] if one["lines"]]
        for run in (there, here)
    ]
    assert rules[0] == rules[1]
    nearly(there.segments, here.segments)
    nearly(there.sweep, here.sweep)
    for name in ("orders.parquet", "quarantine.parquet"):
        tables = [pyarrow.parquet.read_table(run.path / name) for run in (there, here)]
        assert tables[0].num_rows == tables[1].num_rows, name
    orders = [pyarrow.parquet.read_table(run.path / "orders.parquet") for run in (there, here)]
    if any(one["source"] == ROW_NUMBER for one in here.manifest["mapping"]):  # Made up, one a line.
        orders = [table.drop_columns(["invoice_no"]).sort_by([(name, "ascending") for name in ORDERED]) for table in orders]
    nearly(orders[0].to_pylist(), orders[1].to_pylist())
    reasons = [
        sorted(str(reason) for reason in pyarrow.parquet.read_table(run.path / "quarantine.parquet")["reason"].to_pylist())
        for run in (there, here)
    ]
    assert reasons[0] == reasons[1]


def nearly(found: Any, wanted: Any) -> None:
    """Compare what a run tells, numbers to 1e-9."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            nearly(found[key], value)
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            nearly(one, other)
    elif isinstance(wanted, float):
        assert close(found, wanted), (found, wanted)
    else:
        assert found == wanted


def close(a: float | None, b: float | None) -> bool:
    """Return whether two numbers are alike, or both are none."""
    return a is b or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9))
