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


def shares(rows: Rows, *, title: str = "", scheme: Scheme = "light", width: Width = 560) -> Spec:
    """Draw each segment's share of customers beside its share of revenue, as paired bars.

    Parameters
    ----------
    rows : list of dict
        In drawing order: ``segment_id``, ``name``, ``share``, ``share_label``, ``revenue_label`` and
        ``revenue_share``, None where money is not known.
    """
    ids = [row["segment_id"] for row in rows]
    names = [{"id": row["segment_id"], "text": row["name"], "line": "name"} for row in rows]
    customers = [
        {"id": row["segment_id"], "text": row["share_label"], "line": "customers", "value": row["share"]}
        for row in rows
    ]
    revenue = [
        {"id": row["segment_id"], "text": row["revenue_label"], "line": "revenue", "value": row["revenue_share"]}
        for row in rows
        if row["revenue_share"] is not None
    ]
    # Room for the words behind the longest bar.
    longest = max([bar["value"] for bar in customers + revenue] + [0.01]) * 1.45
    lines = ["name", "customers", "revenue"] if revenue else ["name", "customers"]
    place = {
        "y": nominal("id", sort=ids, axis=None, scale={"paddingInner": 0.1, "paddingOuter": 0}),
        "yOffset": nominal("line", scale={"domain": lines, "paddingInner": 0.12}),
    }
    x, text = quantity("value", axis=None, scale={"domain": [0, longest]}), nominal("text")
    own, quiet = _by_segment(ids, scheme, "id"), {"value": token("muted", scheme)}
    left = {"type": "text", "align": "left"}
    layers = [
        layer(names, left | {"fontSize": 13, "fontWeight": 600, "limit": 320}, x={"value": 0}, text=text, **place),
        layer(customers, {"type": "bar", "opacity": 0.55 if revenue else 1}, x=x, color=quiet if revenue else own, **place),
        layer(customers + revenue, left | {"dx": 6}, x=x, text=text, **place),
    ]
    if revenue:
        layers.append(layer(revenue, {"type": "bar"}, x=x, color=own, **place))
    return finished(layers, title, scheme, width, (21 * len(lines) + 1) * len(rows))


def profile(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 300) -> Spec:
    """Draw one feature by segment: a dot at the median, a bar between the quartiles, a line at everybody's median.

    Parameters
    ----------
    picture : dict
        ``rows`` (``segment_id``, ``name``, ``median``, ``q25``, ``q75``, ``label``), ``population`` (``median``,
        ``label``), and ``scale``: ``"log"``, ``"symlog"`` or ``"linear"``.
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
        layer(rows, quartiles, x=x | {"field": "q25"}, x2={"field": "q75"}, y=y, color=own),
        layer(rows, dot(110, yOffset=8), x=x, y=y, color=own),
        layer(rows, above | {"align": "left", "limit": 190}, x={"value": 0}, y=y, text=name),
        layer(rows, above | {"align": "right", "fontWeight": 600}, x={"value": "width"}, y=y, text=label),
    ]
    return finished(layers, title, scheme, width, ROW * len(rows))


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
        ``shares``, ``profile``, ``gates`` and ``scores`` (panels, one a figure), ``refits``, ``sensitivity`` and ``map``;
        the last three may be None.
    scheme : {"light", "dark", "page"}
        Where the charts will stand.
    width : int or "container", optional
        Width of the plot; by default each chart's own.
    """
    size: dict[str, Any] = {"scheme": scheme} if width is None else {"scheme": scheme, "width": width}
    drawn = {"shares": shares(pictures["shares"]["rows"], title=pictures["shares"]["title"], **size)}
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
