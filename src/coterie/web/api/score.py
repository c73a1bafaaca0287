"""``POST /v1/score``: new customers, by their features or by their transaction lines."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NaiveDatetime
from starlette.concurrency import run_in_threadpool

from coterie.errors import InputError, ModelError
from coterie.web.api.asking import KNOWN, ONLY, Asked, encoded, refusals
from coterie.web.scoring import features_of, score, score_lines
from coterie.web.settings import Settings
from coterie.web.snapshot import Snapshot
from coterie.web.strict import StrictRoute
from coterie.web.together import Together

router = APIRouter(prefix="/v1", tags=["score"], route_class=StrictRoute, dependencies=[KNOWN, ONLY])
AT_ONCE = 8
"""Customers that are assigned between two other requests; more of them in a thread of their own."""
LARGEST = 1e15
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
Text = Annotated[str, Field(strict=True, max_length=1000)]


def _text(given: Any) -> Any:
    if given is not None and not isinstance(given, str):
        raise ValueError("a text in ISO 8601 is wanted")
    return given


class Strict(BaseModel):
    """Nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class Figures(Strict):
    """A customer by features."""

    customer_id: Text | None = Field(None, description="Handed back.")
    features: dict[str, Number | None] = Field(
        description="Every feature of the model, by name; null only for one who kept nothing.",
        examples=[{"total_orders": 6, "total_quantity": 162, "total_spend": 260.0, "avg_order_value": 43.33, "active_days": 61}],
        max_length=1000,
    )


class Line(Strict):
    """A transaction line, by the names of the contract."""

    invoice_no: Text
    invoice_date: Annotated[NaiveDatetime, BeforeValidator(_text), Field(description="The shop's local time, without a zone.")]
    customer_id: Text
    quantity: Number
    price: Number = Field(description="Of one unit.")
    product_id: Text | None = None
    description: Text | None = None
    country: Text | None = None


class Asking(Strict):
    """Customers, by features or by lines: one of the two, one record or many."""

    customers: Figures | list[Figures] | None = None
    lines: Line | list[Line] | None = None
    as_of: Annotated[datetime.date, BeforeValidator(_text)] | None = Field(
        None, description="For lines: the day the features are for; default the day after the last line."
    )
    model: Text | None = Field(None, description="SHA-256 of the model that is expected; another one is refused with 409.")


class Scored(BaseModel):
    """Where a customer belongs, and why."""

    customer_id: str | None
    cluster: int | None = Field(description="null for a customer who kept nothing.")
    segment_id: str
    segment: str
    distance: float | None = Field(description="To the centre of the segment, in scaled units.")
    distances: dict[str, float] = Field(description="To the centre of every segment, by its id.")
    margin: float | None = Field(description="How much farther the nearest other centre is.")
    out_of_range: bool = Field(description="Whether a feature lies outside what the model was fitted on.")
    nearest: str | None = Field(None, description="Name of the nearest other segment.")
    confidence: float | None = Field(None, description="0 on the border to it, 1 in the middle of the own.")
    reason: str | None = Field(None, description="One sentence.")
    change: str | None = Field(None, description="The smallest single change that would move the customer, in words.")
    contributions: dict[str, float] | None = Field(None, description="By feature, how much it speaks for the segment.")
    features: dict[str, float | None] | None = Field(None, description="Of lines: what they add up to.")


class Answer(BaseModel):
    """Customers, in the order given; of lines, sorted by id."""

    schema_: int = Field(1, alias="schema")
    run: str
    model: str = Field(description="SHA-256 of the model.")
    customers: list[Scored]
    set_aside: list[str] | None = Field(None, description="Of lines: ids of which no line counts.")


@router.post("/score", response_model=Answer, responses=refusals(400, 403, 404, 409, 413, 422))
async def scored(
    request: Request,
    asking: Asking,
    found: Asked,
    reasons: Annotated[bool, Query(description="Whether to say why; without it the answer comes sooner.")] = True,
) -> Response:
    """Assign new customers to the segments of the latest run, or of the one that ``run`` names."""
    settings: Settings = request.app.state.settings
    customers, lines = _many(asking.customers), _many(asking.lines)
    size = _size(asking, customers or lines, settings.caps.records)
    sha = str(found.assigning.document["sha256"])
    if asking.model is not None and asking.model != sha:
        raise ModelError(
            "Another model answers than the one that is expected.",
            found=f"{sha} of run {found.number}.",
            fix="name its run with ?run=, or leave model out.",
            code="other_model",
        )
    if asking.lines is None and size <= AT_ONCE:
        together = found.once("together", lambda: Together(found.assigning))
        columns = features_of(found.assigning, [row.features for row in customers])
        given = await together.score([row.customer_id for row in customers], columns, reasons=reasons)
        body = encoded({"schema": 1, "run": found.number, "model": sha, "customers": given})
    elif asking.lines is None:
        body = await run_in_threadpool(_by_figures, found, customers, sha, reasons=reasons)
    else:
        body = await run_in_threadpool(_by_lines, found, lines, asking.as_of, sha, reasons=reasons)
    return Response(body, media_type="application/json")


Kind = TypeVar("Kind")


def _many(given: Kind | list[Kind] | None) -> list[Kind]:
    return given if isinstance(given, list) else [] if given is None else [given]


def _size(asking: Asking, records: Sequence[Any], most: int) -> int:
    if (asking.customers is None) == (asking.lines is None):
        both = asking.lines is not None
        raise InputError(
            "Either customers or lines are wanted.",
            found="both." if both else "neither.",
            fix='send {"customers": [...]} or {"lines": [...]}.',
            code="one_of_two",
        )
    size = len(records)
    if not size:
        raise InputError("There is nothing to assign.", found="no record.", fix="send at least one.", code="no_records")
    if size > most:
        raise InputError(
            "Too many records.",
            found=f"{size:,}; at most {most:,}.",
            fix="send them in parts, or use coterie assign.",
            code="too_large",
        )
    if asking.as_of is not None and asking.lines is None:
        raise InputError("as_of is for lines.", found="customers by features.", fix="leave as_of out.", code="bad_as_of")
    return size


def _by_figures(found: Snapshot, rows: list[Figures], sha: str, *, reasons: bool) -> bytes:
    model = found.assigning
    columns = features_of(model, [row.features for row in rows])
    customers = score(model, [row.customer_id for row in rows], columns, reasons=reasons)
    return encoded({"schema": 1, "run": found.number, "model": sha, "customers": customers})


def _by_lines(found: Snapshot, lines: list[Line], as_of: datetime.date | None, sha: str, *, reasons: bool) -> bytes:
    customers, aside = score_lines(found.assigning, [line.model_dump() for line in lines], as_of, reasons=reasons)
    return encoded({"schema": 1, "run": found.number, "model": sha, "customers": customers, "set_aside": aside})
