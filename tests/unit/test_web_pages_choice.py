"""Choosing k in the browser: every k of sweep.json, and one of them with its segments beside the chosen ones."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resealed import replace
from web_server import Served, publish, serving


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path_factory.mktemp("choosing") / "runs", "000001", "000002")) as served:
        yield served


@pytest.fixture(scope="module")
def sweep(shop: Served) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shop.runs / "000002" / "sweep.json").read_text())
    return found


def page(shop: Served, address: str) -> str:
    answer = shop.get(address, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_k_that_was_tried_is_a_link_that_resolves(shop: Served, sweep: dict[str, Any]) -> None:
    text = page(shop, "/choice")
    tried = [one["n_clusters"] for one in sweep["candidates"]]
    links = re.findall(r'<th scope="row"><a href="(/choice\?k=(\d+)#k)">', text)
    assert [int(k) for _, k in links] == sorted(tried)
    assert 'id="k-title"' not in text
    for address, _ in links:
        assert 'id="k-title"' in page(shop, address)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_segments_of_a_k_are_those_of_the_file(shop: Served, sweep: dict[str, Any], k: int) -> None:
    told = shop.get(f"/choice.json?k={k}").json()["other"]
    candidate = next(one for one in sweep["candidates"] if one["n_clusters"] == k)
    assert told["figures"] == candidate
    assert told["why"]
    assert told["passed"] == candidate["passed"]
    sizes = [int(row["customers"]) for row in told["table"]["groups"]]
    assert sorted(sizes) == sorted(one["customers"] for one in candidate["segments"])
    order = [group["group"] for group in told["moves"]["groups"]]
    segments = json.loads((shop.runs / "000002" / "segments.json").read_text())["segments"]
    slots = {row["name"]: row for row in told["moves"]["rows"]}
    for segment in segments:
        crossed = [candidate["segments"][group]["chosen"][segment["cluster"]] for group in order]
        assert [int(cell["customers"]) for cell in slots[segment["name"]]["cells"]] == crossed
        assert sum(crossed) == segment["customers"]


def test_the_chosen_k_is_shown_without_a_comparison(shop: Served, sweep: dict[str, Any]) -> None:
    told = shop.get(f"/choice.json?k={sweep['n_clusters']}").json()["other"]
    assert told["chosen"]
    assert told["moves"] is None
    assert told["against"] == ""
    assert "the choice" in page(shop, f"/choice?k={sweep['n_clusters']}")


def test_the_command_asks_for_that_k_on_that_day(shop: Served) -> None:
    words = shlex.split(shop.get("/choice.json?k=3").json()["other"]["command"])
    manifest = json.loads((shop.runs / "000002" / "manifest.json").read_text())
    assert manifest["inputs"][0]["name"] == "frame"
    assert words[:3] == ["coterie", "run", "FILE"]
    assert words[words.index("--k") + 1] == "3"
    assert words[words.index("--as-of") + 1] == manifest["as_of"]
    assert words[words.index("--like") + 1] == f"{shop.runs.name}/000002"


def test_a_new_run_is_asked_for_with_that_k(shop: Served) -> None:
    assert 'href="/new?k=3"' in page(shop, "/choice?k=3")
    assert '<input type="hidden" name="k" value="3">' in page(shop, "/new?k=3")


def test_a_pinned_run_stays_pinned(shop: Served) -> None:
    text = page(shop, "/choice?run=000001&k=2")
    assert "/choice?k=4&amp;run=000001#k" in text
    assert shop.get("/choice.json?run=000001").json()["run"] == "000001"


@pytest.mark.parametrize("k", ["99", "1", "-2", "3.0", "３", "3%00", "<script>alert(1)</script>", "9" * 5000])
def test_a_k_that_was_not_tried_is_refused(shop: Served, k: str) -> None:
    answer = shop.get("/choice", params={"k": k}, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert "That k was not tried" in answer.text
    assert "<script>alert" not in answer.text
    assert len(answer.text) < 5000
    assert shop.get("/choice.json", params={"k": k}).json()["error"] == "unknown_k"


def test_a_run_that_kept_no_segments_of_other_ks_says_so(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    older = json.loads((runs / "000001" / "sweep.json").read_text())
    for one in older["candidates"]:
        del one["segments"]
    replace(runs / "000001", "sweep.json", older)
    with serving(runs) as served:
        assert served.get("/choice.json?k=2").json()["other"]["table"] is None
        assert "was not kept when this run was made" in page(served, "/choice?k=2")
