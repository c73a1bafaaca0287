"""Every picture Coterie draws, and how it looks: plain rows in, Altair charts out."""

from __future__ import annotations

from coterie.charts.pictures import figures, map_of_customers, profile, score, shares
from coterie.charts.theme import FONT, SEGMENTS, TOKENS, Scheme, color, slot, theme, token

__all__ = [
    "FONT",
    "SEGMENTS",
    "TOKENS",
    "Scheme",
    "color",
    "figures",
    "map_of_customers",
    "profile",
    "score",
    "shares",
    "slot",
    "theme",
    "token",
]
