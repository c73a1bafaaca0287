"""Segments: clusters with names, profiles and sentences."""

from coterie.segments.naming import names
from coterie.segments.profile import Segment, describe, profile
from coterie.segments.rfm import Rfm, score_rfm

__all__ = ["Rfm", "Segment", "describe", "names", "profile", "score_rfm"]
