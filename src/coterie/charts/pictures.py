"""The pictures: one function each, plain rows in, a Vega-Lite specification out.

The specifications are plain dictionaries. Altair would build the same ones, and check every part of each against its
schema on the way, which took most of a report's time; here a test checks them, and ``chart`` makes Altair charts of them.
The titles are the caller's: a chart's title states the finding, and only the caller has the figures in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coterie.charts.parts import Rows, Spec, Width, dot, finished, layer, nominal, quantity
from coterie.charts.stability import refits, score, sensitivity
from coterie.charts.theme import Scheme, color, token

if TYPE_CHECKING:
    import altair

ROW = 44
"""Height of one segment's row in a profile, in pixels."""
DRAWN = ("segment_id", "name", "median", "q25", "q75", "low", "high", "label")
"""What a profile draws of a row."""


def paired(rows: Rows, *, title: str = "", scheme: Scheme = "light", width: Width = 560) -> Spec:
    """Draw two figures of each segment as paired bars: the first quiet, the second in the segment's colour.

    Parameters
    ----------
    rows : list of dict
        In drawing order: ``segment_id``, ``name``, ``first``, ``first_label``, ``second_label`` and
        ``second``, None where it is not known.
    """
    ids = [row["segment_id"] for row in rows]
    names = [{"id": row["segment_id"], "text": row["name"], "line": "name"} for row in rows]
    first, second = (
        [
            {"id": row["segment_id"], "text": row[f"{line}_label"], "line": line, "value": row[line]}
            for row in rows
            if row[line] is not None
        ]
        for line in ("first", "second")
    )
    # Room for the words behind the longest bar; the axis starts at zero, and ends there where nobody brought anything.
    longest = max(bar["value"] for bar in first + second) * 1.6 or 1
    lines = ["name", "first", "second"] if second else ["name", "first"]
    place = {
        "y": nominal("id", sort=ids, axis=None, scale={"paddingInner": 0.1, "paddingOuter": 0}),
        "yOffset": nominal("line", scale={"domain": lines, "paddingInner": 0.12}),
    }
    x, text = quantity("value", axis=None, scale={"domain": [0, longest]}), nominal("text")
    own, quiet = _by_segment(ids, scheme, "id"), {"value": token("muted", scheme)}
    left = {"type": "text", "align": "left"}
    layers = [
        layer(names, left | {"fontSize": 13, "fontWeight": 600, "limit": 320}, x={"value": 0}, text=text, **place),
        layer(first, {"type": "bar", "opacity": 0.55 if second else 1}, x=x, color=quiet if second else own, **place),
        layer(first + second, left | {"dx": 6}, x=x, text=text, **place),
    ]
    if second:
        layers.append(layer(second, {"type": "bar"}, x=x, color=own, **place))
    return finished(layers, title, scheme, width, (21 * len(lines) + 1) * len(rows))


def profile(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 300) -> Spec:
    """Draw one feature by segment: a dot at the median, a bar between the quartiles, a line at everybody's median.

    Parameters
    ----------
    picture : dict
        ``rows`` (``segment_id``, ``name``, ``median``, its interval ``low`` and ``high`` or None, ``q25``, ``q75``, ``label``),
        ``population`` (``median``, ``label``), and ``scale``: ``"log"``, ``"symlog"`` or ``"linear"``.
    """
    rows: Rows = picture["rows"]
    everybody = [picture["population"]]
    ids = [row["segment_id"] for row in rows]
    values = [row[key] for row in rows for key in ("q25", "q75", "median")] + [everybody[0]["median"]]
    low, high = min(values), max(values)
    # A domain of its own, and no word of zero: Vega-Lite warns of that on a logarithmic scale.
    scale = {"type": picture["scale"], "domain": [low, high if high > low else low + 1], "nice": False, "padding": 8}
    x, y = quantity("median", scale=scale, axis=None), nominal("segment_id", sort=ids, axis=None, scale={"padding": 0})
    own, name, label = _by_segment(ids, scheme), nominal("name"), nominal("label")
    above = {"type": "text", "dy": -9}
    quartiles = {"type": "rule", "strokeWidth": 5, "opacity": 0.35, "strokeCap": "round", "yOffset": 8}
    layers = [
        layer(everybody, {"type": "rule", "strokeDash": [2, 3], "y": 0, "y2": ROW * len(rows)}, x=x),
        layer(everybody, {"type": "text", "color": token("muted", scheme), "y": 0, "dy": -7}, x=x, text=label),
        layer(None, quartiles, x=x | {"field": "q25"}, x2={"field": "q75"}, y=y, color=own),
        layer(None, dot(110, yOffset=8), x=x, y=y, color=own),
        layer(None, above | {"align": "left", "limit": 190}, x={"value": 0}, y=y, text=name),
        layer(None, above | {"align": "right", "fontWeight": 600}, x={"value": "width"}, y=y, text=label),
    ]
    if any(row["low"] is not None and row["low"] < row["high"] for row in rows):
        thin = {"type": "rule", "strokeWidth": 1.5, "yOffset": 8, "color": token("ink", scheme)}
        layers.append(layer(None, thin, x=x | {"field": "low"}, x2={"field": "high"}, y=y))
    drawn = [{key: row[key] for key in DRAWN} for row in rows]
    return finished(layers, title, scheme, width, ROW * len(rows), drawn)


