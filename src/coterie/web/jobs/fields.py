"""Fields of a form as keys of a recipe: ``k``, ``as_of``, ``locale``, ``like``, ``mapping.COLUMN`` and ``reading.KEY``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from coterie.errors import InputError, RecipeError
from coterie.web.jobs.order import Order, ordered
from coterie.web.jobs.receive import Form
from coterie.web.jobs.uploads import Shelf

HEADER = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
"""How ``reading.header`` may be written."""
_LISTS = frozenset({"columns", "missing_tokens"})


def order_of(form: Form, shelf: Shelf, kind: Literal["run", "check"]) -> Order:
    """Return what a form asks for.

    Parameters
    ----------
    form : Form
        With a file, or with the id of one that was sent before in the field ``upload``.
    shelf : Shelf
        Where that lies.
    kind : {"run", "check"}
        What to do with it.

    Raises
    ------
    CoterieError
        If there is no file, or a field has no sense.
    """
    if form.upload is None and not form.fields.get("upload"):
        raise InputError(
            "No file was chosen.", found="a form without a file.", fix="choose the file with the sales.", code="no_upload"
        )
    like = form.fields.get("like") or None
    if like not in (None, "latest"):
        raise RecipeError("like cannot be that.", found=f"{like[:20]!r}.", fix="like is latest, or left out.", code="bad_like")
    upload = form.upload or shelf.find(form.fields["upload"])
    order = ordered(kind, upload, form.fields.get("recipe") or "default", overrides(form.fields))
    return replace(order, like=like is not None)


def overrides(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the overrides of a recipe that fields stand for; empty ones and those of other meaning change nothing.

    Raises
    ------
    RecipeError
        If a number is none.

    Examples
    --------
    >>> overrides({"k": "4", "as_of": "", "mapping.customer_id": "Client", "reading.decimal": ",", "recipe": "default"})
    {'mapping': {'customer_id': 'Client'}, 'reading': {'decimal': ','}, 'k': 4}
    """
    parts: dict[str, dict[str, Any]] = {"mapping": {}, "reading": {}}
    for name, value in fields.items():
        part, dot, key = name.partition(".")
        if dot and part in parts and value.strip():
            parts[part][key] = _value(key, value) if part == "reading" else value
    found: dict[str, Any] = {name: part for name, part in parts.items() if part}
    if fields.get("k", "").strip():
        found["k"] = _whole(fields["k"])
    if fields.get("as_of", "").strip():
        found["as_of"] = fields["as_of"].strip()
    if fields.get("locale", "").strip():
        found["publishing"] = {"locale": fields["locale"].strip()}
    return found


def _value(key: str, text: str) -> Any:
    if key in _LISTS:
        return [one.strip() for one in text.split(",") if one.strip()]
    if key == "header":
        given = text.strip().lower()
        if given not in HEADER:
            raise RecipeError(
                f"reading.header cannot be {text.strip()[:20]!r}.",
                found="neither yes nor no.",
                fix=f"leave it empty, or give one of {', '.join(HEADER)}.",
                code="bad_header",
            )
        return HEADER[given]
    return text


def _whole(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise RecipeError(
            f"k {text.strip()[:20]!r} is no number of segments.",
            found="no whole number.",
            fix="leave it empty, or give a number from 2 to 100.",
            code="bad_k",
        ) from None
