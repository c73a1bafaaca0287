"""Downloads of a list: in every format exactly the customers that the API lists under the same filters."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyarrow.parquet
import pytest

from coterie.web.jobs import Limits
from coterie.web.leaving import formats
from web_server import TOKEN, Served, publish, rows_of, serving

FILTERS = {"min_orders": "2", "max_recency": "300", "sort": "-recency_days"}
ONE = b"customer_id,email\n1,a@b.example\n"
PAGES = ("/customers", "/segments/s1")
AUDIENCES = [one.name for one in formats() if "contacts" in one.options]


@pytest.fixture(scope="module")
def served(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path_factory.mktemp("down") / "runs", "000001", "000002")) as running:
        yield running


@pytest.fixture(scope="module")
def ids(served: Served) -> list[str]:
    return [row["customer_id"] for row in rows_of(served.runs / "000002")]


@pytest.fixture(scope="module")
def contacts(ids: list[str]) -> bytes:
    """Return contacts of everybody: the id last, so that it has to be found, and everybody's e-mail their place."""
    text = io.StringIO()
    csv.writer(text).writerows([("email", "consent", "kunde"), *((f"a{i}@example.com", "yes", one) for i, one in enumerate(ids))])
    return text.getvalue().encode()


def form(served: Served, path: str, **asked: Any) -> tuple[str, str]:
    """Return where the page's form is sent, and the token in it."""
    text = served.get(path, params=asked).text
    found = re.search(r'method="post" action="([^"]+download[^"]*)".*?name="csrf" value="([^"]+)"', text, re.DOTALL)
    assert found
    return found[1].replace("&amp;", "&"), found[2]


def sent(served: Served, path: str, fields: dict[str, str], files: dict[str, Any] | None = None, **asked: Any) -> httpx.Response:
    action, token = form(served, path, **asked)
    parts = {name: (None, value) for name, value in {"csrf": token, **fields}.items()}
    return served.client.post(action, files={**parts, **(files or {})}, headers={"accept": "text/html"})


def through_api(served: Served, path: str, **asked: Any) -> list[str]:
    """Return everybody that the API lists, page by page."""
    also = {"segment": path.rpartition("/")[2]} if path.startswith("/segments") else {}
    found, page = list[str](), served.get("/v1/customers", params={**asked, **also, "limit": 7}).json()
    while True:
        found += [one["customer_id"] for one in page["customers"]]
        if not page["next"]:
            return found
        page = served.get(page["next"]).json()


def listed(name: str, content: bytes) -> list[str]:
    """Return whom a file holds, as it has them."""
    if name == "json":
        return [row["customer_id"] for row in json.loads(content)["customers"]]
    if name == "parquet":
        return pyarrow.parquet.read_table(io.BytesIO(content))["customer_id"].to_pylist()  # type: ignore[no-any-return]
    if name == "xlsx":
        return [row[0] for row in openpyxl.load_workbook(io.BytesIO(content))["Customers"].iter_rows(min_row=2, values_only=True)]
    key = {"csv": "customer_id", "google": "Email", "meta": "email"}.get(name, "Customer ID")
    return [row[key] for row in csv.DictReader(io.StringIO(content.decode()))]


def written(name: str, ids: list[str], everybody: list[str]) -> list[str]:
    """Return how a format writes ids: hashed by their e-mail, or guarded against formulas."""
    if name in ("google", "meta"):
        return [hashlib.sha256(f"a{everybody.index(one)}@example.com".encode()).hexdigest() for one in ids]
    return ids if name in ("json", "parquet") else [f"'{one}" if one.startswith("=") else one for one in ids]


@pytest.mark.parametrize(
    ("name", "path"), [*((one.name, "/segments/s1") for one in formats()), ("xlsx", "/customers"), ("klaviyo", "/customers")]
)
def test_a_file_holds_whom_the_api_lists_in_the_same_order(
    served: Served, name: str, path: str, ids: list[str], contacts: bytes
) -> None:
    expected = through_api(served, path, **FILTERS)
    more = {"contacts": ("Kontakte ü.csv", contacts)} if name in AUDIENCES else {}
    found = sent(served, path, {"to": name, **({"on": "kunde"} if more else {})}, more, **FILTERS, limit="3")
    assert found.status_code == 200, found.text[-2000:]
    assert found.headers["content-disposition"].startswith(f'attachment; filename="coterie-000002-{path.rpartition("/")[2]}')
    assert listed(name, found.content) == written(name, expected, ids)
    assert 3 < len(expected) < len(ids)


@pytest.mark.parametrize("path", PAGES)
def test_the_link_is_the_same_csv_with_every_column_and_plain_numbers(served: Served, path: str) -> None:
    link = served.get(f"{path}.json", params={**FILTERS, "limit": "2"}).json()["list"]["csv"]
    found = served.get(link)
    assert found.content == sent(served, path, {"to": "csv"}, **FILTERS).content
    rows = {row["customer_id"]: row for row in rows_of(served.runs / "000002")}
    read = list(csv.DictReader(io.StringIO(found.text)))
    assert len(read) == len(through_api(served, path, **FILTERS))
    for row in read:
        known = rows[row["customer_id"].removeprefix("'")]
        assert float(row["total_spend"]) == known["total_spend"]
        assert row["reason"] == known["reason"]


