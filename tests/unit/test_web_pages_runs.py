"""All runs on one page, whole or not; and what is shown before there is one."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coterie as ct
from coterie.web.library import Library
from coterie.web.pages.runs import listed
from web_server import Served, publish, serving

PAGE = {"accept": "text/html"}


@pytest.fixture
def fresh(made_runs: Path, tmp_path: Path) -> Iterator[Served]:
    """Serve three runs, of a folder of one's own."""
    with serving(publish(made_runs, tmp_path / "runs", "000001", "000002", "000003")) as served:
        yield served


def runs(shop: Served, query: str = "") -> list[dict[str, Any]]:
    answer = shop.get(f"/runs.json{query}")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["runs"]
    return found


def page(shop: Served, path: str = "/runs", status: int = 200) -> str:
    answer = shop.get(path, headers=PAGE)
    assert answer.status_code == status
    return html.unescape(answer.text)


def test_every_run_is_told_newest_first(fresh: Served):
    found = runs(fresh)
    assert [one["run"] for one in found] == ["000003", "000002", "000001"]
    for one in found:
        run = ct.open_run(fresh.runs / one["run"])
        assert (one["as_of"], one["created"], one["recipe"]) == (run.manifest["as_of"], run.manifest["created"], "default")
        assert (one["n_clusters"], one["customers"]) == (run.sweep["n_clusters"], run.segments["population"]["customers"])
        assert one["verdict"]["word"] in page(fresh)
    assert [one["latest"] for one in found] == [True, False, False]
    assert [one["compare"] for one in found] == ["/movement?before=000002&run=000003", "/movement?before=000001&run=000002", None]


def test_its_links_lead_somewhere(fresh: Served):
    for one in runs(fresh)[:2]:
        assert fresh.get(one["address"], headers=PAGE).status_code == 200
        assert fresh.get(one["compare"], headers=PAGE).status_code == 200


def test_a_renamed_run_says_of_which(fresh: Served):
    ct.rename(fresh.runs / "000002", "s1", "Stammkunden", reason="Ours.", by="Ada")
    assert [one["renamed_from"] for one in runs(fresh)[:2]] == ["000002", None]
    assert "000002 renamed" in page(fresh)


BREAKS = {
    "segments.json": "segments.json has been changed",
    "sweep.json": "sweep.json has been changed",
    "manifest.json": "",
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_run_that_is_not_whole_is_shown_with_why_and_passed_over(fresh: Served, name: str):
    file = fresh.runs / "000002" / name
    file.write_bytes(file.read_bytes().replace(b"0", b"1", 3))
    found = runs(fresh)
    assert [bool(one["problem"]) for one in found] == [False, True, False]
    assert BREAKS[name] in found[1]["problem"]
    assert str(fresh.runs) not in json.dumps(found)
    assert found[0]["compare"] == "/movement?before=000001&run=000003"
    assert "Cannot be shown." in page(fresh)


def test_a_run_without_a_file_is_not_whole(fresh: Served):
    (fresh.runs / "000001" / "customers.parquet").unlink()
    assert runs(fresh)[-1]["problem"] == "Run 000001 has no customers.parquet."


def test_a_page_of_many_goes_on_where_it_ended(fresh: Served):
    library = Library(fresh.runs)
    first = listed(library, most=2)
    assert ([one["run"] for one in first["runs"]], first["older"]) == (["000003", "000002"], "/runs?before=000002")
    assert first["runs"][1]["compare"] == "/movement?before=000001&run=000002"
    assert [one["run"] for one in runs(fresh, "?before=000002")] == ["000001"]
    assert len(runs(fresh, "?before=../../etc")) == 3


def test_an_empty_folder_welcomes_and_says_what_to_do(tmp_path: Path):
    with serving(tmp_path / "shop runs") as served:
        assert served.get("/runs.json").json()["runs"] == []
        for path, status in (("/runs", 200), ("/", 200), ("/customer?id=x", 404), ("/what-if", 404)):
            shown = page(served, path, status)
            assert "<h1>No run yet</h1>" in shown
            assert 'class="button" href="/new"' in shown
            assert "coterie run sales.csv --out 'shop runs'" in shown
        for path in ("/customer.json", "/overview.json", "/v1/segments"):
            assert (served.get(path).status_code, served.get(path).json()["error"]) == (404, "no_run_yet")


def test_nothing_but_broken_runs(made_runs: Path, tmp_path: Path):
    folder = publish(made_runs, tmp_path / "runs", "000001")
    (folder / "000001" / "model.json").write_bytes(b"{}")
    with serving(folder) as served:
        assert "There is no whole run to show" in page(served, "/", 404)
        assert 'href="/runs"' in page(served, "/", 404)
        assert page(served)
        assert served.get("/runs.json").json()["latest"] is None


def test_a_run_that_is_not_there_leads_to_those_that_are(fresh: Served):
    assert 'href="/runs"' in page(fresh, "/customer?id=x&run=000009", 404)
