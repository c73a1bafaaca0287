"""The pictures: one function each, plain rows in, an Altair chart out.

The titles are the caller's: a chart's title states the finding, and only the caller has the figures in words.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coterie.charts.theme import Scheme, color, theme, token

if TYPE_CHECKING:
    import altair

Rows = list[dict[str, Any]]
Width = int | str
"""Of the plot: pixels, or ``"container"``."""

ROW = 44
"""Height of one segment's row in a profile, in pixels."""


def shares(rows: Rows, *, title: str = "", scheme: Scheme = "light", width: Width = 560) -> altair.LayerChart:
    """Draw each segment's share of customers beside its share of revenue, as paired bars.

    Parameters
    ----------
    rows : list of dict
        In drawing order: ``segment_id``, ``name``, ``share``, ``share_label``, ``revenue_label`` and
        ``revenue_share``, None where money is not known.
    """
    import altair as alt

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
    y = alt.Y("id:N", sort=ids, axis=None, scale=alt.Scale(paddingInner=0.1, paddingOuter=0))
    offset = alt.YOffset("line:N", scale=alt.Scale(domain=lines, paddingInner=0.12))
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, longest]))
    place = {"y": y, "yOffset": offset}
    own = _by_segment(ids, scheme, "id")
    quiet = alt.value(token("muted", scheme))
    layers = [
        _of(names, x=alt.value(0), text="text:N", **place).mark_text(
            align="left", fontSize=13, fontWeight=600, limit=320
        ),
        _of(customers, x=x, color=quiet if revenue else own, **place).mark_bar(opacity=0.55 if revenue else 1),
        _of(customers + revenue, x=x, text="text:N", **place).mark_text(align="left", dx=6),
    ]
    if revenue:
        layers.append(_of(revenue, x=x, color=own, **place).mark_bar())
    return _finished(layers, title, scheme, width, (21 * len(lines) + 1) * len(rows))


def profile(
    picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 300
) -> altair.LayerChart:
    """Draw one feature by segment: a dot at the median, a bar between the quartiles, a line at everybody's median.

    Parameters
    ----------
    picture : dict
        ``rows`` (``segment_id``, ``name``, ``median``, ``q25``, ``q75``, ``label``), ``population`` (``median``,
        ``label``), and ``scale``: ``"log"``, ``"symlog"`` or ``"linear"``.
    """
    import altair as alt

    rows: Rows = picture["rows"]
    everybody = [picture["population"]]
    ids = [row["segment_id"] for row in rows]
    values = [row[key] for row in rows for key in ("q25", "q75", "median")] + [everybody[0]["median"]]
    low, high = min(values), max(values)
    # A domain of its own, and no word of zero: Vega-Lite warns of that on a logarithmic scale.
    scale = alt.Scale(type=picture["scale"], domain=[low, high if high > low else low + 1], nice=False, padding=8)
    x, y = (
        alt.X("median:Q", scale=scale, axis=None),
        alt.Y("segment_id:N", sort=ids, axis=None, scale=alt.Scale(padding=0)),
    )
    quartile = alt.X("q25:Q", scale=scale, axis=None)
    own = _by_segment(ids, scheme)
    layers = [
        _of(everybody, x=x).mark_rule(strokeDash=[2, 3], y=0, y2=ROW * len(rows)),
        _of(everybody, x=x, text="label:N").mark_text(color=token("muted", scheme), y=0, dy=-7),
        _of(rows, x=quartile, x2="q75:Q", y=y, color=own).mark_rule(
            strokeWidth=5, opacity=0.35, strokeCap="round", yOffset=8
        ),
        _of(rows, x=x, y=y, color=own).mark_circle(size=110, opacity=1, yOffset=8),
        _of(rows, x=alt.value(0), y=y, text="name:N").mark_text(align="left", dy=-9, limit=190),
        _of(rows, x=alt.value("width"), y=y, text="label:N").mark_text(align="right", dy=-9, fontWeight=600),
    ]
    return _finished(layers, title, scheme, width, ROW * len(rows))


