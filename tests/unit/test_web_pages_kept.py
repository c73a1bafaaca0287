"""Pages that are kept are those that would be made, with everybody's own token in their forms, and no more than so many bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from coterie.web.pages.keeping import LONGEST, MOST, PLACE, Kept
from web_server import Served, publish, serving

PAGE = {"accept": "text/html"}
SAME = ("/", "/choice", "/customers", "/segments/s1", "/customers?sort=recency&min_spend=10", "/segments/s1?run=000001")
CSRF = re.compile(r'name="csrf" value="([^"]*)"')


@pytest.fixture
def fresh(made_runs: Path, tmp_path: Path) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path / "runs", "000001", "000002")) as served:
        yield served


def kept(served: Served) -> Kept:
    found: Kept = served.app.state.library.current().once("pages", Kept)
    return found


def visitor(served: Served) -> httpx.Client:
    return httpx.Client(base_url=str(served.client.base_url), timeout=30, trust_env=False, headers=PAGE)


@pytest.mark.parametrize("address", SAME)
def test_a_kept_page_is_the_page_but_for_the_token(fresh: Served, address: str):
    served_by = []
    with visitor(fresh) as one, visitor(fresh) as other:
        for client in (one, one, other, one):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
            assert PLACE not in answer.text
            served_by.append(answer.text)
    tokens = [CSRF.findall(text) for text in served_by]
    assert len({CSRF.sub("", text) for text in served_by}) == 1
    assert all(len(set(one)) <= 1 for one in tokens)
    assert not tokens[0] or (tokens[0][0] != tokens[2][0] and all(one[0] for one in tokens))


def test_each_form_is_of_its_own_session(fresh: Served):
    with visitor(fresh) as one, visitor(fresh) as other:
        own, foreign = (CSRF.findall(client.get("/customers").text)[0] for client in (one, other))
        files = {"to": (None, "csv")}
        assert one.post("/customers/download", files={**files, "csrf": (None, own)}).status_code == 200
        assert one.post("/customers/download", files={**files, "csrf": (None, foreign)}).status_code == 403


def test_another_run_is_another_page_at_once(fresh: Served, made_runs: Path):
    before, pinned_before = (fresh.get(address, headers=PAGE).text for address in ("/", "/?run=000001"))
    publish(made_runs, fresh.runs, "000003")
    after = fresh.get("/", headers=PAGE).text
    assert "Run <b>000003</b>" in after
    assert after != before
    pinned = fresh.get("/?run=000001", headers=PAGE).text
    assert pinned != pinned_before  # it names the newest
    assert "000003" in pinned


def test_a_page_that_is_refused_is_not_kept(fresh: Served):
    size = kept(fresh).size
    assert fresh.get("/customers?min_spend=x", headers=PAGE).status_code == 422
    assert fresh.get("/segments/nobody", headers=PAGE).status_code == 404
    assert fresh.get("/customers?country=" + "x" * LONGEST, headers=PAGE).status_code == 200
    assert kept(fresh).size == size


def test_kept_pages_are_bounded_by_bytes():
    pages = Kept(most=100)
    for number in range(50):
        pages.keep(number, b"x" * 30)
        pages.keep(0, b"y" * 20)
        assert pages.get(0) == b"y" * 20
        assert pages.size <= 100
    assert [number for number in range(50) if pages.get(number)] == [0, 48, 49]
    pages.keep("large", b"z" * 101)
    assert (pages.size, pages.get("large")) == (0, None)
    assert MOST < 20e6
