"""Customer: who they are, why they are in their segment, how far from the next, what they ordered and where they were before."""

from __future__ import annotations

import datetime

from fastapi import APIRouter

from coterie.charts import orders_over_time
from coterie.errors import RunError
from coterie.web.customer import alike, customer, order_days
from coterie.web.pages.facts import besides, more, numbers
from coterie.web.pages.place import named, told
from coterie.web.pages.silence import exact, orders_title, timeline
from coterie.web.pages.visit import Data, Visit, published
from coterie.web.past import in_words, past

router = APIRouter()
RAW = ("confidence", "margin", "distance", "out_of_range", "change", "distances", "features")
"""What the page says in words, as it is."""
SHOWN = 20
"""Orders that are seen at once; the others are unfolded."""


def _draw(data: Data) -> Data:
    return {"orders": orders_over_time(data["timeline"], scheme="page", width="container")} if data.get("timeline") else {}


@published(router, "/customer", "customer.html", draw=_draw)
def page(visit: Visit) -> Data:
    """Return a customer, those whose id is much like it where there is none, or nothing but the look-up where none is asked for."""
    asked = visit.first("id")
    if not asked.strip():
        return {"asked": "", "refused": None, "customer": None, "alike": [], "elsewhere": []}
    try:
        found = customer(visit.snapshot, asked)
    except RunError as refusal:
        if refusal.code != "unknown_customer":
            raise
        return _unknown(visit, asked, refusal)
    return {"asked": asked, "refused": None, "alike": [], "elsewhere": [], "customer": found["values"], **_known(visit, found)}


def _unknown(visit: Visit, asked: str, refusal: RunError) -> Data:
    close = [
        {**one, "segment": named(visit, one["segment_id"], one["segment"]), "address": visit.at("/customer", id=one["customer_id"])}
        for one in alike(visit.snapshot, asked)
    ]
    there = [one for one in past(visit.library, visit.snapshot, asked) if one["segment"]]
    elsewhere = [
        {
            "run": one["run"],
            "as_of": visit.words.day(one["as_of"], short=True),
            "segment": one["segment"],
            "address": visit.at("/customer", id=asked, run=one["run"]),
        }
        for one in there
    ]
    return {"asked": asked, "refused": refusal.as_dict(), "customer": None, "alike": close, "elsewhere": elsewhere}


def _known(visit: Visit, found: Data) -> Data:
    values, words = found["values"], visit.words
    days = order_days(visit.snapshot, found["customer_id"])
    as_of = datetime.date.fromisoformat(visit.snapshot.run.manifest["as_of"])
    orders = [
        {
            **one,
            "words": {
                "day": words.day(str(one["ordered_at"]), short=True),
                "lines": words.count(one["lines"]),
                "quantity": words.number(one["quantity"]),
                "value": exact(one["value"], words),
            },
        }
        for one in found["orders"] or []
    ]
    history = past(visit.library, visit.snapshot, found["customer_id"])
    return {
        "figures": {key: found[key] for key in RAW},
        **told(visit, found),
        "numbers": numbers(visit.snapshot, values, words),
        "besides": besides(visit.snapshot, values, words),
        "more": more(visit.snapshot, values, words),
        "orders": orders[:SHOWN],
        "older": orders[SHOWN:],
        "orders_known": found["orders"] is not None,
        "orders_total": found["orders_total"],
        "orders_untold": words.count(max(0, (found["orders_total"] or 0) - len(orders))),
        "currency": words.currency or "",
        "orders_title": orders_title(days, as_of, words),
        "timeline": timeline(days, as_of, found["segment_id"], words),
        "history": [_standing(visit, one) for one in history],
        "history_title": in_words(history),
    }


def _standing(visit: Visit, one: Data) -> Data:
    row = {**one, "here": one["run"] == visit.snapshot.number}
    if one["problem"]:
        return row
    return {
        **row,
        "as_of": visit.words.day(one["as_of"], short=True),
        "slot": named(visit, one["segment_id"], one["segment"])["slot"] if one["segment"] else None,
        "confidence": visit.words.share(one["confidence"]),
        "address": visit.at("/customer", id=visit.first("id"), run=one["run"]),
    }