def score(
    picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 300
) -> altair.LayerChart:
    """Draw one score for every k: a line, hollow dots where k falls short, the gate dashed, the choice labelled.

    Parameters
    ----------
    picture : dict
        ``rows`` (``n_clusters``, ``value``, ``label``, ``passed``, ``chosen``), ``threshold`` (a number or None),
        and the axis' number ``format``.
    """
    import altair as alt

    rows = [row for row in picture["rows"] if row["value"] is not None]
    gate = [] if picture["threshold"] is None else [{"value": picture["threshold"]}]
    short = [row for row in rows if row["passed"] is False]
    well = [row for row in rows if row["passed"] is not False]
    chosen = [row for row in rows if row["chosen"]]
    x = alt.X("n_clusters:O", title="k", axis=alt.Axis(labelAngle=0, titleAnchor="end", titlePadding=0))
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(zero=False, nice=True, padding=10),
        axis=alt.Axis(tickCount=4, format=picture["format"]),
    )
    quiet, paper, accent = (token(name, scheme) for name in ("muted", "page", "accent"))
    words: dict[str, Any] = {"dy": -16, "fontWeight": 600, "fontSize": 13}
    layers = [_of(rows, x=x, y=y).mark_line(color=quiet, strokeWidth=1.5, opacity=0.6)]
    # Vega-Lite warns of a layer without rows, so there is none.
    if gate:
        layers.append(_of(gate, y=y).mark_rule(strokeDash=[4, 3]))
    if short:
        layers.append(_of(short, x=x, y=y).mark_circle(size=48, opacity=1, fill=paper, stroke=quiet, strokeWidth=1.5))
    if well:
        layers.append(_of(well, x=x, y=y).mark_circle(size=48, opacity=1, color=quiet))
    if chosen:
        label = _of(chosen, x=x, y=y, text="label:N")
        layers += [
            _of(chosen, x=x, y=y).mark_circle(size=150, opacity=1, color=accent),
            label.mark_text(stroke=paper, strokeWidth=4, **words),
            label.mark_text(color=accent, **words),
        ]
    return _finished(layers, title, scheme, width, 150)


def map_of_customers(
    picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 640
) -> altair.LayerChart:
    """Draw customers as dots on two axes, with each segment's outline and name.

    Parameters
    ----------
    picture : dict
        ``points`` (``x``, ``y``, ``segment_id``), ``outlines`` (the same and ``step``), ``centers`` (and ``name``), and
        the words of the axes, ``x_title`` and ``y_title``.
    """
    import altair as alt

    def axis(channel: Any, name: str) -> Any:
        values = [point[name] for point in picture["points"] + picture["outlines"]]
        scale = alt.Scale(domain=[min(values), max(values)], nice=False, zero=False, padding=6)
        bare = alt.Axis(labels=False, grid=False, titlePadding=8)
        return channel(f"{name}:Q", title=picture[f"{name}_title"], axis=bare, scale=scale)

    place = {"x": axis(alt.X, "x"), "y": axis(alt.Y, "y")}
    own = _by_segment([center["segment_id"] for center in picture["centers"]], scheme)
    words: dict[str, Any] = {"fontSize": 14, "fontWeight": 700, "limit": 200}
    names = _of(picture["centers"], text="name:N", **place)
    layers = [
        _of(picture["points"], color=own, **place).mark_circle(size=14, opacity=0.4),
        _of(picture["outlines"], color=own, order="step:Q", detail="segment_id:N", **place).mark_line(strokeWidth=2),
        names.mark_text(stroke=token("page", scheme), strokeWidth=4, strokeJoin="round", **words),
        names.mark_text(**words),
    ]
    return _finished(layers, title, scheme, width, 420)


def figures(
    pictures: dict[str, Any], *, scheme: Scheme = "light", width: Width | None = None
) -> dict[str, altair.LayerChart]:
    """Return every chart of a run by name, from the ``pictures`` of ``coterie.report.summarise``.

    Parameters
    ----------
    pictures : dict
        ``shares``, ``profile``, ``scores`` and ``map``; the last may be None.
    scheme : {"light", "dark", "page"}
        Where the charts will stand.
    width : int or "container", optional
        Width of the plot; by default each chart's own.
    """
    size: dict[str, Any] = {"scheme": scheme} if width is None else {"scheme": scheme, "width": width}
    charts = {"shares": shares(pictures["shares"]["rows"], title=pictures["shares"]["title"], **size)}
    for draw, panels in ((profile, pictures["profile"]["panels"]), (score, pictures["scores"]["panels"])):
        charts |= {panel["name"]: draw(panel, title=panel["title"], **size) for panel in panels}
    if pictures["map"]:
        charts["map"] = map_of_customers(pictures["map"], title=pictures["map"]["title"], **size)
    return charts


def _of(rows: Rows, **encodings: Any) -> Any:
    """Return a chart of rows, handed over as one JSON text: Altair would copy and check a thousand rows many times.

    Not as CSV: Vega reads that by a function compiled on the spot, which a strict content security policy forbids.
    """
    import altair as alt

    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return alt.Chart(alt.InlineData(values=text, format=alt.JsonDataFormat(type="json"))).encode(**encodings)


def _by_segment(ids: list[str], scheme: Scheme, field: str = "segment_id") -> Any:
    import altair as alt

    hues = [color(one, scheme) for one in ids]
    return alt.Color(f"{field}:N", legend=None, scale=alt.Scale(domain=ids, range=hues))


def _finished(layers: list[Any], title: str, scheme: Scheme, width: Width, height: int) -> altair.LayerChart:
    import altair as alt

    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    chart: Any = alt.layer(*layers).properties(width=width, height=height, autosize=fit)
    finished: altair.LayerChart = (chart.properties(title=title) if title else chart).configure(**theme(scheme))
    return finished
