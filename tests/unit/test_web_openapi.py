"""The API is as its description says, of everything that can be asked of it: Schemathesis, with all its checks."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from coterie.web.api.customers import BLANK
from coterie.web.app import create_app
from coterie.web.settings import Settings
from web_server import TOKEN, Served, publish, serving

DOCUMENT: dict[str, Any] = create_app(Settings(Path("coterie-runs"))).openapi()
OPERATIONS = {f"{method.upper()} {path}": found for path, methods in DOCUMENT["paths"].items() for method, found in methods.items()}
KNOWN = {"Authorization": f"Bearer {TOKEN}"}
TAKING = ("POST /v1/runs", "POST /v1/mapping")
"""A process looks at each file that is sent there: a few are enough."""
FEW = settings(max_examples=30, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
WALKS = settings(FEW, max_examples=12, stateful_step_count=6)
VERY_FEW = settings(FEW, max_examples=5)

load_all_checks()
api = schemathesis.openapi.from_dict(DOCUMENT).exclude(lambda one: one.operation.label in TAKING)
uploads = schemathesis.openapi.from_dict(
    DOCUMENT, config=schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
).include(lambda one: one.operation.label in TAKING)


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve two runs, to who knows the token."""
    with serving(publish(made_runs, tmp_path_factory.mktemp("shop") / "runs", "000001", "000002"), token=TOKEN) as served:
        yield served


def asked(case: schemathesis.Case, shop: Served) -> schemathesis.Response:
    """Ask, and check the answer in every way there is."""
    address = f"http://127.0.0.1:{shop.port}"
    response = case.call(base_url=address, headers=KNOWN)
    case.validate_response(response, checks=CHECKS.get_all(), headers=KNOWN)
    return response


@api.parametrize()
@FEW
def test_the_api_is_as_described(case: schemathesis.Case, shop: Served):
    asked(case, shop)


@uploads.parametrize()
@VERY_FEW
def test_uploads_are_as_described(case: schemathesis.Case, shop: Served):
    response = asked(case, shop)
    if response.status_code == 202:
        assert shop.client.delete(f"/v1/jobs/{response.json()['job']}", headers=KNOWN).status_code == 200


def test_what_an_answer_leads_to_is_there(shop: Served):
    """Go from answer to answer by the document's links, and check each."""
    reached: set[str] = set()

    class Walk(schemathesis.openapi.from_dict(DOCUMENT).exclude(lambda one: one.operation.label in TAKING).as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"base_url": f"http://127.0.0.1:{shop.port}", "headers": KNOWN}

        def validate_response(self, response: schemathesis.Response, case: schemathesis.Case, **more: Any) -> None:
            if response.status_code == 200 and case.meta is not None:
                reached.add(case.operation.label)
            case.validate_response(response, checks=CHECKS.get_all(), headers=KNOWN)

    Walk.run(settings=WALKS)
    assert reached >= {"GET /v1/runs", "GET /v1/runs/{run}", "GET /v1/runs/{run}/segments", "GET /v1/customers/{customer_id}"}


def test_every_link_leads_from_an_answer_to_an_answer(shop: Served):
    """Follow every link once, from an answer that has what it takes."""
    by_id = {found["operationId"]: label for label, found in OPERATIONS.items()}
    answers = {label: shop.get(label.partition(" ")[2], headers=KNOWN).json() for label in ("GET /v1/runs", "GET /v1/customers")}
    answers["GET /v1/runs/{run}"] = shop.get("/v1/runs/000001", headers=KNOWN).json()
    shop_file = {"file": ("sales.csv", b"no table", "text/csv")}
    answers["POST /v1/runs"] = shop.client.post("/v1/runs", files=shop_file, headers=KNOWN).json()
    second = shop.get("/v1/customers", params={"after": answers["GET /v1/customers"]["after"]}, headers=KNOWN).json()
    followed = set()
    for label, found in OPERATIONS.items():
        links = [link for answer in found["responses"].values() for link in answer.get("links", {}).values()]
        for link in links if label in answers else ():
            origin = second if "back" in link["parameters"] else answers[label]
            given = {name: value_at(origin, pointer) for name, pointer in link["parameters"].items()}
            method, _, path = by_id[link["operationId"]].partition(" ")
            inside = {name for name in given if f"{{{name}}}" in path}
            address = path.format(**{name: quote(given[name], safe="") for name in inside})
            rest = {name: value for name, value in given.items() if name not in inside}
            answer = shop.client.request(method, address, params=rest, headers=KNOWN)
            assert answer.status_code == 200, (label, link, answer.text)
            followed.add((label, by_id[link["operationId"]]))
    assert len(followed) == 11


def value_at(answer: Any, pointer: str) -> str:
    for step in pointer.partition("#/")[2].split("/"):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    assert isinstance(answer, str)
    return answer


def test_every_resource_is_there():
    assert set(OPERATIONS) >= {
        "GET /v1/runs", "GET /v1/runs/{run}", "GET /v1/runs/{run}/segments", "GET /v1/runs/{run}/sweep",
        "GET /v1/runs/{run}/ledger",
        "GET /v1/customers", "GET /v1/customers/{customer_id}", "POST /v1/score", "POST /v1/runs", "GET /v1/runs/{job}/events",
        "GET /healthz", "GET /ready", "GET /metrics",
    }  # fmt: skip


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_described_and_typed(operation: str):
    found = OPERATIONS[operation]
    assert found["description"].endswith(".")
    for parameter in found.get("parameters", []):
        assert parameter.get("description") or parameter["name"] in ("run",)
        assert parameter["schema"]
    for status, answer in found["responses"].items():
        assert answer["description"]
        (content,) = answer["content"].values()
        schema = resolved(content["schema"])
        assert schema.get("properties") or schema.get("type") == "string", status
        assert int(status) < 400 or set(schema["required"]) >= {"error", "wrong", "found", "fix"} or operation == "GET /ready"
    if operation.startswith("POST"):
        (content,) = found["requestBody"]["content"].values()
        assert resolved(content["schema"])["properties"]
    if operation not in ("GET /healthz", "GET /ready"):
        assert found["security"] == [{"token": []}]
        assert "401" in found["responses"]


def test_every_field_of_a_request_and_of_an_answer_has_a_type():
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description"), name
        for key, field in schema.get("properties", {}).items():
            assert {"type", "anyOf", "$ref", "enum"} & set(field), f"{name}.{key}"


def test_the_page_of_the_api_says_all_of_it_and_asks_nobody_else(shop: Served):
    page = shop.get("/docs", headers={"accept": "text/html", **KNOWN})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = html.unescape(page.text)
    for operation, found in OPERATIONS.items():
        method, path = operation.split(" ")
        assert method in text
        assert path in text
        assert found["description"].split("\n")[0].split("`")[0][:40] in text
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert "properties" not in schema or name in text
    assert "://" not in text.replace("http://127.0.0.1", "")


def test_the_document_is_served_as_it_is(shop: Served):
    assert shop.get("/openapi.json", headers=KNOWN).json() == DOCUMENT


def test_the_document_and_the_search_agree_on_what_parts_words():
    parts = re.compile(f"[{BLANK}]")
    letters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert [hex(ord(one)) for one in letters if bool(parts.match(one)) != (not one.split())] == []
