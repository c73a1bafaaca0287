"""What strangers send through the web door: JSON that is none, too much of it, too slowly, and too many at a time."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coterie as ct
from coterie.web.app import ROUTERS
from coterie.web.bodies import STREAMS
from coterie.web.settings import Caps
from web_server import Served, publish, rows_of, serving, until

LINE = {"invoice_no": "1", "invoice_date": "2024-05-01T10:00:00", "customer_id": "7", "quantity": 3, "price": 9.5}
LARGE = 10_000_000
SOON = Caps(headers_seconds=1, body_seconds=1, seconds=2, requests=2, waiting=100, drain_seconds=1)
"""Limits that a test can wait for."""


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path_factory.mktemp("shop") / "runs", "000001")) as served:
        yield served


@pytest.fixture
def hasty(made_runs: Path, tmp_path: Path) -> Iterator[Served]:
    """Serve with limits that are soon reached."""
    with serving(publish(made_runs, tmp_path / "runs", "000001"), caps=SOON) as served:
        yield served


@pytest.fixture(scope="module")
def figures(shop: Served) -> dict[str, Any]:
    """Return the features of a customer whom the model knows."""
    features = ct.open_run(shop.runs).model.features
    return {name: rows_of(shop.runs / "000001")[0][name] for name in features}


def refused(shop: Served, body: Any) -> tuple[int, str]:
    """Return status and code of a refusal, which is in words and repeats nothing of what was sent."""
    answer = shop.score(body)
    said = answer.json()
    assert all(said[key] for key in ("error", "wrong", "found", "fix"))
    assert "SECRET" not in answer.text
    assert "Traceback" not in answer.text
    return answer.status_code, said["error"]


# JSON


def test_an_honest_body_is_answered(shop: Served, figures: dict[str, Any]):
    """Else the refusals below could be of anything."""
    assert shop.score({"customers": {"customer_id": "SECRET", "features": figures}}).status_code == 200
    assert shop.score({"lines": {**LINE, "product_id": None, "description": "<script>alert(1)</script>"}}).status_code == 200


NO_NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e16", "1" + "0" * 400, "true", '"3"', '"SECRET"', "[3]", '{"SECRET": 3}',
)  # fmt: skip


@pytest.mark.parametrize("text", NO_NUMBERS, ids=lambda text: text[:12])
def test_what_is_no_number_is_refused(shop: Served, figures: dict[str, Any], text: str):
    body = json.dumps({"customers": {"features": {**figures, "total_spend": "HERE"}}}).replace('"HERE"', text)
    assert refused(shop, body) == (422, "invalid")
    for field in ("price", "quantity"):
        body = json.dumps({"lines": {**LINE, field: "HERE"}}).replace('"HERE"', text)
        assert refused(shop, body) == (422, "invalid")


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 10_000, '{"a":' * 10_000, "[" * 10_000 + "]" * 10_000])
def test_numbers_and_nesting_without_end_are_no_json(shop: Served, text: str):
    assert refused(shop, f'{{"customers": {text}}}') == (400, "not_json")
    assert refused(shop, text.replace("1" * 5000, "-" + "1" * 5000)) == (400, "not_json")


WRONG_LINES: list[dict[str, Any]] = [
    {"customer_id": 7}, {"customer_id": None}, {"customer_id": "x" * 1001}, {"customer_id": "\ud800"}, {"invoice_no": 1},
    {"invoice_no": ["1"]}, {"description": 3}, {"country": True}, {"invoice_date": 1714557600}, {"invoice_date": "yesterday"},
    {"invoice_date": "2024-05-01T10:00:00+02:00"}, {"invoice_date": "2011-02-29T00:00:00"}, {"invoice_date": None},
    {"price": None}, {"quantity": None}, {"transaction_value": 28.5}, {"more": 1}, {"__proto__": {}}, {"\ud800": 1},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_LINES, ids=ascii)
def test_a_line_of_wrong_parts_is_refused(shop: Served, wrong: dict[str, Any]):
    for lines in ({**LINE, **wrong}, [LINE, {**LINE, **wrong}]):
        assert refused(shop, {"lines": lines}) in ((422, "invalid"), (400, "not_json"))


@pytest.mark.parametrize("missing", LINE)
def test_a_line_without_a_part_is_refused(shop: Served, missing: str):
    assert refused(shop, {"lines": {key: value for key, value in LINE.items() if key != missing}}) == (422, "invalid")


WHOLE: list[Any] = [
    None, [], [{}], 3, "SECRET", True, {"more": 1}, {"\ud800": 1}, {"customers": "SECRET"}, {"customers": 3}, {"customers": [[]]},
    {"customers": {}}, {"customers": {"features": []}}, {"customers": {"features": {"total_spend": {}}}},
    {"customers": {"features": {}, "customer_id": 3}}, {"customers": {"features": {}, "more": 3}},
    {"customers": {"features": {f"{number}": 1 for number in range(1001)}}}, {"model": 3}, {"as_of": 20240501},
    {"lines": [None]}, {"lines": LINE, "as_of": "1/5/2024"}, {"lines": LINE, "as_of": "2024-05-01T10:00:00"},
]  # fmt: skip


@pytest.mark.parametrize("body", WHOLE, ids=lambda body: ascii(body)[:40])
def test_a_body_of_another_shape_is_refused(shop: Served, body: Any):
    assert refused(shop, body) in ((422, "invalid"), (400, "not_json"))


@pytest.mark.parametrize(
    "body",
    [
        '{"customers": [], "customers": []}',
        '{"customers": {"features": {"total_spend": 1, "total_spend": 2}}}',
        '{"lines": [{"customer_id": "a", "customer_id": "b"}]}',
        r'{"a": 1, "\u0061": 2}',
    ],
)
def test_a_key_that_is_said_twice_is_refused(shop: Served, body: str):
    assert refused(shop, body) == (400, "repeated_key")


NO_JSON = [
    b"", b" ", b"SECRET", b"{", b"{'a': 1}", b'{"a": 1,}', b'{"a": 1} SECRET', b'\xef\xbb\xbf{"lines": []}', b'{"a": "\xff"}',
    '{"lines": []}'.encode("utf-16"), b'{"a": "\x00"}', b"customers=1", b"<customers/>",
    gzip.compress(b"x" * 1000, mtime=0), b"\x80\x04]\x94.",
]  # fmt: skip


@pytest.mark.parametrize("body", NO_JSON, ids=ascii)
def test_what_is_no_json_is_refused(shop: Served, body: bytes):
    assert refused(shop, body)[0] in (400, 422)


def test_only_json_is_read_as_such(shop: Served):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/octet-stream"):
        answer = shop.client.post("/v1/score", content=json.dumps({"lines": LINE}), headers={"content-type": kind})
        assert answer.status_code == 422, kind
    packed = gzip.compress(json.dumps({"lines": LINE}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert shop.client.post("/v1/score", content=packed, headers=headers).status_code == 400


# Size


def test_a_body_of_the_largest_size_and_one_of_a_byte_more(shop: Served):
    body = json.dumps({"lines": LINE}).encode()
    assert shop.score(body.ljust(LARGE)).status_code == 200
    assert refused(shop, body.ljust(LARGE + 1)) == (413, "too_large")


def test_a_body_that_never_said_its_size_is_stopped_at_it(shop: Served):
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1_000_000
            yield b" " * 1_000_000

    try:
        answer = shop.client.post("/v1/score", content=parts(), headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    finally:
        assert sent < 10 * LARGE


def test_a_body_that_says_it_is_too_large_is_not_waited_for(shop: Served):
    head = f"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {LARGE + 1}\r\nContent-Type: application/json\r\n\r\n"
    answer = shop.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "too_large"


@pytest.mark.parametrize("address", ["/v1/runs", "/v1/mapping", "/new", "/sign-in", "/v1/segments", "/nowhere"])
def test_the_size_holds_wherever_no_file_is_sent(shop: Served, address: str):
    answer = shop.client.post(address, content=b"a=" + b"x" * LARGE, headers={"content-type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


# Time

HEAD = b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


def test_who_says_nothing_or_little_is_closed(hasty: Served):
    """One says nothing, one half a head, one a letter at a time; and one half a head after an answer."""
    with contextlib.ExitStack() as stack:
        silent, half, slow, late = (stack.enter_context(hasty.socket()) for _ in range(4))
        half.sendall(b"GET /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        late.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert late.recv(65536).startswith(b"HTTP/1.1 200")
        late.sendall(b"GET /healthz HTTP/1.1\r\n")
        slow.settimeout(0.05)
        closed = False
        for _ in range(200):
            try:
                slow.sendall(b"G")
                closed = slow.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                closed = True
            if closed:
                break
        assert closed
        assert [ended(one) for one in (silent, half)] == [b"", b""]
        assert b"HTTP" not in ended(late)
    assert hasty.get("/healthz").status_code == 200


def ended(opened: socket.socket) -> bytes:
    """Return what comes until the server ends the connection, however."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := opened.recv(65536):
            found += part
    return found


