"""New runs through the API and the page, without scripts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import polars
import pytest
from fastapi import FastAPI

import coterie as ct
from coterie.errors import CoterieError
from web_shop import application, serving

KNOWN = Path(__file__).parent.parent / "known" / "stripe.csv"
FORM = "multipart/form-data; boundary=b"


@pytest.fixture(scope="module")
def sales() -> bytes:
    return polars.from_arrow(ct.simulate(150, seed=5).lines).write_csv().encode()


class Browser(httpx.Client):
    """A client of a real server, with the application behind it at hand."""

    app: FastAPI


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    app = application(tmp_path_factory.mktemp("server"))
    with serving(app) as address, Browser(base_url=address, timeout=60, trust_env=False) as opened:
        opened.app = app
        yield opened


def kept(client: Browser) -> list[Path]:
    return list(client.app.state.desk.shelf.folder.glob("*/*"))


def test_the_api_takes_a_file_and_tells_until_it_is_a_run(client: Browser, sales: bytes):
    started = client.post("/v1/runs", data={"k": "3", "recipe": "default"}, files={"file": ("sales.csv", sales)})
    assert started.status_code == 202
    said = client.get(started.json()["events"])
    assert said.headers["content-type"].startswith("text/event-stream")
    names = re.findall(r"^event: (\w+)$", said.text, re.MULTILINE)
    assert names[:2] == ["queued", "started"]
    assert names[-1] == "done"
    run = json.loads(said.text.split("data: ")[-1])["run"]
    assert ct.open_run(client.app.state.desk.runs / run).manifest["created"] == "2011-12-10T00:00:00Z"
    # A browser that comes back hears only what is new.
    again = client.get(started.json()["events"], headers={"Last-Event-ID": str(len(names) - 1)})
    assert again.text.count("event:") == 1
    assert client.get(f"/v1/jobs/{started.json()['job']}").json()["run"] == run


def test_a_browser_that_goes_away_stops_nothing_and_others_are_served(client: Browser, sales: bytes):
    started = client.post("/v1/runs", files={"file": ("sales.csv", sales)}).json()
    with client.stream("GET", started["events"]) as listening:
        next(listening.iter_lines())
        assert client.get("/new").elapsed.total_seconds() < 1
    assert client.app.state.desk.wait(started["job"], 60)["event"] == "done"


def test_the_mapping_is_proposed_and_corrected(client: Browser):
    rows = (b"%d,c%d,2011-01-%02d,%d.50\n" % (i, i % 40, 1 + i % 28, i + 1) for i in range(120))
    odd = b"Bill,Buyer,Day,Total\n" + b"".join(rows)
    found = client.post("/v1/mapping", files={"file": ("odd.csv", odd)}).json()
    assert found["columns"] == ["Bill", "Buyer", "Day", "Total"]
    assert found["sample"][0] == ["0", "c0", "2011-01-01", "1.50"]
    fields = {"upload": found["upload"], "mapping.invoice_no": "Bill", "mapping.customer_id": "Buyer"}
    fields["mapping.invoice_date"] = "Day"
    assert client.post("/v1/mapping", data=fields).status_code == 422  # no multipart form
    parts = {name: (None, value) for name, value in (fields | {"mapping.transaction_value": "Total"}).items()}
    better = client.post("/v1/mapping", files=parts).json()
    assert better["refused"] is None
    assert {match["source"] for match in better["mapping"]} >= {"Bill", "Buyer", "Day", "Total"}
    assert better["customers"] == 40


def test_refusals_have_a_status_and_leave_nothing(client: Browser, sales: bytes):
    before = kept(client)
    assert client.get("/v1/runs/nonsense/events").status_code == 404
    assert client.delete(f"/v1/jobs/{'0' * 32}").status_code == 404
    assert client.post("/v1/runs", files={"recipe": (None, "default")}).json()["error"] == "no_upload"
    assert client.post("/v1/runs", files={"upload": (None, "0" * 32)}).status_code == 404
    assert client.post("/v1/runs", content=b"x", headers={"content-type": "text/csv"}).status_code == 422
    cut = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1,2'
    assert client.post("/v1/runs", content=cut, headers={"content-type": FORM}).json()["error"] == "bad_form"
    many = b"".join(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(200)) + b"--b--\r\n"
    assert client.post("/v1/runs", content=many, headers={"content-type": FORM}).status_code == 413
    long = b'--b\r\nContent-Disposition: form-data; name="k"\r\n\r\n' + b"9" * 200_000 + b"\r\n--b--\r\n"
    assert client.post("/v1/runs", content=long, headers={"content-type": FORM}).status_code == 413
    client.app.state.upload_bytes = 1000
    try:
        large = client.post("/v1/runs", files={"file": ("sales.csv", sales)})
    finally:
        client.app.state.upload_bytes = None
    assert (large.status_code, large.json()["error"]) == (413, "too_large")
    assert kept(client) == before


def test_a_form_is_refused_before_a_byte_of_its_file_is_taken(client: Browser, sales: bytes):
    def check(request: object, fields: dict[str, str]) -> None:
        if fields.get("csrf") != "right":
            raise CoterieError("The form is not yours.", found="another token.", fix="load the page again.", code="csrf")

    client.app.state.check_csrf = check
    before = kept(client)
    try:
        refused = client.post("/new", data={"csrf": "wrong"}, files={"file": ("sales.csv", sales)})
        taken = client.post("/new", data={"csrf": "right"}, files={"file": ("sales.csv", sales)})
        cancelled = client.post(f"/new/{'0' * 32}/cancel", files={"csrf": (None, "wrong")})
    finally:
        client.app.state.check_csrf = None
    assert refused.status_code == 422
    assert "The form is not yours." in refused.text
    assert taken.status_code == 303
    assert "The form is not yours." in cancelled.text
    assert len(kept(client)) <= len(before) + 1


def test_the_page_works_without_scripts_from_file_to_run(client: Browser, sales: bytes):
    assert 'type="file"' in client.get("/new").text
    read = client.post("/new", data={"recipe": "default"}, files={"file": ("sales.csv", sales)}).headers["location"]
    page = client.get(read).text
    assert "How sales.csv is read" in page
    upload = re.search(r'name="upload" value="(\w+)"', page)[1]
    fields = {"upload": upload, "recipe": "default", "k": "3", "start": "1"}
    watched = client.post("/new", files={name: (None, value) for name, value in fields.items()}).headers["location"]
    assert 'http-equiv="refresh"' in client.get(watched).text
    job = watched.partition("?")[0].removeprefix("/new/")
    assert client.app.state.desk.wait(job, 60)["event"] == "done"
    assert re.fullmatch(r"/\?run=\d{6}", client.get(watched).headers["location"])
    assert "not here any more" in client.get(read).text


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(client: Browser, sales: bytes):
    read = client.post("/new", files={"file": ("<b>sales.csv", sales)}).headers["location"]
    upload = re.search(r"upload=(\w+)", read)[1]
    fields = {"upload": upload, "k": "many", "reading.currency": "GBP"}
    page = client.post("/new", files={name: (None, value) for name, value in fields.items()})
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert "<b>sales" not in page.text
    beside = page.text.partition('<label for="k">')[2].partition("</div>")[0]
    assert "is no number of segments" in beside
    assert 'value="many" autocomplete="off" aria-describedby="problem" aria-invalid="true"' in page.text
    unknown = client.get(f"/new/{'0' * 32}")
    assert (unknown.status_code, "There is no such job." in unknown.text) == (404, True)


def test_a_date_that_fits_both_ways_asks_for_its_format(client: Browser):
    odd = b"InvoiceNo,CustomerID,InvoiceDate,Amount\n" + b"".join(
        b"%d,c%d,0%d/0%d/2011,%d.50\n" % (i, i % 40, 1 + i % 9, 1 + i % 8, i + 1) for i in range(120)
    )
    page = client.get(client.post("/new", files={"file": ("odd.csv", odd)}).headers["location"])
    assert re.findall(r'type="radio" name="reading.date_format" value="([^"]+)"', page.text) == ["%d/%m/%Y", "%m/%d/%Y"]
    assert "the day first" in page.text
    assert "say below how the dates are written" in page.text


def test_a_column_that_is_needed_is_marked_and_one_that_is_not_says_so(client: Browser):
    odd = b"Order,Client,When,Qty,Price\n" + b"".join(b"%d,c%d,2011-01-%02d,1,2.50\n" % (i, i, 1 + i) for i in range(20))
    page = client.get(client.post("/new", files={"file": ("odd.csv", odd)}).headers["location"]).text
    assert re.findall(r'class="lacking">\n<th scope="row"><label for="map-(\w+)"', page) == ["invoice_date"]
    assert re.findall(r'name="mapping.(\w+)" aria-describedby="problem" aria-invalid="true" autofocus', page) == ["invoice_date"]
    country = page.partition('for="map-country"')[2].partition("</tr>")[0]
    assert "not needed" in country
    assert page.index("Look again") < page.index("Make the run")


@pytest.mark.parametrize(
    ("content", "said"), [(b"%PDF-1.4\n1 0 obj", "odd.csv is a PDF, whatever its name says."), (b"", "odd.csv is empty.")]
)
def test_what_is_no_table_is_refused_where_the_file_is_chosen(client: Browser, content: bytes, said: str):
    page = client.get(client.post("/new", files={"file": ("odd.csv", content)}).headers["location"])
    assert page.status_code == 422
    assert f"<strong>{said}</strong>" in page.text
    assert 'aria-describedby="file-hint problem" aria-invalid="true" autofocus' in page.text


def test_a_guest_account_is_declared_on_the_page_and_by_no_flag(client: Browser):
    lines = b"".join(b"%d,%s,2011-01-%02d,2.50\n" % (i, b"till" if i % 2 else b"c%d" % i, 1 + i % 28) for i in range(400))
    sent = client.post("/new", files={"file": ("odd.csv", b"InvoiceNo,CustomerID,InvoiceDate,Amount\n" + lines)})
    page = client.get(sent.headers["location"]).text
    assert "write till below, as a text that means no customer." in page
    assert "--missing" not in page


def test_what_a_file_is_instead_is_said_in_words(client: Browser):
    refused = client.post("/v1/mapping", files={"file": ("odd.csv", b"%PDF-1.4\n1 0 obj")}).json()["refused"]
    assert (refused["wrong"], refused["found"]) == ("odd.csv is a PDF, whatever its name says.", "a PDF, by its first bytes.")


def test_a_half_of_a_known_export_is_told_without_a_flag(client: Browser):
    half = polars.read_csv(KNOWN, infer_schema_length=0).drop("Customer ID", "Customer Email").write_csv().encode()
    refused = client.post("/v1/mapping", files={"file": ("half.csv", half)}).json()["refused"]
    assert (refused["error"], "--map customer_id=" in refused["fix"]) == ("half_export", True)
    page = client.get(client.post("/new", files={"file": ("half.csv", half)}).headers["location"]).text
    assert refused["wrong"] in html.unescape(page)
    assert "or choose the columns below, and look again." in page
    assert "--map" not in page
    assert re.findall(r'class="lacking">\n<th scope="row"><label for="map-(\w+)"', page) == ["customer_id"]


def test_the_page_says_who_is_among_the_customers(client: Browser, sales: bytes):
    page = client.get(client.post("/new", files={"file": ("sales.csv", sales)}).headers["location"]).text
    assert ", those who returned everything among them.</p>" in page


def test_names_are_kept_only_where_there_is_a_run(tmp_path: Path, sales: bytes):
    with serving(application(tmp_path)) as address, Browser(base_url=address, timeout=60, trust_env=False) as first:
        page = first.get(first.post("/new", files={"file": ("sales.csv", sales)}).headers["location"]).text
    assert "Make the run" in page
    assert "Keep the names" not in page


def test_every_stage_of_a_run_has_a_title():
    from coterie.cli.terminal import _UNITS
    from coterie.web.pages.new_run import STAGES

    assert STAGES.keys() == _UNITS.keys()
