"""Every picture Coterie draws: one function a picture, plain rows in, an Altair chart out.

The titles are the caller's: a chart's title states the finding, and only the caller has the figures in words.
Colours come in three schemes: ``light`` and ``dark`` are plain hex for notebooks, PNG and SVG; ``page`` names the
custom properties of the report's stylesheet, so that a chart in a page follows the page's colour scheme by itself.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import altair

Scheme = Literal["light", "dark", "page"]
Rows = list[dict[str, Any]]

TOKENS: dict[str, dict[str, str]] = {
    "light": {"ink": "#1b1f24", "muted": "#5b6470", "line": "#d9dce0", "page": "#fcfcfa", "surface": "#ffffff", "accent": "#0b5fa5"},
    "dark": {"ink": "#e8eaed", "muted": "#a0a8b3", "line": "#343a42", "page": "#101317", "surface": "#181c21", "accent": "#6cb2f0"},
}
"""Colours of the page by scheme; the stylesheet has the same ones, and a test compares them."""

SEGMENTS: dict[str, tuple[str, ...]] = {
    "light": ("#c27a00", "#2b8fd0", "#008a64", "#b8568c", "#005a9c", "#c94f00",
              "#8f7d00", "#4d5560", "#8a5a3c", "#00808a", "#7a5cc0", "#d0506a"),
    "dark": ("#e69f00", "#56b4e9", "#1fbf8f", "#d98ab5", "#4a90d9", "#f07a3a",
             "#f0e442", "#aab2bd", "#c49a78", "#3fc1c9", "#a894e8", "#f28a9c"),
}
"""Okabe and Ito's hues, the ones that colour-blind readers tell apart best first, then four more; 3:1 on both surfaces."""

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
ROW = 44
"""Height of one segment's row in a chart, in pixels."""


def slot(segment_id: str) -> int:
    """Return a segment's place in the palette: by its id alone, so a refit or a new ranking changes no colour.

    Examples
    --------
    >>> slot("s1"), slot("s13")
    (0, 0)
    """
    number = re.fullmatch(r"\D*(\d{1,9})", segment_id)
    place = int(number[1]) - 1 if number else zlib.crc32(segment_id.encode())
    return place % len(SEGMENTS["light"])


def color(segment_id: str, scheme: Scheme = "light") -> str:
    """Return a segment's colour in a scheme.

    Examples
    --------
    >>> color("s1"), color("s1", "page")
    ('#c27a00', 'var(--segment-1)')
    """
    place = slot(segment_id)
    return f"var(--segment-{place + 1})" if scheme == "page" else SEGMENTS[scheme][place]


def token(name: str, scheme: Scheme = "light") -> str:
    """Return one of the page's colours in a scheme."""
    return f"var(--{name})" if scheme == "page" else TOKENS[scheme][name]


def theme(scheme: Scheme = "light") -> dict[str, Any]:
    """Return the Vega-Lite configuration that all charts share: quiet axes, no frame, the page's own type."""
    ink, muted, line = (token(name, scheme) for name in ("ink", "muted", "line"))
    return {
        "background": "transparent" if scheme == "page" else token("surface", scheme),
        "font": FONT,
        "padding": {"left": 0, "right": 0, "top": 4, "bottom": 4},
        "view": {"stroke": None},
        "title": {"anchor": "start", "color": ink, "fontSize": 16, "fontWeight": 600, "offset": 12},
        "axis": {
            "labelColor": muted, "labelFontSize": 12, "titleColor": muted, "titleFontSize": 12, "titleFontWeight": "normal",
            "gridColor": line, "domainColor": line, "tickColor": line, "domain": False, "ticks": False, "labelPadding": 6,
        },
        "text": {"color": ink, "fontSize": 12},
        "rule": {"color": muted},
    }


