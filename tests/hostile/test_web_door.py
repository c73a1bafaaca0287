"""The web door: who is let in and what every answer carries; strangers' pages, names, paths and cookies get nowhere."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from coterie.errors import RecipeError
from coterie.web import auth
from coterie.web.auth import COOKIE, SECONDS, Sessions
from coterie.web.settings import Settings, read_token
from web_server import TOKEN, Served, publish, serving, until

PAGE = {"accept": "text/html"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def runs(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of one run, with a link beside it to a run that lies elsewhere."""
    runs = publish(made_runs, tmp_path_factory.mktemp("door") / "runs", "000001")
    (runs / "000005").symlink_to(made_runs / "000002")
    return runs


@pytest.fixture(scope="module")
def door(runs: Path) -> Iterator[Served]:
    """Serve without a token, and with a page and a resource more, which fail."""
    with serving(runs) as served:

        async def broken(customer: str = "") -> None:
            raise RuntimeError(f"no place for {customer}")

        for address in ("/v1/broken", "/broken"):
            served.app.add_api_route(address, broken)
        yield served


@pytest.fixture(scope="module")
def closed(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve with a token."""
    with serving(publish(made_runs, tmp_path_factory.mktemp("closed") / "runs", "000001"), token=TOKEN) as served:
        yield served


@pytest.fixture
def browser(closed: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=str(closed.client.base_url), timeout=30, trust_env=False, headers=PAGE) as client:
        yield client


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


def sign_in(browser: httpx.Client, token: str = TOKEN, after: str = "/docs") -> httpx.Response:
    csrf = form_token(browser.get("/sign-in"))
    return browser.post("/sign-in", data={"csrf": csrf, "token": token, "next": after})


# The token

GUARDED = ("/v1/runs", "/v1/segments", "/v1/customers", "/v1/customers/a%2Fb", "/openapi.json", "/metrics", "/v1/nothing", "/docs")
WRONG = (
    "X: none", "Authorization: Bearer", "Authorization: Bearer ", f"Authorization: Bearer {TOKEN[:-1]}",
    f"Authorization: Bearer {TOKEN}x", f"Authorization: Bearer {TOKEN.upper()}", f"Authorization: Basic {TOKEN}",
    f"Authorization: {TOKEN}", f"Authorization: Bearer {TOKEN} {TOKEN}", "Authorization: Bearer \xff\xfe", f"X-Token: {TOKEN}",
    f"Cookie: {COOKIE}={TOKEN}", f"Authorization: Bearer x\r\nAuthorization: Bearer {TOKEN}",
)  # fmt: skip


@pytest.mark.parametrize("address", GUARDED)
def test_only_who_knows_the_token_is_answered(closed: Served, address: str):
    for header in WRONG:
        status, body = closed.target(address, header)
        assert (status, json.loads(body)["error"]) == (401, "no_token")
        assert TOKEN not in body
    assert closed.get(f"{address}?token={TOKEN}").headers["www-authenticate"] == "Bearer"
    assert closed.get(address, headers=BEARER).status_code in (200, 404)


def test_changes_need_the_token_too(closed: Served):
    changes = (("POST", "/v1/score"), ("POST", "/v1/runs"), ("POST", "/v1/mapping"), ("DELETE", "/v1/jobs/x"), ("POST", "/new"))
    for method, address in changes:
        assert closed.client.request(method, address).status_code == 401
        assert closed.client.request(method, address, headers=BEARER).status_code not in (401, 403)


def test_what_anybody_may_ask(closed: Served):
    for address in ("/healthz", "/ready", "/sign-in", "/static/style.css"):
        assert closed.get(address).status_code == 200
    for address in ("/static/../v1/runs", "/healthz/../v1/runs", "/static/%2e%2e/v1/runs", "//v1/runs", "/ready/v1/runs"):
        status, body = closed.target(address)
        assert (status in (401, 404), "000001" in body) == (True, False)


def test_a_token_is_compared_in_constant_time():
    """As far as a test can tell: by the one function that is made for it."""
    assert "compare_digest" in Sessions.knows.__code__.co_names


def test_a_token_of_a_file(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(f"  {TOKEN}\n")
    assert read_token(file) == TOKEN
    for content in (b"", b"short", b"two words and then some", b"\xff" * 32, "ä".encode() * 20, b"a" * 15, b"a" * 20 + b"\x00"):
        file.write_bytes(content)
        with pytest.raises(RecipeError) as refusal:
            read_token(file)
        assert refusal.value.code == "bad_token"
        assert content.decode("latin-1") not in str(refusal.value) or not content
    with pytest.raises(RecipeError):
        read_token(tmp_path)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "shop.example", "", "127.0.0.1.evil.example"])
def test_a_public_address_needs_a_token(tmp_path: Path, host: str):
    with pytest.raises(RecipeError) as refusal:
        Settings(tmp_path, host=host)
    assert refusal.value.code == "no_token"
    assert Settings(tmp_path, host=host, token=TOKEN).hosts is None


# Signing in


def test_a_browser_signs_in_and_out(browser: httpx.Client):
    sent = browser.get("/docs")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Fdocs")
    refused = sign_in(browser, "not the token")
    assert refused.status_code == 401
    assert "That is not the token." in refused.text
    assert "Sign out" not in refused.text
    assert browser.get("/docs").status_code == 303
    known = sign_in(browser)
    assert (known.status_code, known.headers["location"]) == (303, "/docs")
    page = browser.get("/docs")
    assert page.status_code == 200
    assert browser.get("/v1/runs").json()["latest"] == "000001"
    # A cookie reads; by the API nothing is changed with it.
    assert browser.post("/v1/score", json={}).status_code == 401
    assert browser.post("/sign-out", data={"csrf": form_token(page)}).headers["location"] == "/sign-in"
    assert browser.get("/docs").status_code == 303


def test_signing_out_ends_every_copy_of_the_cookie_and_no_other(closed: Served, browser: httpx.Client):
    sign_in(browser)
    copy = browser.cookies[COOKIE]
    other = Sessions(TOKEN).begin(known=True)
    assert is_known(closed, copy)
    assert browser.post("/sign-out", data={"csrf": form_token(browser.get("/docs"))}).headers["location"] == "/sign-in"
    assert not is_known(closed, copy)
    assert is_known(closed, other)
    sign_in(browser)
    assert is_known(closed, browser.cookies[COOKIE])


def test_ended_sessions_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(auth, "MOST_ENDED", 5)
    sessions = Sessions(TOKEN)
    bystander, cookies = sessions.begin(known=True), [sessions.begin(known=True) for _ in range(12)]
    stranger = sessions.begin(known=False)
    for number, cookie in enumerate(cookies):
        sessions.end(cookie)
        sessions.end(stranger)  # grants nothing, and takes no place
        assert len(sessions._ended) <= 5
        assert [one for one in cookies[: number + 1] if sessions.read(one)] == []
    assert sessions.read(stranger) is not None
    # More than can be remembered: who had signed in before then does so again, and nobody who signed out is let in.
    assert sessions.read(bystander) is None


def test_a_cookie_is_kept_from_scripts_and_other_sites(browser: httpx.Client):
    for answer in (browser.get("/sign-in"), sign_in(browser)):
        parts = {part.strip() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={SECONDS}"} == parts
        assert TOKEN not in answer.headers["set-cookie"]


def test_where_one_goes_after_signing_in_is_here(browser: httpx.Client):
    elsewhere = ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example")
    for after in (*elsewhere, "/a\r\nSet-Cookie: x=1"):
        answer = sign_in(browser, after=after)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "x" not in answer.cookies


def is_known(closed: Served, cookie: str) -> bool:
    return closed.target("/v1/runs", f"Cookie: {COOKIE}={cookie}")[0] == 200


def test_a_cookie_that_was_changed_or_made_up_is_none(closed: Served):
    good = Sessions(TOKEN).begin(known=True)
    assert is_known(closed, good)
    payload, when, signed = good.split(".")
    for place in range(0, len(good) - 1, 3):  # the last letter's last bits say nothing
        other = "A" if good[place] != "A" else "B"
        assert not is_known(closed, good[:place] + other + good[place + 1 :])
    stranger = Sessions("another token of enough letters".replace(" ", "-"))
    made_up = [
        "", "x", ".", "..", "a.b.c", payload, f"{payload}.{when}", f"{payload}.{when}.", f"{payload}..{signed}", good * 2, "%00",
        "é", stranger.begin(known=True), Sessions(TOKEN).begin(known=False), Sessions(None).begin(known=True), "." + good,
    ]  # fmt: skip
    assert [one for one in made_up if is_known(closed, one)] == []


def test_a_form_token_is_no_cookie(closed: Served, browser: httpx.Client):
    assert not is_known(closed, form_token(browser.get("/sign-in")))


class Earlier(TimestampSigner):
    """Signs as of two sessions ago."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() - 2 * SECONDS


def test_a_cookie_ends(closed: Served):
    cookies = Sessions(TOKEN)._cookies
    earlier: URLSafeTimedSerializer = URLSafeTimedSerializer(cookies.secret_keys, salt="cookie", signer=Earlier)
    assert is_known(closed, str(cookies.dumps(["somebody", True])))
    assert not is_known(closed, str(earlier.dumps(["somebody", True])))


def test_a_form_is_of_the_browser_it_was_made_for(closed: Served, browser: httpx.Client):
    mine = form_token(browser.get("/sign-in"))
    with httpx.Client(base_url=browser.base_url, timeout=30, trust_env=False) as other:
        theirs = form_token(other.get("/sign-in"))
    forms = Sessions(TOKEN)._forms
    earlier: URLSafeTimedSerializer = URLSafeTimedSerializer(forms.secret_keys, salt="form", signer=Earlier)
    session = Sessions(TOKEN).read(browser.cookies[COOKIE])
    assert session
    old = str(earlier.dumps(session[0]))
    for csrf in (None, "", "x", theirs, old, mine[:-2], browser.cookies[COOKIE], "é"):
        fields = {"token": TOKEN, **({} if csrf is None else {"csrf": csrf})}
        answer = browser.post("/sign-in", data=fields)
        assert answer.status_code == 403, csrf
    # Nor without the cookie.
    bare = closed.client.post("/sign-in", data={"token": TOKEN, "csrf": mine}, headers={"cookie": ""})
    assert bare.status_code == 403
    assert browser.post("/sign-in", data={"token": TOKEN, "csrf": mine}).status_code == 303


def test_without_a_token_forms_have_one_of_their_own(door: Served):
    for address in ("/new", "/sign-out"):
        for fields in ({}, {"csrf": "x"}, {"csrf": Sessions(None)._forms.dumps("")}):
            files = {"files": {"file": ("a.csv", b"a,b\n1,2\n")}} if address == "/new" else {}
            answer = door.client.post(address, data=fields, **files)
            assert answer.status_code == 403
            assert "This form is not one of yours" in answer.text


# Other people's pages


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://["},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://HOST"},
    ],
)
def test_nothing_is_changed_from_another_site(door: Served, headers: dict[str, str]):
    headers = {key: value.replace("HOST", f"127.0.0.1:{door.port}") for key, value in headers.items()}
    changes = (("POST", "/v1/score"), ("POST", "/v1/runs"), ("POST", "/sign-in"), ("DELETE", "/v1/jobs/x"), ("PUT", "/"))
    for method, address in changes:
        answer = door.client.request(method, address, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "cross_site")


