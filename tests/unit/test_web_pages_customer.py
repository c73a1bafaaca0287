"""The page of a customer: the run's own figures in words, whatever the id, and help where there is none of that id."""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coterie as ct
from coterie import charts
from web_server import ODD, RETURNED, Served, publish, rows_of, serving

PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve two runs and one whose customers were changed afterwards."""
    runs = publish(made_runs, tmp_path_factory.mktemp("shop") / "runs", "000001", "000003", "000002")
    with (runs / "000003" / "customers.parquet").open("ab") as file:
        file.write(b"\0")
    with serving(runs) as served:
        yield served


def told(shop: Served, one: str, **asked: Any) -> dict[str, Any]:
    answer = shop.get("/customer.json", params={"id": one, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def page(shop: Served, one: str, status: int = 200, **asked: Any) -> str:
    answer = shop.get("/customer", params={"id": one, **asked}, headers=PAGE)
    assert answer.status_code == status
    return html.unescape(answer.text)


@pytest.mark.parametrize("one", [*ODD, RETURNED])
def test_any_id_has_its_page_and_stands_there_as_it_is(shop: Served, one: str):
    row = next(row for row in rows_of(shop.runs / "000001") if row["customer_id"] == one)
    found = told(shop, one, run="000001")
    assert (found["asked"], found["customer"]["customer_id"], found["segment"]["name"]) == (one, one, row["segment"])
    assert found["reason"] == row["reason"].replace(" -> ", " → ")
    answer = shop.get("/customer", params={"id": one, "run": "000001"}, headers=PAGE).text
    # Escaped as text, and never taken for markup.
    assert f"<h1><bdi>{html.escape(one, quote=False)}</bdi></h1>" in answer.replace("&#39;", "'").replace("&#34;", '"')
    assert "<b>&amp;" not in answer


def test_figures_are_those_of_the_run_and_the_smallest_distance_is_the_own_segments(shop: Served):
    explained = {one["customer_id"]: one for one in ct.open_run(shop.runs / "000002").explain(ODD[0])}[ODD[0]]
    found = told(shop, ODD[0])
    assert found["figures"]["margin"] == pytest.approx(explained["margin"])
    assert found["figures"]["change"] == explained["change"]
    assert [one["feature"] for one in found["features"]] == [one["feature"] for one in explained["features"]]
    nearest = found["distances"][0]
    assert (nearest["own"], nearest["name"]) == (True, explained["segment"])
    assert nearest["address"] == f"/segments/{explained['segment_id']}"
    assert [one["percent"] for one in found["distances"]][-1] == 100
    assert explained["nearest"] in found["clear"]["title"]
    assert found["change"] is None or found["change"]["what"].lower() in explained["reason"].lower()
    # To the right for what speaks for the segment, and to the left for what does not.
    for row, raw in zip(found["features"], explained["features"], strict=True):
        assert row["bar"]["side"] == ("for" if raw["contribution"] > 0 else "against")
        assert 0 <= row["bar"]["x"] <= 40 <= row["bar"]["x"] + row["bar"]["width"] <= 80


def test_orders_are_the_runs_newest_first_and_add_up_to_what_was_spent(shop: Served):
    busiest = max(rows_of(shop.runs / "000002"), key=lambda row: row["total_orders"])
    found = told(shop, busiest["customer_id"])
    orders = [*found["orders"], *found["older"]]
    times = [one["ordered_at"] for one in orders]
    assert (len(orders), times) == (busiest["total_orders"], sorted(times, reverse=True))
    assert sum(one["value"] for one in orders) == pytest.approx(busiest["total_spend"])
    steps = [one["total"] for one in found["timeline"]["rows"]]
    assert (steps, steps[-1]) == (sorted(steps), pytest.approx(busiest["total_spend"]))
    assert found["orders_title"].startswith(f"{busiest['total_orders']} orders since ")
    assert found["orders_title"].endswith(f"the last {busiest['recency_days']} days ago")
    assert len(found["orders"]) == 20 if found["older"] else len(found["orders"]) <= 20


def test_the_picture_is_a_valid_chart_and_reaches_the_page(shop: Served):
    busiest = max(rows_of(shop.runs / "000002"), key=lambda row: row["total_orders"])["customer_id"]
    drawn = charts.orders_over_time(told(shop, busiest)["timeline"], title="Orders")
    assert charts.chart(drawn).to_dict()["title"] == "Orders"
    shown = shop.get("/customer", params={"id": busiest}, headers=PAGE).text
    inside = json.loads(shown.partition('id="charts">')[2].partition("</script>")[0])
    assert list(inside["specs"]) == ["orders"]
    assert "config" not in inside["specs"]["orders"]
    assert inside["config"] == charts.theme("page")


def test_a_customer_of_one_day_has_no_line_through_one_point(shop: Served):
    once = next(row for row in rows_of(shop.runs / "000002") if row["total_orders"] == 1)
    found = told(shop, once["customer_id"])
    assert (found["timeline"], found["orders_title"]) == (None, f"One order, {once['recency_days']} days ago")
    shown = page(shop, once["customer_id"])
    assert "data-chart" not in shown
    assert "vega.js" not in shown


def test_who_took_everything_back_has_no_place_and_is_told_so(shop: Served):
    found = told(shop, RETURNED, run="000001")
    assert (found["segment"]["address"], found["distances"], found["clear"], found["orders"]) == (None, [], None, [])
    shown = page(shop, RETURNED, run="000001")
    assert "Everything that was bought came back" in shown
    assert 'id="sure"' not in shown


def test_a_run_without_orders_says_so(shop: Served, made_runs: Path, tmp_path: Path):
    runs = publish(made_runs, tmp_path / "runs", "000001")
    (runs / "000001" / "orders.parquet").unlink()
    manifest = json.loads((runs / "000001" / "manifest.json").read_text())
    from coterie.document import encode, seal

    del manifest["outputs"]["orders.parquet"], manifest["sha256"]
    (runs / "000001" / "manifest.json").write_bytes(encode(seal(manifest)))
    with serving(runs) as served:
        assert told(served, ODD[0])["orders_known"] is False
        assert "Orders are not in this run" in page(served, ODD[0])


def test_the_past_is_read_run_by_run_and_what_is_not_whole_is_said(shop: Served):
    found = told(shop, ODD[0])["history"]
    assert [one["run"] for one in found] == ["000003", "000002", "000001"]
    assert [one["problem"] for one in found] == ["tampered", None, None]
    for one in found[1:]:
        row = next(row for row in rows_of(shop.runs / one["run"]) if row["customer_id"] == ODD[0])
        assert (one["segment_id"], one["segment"]) == (row["segment_id"], row["segment"])
    assert "not whole (tampered)" in page(shop, ODD[0])


def test_a_pinned_page_stays_with_its_run(shop: Served):
    found = told(shop, ODD[0], run="000001")
    assert next(one["run"] for one in found["history"] if one["here"]) == "000001"
    assert found["distances"][0]["address"].endswith("?run=000001")
    assert '<input type="hidden" name="run" value="000001">' in page(shop, ODD[0], run="000001")


LIKE = {" 00123 ": "00123", "0123": "00123", "A/B": "a/b", "name@mail.exmaple": "name@mail.example"}


@pytest.mark.parametrize(("asked", "meant"), LIKE.items())
def test_an_unknown_id_is_404_with_those_that_are_like_it(shop: Served, asked: str, meant: str):
    answer = shop.get("/customer.json", params={"id": asked})
    assert (answer.status_code, answer.json()["refused"]["error"]) == (404, "unknown_customer")
    assert meant in [one["customer_id"] for one in answer.json()["alike"]]
    shown = page(shop, asked, 404)
    assert f"No customer <bdi>{asked}</bdi>" in shown
    assert "/customers?q=" in shown
    assert f">{meant}</bdi>" in shown


@pytest.mark.parametrize("asked", ["nobody at all", "x" * 5000, "\0", "💥" * 300, "%", "_"])
def test_an_id_that_is_like_none_is_404_without_a_guess_that_is_none(shop: Served, asked: str):
    answer = shop.get("/customer.json", params={"id": asked})
    assert answer.status_code == 404
    assert all(asked.lower() in one["customer_id"].lower() for one in answer.json()["alike"]) or asked == "nobody at all"
    assert page(shop, asked, 404)


def test_an_unknown_customer_of_another_run_is_found_there(shop: Served):
    before = {row["customer_id"] for row in rows_of(shop.runs / "000002")}
    newer = next(row for row in rows_of(shop.runs / "000001") if row["customer_id"] not in before)
    found = shop.get("/customer.json", params={"id": newer["customer_id"]}).json()["elsewhere"]
    assert [(one["run"], one["segment"]) for one in found] == [("000001", newer["segment"])]
    assert shop.get(found[0]["address"], headers=PAGE).status_code == 200


@pytest.mark.parametrize("query", ["", "?id=", "?id=%20"])
def test_without_an_id_there_is_the_look_up(shop: Served, query: str):
    answer = shop.get(f"/customer{query}", headers=PAGE)
    assert answer.status_code == 200
    assert "Look up a customer" in answer.text
    assert shop.get(f"/customer.json{query}").json()["customer"] is None


def test_a_page_that_is_made_again_reads_the_files_of_today(made_runs: Path, tmp_path: Path):
    runs = publish(made_runs, tmp_path / "runs", "000001", "000002")
    with serving(runs) as served:
        assert [one["problem"] for one in told(served, ODD[0])["history"]] == [None, None]
        with (runs / "000001" / "customers.parquet").open("r+b") as file:
            file.seek(4)
            file.write(b"\xff")
        assert [one["problem"] for one in told(served, ODD[0])["history"]] == [None, "tampered"]
        shutil.rmtree(runs / "000001")
        assert [one["run"] for one in told(served, ODD[0])["history"]] == ["000002"]