def shares(rows: Rows, *, title: str = "", scheme: Scheme = "light", width: int | str = 560) -> altair.LayerChart:
    """Draw each segment's share of customers beside its share of revenue, as paired bars.

    Parameters
    ----------
    rows : list of dict
        In drawing order: ``segment_id``, ``name``, ``share``, ``share_label``, ``revenue_share``, ``revenue_label``.
    """
    import altair as alt

    order = [row["segment_id"] for row in rows]
    bars = [bar for row in rows for bar in (
        {"id": row["segment_id"], "name": row["name"], "bar": "a", "value": row["share"], "label": row["share_label"]},
        {"id": row["segment_id"], "name": row["name"], "bar": "b", "value": row["revenue_share"], "label": row["revenue_label"]},
    ) if bar["value"] is not None]
    y = alt.Y("id:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0.1, paddingOuter=0))
    # The first of three offsets is the line the name stands on.
    offset = alt.YOffset("bar:N", scale=alt.Scale(domain=["0", "a", "b"], paddingInner=0.12))
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, max(0.01, *(bar["value"] for bar in bars)) * 1.45]))
    base = alt.Chart(alt.Data(values=bars)).encode(y=y, x=x)
    thin, thick = ([bar for bar in bars if bar["bar"] == kind] for kind in ("a", "b"))
    names = (alt.Chart(alt.Data(values=[{"id": row["segment_id"], "name": row["name"], "bar": "0"} for row in rows]))
             .mark_text(align="left", fontSize=13, fontWeight=600, limit=320)
             .encode(y=y, yOffset=offset, x=alt.value(0), text="name:N"))
    layers = alt.layer(
        alt.Chart(alt.Data(values=thin)).mark_bar(color=token("muted", scheme), opacity=0.55).encode(y=y, x=x, yOffset=offset),
        *([alt.Chart(alt.Data(values=thick)).mark_bar().encode(y=y, x=x, yOffset=offset, color=_by_segment(rows, scheme, "id"))] if thick else []),
        base.mark_text(align="left", dx=6).encode(yOffset=offset, text="label:N"),
        names,
    )
    return _finished(layers, title, scheme, width, 64 * len(rows))


def profile(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: int | str = 300) -> altair.LayerChart:
    """Draw one feature by segment: a dot at the median, whiskers at the quartiles, a line at everybody's median.

    Parameters
    ----------
    picture : dict
        ``rows`` (``segment_id``, ``name``, ``median``, ``q25``, ``q75``, ``label``), ``population`` (``median``, ``label``), and
        ``scale``: ``"log"``, ``"symlog"`` or ``"linear"``.
    """
    import altair as alt

    rows: Rows = picture["rows"]
    values = [row[key] for row in rows for key in ("q25", "q75", "median")] + [picture["population"]["median"]]
    ends = [min(values), max(values) if max(values) > min(values) else min(values) + 1]
    # Vega-Lite warns of "zero" on a logarithmic scale, and a domain of one's own needs none.
    scale = alt.Scale(type=picture["scale"], domain=ends, nice=False, padding=8)
    y = alt.Y("segment_id:N", sort=[row["segment_id"] for row in rows], axis=None, scale=alt.Scale(padding=0))
    x = alt.X("median:Q", scale=scale, axis=None)
    base = alt.Chart(alt.Data(values=rows)).encode(y=y)
    hue = _by_segment(rows, scheme)
    everybody = alt.Chart(alt.Data(values=[picture["population"]]))
    layers = alt.layer(
        everybody.mark_rule(strokeDash=[2, 3], y=0, y2=ROW * len(rows)).encode(x=x),
        everybody.mark_text(color=token("muted", scheme), y=0, dy=-7).encode(x=x, text="label:N"),
        base.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round", yOffset=8).encode(x=alt.X("q25:Q", scale=scale, axis=None), x2="q75:Q", color=hue),
        base.mark_circle(size=110, opacity=1, yOffset=8).encode(x=x, color=hue),
        base.mark_text(align="left", dy=-9, limit=190).encode(x=alt.value(0), text="name:N"),
        base.mark_text(align="right", dy=-9, fontWeight=600).encode(x=alt.value("width"), text="label:N"),
    )
    return _finished(layers, title, scheme, width, ROW * len(rows))