def test_a_page_of_this_server_and_a_program_may(door: Served):
    own = f"http://127.0.0.1:{door.port}"
    for headers in ({}, {"origin": own}, {"origin": own, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}):
        assert door.client.post("/v1/score", json={}, headers=headers).status_code == 422


def test_no_other_site_may_read(door: Served):
    for method, address in (("GET", "/v1/customers"), ("OPTIONS", "/v1/score"), ("OPTIONS", "/v1/customers"), ("GET", "/docs")):
        asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        answer = door.client.request(method, address, headers=asked)
        assert [name for name in answer.headers if name.startswith("access-control")] == []
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


HOSTS = (
    "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80", "localhost.", "", "@", "[", "[::2]",
    "127.0.0.1@evil.example",
)  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_was_given_this_address_is_not_answered(door: Served, host: str):
    for address in ("/v1/customers", "/healthz", "/static/style.css", "/sign-in"):
        answer = door.get(address, headers={"host": host})
        assert (answer.status_code, answer.json()["error"]) == (421, "other_host")


def test_its_own_names_are_and_any_where_a_token_tells_who_asks(door: Served, closed: Served):
    for host in ("127.0.0.1", "localhost", "LOCALHOST:99", "[::1]", f"[::1]:{door.port}", f"localhost:{door.port}"):
        assert door.get("/v1/runs", headers={"host": host}).status_code == 200
    assert closed.get("/v1/runs", headers={"host": "shop.example", **BEARER}).status_code == 200


