"""Customers: the list of everybody, found by words, figures, country and segment."""

from __future__ import annotations

from fastapi import APIRouter

from coterie.web.leave_form import form
from coterie.web.pages.visit import Data, Visit, published
from coterie.web.table import table

router = APIRouter()
PATH = "/customers"


@published(router, PATH, "customers.html", same=True)
def customers(visit: Visit) -> Data:
    """Return the list of a run's customers."""
    told = table(visit, PATH)
    return {"list": told, "download": form(told["leave"]), "refused": told["refused"]}
