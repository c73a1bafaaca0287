"""What the resources share: the run a request is about, and how an answer that never changes is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from coterie.errors import InputError
from coterie.web.library import Library
from coterie.web.snapshot import Snapshot

Made = TypeVar("Made")
PINNED = "private, max-age=31536000, immutable"
"""A run never changes: what was asked of it by number may be kept."""
LATEST = "private, no-cache"
"""The latest run may be another the next time: ask, and be told where nothing changed."""


class Refusal(BaseModel):
    """Why a request was refused."""

    error: str = Field(description="A code that does not change.")
    wrong: str = Field(description="What is wrong.")
    found: str = Field(description="What was there instead.")
    fix: str = Field(description="What to do.")

    model_config = ConfigDict(extra="allow")


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how refusals with these statuses are documented."""
    said = {
        304: "You have it already.", 400: "No JSON.", 401: "No token, or another one.", 403: "Sent by another site.",
        404: "There is no such thing.", 408: "Too slow.", 409: "The model cannot assign these.", 413: "Too large.",
        421: "Another host name.", 422: "Does not fit what is expected.", 503: "Too busy, or not whole.",
    }  # fmt: skip
    always = (401, 421, 503)
    # In JSON, whatever the answer itself is; the schema is among the documented ones by `coterie.web.api.jobs.Mapping`.
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {status: {"description": said[status], "content": content} for status in sorted({*statuses, *always})}


_TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="What --token-file holds, where the server has one.")
KNOWN = Security(_TOKEN)
"""How the token is documented; `coterie.web.auth.Gate` asks for it before a resource is reached."""


async def no_more(request: Request) -> None:
    """Refuse a parameter of the address that the resource has not: it would be left out of the answer in silence."""
    if not request.scope["query_string"]:
        return
    known = _parameters(request.scope["route"])
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        there = f"there are {', '.join(known)}" if known else "there is none here"
        raise InputError(
            "There is no such parameter.",
            found=f"{unknown[0][:100]!r}.",
            fix=f"leave it out; {there}.",
            code="no_parameter",
        )


def _parameters(route: APIRoute) -> tuple[str, ...]:
    extra = (route.openapi_extra or {}).get("parameters", [])
    return tuple(dict.fromkeys([*_asked(route.dependant), *(one["name"] for one in extra)]))


def _asked(dependant: Dependant) -> list[str]:
    own = [field.alias for field in dependant.query_params]
    return own + [name for one in dependant.dependencies for name in _asked(one)]


ONLY = Depends(no_more)
"""Of a resource that takes the parameters that are documented, and no others."""


def library_of(request: Request) -> Library:
    """Return the application's library."""
    found: Library = request.app.state.library
    return found


Named = Annotated[str | None, Query(description="A run by number; default the latest.")]


async def in_turn(request: Request, work: Callable[..., Made], *given: Any) -> Made:
    """Do work in a thread, a few at a time and first come, first served: many at once would all be late, and the last too late."""
    async with request.app.state.turns:
        return await run_in_threadpool(work, *given)


async def asked_run(request: Request, run: Named = None) -> Snapshot:
    """Return the one run that a whole answer is made of."""
    return await snapshot(request, run)


async def snapshot(request: Request, run: str | None) -> Snapshot:
    """Return a run by number, or the latest."""
    library = library_of(request)
    at_hand = library.at_hand() if run is None else None
    return at_hand if at_hand is not None else await run_in_threadpool(library.get, run)


Asked = Annotated[Snapshot, Depends(asked_run)]


def kept(request: Request, body: bytes | None, tag: str, *, pinned: bool) -> Response:
    """Return JSON with its tag; 304 to whoever has it, and None for the body asks only that.

    Parameters
    ----------
    request : Request
        Which says what it has.
    body : bytes or None
        JSON.
    tag : str
        Of the answer; another answer has another.
    pinned : bool
        Whether the address names the run.
    """
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": PINNED if pinned else LATEST, "Vary": "Authorization, Cookie"}
    if has(request, tag) or request.headers.get("if-none-match") == "*":
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def has(request: Request, tag: str) -> bool:
    """Return whether whoever asks has the answer already; ``*`` may be of an answer that there is not."""
    given = [one.strip().removeprefix("W/").strip('"') for one in request.headers.get("if-none-match", "").split(",")]
    return tag in given


def tag_of(snapshot: Snapshot, *parts: str) -> str:
    """Return the tag of an answer that is made of a run and of what was asked."""
    text = "\0".join((version("coterie"), snapshot.digest("manifest"), *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def encoded(data: Any) -> bytes:
    """Return plain data as JSON; what is no number in JSON is null."""
    return to_json(data, inf_nan_mode="null")