# Names of runs, segments and jobs

NAMES = (
    "..", "../..", "../000001", "%2e%2e", "%2e%2e%2f", "%2e%2e%2f000001", "..%5c000001", "%252e%252e", "C:%5c", "C:\\", "C:", "CON",
    "con.json", "NUL", "%00", "000001%00", "%00000001", "000001%2f..%2f000001", "./000001", "000001.", "000001%20", "~", "latest",
    "000005", ".000001.lock", ".jobs", "%EF%BC%90" * 6, "0" * 5, "9" * 13, "-1", "1e5", "etc%2fpasswd", "%2fetc%2fpasswd", "*",
    "%3f", "x" * 4000,
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_in_its_folder_or_is_not(door: Served, name: str):
    within = ("segments", "sweep", "ledger", "events", "nothing", "manifest.json")
    said = {door.target(f"/v1/runs/{name}/{what}")[0] for what in within}
    said |= {door.target(f"/v1/{what}?run={name}")[0] for what in ("segments", "customers", "customers/a%2Fb")}
    # A name that ends in a slash is asked for again without it.
    said |= {door.target(f"/{what}/{name}")[0] for what in ("v1/runs", "v1/jobs", "static")} - {307}
    assert said <= {404, 422}
    assert door.client.delete(f"/v1/jobs/{name}", follow_redirects=True).status_code in (404, 405, 422)


def test_a_link_to_a_run_elsewhere_is_no_run(door: Served):
    assert (door.runs / "000005" / "manifest.json").is_file()
    assert [one["run"] for one in door.get("/v1/runs").json()["runs"]] == ["000001"]
    assert door.get("/v1/runs/000005").status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_segment_is_a_value_and_nothing_else(door: Served, name: str):
    status, body = door.target(f"/v1/customers?segment={name}")
    assert (status, json.loads(body)["total"]) == (200, 0)


# What every answer carries

EVERYTHING = (
    "/", "/docs", "/sign-in", "/healthz", "/ready", "/metrics", "/openapi.json", "/static/style.css", "/v1/runs", "/v1/customers",
)  # fmt: skip
FAILING = ("/nowhere", "/static/nowhere", "/v1/runs/x", "/v1/customers?limit=x", "/v1/broken")


@pytest.mark.parametrize("address", [*EVERYTHING, *FAILING])
def test_every_answer_is_kept_to_itself(door: Served, closed: Served, address: str):
    asked = ({}, PAGE, {"host": "evil.example"})
    for answer in [*(door.get(address, headers=headers) for headers in asked), closed.get(address)]:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert not {"unsafe-inline", "unsafe-eval", "*", "http:", "https:"} & set(re.split(r"[\s;']+", " ".join(policy.values())))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "cache-control" in answer.headers
        assert "server" not in answer.headers


@pytest.mark.parametrize("address", ["/sign-in", "/docs", "/nowhere", "/v1/../nowhere"])
def test_a_page_has_nothing_that_the_policy_forbids_or_that_lies_elsewhere(door: Served, browser: httpx.Client, address: str):
    for text in (door.get(address, headers=PAGE).text, browser.get(address).text):
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
        assert all(re.search(r'\ssrc="/', tag) for tag in re.findall(r"<script[^>]*>", text))
        assert re.findall(r'(?:src|href|action)="(?:\w+:)?//[^"]*"', text) == []


def test_what_failed_inside_stays_inside(door: Served, caplog: pytest.LogCaptureFixture):
    for address, headers in (("/v1/broken", PAGE), ("/broken", {}), ("/broken", PAGE)):
        with caplog.at_level(logging.INFO, "coterie.web"):
            answer = door.get(f"{address}?customer=Ada-Lovelace", headers=headers)
        assert answer.status_code == 500
        assert "The server failed to answer this." in answer.text
        assert answer.headers["content-type"].startswith("text/html" if address == "/broken" and headers else "application/json")
        for word in ("Ada", "RuntimeError", "Traceback", ".py", "no place"):
            assert word not in answer.text
    # The log says where, and of what kind; not of whom.
    said = [record.getMessage() for record in caplog.records if record.name == "coterie.web" and record.levelno >= logging.ERROR]
    assert len(said) == 3
    assert all(line.startswith("RuntimeError\n") and " broken" in line and "Ada" not in line for line in said)


def requests_logged(caplog: pytest.LogCaptureFixture, served: Served, addresses: list[str]) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "coterie"):
        for address in addresses:
            served.target(address)
        served.score({"customers": {"customer_id": "ada@mail.example", "features": {"ada@mail.example": 1}}})
        # An answer is sent before it is logged.
        until(lambda: any(record.getMessage().startswith("POST") for record in caplog.records if record.name == "coterie.web"))
    said = [record.getMessage() for record in caplog.records if record.name.startswith("coterie")]
    # What the tests before asked for last may be written down only now.
    return [line for line in said if not line.startswith(("GET /broken ", "GET /v1/broken ", "GET /metrics ", "GET /ready "))]


