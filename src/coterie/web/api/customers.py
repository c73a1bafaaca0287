"""``/v1/customers``: the list, filtered and sorted, and one customer with everything that is known of them."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from coterie.web.api.asking import KNOWN, ONLY, Named, encoded, has, in_turn, kept, refusals, snapshot, tag_of
from coterie.web.conditions import CHOICES, LARGEST, LETTERS, SHORT, TRUTHS, WORDS
from coterie.web.customer import customer
from coterie.web.listing import MOST, listing_in, page_of
from coterie.web.marks import run_of
from coterie.web.snapshot import Snapshot

# What Python takes for a blank: the \s of other readers of the document is fewer characters, and then more words are too many.
BLANK = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WORDS = f"^[{BLANK}]*([^{BLANK}]+([{BLANK}]+[^{BLANK}]+){{0,{WORDS - 1}}})?[{BLANK}]*$"
WRITTEN = {"type": "string", "maxLength": LETTERS, "pattern": _WORDS}
"""So many words, and no more."""
router = APIRouter(prefix="/v1/customers", tags=["customers"], responses=refusals(404, 422), dependencies=[KNOWN])


class Customers(BaseModel):
    """A page of customers: each with every column of the run's customers.parquet."""

    schema_: int = Field(1, alias="schema")
    run: str = Field(description="Number of the run.")
    total: int = Field(description="Customers on all pages together.")
    customers: list[dict[str, Any]]
    after: str | None = Field(description="Mark of the next page, for after=; null on the last.")
    next: str | None = Field(description="Address of the next page.")
    back: str | None = Field(description="Mark of the page before, for back=; null on the first.")
    previous: str | None = Field(description="Address of the page before.")


class Order(BaseModel):
    """An order, of the lines that count."""

    invoice_no: str
    ordered_at: str
    lines: int
    quantity: float
    value: float


class Customer(BaseModel):
    """A customer: figures, place among the segments, reason and orders."""

    schema_: int = Field(1, alias="schema")
    run: str
    customer_id: str
    segment_id: str
    segment: str
    values: dict[str, Any] = Field(description="Every column of customers.parquet.")
    features: list[dict[str, Any]] = Field(description="Those that place a customer, what speaks most for the segment first.")
    distances: dict[str, float | None] = Field(description="To the centre of every segment, by id, in scaled units.")
    reason: str
    change: dict[str, Any] | None = Field(description="The smallest single change that would move the customer.")
    orders: list[Order] | None = Field(description="Newest first, at most 1,000; null where the run has none.")
    orders_total: int | None

    model_config = ConfigDict(extra="allow")


def _documented() -> dict[str, Any]:
    """Return the filters as OpenAPI has them: they are read by `coterie.web.listing` alone."""

    def parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
        # A form sends what was left empty, too.
        asked = {"in": "query", "required": False, "name": name, "description": description}
        return {**asked, "allowEmptyValue": True, "schema": schema}

    bounded = [*SHORT.items(), *((name, name) for name in ("confidence", "p_alive", "expected_value"))]
    filters = [parameter(name, f"One or more values of {name}.", type="array", items={"type": "string"}) for name in CHOICES]
    filters += [parameter(name, f"Only those where {name} is so.", type="boolean") for name in TRUTHS]
    within = {"minimum": -LARGEST, "maximum": LARGEST}
    for end, word in (("min", "Least"), ("max", "Most")):
        filters += [
            parameter(f"{end}_{name}", f"{word} {column}. Any numeric column goes.", type="number", **within)
            for name, column in bounded
        ]
    return {
        "parameters": [
            *filters,
            parameter("q", "Words that all occur in id, segment, country, group or reason.", **WRITTEN),
            parameter("sort", "A column of the run; - before it for the largest first. Default -total_spend.", type="string"),
            parameter("limit", "Customers a page. Default 50.", type="integer", minimum=1, maximum=MOST),
            parameter("after", "The page after this mark.", type="string"),
            parameter("back", "The page before this mark.", type="string"),
        ]
    }


@router.get("", response_model=Customers, openapi_extra=_documented())
async def customers(request: Request, run: Named = None) -> Response:
    """List customers."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "run"]
    # A further page is of the run that the first one was of.
    of = run or run_of(request.query_params.get("after") or request.query_params.get("back"))
    found = await snapshot(request, of)
    tag = tag_of(found, *(f"{name}={value}" for name, value in asked))
    body = None if has(request, tag) else await in_turn(request, _page, found, asked)
    return kept(request, body, tag, pinned=of is not None)


@router.get("/{customer_id:path}", response_model=Customer, dependencies=[ONLY])
async def one(
    request: Request,
    customer_id: Annotated[str, Path(description="An id, as it stands in customers.csv.", max_length=1000)],
    run: Named = None,
) -> Response:
    """Tell everything that is known of a customer."""
    found = await snapshot(request, run)
    tag = tag_of(found, "customer", customer_id)
    body = None if has(request, tag) else encoded(await in_turn(request, customer, found, customer_id))
    return kept(request, body, tag, pinned=run is not None)


def _page(found: Snapshot, asked: list[tuple[str, str]]) -> bytes:
    listing = listing_in(found, asked)
    page = page_of(found, listing)
    beside: dict[str, str | None] = {"after": page.after, "next": None, "back": page.before, "previous": None}
    for name, address in (("after", "next"), ("back", "previous")):
        if beside[name]:
            further = [*listing.asked, ("limit", listing.limit), ("run", found.number), (name, beside[name])]
            beside[address] = f"/v1/customers?{urlencode(further)}"
    return encoded({"schema": 1, "run": found.number, "total": page.total, "customers": page.rows, **beside})
