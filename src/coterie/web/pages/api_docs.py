"""The API's documentation, from its own description, as a page without a script or a request to anywhere."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from markupsafe import Markup, escape

from coterie.web.pages.rendering import shown

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Show every resource, what it takes and what it gives."""
    document: dict[str, Any] = request.app.openapi()
    operations = [
        {
            "id": f"{method}-{path.strip('/').replace('/', '-') or 'root'}".replace("{", "").replace("}", "").replace(":path", ""),
            "method": method.upper(),
            "path": path,
            "tag": found.get("tags", ["pages"])[0],
            "text": worded(found.get("description") or found.get("summary", "")),
            "parameters": [
                {**one, "type": type_of(one.get("schema", {}))} for one in [*found.get("parameters", []), *_fields(found)]
            ],
            "body": _body(found.get("requestBody")),
            "responses": [
                (status, one.get("description", ""), _body(one)) for status, one in sorted(found.get("responses", {}).items())
            ],
        }
        for path, methods in document["paths"].items()
        for method, found in methods.items()
    ]
    schemas = [
        {
            "name": name,
            "text": schema.get("description", ""),
            "fields": [
                (key, type_of(one), key in schema.get("required", []), one.get("description", ""), _example(one))
                for key, one in schema.get("properties", {}).items()
            ],
        }
        for name, schema in sorted(document.get("components", {}).get("schemas", {}).items())
        if "properties" in schema
    ]
    return shown(request, "api_docs.html", info=document["info"], operations=operations, schemas=schemas)


def type_of(schema: dict[str, Any]) -> str:
    """Return a schema in a few words.

    Examples
    --------
    >>> type_of({"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Line"}}, {"type": "null"}]})
    'list of Line, or null'
    >>> type_of({"type": "integer", "minimum": 1, "maximum": 200, "default": 50})
    'integer, 1 to 200, default 50'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return ", or ".join(type_of(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if "enum" in schema:
        return " or ".join(str(one) or "empty" for one in schema["enum"])
    if schema.get("maxLength") == 0:
        return "empty"
    said = str(schema.get("format") or schema.get("type") or "any")
    if isinstance(schema.get("additionalProperties"), dict):
        said = f"{said} of {type_of(schema['additionalProperties'])}"
    if "minimum" in schema and "maximum" in schema:
        said += f", {schema['minimum']:g} to {schema['maximum']:g}"
    return said + (f", default {schema['default']}" if schema.get("default") is not None else "")


def worded(text: str) -> Markup:
    """Return a description as it is shown: code as code, everything else as text.

    Examples
    --------
    >>> worded("A form with ``file``, < 2 GB.")
    Markup('A form with <code>file</code>, &lt; 2 GB.')
    """
    parts = [Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(text.split("``"))]
    return Markup("").join(parts)


def _fields(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of an operation's form, as parameters."""
    schema = found.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema", {})
    shown = {"in": "form", "required": False}
    return [{**shown, "name": name, "schema": one, **one} for name, one in schema.get("properties", {}).items()]


def _body(found: dict[str, Any] | None) -> str | None:
    schema = (found or {}).get("content", {}).get("application/json", {}).get("schema")
    return type_of(schema) if schema else None


def _example(schema: dict[str, Any]) -> str | None:
    return json.dumps(schema["examples"][0]) if schema.get("examples") else None
