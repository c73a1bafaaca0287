"""What a campaign did: those who were written to against those who were held out."""

from coterie.campaign.readout import lift

__all__ = ["lift"]