def test_a_long_list_is_made_in_a_process_of_its_own_and_is_the_same(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    link = served.get("/customers.json").json()["list"]["csv"]
    here = served.get(link).content
    monkeypatch.setattr("coterie.web.leaving.MANY", 3)
    assert served.get(link).content == here
    # A process that takes too long is ended, and that is told.
    monkeypatch.setattr(served.app.state.desk, "limits", Limits(wall=0.01))
    assert served.get(link).status_code == 503


def test_cells_that_look_like_formulas_are_guarded(served: Served) -> None:
    found = served.get("/customers.csv", params={"q": "=1+1"})
    assert next(csv.DictReader(io.StringIO(found.text)))["customer_id"] == "'=1+1"
    book = sent(served, "/customers", {"to": "xlsx"}, q="=1+1").content
    cell = openpyxl.load_workbook(io.BytesIO(book))["Customers"]["A2"]
    assert (cell.value, cell.data_type) == ("'=1+1", "s")


def test_several_files_come_as_one_zip_and_add_up(served: Served, contacts: bytes, ids: list[str]) -> None:
    found = sent(served, "/customers", {"to": "hubspot", "on": "kunde", "holdout": "20%"}, {"contacts": ("c.csv", contacts)})
    assert found.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(found.content))
    name = "coterie-000002-customers-hubspot"
    assert sorted(archive.namelist()) == [f"{name}-exposed.csv", f"{name}-holdout.csv", f"{name}.csv", "notes.txt"]
    kept = listed("hubspot", archive.read(f"{name}.csv"))
    held = listed("csv", archive.read(f"{name}-holdout.csv"))
    assert sorted(kept + held) == sorted(written("csv", ids, ids))
    assert held
    assert listed("csv", archive.read(f"{name}-exposed.csv")) == kept
    assert f"{len(held)} held out" in archive.read("notes.txt").decode()


