"""What a feature is: a fragment of SQL with a name, a unit and a meaning, written once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coterie.registry import Registry

Level = Literal["lines", "orders", "customers"]


@dataclass(frozen=True)
class Feature:
    """One figure of a customer.

    Parameters
    ----------
    name : str
        Its name in tables, recipes and models.
    unit : str
        ``"orders"``, ``"days"``, ``"money"`` and so on.
    meaning : str
        One sentence.
    sql : str
        The fragment, in the portable subset of DuckDB's dialect. ``{as_of_day}`` stands for the as-of date in days since 1970.
    level : {"lines", "orders", "customers"}
        What the fragment sees: a customer's lines (the columns of the contract and ``epoch_seconds``); a customer's orders
        (``order_epoch``, ``days_since_previous``, NULL for the first); or other features and ``returned_value``.
    needs : frozenset of str
        Columns the source must have; elsewhere the feature is not available.
    can_be_zero : bool
        Whether a customer who buys can have zero: decides log1p against log.
    can_be_missing : bool
        Whether a customer who buys can have none, e.g. the days between orders of a one-time buyer. Such a feature describes, but
        no distance is measured in it.
    kind : {"number", "count", "date"}
        A count is a whole number; a date is a timestamp.
    """

    name: str
    unit: str
    meaning: str
    sql: str
    level: Level = "lines"
    needs: frozenset[str] = frozenset()
    can_be_zero: bool = False
    can_be_missing: bool = False
    kind: Literal["number", "count", "date"] = "number"


FEATURES: Registry[Feature] = Registry("feature")


def feature(
    name: str,
    unit: str,
    meaning: str,
    sql: str,
    level: Level = "lines",
    needs: tuple[str, ...] = (),
    *,
    can_be_zero: bool = False,
    can_be_missing: bool = False,
    kind: Literal["number", "count", "date"] = "number",
) -> Feature:
    """Register a feature; the parameters are those of `Feature`."""
    return FEATURES.add(Feature(name, unit, meaning, sql, level, frozenset(needs), can_be_zero, can_be_missing, kind))
