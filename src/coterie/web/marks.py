"""Where a page of a list ends, as a mark in the address of the next: the run, the order, and the last customer's value and id."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from coterie.errors import InputError
from coterie.web.conditions import NUMBERS

if TYPE_CHECKING:
    from coterie.web.listing import Listing


def mark(listing: Listing, row: Mapping[str, Any], run: str) -> str:
    """Return what ``after`` or ``back`` has to be for the customers next to one.

    Parameters
    ----------
    listing : Listing
        The list.
    row : mapping
        The customer.
    run : str
        The run that they are of: the page beside is of the same, whatever is published meanwhile.
    """
    value = row[listing.sort]
    if isinstance(value, datetime.date):
        value = value.isoformat()
    content = [run, order_of(listing.sort, listing.descending), value, row["customer_id"]]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def run_of(beside: str | None) -> str | None:
    """Return the run that a page beside another belongs to."""
    return None if not beside else _read(beside)[0]


def order_of(sort: str, descending: bool) -> str:
    """Return an order as an address has it."""
    return f"-{sort}" if descending else sort


def opened(given: str, order: str, kind: str) -> tuple[Any, str] | None:
    """Return value and id of the customer that a page lies beside, or refuse a mark of another order."""
    if not given:
        return None
    _, of, value, one = _read(given)
    try:
        if of == order:
            return (None if value is None else _valued(value, kind)), one
    except (TypeError, ValueError):
        pass
    raise no_mark("a mark of a list in another order.")


def _read(given: str) -> tuple[str, str, Any, str]:
    try:
        content = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True).decode()
        run, order, value, one = json.loads(content)
        # Anybody may make a mark up, and of half a letter, too.
        "".join((run, order, one, value if isinstance(value, str) else "")).encode()
    except (ValueError, TypeError, RecursionError):
        raise no_mark("a mark that is none.") from None
    return run, order, value, one


def _valued(value: Any, kind: str) -> Any:
    """Return a value of a mark as its column has it; ValueError or TypeError for one that the column cannot have."""
    if kind.startswith(NUMBERS):
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and -(2**63) < value < 2**63
    elif kind == "BOOLEAN":
        fits = isinstance(value, bool)
    elif kind == "VARCHAR":
        fits = isinstance(value, str)
    else:
        return datetime.datetime.fromisoformat(value)
    if not fits:
        raise ValueError(kind)
    return value


def no_mark(found: str) -> InputError:
    """Return the refusal of a mark."""
    return InputError("That is not a page of this list.", found=found, fix="begin without after= and back=.", code="no_page")