def test_who_is_suppressed_or_does_not_consent_is_left_out(served: Served, ids: list[str]) -> None:
    rows = [
        ("customer_id", "email", "consent"),
        *((one, f"a{i}@example.com", "yes" if i % 2 else "no") for i, one in enumerate(ids)),
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    files = {"contacts": ("c.csv", text.getvalue().encode()), "suppress": ("out.txt", f"a1@example.com\n{ids[3]}\n".encode())}
    found = sent(served, "/customers", {"to": "klaviyo"}, files, sort="customer_id")
    agree = [one for i, one in enumerate(ids) if i % 2 and i not in (1, 3)]
    assert listed("klaviyo", found.content) == written("klaviyo", agree, ids)
    everybody = sent(served, "/customers", {"to": "klaviyo", "all_consents": "true"}, files, sort="customer_id")
    assert listed("klaviyo", everybody.content) == [
        f"'{one}" if one[0] == "=" else one for i, one in enumerate(ids) if i not in (1, 3)
    ]


def test_only_counting_says_what_would_become_of_everybody(served: Served, contacts: bytes) -> None:
    fields = {"to": "mailchimp", "on": "kunde", "holdout": "10%", "count": "1"}
    found = sent(served, "/segments/s1", fields, {"contacts": ("c.csv", contacts)}, country="Germany")
    assert found.status_code == 200
    members = served.get("/v1/customers?segment=s1&country=Germany").json()["total"]
    assert f"{members} members: " in found.text
    assert 'value="10%"' in found.text
    assert '<option value="mailchimp" selected>' in found.text
    assert "what the file would have" in found.text


def test_counting_nobody_is_no_success(served: Served, ids: list[str]) -> None:
    """A file that knows customers of the run, but none of this list."""
    other = next(one for one in ids if one not in through_api(served, "/segments/s1"))
    text = io.StringIO()
    csv.writer(text).writerows([("customer_id", "email"), (other, "a@example.com")])
    files = {"contacts": ("c.csv", text.getvalue().encode())}
    found = sent(served, "/segments/s1", {"to": "klaviyo", "count": "1"}, files)
    assert found.status_code == 200
    assert '<div class="problem" role="status"><p><strong>Klaviyo list: nobody is left to write to' in found.text


REFUSED: dict[str, tuple[dict[str, str], dict[str, Any], str, str]] = {
    "no such format": ({"to": "joblib"}, {}, "to", "choose one of them"),
    "no contacts": ({"to": "google"}, {}, "contacts", "choose a file"),
    "contacts for a plain list": ({"to": "csv"}, {"contacts": ("c.csv", ONE)}, "to", "choose an audience"),
    "no share": ({"to": "csv", "holdout": "all"}, {}, "holdout", "such as 10%"),
    "no country": ({"to": "meta", "country_code": "ZZ"}, {"contacts": ("c.csv", ONE)}, "country_code", "GB"),
    "nobody known": ({"to": "meta"}, {"contacts": ("c.csv", ONE)}, "on", "ids of this run"),
    "no ids": ({"to": "meta"}, {"contacts": ("c.csv", b"who,email\n1,a@b.example\n")}, "on", "name of the column"),
    "nothing to write to": ({"to": "meta"}, {"contacts": ("c.csv", b"customer_id,colour\n1,red\n")}, "map.email", "call it email"),
    "unsure of consent": ({"to": "meta"}, {"contacts": ("c.csv", b"customer_id,email,gdpr\n1,a@b,1\n")}, "map.consent", "consent"),
    "no text": ({"to": "meta"}, {"contacts": ("c.csv", b"\x00\x01\x02" * 50)}, "contacts", ""),
    "a workbook that is none": ({"to": "meta"}, {"contacts": ("c.xlsx", b"PK\x03\x04" + b"x" * 90)}, "contacts", ""),
    "suppression of nothing": ({"to": "csv"}, {"suppress": ("s.csv", b"colour,size\nred,1\n")}, "suppress", "call the column"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_stands_beside_its_field_and_names_no_flag(served: Served, name: str) -> None:
    fields, files, concerned, fix = REFUSED[name]
    found = sent(served, "/segments/s1", fields, files, country="Germany")
    assert found.status_code == 422
    field = re.search(r'<(?:input|select)[^>]* id="([\w.]+)"[^>]* aria-invalid="true" aria-describedby="problem', found.text)
    assert field
    assert field[1] == concerned
    said = re.search(r'<div class="problem" id="problem".*?</div>', found.text, re.DOTALL)
    assert said
    assert "--" not in said[0]
    assert fix in said[0]
    assert "Germany ×" in re.sub(r"</?(bdi|span)[^>]*>", "", found.text)


def test_a_form_of_somebody_else_or_of_nobody_is_refused_before_its_file(served: Served) -> None:
    for token in ("", "forged", served.client.get("/customers").text):
        parts = {"csrf": (None, token[:2000]), "to": (None, "csv"), "contacts": ("c.csv", b"x" * 1000)}
        assert served.client.post("/customers/download", files=parts).status_code == 403
    assert served.client.post("/customers/download", data={"to": "csv"}).status_code == 422


def test_nothing_stays_on_the_disk(served: Served, contacts: bytes) -> None:
    sent(served, "/customers", {"to": "google", "on": "kunde"}, {"contacts": ("c.csv", contacts)})
    sent(served, "/customers", {"to": "google"}, {"contacts": ("c.csv", contacts)})
    sent(served, "/customers", {"to": "csv"})
    assert list(served.app.state.desk.shelf.folder.iterdir()) == []


def test_too_large_a_file_is_refused(made_runs: Path, tmp_path: Path) -> None:
    from coterie.web.settings import Caps

    with serving(publish(made_runs, tmp_path / "runs", "000001"), caps=Caps(upload=1000)) as small:
        found = sent(small, "/customers", {"to": "google"}, {"contacts": ("c.csv", b"x" * 2000)})
        assert found.status_code == 413
        assert "What was sent is too large." in found.text
        assert list(small.app.state.desk.shelf.folder.iterdir()) == []


def test_a_list_is_of_the_run_on_the_screen_though_another_is_published(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    with serving(runs) as running:
        action, token = form(running, "/customers")
        link = running.get("/customers.json").json()["list"]["csv"]
        publish(made_runs, runs, "000002")
        expected = {row["customer_id"] for row in rows_of(runs / "000001")}
        assert expected != {row["customer_id"] for row in rows_of(runs / "000002")}
        parts = {"csrf": (None, token), "to": (None, "parquet")}
        assert set(listed("parquet", running.client.post(action, files=parts).content)) == expected
        assert set(listed("csv", running.get(link).content)) == set(written("csv", sorted(expected), []))
        refused = running.client.post(action, files={**parts, "to": (None, "none")})
        assert "Run <b>000001</b>" in refused.text
        assert "run=000001" not in re.sub(r'href="[^"]*\.csv[^"]*"', "", refused.text)


def test_a_reloaded_form_leads_back_to_its_page(served: Served) -> None:
    found = served.get("/segments/s1/download?country=France&of=000001")
    assert found.headers["location"] == "/segments/s1?country=France&run=000001#download"


def test_whoever_signed_in_may_download_and_nobody_else(made_runs: Path, tmp_path: Path) -> None:
    with serving(publish(made_runs, tmp_path / "runs", "000001"), token=TOKEN) as guarded:
        assert guarded.get("/customers.csv").status_code == 401
        token = re.search(r'name="csrf" value="([^"]+)"', guarded.get("/sign-in").text)
        assert token
        guarded.client.post("/sign-in", data={"csrf": token[1], "token": TOKEN})
        assert sent(guarded, "/customers", {"to": "csv"}).status_code == 200
        assert guarded.get("/customers.csv").status_code == 200


def test_a_filter_that_does_not_hold_makes_no_file(served: Served) -> None:
    found = served.get("/customers.csv?min_spend=much")
    assert found.status_code == 422
    assert found.json()["error"] == "bad_filter"
    assert served.get("/segments/none.csv").status_code == 404
