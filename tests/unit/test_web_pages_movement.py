"""Movement in the browser: the matrix of two runs as the comparison has it, and the names behind every cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

import coterie as ct
from resealed import reseal
from web_server import Served, publish, serving


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a run of fewer lines, and a later one of all of them: customers move, and are new."""
    runs = tmp_path_factory.mktemp("moving") / "runs"
    publish(made_runs, runs, "000001", "000002")
    with serving(runs) as served:
        yield served


@pytest.fixture(scope="module")
def told(shop: Served) -> ct.Comparison:
    return ct.compare(shop.runs / "000001", shop.runs / "000002")


def page(shop: Served, address: str) -> str:
    answer = shop.get(address, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(shop: Served, address: str) -> list[dict[str, str]]:
    answer = shop.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_matrix_is_the_comparison(shop: Served, told: ct.Comparison) -> None:
    data = shop.get("/movement.json").json()
    plain = told.as_dict()
    for side in ("before", "after"):
        assert "path" not in data["compared"][side]
        del plain[side]["path"]
    assert data["compared"] == plain
    cells = {(cell["from"], cell["to"]): cell for cell in plain["cells"]}
    customers, revenue = data["tables"]
    for row in customers["rows"]:
        for cell in row["cells"]:
            known = cells.get((cell["from"], cell["to"]))
            assert cell["customers"] == (known["customers"] if known else 0)
            assert (cell["address"] is None) == (known is None)
    shown = {(cell["from"], cell["to"]): cell["value"] for row in revenue["rows"] for cell in row["cells"]}
    assert {where: pytest.approx(cell["revenue"]) for where, cell in cells.items()} == {where: shown[where] for where in cells}
    assert {row["id"] for row in customers["rows"]} == {*dict(told.migration.before), "new"}
    assert {column["id"] for column in customers["columns"]} == {*dict(told.migration.after), "gone"}


def test_the_title_states_the_finding(shop: Served, told: ct.Comparison) -> None:
    counts = told.counts
    expected = f"{counts['moved']} of {counts['both']} customers moved; {counts['new']} new, {counts['gone']} gone"
    assert f"<h1>{expected}</h1>" in page(shop, "/movement")


def test_every_cell_leads_to_its_names(shop: Served, told: ct.Comparison) -> None:
    text = page(shop, "/movement")
    table = text[text.index('id="customers"') : text.index('id="revenue"')]
    links = [unescape(one) for one in re.findall(r'<td[^>]*><a href="([^"]*)"', table)]
    assert len(links) == len(told.migration.cells())
    for address in links:
        behind = shop.get(address.partition("#")[0].replace("/movement?", "/movement.json?")).json()["list"]
        names = told.names(behind["from"], behind["to"])
        assert behind["total"] == len(names)
        loaded = [row["customer_id"].replace("'=", "=") for row in rows(shop, behind["csv"])]
        assert sorted(loaded) == names


def test_pages_and_the_download_are_one_list_in_one_order(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001", "000003")
    cells = ct.compare(runs / "000001", runs / "000003").migration.cells()
    largest = max(cells, key=lambda cell: cell["customers"])
    assert largest["customers"] > 50
    following = f"/movement?from={largest['from']}&to={largest['to']}"
    seen: list[dict[str, Any]] = []
    with serving(runs) as served:
        while following:
            listed = served.get(following.partition("#")[0].replace("/movement?", "/movement.json?")).json()["list"]
            seen += listed["customers"]
            following = listed["next"]
        loaded = rows(served, listed["csv"])
    assert len(seen) == largest["customers"]
    assert [row["spend"] for row in seen] == sorted((row["spend"] for row in seen), reverse=True)
    assert [row["customer_id"].replace("'=", "=") for row in loaded] == [row["customer_id"] for row in seen]
    assert [float(row["spend"]) for row in loaded] == [row["spend"] for row in seen]
    assert sum(row["spend"] for row in seen) == pytest.approx(largest["revenue"])
    assert sum(row["spend_before"] for row in seen) == pytest.approx(largest["revenue_before"])


def test_who_is_gone_is_told_by_the_run_that_knows_them(shop: Served, told: ct.Comparison) -> None:
    gone = next(cell for cell in told.migration.cells() if cell["to"] == "gone")
    listed = shop.get(f"/movement.json?from={gone['from']}&to=gone").json()["list"]
    assert all(row["spend"] is None and row["spend_before"] is not None for row in listed["customers"])
    assert all(row["address"].endswith("run=000001") for row in listed["customers"])


def test_a_formula_is_guarded_in_the_download_and_an_id_is_text_on_the_page(shop: Served, told: ct.Comparison) -> None:
    cell = next(one for one in told.migration.cells() if "=1+1" in told.names(one["from"], one["to"]))
    loaded = shop.get(f"/movement.csv?from={cell['from']}&to={cell['to']}").text
    assert "\n'=1+1," in loaded
    odd = next(one for one in told.migration.cells() if "🦄 <b>&amp;" in told.names(one["from"], one["to"]))
    texts = [page(shop, f"/movement?from={odd['from']}&to={odd['to']}&page={n}") for n in range(1, -(-odd["customers"] // 50) + 1)]
    assert any("<bdi>🦄 &lt;b&gt;&amp;amp;</bdi>" in text for text in texts)


def test_runs_are_compared_either_way(shop: Served) -> None:
    data = shop.get("/movement.json?before=000002&run=000001").json()
    assert (data["compared"]["before"]["run"], data["compared"]["after"]["run"]) == ("000002", "000001")
    back = shop.get("/movement.json?before=000001&run=000002").json()["compared"]["customers"]
    assert data["compared"]["customers"]["new"] == back["gone"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("before=000002", 422, "same_run"),
        ("before=000009", 404, "no_run"),
        ("before=..%2F000001", 404, "no_run"),
        ("before=%00", 404, "no_run"),
        ("from=s1", 422, "unknown_segment"),
        ("from=s1&to=%3Cscript%3E", 422, "unknown_segment"),
        ("from=new&to=new", 422, "unknown_segment"),
        ("from=s1&to=s1&page=0", 422, "bad_page"),
        ("from=s1&to=s1&page=99999999999", 422, "bad_page"),
        ("from=s1&to=s1&page=%C2%B2", 422, "bad_page"),
    ],
)
def test_what_does_not_fit_is_refused(shop: Served, query: str, status: int, code: str) -> None:
    answer = shop.get(f"/movement.json?{query}")
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    shown = shop.get(f"/movement?{query}", headers={"accept": "text/html"})
    assert shown.status_code == status
    assert "<script>" not in shown.text
    if "page" not in query:
        assert shop.get(f"/movement.csv?{query}" + ("" if "from" in query else "&from=s1&to=s1")).status_code == status


def test_the_only_run_says_what_to_do(made_runs: Path, tmp_path: Path) -> None:
    with serving(publish(made_runs, tmp_path / "runs", "000001")) as served:
        text = page(served, "/movement")
        assert "This is the only run so far" in text
        assert 'href="/new?like=latest"' in text
        assert served.get("/movement.csv?from=s1&to=s1").status_code == 404


def test_the_first_of_several_leads_to_the_next(shop: Served) -> None:
    text = page(shop, "/movement?run=000001")
    assert 'href="/movement?before=000001&amp;run=000002"' in text


def test_a_damaged_run_is_refused_and_the_form_still_offers_it(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001", "000002")
    file = runs / "000001" / "customers.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with serving(runs) as served:
        assert served.get("/movement.json").json()["error"] == "tampered"
        assert served.get("/").status_code == 200


def test_a_run_of_another_shape_is_refused(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001", "000002")
    file = runs / "000001" / "customers.parquet"
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(file).drop_columns(["segment_id"]), file)
    reseal(runs / "000001", "customers.parquet")
    with serving(runs) as served:
        answer = served.get("/movement.json")
        assert (answer.status_code, answer.json()["error"]) == (422, "other_shape")
