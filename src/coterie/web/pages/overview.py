"""Overview: how many segments, who, worth what, how sure, and what changed since the run before."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from coterie.web.movement import since
from coterie.web.pages.visit import Data, Visit, published

router = APIRouter()
PARTS = (
    "run", "headline", "verdict", "numbers", "bands", "segments", "legend", "choice", "pictures", "ahead", "rfm", "quality",
    "source",
)  # fmt: skip
"""Of the report's summary."""


@published(router, "/", "overview.html", charts=("profile_", "map", "ahead"), widths=True, same=True)
def overview(visit: Visit) -> Data:
    """Return what the report says first, and what changed."""
    summary: dict[str, Any] = visit.snapshot.summary
    changed = since(visit.library, visit.snapshot, visit.words, hasty=visit.library.hasty(visit.snapshot))
    return {**{name: summary[name] for name in PARTS}, "changed": changed}
