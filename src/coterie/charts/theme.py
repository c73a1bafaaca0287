"""How charts look: the page's colours, a segment's colour, and the configuration that all of them share.

Colours come in three schemes: ``light`` and ``dark`` are plain hex for notebooks, PNG and SVG; ``page`` names the
custom properties of the report's stylesheet, so that a chart in a page follows the page's colour scheme by itself.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, Literal

Scheme = Literal["light", "dark", "page"]

TOKENS: dict[str, dict[str, str]] = {
    "light": {
        "ink": "#1b1f24",
        "muted": "#5b6470",
        "line": "#d9dce0",
        "page": "#fcfcfa",
        "surface": "#ffffff",
        "accent": "#0b5fa5",
    },
    "dark": {
        "ink": "#e8eaed",
        "muted": "#a0a8b3",
        "line": "#343a42",
        "page": "#101317",
        "surface": "#181c21",
        "accent": "#6cb2f0",
    },
}
"""Colours of the page by scheme; the stylesheet has the same ones, and a test compares them."""

SEGMENTS: dict[str, tuple[str, ...]] = {
    "light": (
        "#c27a00",
        "#2b8fd0",
        "#008a64",
        "#b8568c",
        "#005a9c",
        "#c94f00",
        "#8f7d00",
        "#4d5560",
        "#8a5a3c",
        "#00808a",
        "#7a5cc0",
        "#d0506a",
    ),
    "dark": (
        "#e69f00",
        "#56b4e9",
        "#1fbf8f",
        "#d98ab5",
        "#4a90d9",
        "#f07a3a",
        "#f0e442",
        "#aab2bd",
        "#c49a78",
        "#3fc1c9",
        "#a894e8",
        "#f28a9c",
    ),
}
"""Okabe and Ito's hues, those that colour-blind readers tell apart best first, then four more; 3:1 on both surfaces."""

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


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
            "labelColor": muted,
            "labelFontSize": 12,
            "titleColor": muted,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": line,
            "domainColor": line,
            "tickColor": line,
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
        "text": {"color": ink, "fontSize": 12},
        "rule": {"color": muted},
    }