def map_of_customers(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 640) -> Spec:
    """Draw customers as dots on two axes, with each segment's outline and name.

    Parameters
    ----------
    picture : dict
        ``points`` (``x``, ``y``, ``segment_id``), ``outlines`` (the same and ``step``), ``centers`` (and ``name``), and
        the words of the axes, ``x_title`` and ``y_title``.
    """

    def axis(name: str) -> Spec:
        values = [point[name] for point in picture["points"] + picture["outlines"]]
        scale = {"domain": [min(values), max(values)], "nice": False, "zero": False, "padding": 6}
        bare = {"labels": False, "grid": False, "titlePadding": 8}
        return quantity(name, title=picture[f"{name}_title"], axis=bare, scale=scale)

    place = {"x": axis("x"), "y": axis("y")}
    own = _by_segment([center["segment_id"] for center in picture["centers"]], scheme)
    words = {"type": "text", "fontSize": 14, "fontWeight": 700, "limit": 200}
    halo = {"stroke": token("page", scheme), "strokeWidth": 4, "strokeJoin": "round"}
    around = {"order": quantity("step"), "detail": nominal("segment_id")}
    layers = [
        layer(picture["points"], dot(14, 0.4), color=own, **place),
        layer(picture["outlines"], {"type": "line", "strokeWidth": 2}, color=own, **around, **place),
        layer(picture["centers"], words | halo, text=nominal("name"), **place),
        layer(picture["centers"], words, text=nominal("name"), **place),
    ]
    return finished(layers, title, scheme, width, 420)


def specs(pictures: dict[str, Any], *, scheme: Scheme = "light", width: Width | None = None) -> dict[str, Spec]:
    """Return every chart of a run by name, from the ``pictures`` of ``coterie.report.summarise``.

    Parameters
    ----------
    pictures : dict
        ``shares``, ``profile``, ``gates`` and ``scores`` (panels, one a figure), ``ahead``, ``refits``, ``sensitivity`` and
        ``map``; the last four may be None.
    scheme : {"light", "dark", "page"}
        Where the charts will stand.
    width : int or "container", optional
        Width of the plot; by default each chart's own.
    """
    size: dict[str, Any] = {"scheme": scheme} if width is None else {"scheme": scheme, "width": width}
    pairs = {name: pictures[name] for name in ("shares", "ahead") if pictures.get(name)}
    drawn = {name: paired(one["rows"], title=one["title"], **size) for name, one in pairs.items()}
    drawn |= {one["name"]: profile(one, title=one["title"], **size) for one in pictures["profile"]["panels"]}
    drawn |= {one["name"]: score(one, title=one["title"], **size) for one in pictures["gates"] + pictures["scores"]}
    for name, draw in {"refits": refits, "sensitivity": sensitivity, "map": map_of_customers}.items():
        if pictures[name]:
            drawn[name] = draw(pictures[name], title=pictures[name]["title"], **size)
    return drawn


def chart(spec: Spec) -> altair.LayerChart:
    """Return a specification as an Altair chart, to show in a notebook or to save as PNG or SVG."""
    import altair as alt

    made: altair.LayerChart = alt.LayerChart.from_dict(spec)
    return made


def _by_segment(ids: list[str], scheme: Scheme, field: str = "segment_id") -> Spec:
    return nominal(field, legend=None, scale={"domain": ids, "range": [color(one, scheme) for one in ids]})
