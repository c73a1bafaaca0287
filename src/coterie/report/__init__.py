"""A published run as one page: a plain summary, and its rendering as one HTML file that needs no network."""

from __future__ import annotations

from coterie.report.html import build_report, get_ready
from coterie.report.summary import summarise
from coterie.report.vega import bundle

__all__ = ["build_report", "bundle", "get_ready", "summarise"]
