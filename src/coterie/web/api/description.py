"""What the API's description says beyond types: what fits, what an answer leads to, and which fields a form has."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

Document = dict[str, Any]
DAY = (
    r"[12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
"""A day of the calendar; 29 February is one, too, in its years."""
TIME = r"T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
LOCALES = ("en", "en_GB", "en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "ja_JP")
"""Some that there are; any of the Unicode CLDR goes."""
_RUN = ("GET /v1/runs/{run}", "GET /v1/runs/{run}/segments", "GET /v1/runs/{run}/sweep", "GET /v1/runs/{run}/ledger")
_BODY = "$response.body#"
LINKS: dict[str, dict[str, tuple[tuple[str, ...], Document]]] = {
    "GET /v1/runs": {
        "latest": (_RUN, {"run": f"{_BODY}/latest"}),
        "first": (_RUN, {"run": f"{_BODY}/runs/0/run"}),
    },
    "GET /v1/runs/{run}": {"customers": (("GET /v1/customers", "GET /v1/segments"), {"run": f"{_BODY}/run"})},
    "GET /v1/customers": {
        "first": (("GET /v1/customers/{customer_id}",), {"customer_id": f"{_BODY}/customers/0/customer_id", "run": f"{_BODY}/run"}),
        "after": (("GET /v1/customers",), {"after": f"{_BODY}/after", "run": f"{_BODY}/run"}),
        "back": (("GET /v1/customers",), {"back": f"{_BODY}/back", "run": f"{_BODY}/run"}),
    },
    "POST /v1/runs": {
        "job": (("GET /v1/jobs/{job}", "GET /v1/runs/{job}/events", "DELETE /v1/jobs/{job}"), {"job": f"{_BODY}/job"}),
    },
    "GET /v1/jobs/{job}": {"run": (_RUN, {"run": f"{_BODY}/run"})},
}
"""By operation, what its answer leads to: operations, and the parameters that come from it."""


def describe(app: FastAPI) -> None:
    """Make an application's OpenAPI document say all of it; what takes other modules is loaded when it is asked for."""
    plain = app.openapi

    def whole() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _told(plain())
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]


def _told(document: Document) -> Document:
    for path in ("/v1/runs", "/v1/mapping"):
        form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
        form["schema"] = _form(form["schema"])
    schemas = document["components"]["schemas"]
    schemas["Asking"] = _either(schemas["Asking"])
    line = schemas["Line"]["properties"]
    line["invoice_date"] = {"type": "string", "pattern": f"^{DAY}{TIME}$", "description": line["invoice_date"]["description"]}
    for label, links in LINKS.items():
        method, path = label.lower().split(" ")
        operation = document["paths"][path][method]
        status = min(status for status in operation["responses"] if status.startswith("2"))
        operation["responses"][status]["links"] = {
            f"{name}{number or ''}": {"operationId": _id(document, target), "parameters": parameters}
            for name, (targets, parameters) in links.items()
            for number, target in enumerate(targets)
        }
    return document


def _id(document: Document, label: str) -> str:
    method, _, path = label.partition(" ")
    return str(document["paths"][path][method.lower()]["operationId"])


def _either(asking: Document) -> Document:
    """Return the body of a score as one of two: customers by features, or lines."""
    fields = asking["properties"]

    def few(name: str) -> Document:
        several = next(one for one in fields[name]["anyOf"] if one.get("type") == "array")
        return {"anyOf": [several["items"], {**several, "minItems": 1, "maxItems": 10_000}]}

    day = {"anyOf": [{"type": "string", "pattern": f"^{DAY}$"}, {"type": "null"}], "description": fields["as_of"]["description"]}
    nothing = {"type": "null"}
    kinds = (
        {"customers": few("customers"), "lines": nothing, "as_of": nothing, "model": fields["model"]},
        {"lines": few("lines"), "customers": nothing, "as_of": day, "model": fields["model"]},
    )
    return {
        **asking,
        "oneOf": [
            {"type": "object", "properties": kind, "required": [next(iter(kind))], "additionalProperties": False} for kind in kinds
        ],
    }


def _form(form: Document) -> Document:
    """Return the form of a run with every field that it may have: those of the contract, and how a file is read."""
    from coterie.columns import COLUMNS
    from coterie.recipe import Reading, builtin_recipes
    from coterie.web.jobs.fields import HEADER

    # Whatever is sent is text in a form: a type would say nothing.
    reading: dict[str, Document] = {name: {"description": field.description} for name, field in Reading.model_fields.items()}
    reading["decimal"]["enum"] = ["", ".", ","]
    reading["header"]["enum"] = ["", *HEADER]
    reading["currency"]["enum"] = ["", "GBP", "EUR", "USD", "CHF", "SEK", "JPY", "BRL"]
    own = {
        **form["properties"],
        "recipe": {**form["properties"]["recipe"], "enum": ["", *builtin_recipes()]},
        "locale": {**form["properties"]["locale"], "enum": ["", *LOCALES]},
        "upload": {**form["properties"]["upload"], "pattern": "^[0-9a-f]{32}$"},
        **{f"mapping.{one.name}": {"description": f"Column of the file. {one.meaning}"} for one in COLUMNS},
        **{f"reading.{name}": schema for name, schema in reading.items()},
    }
    return {**form, "properties": own, "additionalProperties": False, "anyOf": [{"required": ["file"]}, {"required": ["upload"]}]}
