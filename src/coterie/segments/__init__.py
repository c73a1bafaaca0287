"""Segments: clusters with names, profiles and sentences."""

from coterie.segments.naming import names
from coterie.segments.profile import describe, profile
from coterie.segments.rfm import Rfm, score_rfm
from coterie.segments.risk import at_risk
from coterie.segments.segment import Segment
from coterie.segments.tops import tops

__all__ = ["Rfm", "Segment", "at_risk", "describe", "names", "profile", "score_rfm", "tops"]
