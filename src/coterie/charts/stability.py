"""The pictures of trust: every k against what was asked, month after month, and under other decisions."""

from __future__ import annotations

from typing import Any

from coterie.charts.parts import Rows, Spec, Width, dot, finished, layer, nominal, ordinal, quantity
from coterie.charts.theme import Scheme, token

ROW = 36
"""Height of one change's row, in pixels."""


def score(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 300) -> Spec:
    """Draw one score for every k: a line, hollow dots where k falls short, the gate dashed, the choice labelled.

    Parameters
    ----------
    picture : dict
        ``rows`` (``n_clusters``, ``value``, its interval ``low`` and ``high`` or None, ``label``, ``passed``, ``chosen``),
        ``threshold`` (a number or None), ``domain`` of the axis or None, and its number ``format``.
    """
    rows = [row for row in picture["rows"] if row["value"] is not None]
    gate = [] if picture["threshold"] is None else [{"value": picture["threshold"]}]
    short = [row for row in rows if row["passed"] is False]
    well = [row for row in rows if row["passed"] is not False]
    chosen = [row for row in rows if row["chosen"]]
    # The axis' name stands before its first figure, below those of the other axis.
    name = {"titleAnchor": "start", "titleAlign": "right", "titleBaseline": "top", "titleX": -6, "titleY": 10}
    x = ordinal("n_clusters", title="k", axis={"labelAngle": 0, "labelPadding": 10, **name})
    fixed = picture["domain"]
    scale = {"domain": fixed, "zero": False} if fixed else {"zero": False, "nice": True, "padding": 10}
    y = quantity("value", title=None, scale=scale, axis={"tickCount": 4, "format": picture["format"]})
    quiet, paper, accent = (token(name, scheme) for name in ("muted", "page", "accent"))
    layers = [layer(rows, {"type": "line", "color": quiet, "strokeWidth": 1.5, "opacity": 0.6}, x=x, y=y)]
    # Vega-Lite warns of a layer without rows, so there is none.
    if gate:
        layers.append(layer(gate, {"type": "rule", "strokeDash": [4, 3]}, y=y))
    sampled = [row for row in rows if row["low"] is not None]
    if sampled:
        layers.append(layer(sampled, {"type": "rule", "color": quiet}, x=x, y=y | {"field": "low"}, y2={"field": "high"}))
    if short:
        layers.append(layer(short, dot(48, fill=paper, stroke=quiet, strokeWidth=1.5), x=x, y=y))
    if well:
        layers.append(layer(well, dot(48, color=quiet), x=x, y=y))
    if chosen:
        # Above the first k, the label starts at its dot: it would cover the axis' figures.
        side = {"align": "left", "dx": -6} if chosen == rows[:1] else {"align": "center"}
        words = {"type": "text", "dy": -16, "fontWeight": 600, "fontSize": 13, **side}
        place = {"x": x, "y": y, "text": nominal("label")}
        layers += [
            layer(chosen, dot(150, color=accent), x=x, y=y),
            layer(chosen, words | {"stroke": paper, "strokeWidth": 4}, **place),
            layer(chosen, words | {"color": accent}, **place),
        ]
    return finished(layers, title, scheme, width, 150)


def refits(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 480) -> Spec:
    """Draw how alike each month's segments are to the next month's: the chosen k in front, the others pale behind.

    Parameters
    ----------
    picture : dict
        ``points`` (``month``, ``n_clusters``, ``ari``, ``chosen``, ``label``), ``months`` in order, ``threshold``.
    """
    own = [point for point in picture["points"] if point["chosen"]]
    others = [point for point in picture["points"] if not point["chosen"]]
    sparse = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 12}
    x = ordinal("month", sort=picture["months"], title=None, axis=sparse)
    scale = {"domain": [min(0, *(point["ari"] for point in picture["points"])), 1], "nice": False}
    y = quantity("ari", title=None, scale=scale, axis={"tickCount": 4, "format": "~f"})
    quiet, accent, paper = (token(name, scheme) for name in ("muted", "accent", "page"))
    words = {"type": "text", "dy": 18, "fontWeight": 600, "fontSize": 13}
    last = {"x": x, "y": y, "text": nominal("label")}
    pale = {"type": "line", "color": quiet, "strokeWidth": 1, "opacity": 0.4}
    layers = [
        layer([{"ari": picture["threshold"]}], {"type": "rule", "strokeDash": [4, 3]}, y=y),
        layer(own, {"type": "line", "color": accent, "strokeWidth": 2}, x=x, y=y),
        layer(own, dot(60, color=accent), x=x, y=y),
        layer(own[-1:], words | {"stroke": paper, "strokeWidth": 4}, **last),
        layer(own[-1:], words | {"color": accent}, **last),
    ]
    if others:
        layers.insert(0, layer(others, pale, x=x, y=y, detail=nominal("n_clusters")))
    return finished(layers, title, scheme, width, 220)


def sensitivity(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 480) -> Spec:
    """Draw how much of the answer stays under each change: a dot between 0, nothing, and 1, all of it.

    Parameters
    ----------
    picture : dict
        ``rows`` (``changed``, ``ari``, ``label``), in drawing order.
    """
    rows: Rows = picture["rows"]
    y = nominal("changed", sort=[row["changed"] for row in rows], axis=None, scale={"padding": 0})
    axis = {"tickCount": 3, "format": "~f", "grid": True}
    x = quantity("ari", title=None, scale={"domain": [0, 1]}, axis=axis)
    accent, above = token("accent", scheme), {"type": "text", "dy": -7}
    start = {"datum": 0}
    layers = [
        layer(rows, {"type": "rule", "strokeWidth": 3, "opacity": 0.3, "color": accent, "yOffset": 8}, x=x, x2=start, y=y),
        layer(rows, dot(80, color=accent, yOffset=8), x=x, y=y),
        layer(rows, above | {"align": "left", "limit": 260}, x={"value": 0}, y=y, text=nominal("changed")),
        layer(rows, above | {"align": "right", "fontWeight": 600}, x={"value": "width"}, y=y, text=nominal("label")),
    ]
    return finished(layers, title, scheme, width, ROW * len(rows))