def score(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: int | str = 300) -> altair.LayerChart:
    """Draw one score or gate for every k: a line, hollow dots where k fails, the gate as a dashed rule, the choice labelled.

    Parameters
    ----------
    picture : dict
        ``rows`` (``n_clusters``, ``value``, ``label``, ``passed``, ``chosen``) and ``threshold`` (a number or None).
    """
    import altair as alt

    rows = [row for row in picture["rows"] if row["value"] is not None]
    x = alt.X("n_clusters:O", title="k", axis=alt.Axis(labelAngle=0, titleAnchor="end", titlePadding=0))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, nice=True, padding=10),
              axis=alt.Axis(tickCount=4, format=picture["format"]))
    quiet, paper, accent = (token(name, scheme) for name in ("muted", "page", "accent"))
    words = {"dy": -16, "fontWeight": 600, "fontSize": 13}
    asked = [] if picture["threshold"] is None else [{"value": picture["threshold"]}]
    short, well = ([row for row in rows if (row["passed"] is False) is fails] for fails in (True, False))
    chosen = [row for row in rows if row["chosen"]]
    # Vega-Lite warns of a layer without rows, so such a layer is not drawn.
    layers = alt.layer(*(draw(alt.Chart(alt.Data(values=own)).encode(y=y)) for own, draw in (
        (asked, lambda chart: chart.mark_rule(strokeDash=[4, 3])),
        (rows, lambda chart: chart.encode(x=x).mark_line(color=quiet, strokeWidth=1.5, opacity=0.6)),
        (short, lambda chart: chart.encode(x=x).mark_circle(size=48, opacity=1, fill=paper, stroke=quiet, strokeWidth=1.5)),
        (well, lambda chart: chart.encode(x=x).mark_circle(size=48, opacity=1, color=quiet)),
        (chosen, lambda chart: chart.encode(x=x).mark_circle(size=150, opacity=1, color=accent)),
        (chosen, lambda chart: chart.encode(x=x, text="label:N").mark_text(stroke=paper, strokeWidth=4, **words)),
        (chosen, lambda chart: chart.encode(x=x, text="label:N").mark_text(color=accent, **words)),
    ) if own))
    return _finished(layers, title, scheme, width, 150)


def map_of_customers(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: int | str = 640) -> altair.LayerChart:
    """Draw customers as dots on two axes, with each segment's outline and name.

    Parameters
    ----------
    picture : dict
        ``points`` (``x``, ``y``, ``segment_id``), ``outlines`` (the same and ``step``), ``centers`` (and ``name``), and the
        words of the axes, ``x_title`` and ``y_title``.
    """
    import altair as alt

    centers: Rows = picture["centers"]
    hue = _by_segment(centers, scheme)
    corners = picture["points"] + picture["outlines"]
    x, y = (alt.X("x:Q", title=picture["x_title"], axis=_bare(), scale=_span(corners, "x")),
            alt.Y("y:Q", title=picture["y_title"], axis=_bare(), scale=_span(corners, "y")))
    halo = {"fontSize": 14, "fontWeight": 700, "limit": 200}
    names = alt.Chart(alt.Data(values=centers)).encode(x=x, y=y, text="name:N")
    layers = alt.layer(
        alt.Chart(_dots(picture["points"])).mark_circle(size=14, opacity=0.4).encode(x=x, y=y, color=hue),
        alt.Chart(_dots(picture["outlines"])).mark_line(strokeWidth=2, opacity=0.95).encode(
            x=x, y=y, color=hue, order="step:Q", detail="segment_id:N"),
        names.mark_text(stroke=token("page", scheme), strokeWidth=4, strokeJoin="round", **halo),
        names.mark_text(**halo),
    )
    return _finished(layers, title, scheme, width, 420)


def figures(pictures: dict[str, Any], *, scheme: Scheme = "light", width: int | str | None = None) -> dict[str, altair.LayerChart]:
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
    charts |= {panel["name"]: profile(panel, title=panel["title"], **size) for panel in pictures["profile"]["panels"]}
    charts |= {panel["name"]: score(panel, title=panel["title"], **size) for panel in pictures["scores"]["panels"]}
    if pictures["map"]:
        charts["map"] = map_of_customers(pictures["map"], title=pictures["map"]["title"], **size)
    return charts


def _by_segment(rows: Rows, scheme: Scheme, field: str = "segment_id") -> Any:
    import altair as alt

    ids = list(dict.fromkeys(row["segment_id"] for row in rows))
    return alt.Color(f"{field}:N", legend=None, scale=alt.Scale(domain=ids, range=[color(one, scheme) for one in ids]))


def _dots(points: Rows) -> Any:
    """Return points as one JSON text, where Altair would copy a thousand rows again and again.

    Not as CSV: Vega reads that by a function compiled on the spot, which a strict content security policy forbids.
    """
    import altair as alt

    return alt.InlineData(values=json.dumps(points, separators=(",", ":")), format=alt.JsonDataFormat(type="json"))


def _bare() -> Any:
    import altair as alt

    return alt.Axis(labels=False, grid=False, titlePadding=8)


def _span(points: Rows, axis: str) -> Any:
    import altair as alt

    values = [point[axis] for point in points]
    return alt.Scale(domain=[min(values), max(values)], nice=False, zero=False, padding=6)


def _finished(layers: altair.LayerChart, title: str, scheme: Scheme, width: int | str, height: int) -> altair.LayerChart:
    import altair as alt

    sized = layers.properties(width=width, height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    return (sized.properties(title=title) if title else sized).configure(**theme(scheme))