def test_a_body_that_does_not_come_is_not_waited_for(hasty: Served):
    for address in (b"/v1/score", b"/sign-in"):
        with hasty.socket() as opened:
            opened.sendall(HEAD.replace(b"/v1/score", address) + b"{")
            answer = ended(opened)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "slow"


FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nInvoiceNo,'


@pytest.mark.parametrize("address", [b"/v1/runs", b"/v1/mapping"])
def test_a_file_that_does_not_come_is_not_waited_for(hasty: Served, address: bytes, caplog: pytest.LogCaptureFixture):
    kind = b"multipart/form-data; boundary=b"
    head = HEAD.replace(b"/v1/score", address).replace(b"application/json", kind).replace(b"100", b"1000")
    with hasty.socket() as slow, hasty.socket() as gone, caplog.at_level(logging.INFO, "coterie.web"):
        for one in (slow, gone):
            one.sendall(head + FILE)
        gone.close()
        answer = ended(slow)
        until(lambda: len([record for record in caplog.records if record.getMessage().startswith("POST ")]) == 2)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "slow"
    # It is nobody's fault of here, and nothing stays behind.
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert list((hasty.runs / ".jobs").glob("uploads/*/*")) == []


def test_a_file_that_is_too_large_is_not_taken_to_its_end(made_runs: Path, tmp_path: Path):
    runs = publish(made_runs, tmp_path / "runs", "000001")
    with serving(runs, caps=Caps(upload=100_000)) as shop, shop.socket() as opened:
        kind = b"multipart/form-data; boundary=b"
        head = HEAD.replace(b"/v1/score", b"/v1/runs").replace(b"application/json", kind).replace(b"100", b"1000000000")
        opened.sendall(head + FILE + b"x" * 200_000)
        answer = ended(opened)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert list((runs / ".jobs").glob("uploads/*/*")) == []


