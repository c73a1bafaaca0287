"""The parts that every picture is made of: layers, channels, marks, and the frame around them."""

from __future__ import annotations

import json
from typing import Any

from coterie.charts.theme import Scheme, theme

Rows = list[dict[str, Any]]
Spec = dict[str, Any]
Width = int | str
"""Of the plot: pixels, or ``"container"``."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def layer(rows: Rows | None, mark: Spec, **encoding: Spec) -> Spec:
    """Return one mark for each row, or one line through them all; without rows, for those of the whole chart."""
    return {**({} if rows is None else {"data": values(rows)}), "mark": mark, "encoding": encoding}


def values(rows: Rows) -> Spec:
    """Return rows as a chart's data.

    They are handed over as one JSON text, which Altair does not look into: it would walk through a thousand rows
    many times. Not as CSV: Vega reads that by a function compiled on the spot, which a strict policy forbids.
    """
    return {
        "values": json.dumps(rows, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
        "format": {"type": "json"},
    }


def quantity(field: str, **more: Any) -> Spec:
    """Return a channel of figures."""
    return {"field": field, "type": "quantitative", **more}


def nominal(field: str, **more: Any) -> Spec:
    """Return a channel of names."""
    return {"field": field, "type": "nominal", **more}


def ordinal(field: str, **more: Any) -> Spec:
    """Return a channel of steps."""
    return {"field": field, "type": "ordinal", **more}


def dot(size: float, opacity: float = 1, **more: Any) -> Spec:
    """Return a round mark; its size is its area in pixels."""
    return {"type": "circle", "size": size, "opacity": opacity, **more}


def finished(
    layers: list[Spec], title: str, scheme: Scheme, width: Width, height: int, rows: Rows | None = None
) -> Spec:
    """Return layers as one chart in the house's style; the rows are those of layers without their own."""
    return {
        "$schema": SCHEMA,
        **({} if rows is None else {"data": values(rows)}),
        **({"title": title} if title else {}),
        "width": width,
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": theme(scheme),
        "layer": layers,
    }
