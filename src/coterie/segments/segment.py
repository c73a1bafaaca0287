"""What a segment is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Segment:
    """A cluster with an id, a name and a profile.

    Parameters
    ----------
    cluster : int
        Its label.
    segment_id : str
        ``"s1"`` and so on; an id never changes its meaning.
    name, sentence : str
        In plain words.
    customers : int
        Members.
    share : float
        Of the clustered customers, from 0 to 1.
    revenue : float or None
        Money, where spend is known.
    revenue_share : float or None
        Of the clustered customers' revenue, from 0 to 1.
    orders : int or None
        Orders, where they are known.
    features : dict of str to dict
        By feature: ``mean``, ``median``, ``q25``, ``q75``, ``low`` and ``high`` (95 % bootstrap interval of the median), and
        ``lift`` (median over the population's median; None where that is 0).
    bands : dict
        Customers by band of ``recency`` and ``activity``, from `coterie.segments.bands`.
    top : dict
        ``products`` and ``countries`` by lift, from `coterie.segments.tops`.
    at_risk : dict or None
        How many are silent for longer than ever before, from `coterie.segments.risk`.
    """

    cluster: int
    segment_id: str
    name: str
    sentence: str
    customers: int
    share: float
    revenue: float | None
    revenue_share: float | None
    orders: int | None
    features: dict[str, dict[str, float | None]]
    bands: dict[str, list[dict[str, Any]] | None] | None = None
    top: dict[str, list[dict[str, Any]] | None] | None = None
    at_risk: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return dict(vars(self))
