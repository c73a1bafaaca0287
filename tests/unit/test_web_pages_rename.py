"""A segment's name, given in the browser: published as a new run, by whom and why, or refused beside its field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import coterie as ct
from web_server import TOKEN, Served, publish, rows_of, serving

GIVEN = {"name": "Café <b>Ü", "reason": "It is what we call them.", "by": "Ada"}


@pytest.fixture
def runs(made_runs: Path, tmp_path: Path) -> Path:
    return publish(made_runs, tmp_path / "runs", "000001", "000002")


@pytest.fixture(scope="module")
def served(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve runs to be refused a name: they stay as they are."""
    with serving(publish(made_runs, tmp_path_factory.mktemp("name") / "runs", "000001", "000002")) as running:
        yield running
        assert (running.runs / "latest").read_text() == "000002\n"


def fields(served: Served, path: str) -> dict[str, str]:
    """Return what the page's form sends unseen."""
    text = served.get(path).text
    found = re.search(
        r'action="[^"]+/rename#rename">\s*<input [^>]*name="csrf" value="([^"]+)"><input [^>]*name="of" value="(\w+)"', text
    )
    assert found
    return {"csrf": found[1], "of": found[2]}


def given(served: Served, segment: str, **typed: Any) -> httpx.Response:
    sent = {**fields(served, f"/segments/{segment}"), **GIVEN, **typed}
    return served.client.post(f"/segments/{segment}/rename", data=sent, headers={"accept": "text/html"})


def test_a_name_is_published_and_the_page_says_so(runs: Path) -> None:
    with serving(runs) as running:
        was = running.get("/segments/s2.json").json()["one"]["name"]
        done = given(running, "s2")
        assert (done.status_code, done.headers["location"]) == (303, "/segments/s2?said=renamed#renamed")
        page = running.get("/segments/s2?said=renamed")
        assert "Run <b>000003</b>" in page.text
        assert f"<bdi>{was}</bdi> is now <bdi>Café &lt;b&gt;Ü</bdi>." in page.text
        assert "Run 000003 is run 000002 with that name, and is the latest." in page.text
        assert "Ada" in page.text
        assert "It is what we call them." in page.text
        assert "<b>Ü" not in page.text
        assert 'class="active"' not in page.text
        told = running.get("/segments/Café <b>Ü.json").json()
        assert told["one"]["id"] == "s2"
        assert 'role="status"' not in running.get("/segments/s2").text
        assert 'role="status"' not in running.get("/segments/s1?said=renamed").text
        assert {row["segment"] for row in rows_of(runs / "000003") if row["segment_id"] == "s2"} == {GIVEN["name"]}
        published = ct.open_run(runs / "000003")
        assert (published.manifest["renamed_from"], published.manifest["created"]) == ("000002", "2011-12-10T00:00:00Z")
        older = running.get("/segments/s2?run=000002").text
        assert "Names are given to the latest run." in older
        assert 'name="reason"' not in older


REFUSED = {
    "empty": ({"name": " "}, "name", "1 to 60 characters"),
    "too long": ({"name": "x" * 61}, "name", "1 to 60 characters"),
    "unseen": ({"name": "Core\u202e"}, "name", "1 to 60 characters"),
    "two lines": ({"name": "Co\nre"}, "name", "1 to 60 characters"),
    "another's id": ({"name": "S1"}, "name", "no other segment has"),
    "no reason": ({"reason": ""}, "reason", "1 to 500 characters"),
    "nobody": ({"by": "\u200b"}, "by", "1 to 500 characters"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_cannot_be_one_is_refused_beside_its_field(served: Served, name: str) -> None:
    typed, concerned, fix = REFUSED[name]
    found = given(served, "s2", **typed)
    assert found.status_code == 422
    field = re.search(r'<input id="name-(\w+)"[^>]* aria-invalid="true"', found.text)
    assert field
    assert field[1] == concerned
    said = re.search(r'<div class="problem" id="name-problem".*?</div>', found.text, re.DOTALL)
    assert said
    assert fix in said[0]
    assert "--" not in said[0]
    assert '<details id="rename" open>' in found.text
    assert [(row["id"]) for row in served.get("/segments/s2.json").json()["list"]["customers"]]
    kept = {**GIVEN, **typed}
    assert (f'value="{kept["by"]}"' in found.text) or concerned == "by"


def test_its_own_name_changes_nothing(served: Served) -> None:
    own = served.get("/segments/s2.json").json()["one"]["name"]
    found = given(served, "s2", name=own)
    assert found.status_code == 422
    assert "nothing to change" in found.text


@pytest.mark.parametrize("token", ["", "forged", "of-another"])
def test_a_form_of_somebody_else_is_refused(served: Served, token: str) -> None:
    if token == "of-another":
        other = httpx.get(f"http://127.0.0.1:{served.port}/segments/s2", trust_env=False).text
        token = re.findall(r'name="csrf" value="([^"]+)"', other)[0]
    assert given(served, "s2", csrf=token).status_code == 403


def test_no_segment_of_that_name_can_be_named(served: Served) -> None:
    sent = {**fields(served, "/segments/s2"), **GIVEN}
    assert served.client.post("/segments/none/rename", data=sent).status_code == 404
    assert served.get("/segments/s2/rename").headers["location"] == "/segments/s2#rename"


def test_a_name_for_an_earlier_run_hides_nothing_newer(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    with serving(runs) as running:
        sent = {**fields(running, "/segments/s2"), **GIVEN}
        publish(made_runs, runs, "000002")
        found = running.client.post("/segments/s2/rename", data=sent, headers={"accept": "text/html"})
        assert found.status_code == 422
        assert "the segment is of an earlier run" in found.text
        assert 'name="of" value="000002"' in found.text
        assert (runs / "latest").read_text() == "000002\n"


def test_whoever_signed_in_may_name_and_nobody_else(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A folder of runs named from where the server was started, which is not where its processes are at home.
    monkeypatch.chdir(runs.parent)
    with serving(Path("runs"), token=TOKEN) as guarded:
        assert guarded.client.post("/segments/s1/rename", data=GIVEN).status_code == 401
        token = re.search(r'name="csrf" value="([^"]+)"', guarded.get("/sign-in").text)
        assert token
        guarded.client.post("/sign-in", data={"csrf": token[1], "token": TOKEN})
        assert given(guarded, "s1").status_code == 303
        assert (runs / "latest").read_text() == "000003\n"
        sent = {"csrf": (None, fields(guarded, "/segments/s1")["csrf"]), "to": (None, "csv"), "suppress": ("s.txt", b"00123\n")}
        assert guarded.client.post("/customers/download", files=sent).status_code == 200