def test_a_thousand_idle_sockets_keep_nobody_out(hasty: Served):
    """And with a hundred places to wait in, most of them are closed for those who came later."""
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(hasty.socket()) for _ in range(1000)]
        for one in idle[::2]:
            with contextlib.suppress(ConnectionError):
                one.sendall(b"GET / HT")
        for _ in range(5):
            assert hasty.client.get("/v1/segments", headers={"connection": "close"}).status_code == 200
        assert [ended(one) for one in idle] == [b""] * 1000
    assert hasty.client.get("/v1/segments").status_code == 200


def test_slow_senders_take_no_place(hasty: Served):
    """Two requests may be at work; a body that is still on its way is not."""
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(hasty.socket()).sendall(HEAD + b"{")
        assert hasty.client.get("/v1/segments").status_code == 200
        assert hasty.score({"lines": LINE}).status_code == 200


# Many at a time


def test_one_too_many_is_told_to_come_again_and_who_takes_too_long_is_told(hasty: Served):
    begun = threading.Semaphore(0)

    async def endless() -> None:
        begun.release()
        await asyncio.sleep(3600)

    hasty.app.add_api_route("/v1/endless", endless)
    answers: list[Any] = []
    ask = [threading.Thread(target=lambda: answers.append(hasty.get("/v1/endless"))) for _ in range(2)]
    for one in ask:
        one.start()
    for _ in ask:
        assert begun.acquire(timeout=15)
    busy = hasty.get("/v1/segments")
    assert (busy.status_code, busy.json()["error"], busy.headers["retry-after"]) == (503, "busy", "1")
    # A watchman is always answered.
    assert hasty.get("/healthz").status_code == 200
    assert hasty.get("/ready").status_code == 200
    for one in ask:
        one.join()
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(503, "timeout")] * 2
    assert hasty.get("/v1/segments").status_code == 200


def test_large_bodies_are_held_within_a_bound(made_runs: Path, tmp_path: Path):
    """Sixteen of the largest size; one more, and the next to send is turned away."""
    caps = Caps(body=1000, body_seconds=10)
    with serving(publish(made_runs, tmp_path / "runs", "000001"), caps=caps) as shop, contextlib.ExitStack() as stack:
        head = HEAD.replace(b"Content-Length: 100", b"Content-Length: 1000")
        many = [stack.enter_context(shop.socket()) for _ in range(17)]
        for one in many:
            one.sendall(head + b" " * 999)
        until(lambda: shop.client.post("/v1/score", content=b" " * 990).status_code == 503)
        for one in many:
            one.close()
        until(lambda: shop.score({"lines": LINE}).status_code == 200)


def test_what_is_sent_piece_by_piece_is_not_held_to_the_time_of_a_page() -> None:
    paths = {route.path for router in ROUTERS for route in router.routes}
    long = {path for path in paths if path.endswith((".csv", "/events")) or path.startswith("/data/file")}
    assert len(long) >= 6
    assert [path for path in long if not STREAMS.fullmatch(path.replace(":path", ""))] == []
    assert not any(map(STREAMS.fullmatch, ("/", "/customers", "/customers.json", "/v1/customers", "/data/lines")))
