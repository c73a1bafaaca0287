"""Runs asked for in the browser: made in a limited process of their own, so that nothing that happens there reaches the server."""

from coterie.web.jobs.desk import Desk
from coterie.web.jobs.limits import Limits
from coterie.web.jobs.order import Order

__all__ = ["Desk", "Limits", "Order"]
