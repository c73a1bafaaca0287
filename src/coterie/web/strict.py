"""JSON as strangers send it: read strictly, so that no two readers could take it for two things."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from coterie.errors import InputError
from coterie.web.refusals import status_of


def parse(raw: bytes) -> Any:
    """Return what a document says.

    Raises
    ------
    InputError
        If it is no JSON, nested beyond reason, or says something twice.

    Examples
    --------
    >>> parse(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> parse(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    coterie.errors.InputError: The JSON says a key twice.
    Found: 'a'.
    Fix:   say it once.
    """
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError:
        raise _no_json("lists within lists beyond reason.") from None
    except ValueError as error:
        # Not the words of a decoding error, which hold what was sent.
        found = f"{error.msg}, line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "no text"
        raise _no_json(f"{found}.") from None


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """Return the body; a refusal leaves as an HTTPException, the only error that FastAPI lets through from here."""
        try:
            return parse(await self.body())
        except InputError as refusal:
            raise HTTPException(status_of(refusal), refusal.as_dict()) from None


class StrictRoute(APIRoute):
    """A route of such requests."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, wrapped."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InputError("The JSON says a key twice.", found=f"{twice[:100]!r}.", fix="say it once.", code="repeated_key")
    return found


def _no_json(found: str) -> InputError:
    return InputError("That is not JSON.", found=found, fix="send JSON, as UTF-8; /docs shows what is expected.", code="not_json")
