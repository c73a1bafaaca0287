"""Every picture Coterie draws, and how it looks: plain rows in, Vega-Lite out."""

from __future__ import annotations

from coterie.charts.orders import orders_over_time
from coterie.charts.pictures import chart, map_of_customers, paired, profile, specs
from coterie.charts.stability import refits, score, sensitivity
from coterie.charts.theme import FONT, SEGMENTS, TOKENS, Scheme, color, slot, theme, token

__all__ = [
    "FONT",
    "SEGMENTS",
    "TOKENS",
    "Scheme",
    "chart",
    "color",
    "map_of_customers",
    "orders_over_time",
    "paired",
    "profile",
    "refits",
    "score",
    "sensitivity",
    "slot",
    "specs",
    "theme",
    "token",
]
