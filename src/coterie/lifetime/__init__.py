"""Lifetime: what customers are expected to order and spend, and what the segments would have said before."""

from coterie.lifetime.bg_nbd import BgNbd, fit_bg_nbd
from coterie.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma
from coterie.lifetime.holdout import Evidence, read_evidence
from coterie.lifetime.outlook import Foresight, Outlook, foresee, look_ahead

__all__ = [
    "BgNbd",
    "Evidence",
    "Foresight",
    "GammaGamma",
    "Outlook",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "foresee",
    "look_ahead",
    "read_evidence",
]
