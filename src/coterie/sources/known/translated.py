"""WooCommerce Analytics in another language: its headers are translated, and what stands below them is not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from coterie.engines.base import Engine, identifier
from coterie.sources.known.recognise import Recognised, as_known
from coterie.sources.known.woocommerce_analytics import WOOCOMMERCE_ANALYTICS
from coterie.sources.part import Source

BY_VALUES = 0.9
"""Confidence where an export is told by its values alone."""
_LOOKED_AT = 200
_ROLES = ("invoice_date", "invoice_no", "formatted", "status", "customer_id", "", "", "", "", "transaction_value")
_STATUS = "|".join(sorted(WOOCOMMERCE_ANALYTICS.sales | WOOCOMMERCE_ANALYTICS.no_sales))
_FITS = {
    0: re.compile(r"\d{4}-\d\d-\d\d.*"),
    3: re.compile(_STATUS),
    5: re.compile(r"new|returning"),
    6: re.compile(r"-?\d+×.*", re.DOTALL),
    7: re.compile(r"-?\d+"),
    9: re.compile(r"-?\d+([.,]\d+)?"),
}
"""What stands in which column in every language."""


def recognise_translated(engine: Engine, source: Source, named: Mapping[str, str]) -> Recognised | None:
    """Return WooCommerce Analytics where every one of the first rows is one of its rows, else None.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    source : Source
        The loaded inputs.
    named : mapping of str to str
        Columns named by the user.
    """
    if len(source.columns) not in (len(_ROLES), len(_ROLES) + 1):
        return None
    listed = ", ".join(f"CAST({identifier(column)} AS VARCHAR)" for column in source.columns)
    rows = engine.rows(f"SELECT {listed} FROM {source.rows} LIMIT {_LOOKED_AT}")
    if not rows or not all(_is_order(row) for row in rows):
        return None
    found = {role: column for role, column in zip(_ROLES, source.columns, strict=False) if role and column not in named.values()}
    return as_known(WOOCOMMERCE_ANALYTICS, source.columns, {**found, **named}, named, BY_VALUES)


def _is_order(row: Sequence[str | None]) -> bool:
    return all(pattern.fullmatch((row[place] or "").strip()) for place, pattern in _FITS.items())
