"""Segments: clusters with names, profiles and sentences."""

from coterie.segments.naming import names
from coterie.segments.profile import Segment, describe, profile

__all__ = ["Segment", "describe", "names", "profile"]