ASKED = [
    "/v1/customers/name@mail.example", "/v1/customers?q=name@mail.example", "/v1/customers/nobody@mail.example",
    "/name@mail.example", "/v1/runs/name@mail.example", "/v1/customers?name@mail.example=1",
    "/v1/customers?limit=name@mail.example",
]  # fmt: skip


def test_no_log_says_who_was_asked_about(door: Served, caplog: pytest.LogCaptureFixture):
    said = requests_logged(caplog, door, ASKED)
    assert len([line for line in said if line.startswith("GET ")]) == len(ASKED)
    assert any(line.startswith("POST /v1/score 409") for line in said)
    assert [line for line in said if "mail.example" in line] == []
    assert "mail.example" not in door.get("/metrics").text


def test_log_ids_says_it_on_one_line(runs: Path, caplog: pytest.LogCaptureFixture):
    with serving(runs, log_ids=True) as served:
        said = requests_logged(caplog, served, [*ASKED, "/v1/customers/a%0d%0aGET%20/forged%20200", "/v1/customers/%1b%5b31m"])
    asked = [line for line in said if line.startswith("GET ")]
    assert len(asked) == len(ASKED) + 2
    assert all("name@mail.example" in line or "nobody@mail.example" in line for line in asked[: len(ASKED)])
    assert all(line.isprintable() for line in asked)


def test_websockets_are_closed(door: Served):
    head = (
        "GET /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert door.raw(head.encode()).split(b"\r\n", 1)[0].split()[1] != b"101"


BAD_HTTP = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"GET /\r\nHost: 127.0.0.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("sent", BAD_HTTP, ids=lambda sent: ascii(sent[:40]))
def test_what_is_not_http_gets_an_end(door: Served, sent: bytes):
    with door.socket() as opened:
        answer = b""
        with contextlib.suppress(ConnectionError):
            opened.sendall(sent)
            while part := opened.recv(65536):
                answer += part
    assert answer == b"" or int(answer.split()[1]) in (400, 421, 501)
    assert b"Traceback" not in answer
