"""The picture of one customer: what they spent, order by order, and how long they have been silent."""

from __future__ import annotations

import json
from typing import Any

from coterie.charts.parts import Rows, Spec, Width, dot, finished, layer, nominal, quantity
from coterie.charts.theme import Scheme, color, token

HEIGHT = 200


def orders_over_time(picture: dict[str, Any], *, title: str = "", scheme: Scheme = "light", width: Width = 640) -> Spec:
    """Draw a customer's spend as a stepped line: up by what was ordered on a day, flat in between, dashed since the last order.

    Parameters
    ----------
    picture : dict
        ``rows``, a day with an order each, in order: ``day`` (a number), ``total`` (money from the first order to it) and
        ``label`` (its words when pointed at); ``end``, the day of the answer; ``silence``, the words of the time up to it, or none;
        ``ticks`` of the axis, ``day`` and ``label``, the first of which is where it starts; ``segment_id``; and the ``format`` of
        money.
    """
    rows: Rows = picture["rows"]
    first, last, end = rows[0], rows[-1], picture["end"]
    line = [{"day": first["day"], "total": 0}, *({"day": row["day"], "total": row["total"]} for row in rows)]
    line = [{**point, "step": step} for step, point in enumerate(line)]
    silent = {"day": last["day"], "total": last["total"], "until": end, "label": picture["silence"]}
    # Days are plain numbers with words of their own: a browser's idea of dates depends on where it stands.
    words = {str(tick["day"]): tick["label"] for tick in picture["ticks"]}
    axis = {
        "values": [tick["day"] for tick in picture["ticks"]],
        "labelExpr": f"({json.dumps(words)})[datum.value]",
        "labelOverlap": "greedy",
        "labelSeparation": 12,
        "grid": False,
        "ticks": True,
    }
    domain = [picture["ticks"][0]["day"], max(end, last["day"], picture["ticks"][0]["day"] + 1)]
    x = quantity("day", title=None, axis=axis, scale={"domain": domain, "nice": False, "zero": False})
    y = quantity("total", title=None, axis={"tickCount": 4, "format": picture["format"]}, scale={"zero": True, "nice": True})
    own, paper, quiet = color(picture["segment_id"], scheme), token("page", scheme), token("muted", scheme)
    step = {"type": "line", "interpolate": "step-after", "strokeWidth": 2, "color": own}
    layers = [layer(line, step, x=x, y=y, order=quantity("step"))]
    if end > last["day"]:
        dashed = {"type": "rule", "strokeDash": [3, 4], "strokeWidth": 2, "color": own}
        layers.append(layer([silent], dashed, x=x, x2={"field": "until"}, y=y))
        if picture["silence"]:
            # Under the line, which is the highest there is, and up to the end, where there is nothing else.
            said = {"type": "text", "align": "right", "dy": 14, "color": quiet}
            layers.append(layer([silent], said, x=x | {"field": "until"}, y=y, text=nominal("label")))
    shown = [{key: row[key] for key in ("day", "total", "label")} for row in rows]
    dots = dot(46, color=own, stroke=paper, strokeWidth=1)
    layers.append(layer(shown, dots, x=x, y=y, tooltip=nominal("label")))
    return finished(layers, title, scheme, width, HEIGHT)
