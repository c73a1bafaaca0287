"""What if: the answer is the model's own, whatever is typed; what cannot be read is said beside its field, and the others stay."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coterie as ct
from coterie.web.figures import MOST, derived, read, typed
from coterie.web.library import Library
from coterie.web.snapshot import Snapshot
from web_server import CHEAP, ODD, RETURNED, Served, publish, rows_of, serving

PAGE = {"accept": "text/html"}
FIGURES = {"total_orders": "4", "total_quantity": "310", "total_spend": "890.5", "active_days": "120"}


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve three runs, the third of an algorithm that cannot assign; the second answers."""
    with serving(publish(made_runs, tmp_path_factory.mktemp("shop") / "runs", "000001", "000003", "000002")) as served:
        yield served


@pytest.fixture(scope="module")
def snapshot(shop: Served) -> Snapshot:
    return Library(shop.runs).get("000002")


def told(shop: Served, status: int = 200, **asked: Any) -> dict[str, Any]:
    answer = shop.get("/what-if.json", params=asked)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def page(shop: Served, status: int = 200, **asked: Any) -> str:
    answer = shop.get("/what-if", params=asked, headers=PAGE)
    assert answer.status_code == status
    return html.unescape(answer.text)


def test_the_answer_is_that_of_the_scoring_route(shop: Served):
    found = told(shop, **FIGURES)
    sent = {name: float(value) for name, value in FIGURES.items()} | {"avg_order_value": 890.5 / 4}
    scored = shop.score({"customers": [{"customer_id": "x", "features": sent}]}).json()["customers"][0]
    assert found["found"]["figures"] == sent
    for key in ("segment_id", "segment", "margin", "confidence", "out_of_range", "distances"):
        assert found["found"][key] == scored[key]
    assert found["reason"] == scored["reason"].replace(" -> ", " → ")
    assert (found["change"] or {}).get("what", "").lower() == str(scored["change"] or "").partition(" -> ")[0].lower()
    assert {one["feature"]: one["contribution"] for one in found["found"]["features"]} == pytest.approx(scored["contributions"])


def test_every_customer_to_start_from_is_where_the_run_has_them(shop: Served):
    for row in [row for row in rows_of(shop.runs / "000002") if row["cluster"] is not None][:40]:
        found = told(shop, id=row["customer_id"])
        assert found["found"]["segment_id"] == row["segment_id"]
        assert (found["moved"], found["origin"]["customer_id"]) == (False, row["customer_id"])
        assert found["found"]["confidence"] == pytest.approx(row["confidence"], abs=1e-9)


def test_without_figures_the_form_starts_with_everybodys_medians(shop: Served):
    found = told(shop)
    everybody = ct.open_run(shop.runs / "000002").segments["population"]["features"]
    texts = {one["feature"]: one["text"] for one in found["fields"]}
    assert texts["avg_order_value"] == ""
    assert float(texts["total_spend"]) == pytest.approx(everybody["total_spend"]["median"])
    assert texts["total_orders"] == str(math.floor(everybody["total_orders"]["median"] + 0.5))
    assert "A customer in the middle of all is in" in page(shop)


def test_figures_of_a_customer_may_be_changed_one_by_one(shop: Served):
    row = next(row for row in rows_of(shop.runs / "000002") if row["customer_id"] == ODD[1])
    found = told(shop, id=ODD[1], total_orders="90", total_spend="90000")
    assert found["found"]["figures"]["active_days"] == row["active_days"]
    assert (found["found"]["figures"]["total_orders"], found["found"]["figures"]["avg_order_value"]) == (90, 1000)
    assert found["moved"] is (found["found"]["segment_id"] != row["segment_id"])
    assert f'name="id" value="{ODD[1]}"' in page(shop, id=ODD[1], **FIGURES)


PROBLEMS = {
    "many": "is not a number",
    "1,5": "is not a number",
    "1_000": "is not a number",
    "nan": "is not a number",
    "<b>": "is not a number",
    "inf": "is larger",
    "1e999": "is larger",
    str(MOST): "is larger",
    "-1": "must be more than 0",
    "0": "must be more than 0",
    "": "Enter total spend",
    "  ": "Enter total spend",
}


@pytest.mark.parametrize("text", PROBLEMS)
def test_a_bad_figure_is_said_beside_its_field_and_the_others_stay(shop: Served, text: str):
    asked = {**FIGURES, "total_spend": text}
    found = told(shop, 422, **asked)
    assert (found["found"], found["refused"]["error"]) == (None, "figures")
    problem = next(one["problem"] for one in found["fields"] if one["feature"] == "total_spend")
    assert PROBLEMS[text] in problem
    assert {"field": "total_spend", "anchor": "figure-total_spend", "text": problem} in found["problems"]
    answer = shop.get("/what-if", params=asked, headers=PAGE)
    assert answer.status_code == 422
    assert "<title>Error: What if" in answer.text
    described = r'id="figure-total_spend"[^>]*aria-describedby="[^"]*figure-total_spend-problem"[^>]*aria-invalid="true"'
    assert re.search(described, answer.text)
    assert f'value="{html.escape(text)}"' in answer.text
    assert all(f'value="{value}"' in answer.text for name, value in FIGURES.items() if name != "total_spend")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("total_orders", "2.5", "whole number"), ("active_days", "-3", "0 or more"), ("active_days", "1.5", "whole number")],
)
def test_a_figure_is_what_its_feature_can_be(shop: Served, name: str, text: str, said: str):
    found = told(shop, 422, **{**FIGURES, name: text})
    assert [(one["field"], said in one["text"]) for one in found["problems"]] == [(name, True)]


def test_all_that_is_missing_is_said_at_once(shop: Served):
    found = told(shop, 422, total_orders="3")
    # The value of an order follows as soon as the spend is there.
    assert [one["field"] for one in found["problems"]] == ["total_quantity", "total_spend", "active_days"]
    assert "There are 3 problems" in page(shop, 422, total_orders="3")


def test_no_days_at_all_are_fine(shop: Served):
    assert told(shop, **{**FIGURES, "active_days": "0"})["found"]["figures"]["active_days"] == 0


def test_what_follows_from_others_is_worked_out_and_a_contradiction_is_said(shop: Served):
    own = {one["feature"]: one for one in told(shop, **FIGURES)["fields"]}["avg_order_value"]
    assert (own["may_follow"], own["follows"], own["doubt"]) == (True, "223", "")
    near = {one["feature"]: one for one in told(shop, **FIGURES, avg_order_value="222.6")["fields"]}["avg_order_value"]
    assert near["doubt"] == ""
    found = told(shop, **FIGURES, avg_order_value="100")
    assert found["found"]["figures"]["avg_order_value"] == 100
    doubt = {one["feature"]: one["doubt"] for one in found["fields"]}["avg_order_value"]
    assert doubt == "By total orders and total spend it would be 223. What was typed here counts."
    assert doubt in page(shop, **FIGURES, avg_order_value="100")


def test_what_follows_is_known_by_the_features_own_definitions(snapshot: Snapshot):
    assert derived(snapshot) == {"avg_order_value": ["total_orders", "total_spend"]}
    found = read(snapshot, {"total_orders": "8", "total_spend": "100"})
    assert (found.follows, found.values["avg_order_value"]) == ({"avg_order_value": 12.5}, 12.5)
    assert typed(1e-7, "total_spend") == "1e-07"
    assert float(typed(123456789.123, "total_spend")) == 123456789.123


def test_outside_the_range_is_said(shop: Served):
    found = told(shop, **{**FIGURES, "total_spend": "99999999"})
    assert found["found"]["out_of_range"] is True
    assert [one.partition(" is ")[0] for one in found["outside"]] == ["Total spend", "Average order value"]
    assert "Outside what the model knows" in page(shop, **{**FIGURES, "total_spend": "99999999"})


@pytest.mark.parametrize(("one", "status", "error"), [("nobody", 404, "unknown_customer"), (RETURNED, 422, "nothing_kept")])
def test_nobody_to_start_from(shop: Served, one: str, status: int, error: str):
    found = told(shop, status, id=one, run="000001")
    assert (found["refused"]["error"], [each["field"] for each in found["problems"]]) == (error, ["id"])
    shown = page(shop, status, id=one, run="000001")
    assert f'name="id" value="{one}"' in shown
    assert ("Ids like it" in shown) is (error == "unknown_customer")


def test_a_run_that_cannot_place_anybody_says_what_can(shop: Served):
    assert told(shop, run="000003")["cannot"] == "ward"
    shown = page(shop, run="000003", **FIGURES)
    assert "cannot place anybody new" in shown
    assert 'href="/new"' in shown
    assert '<form class="form"' not in shown


def test_features_called_like_the_pages_own_parameters(tmp_path: Path):
    renamed = {"use": ["total_orders", "total_spend"], "rename": {"total_orders": "id", "total_spend": "run"}}
    ct.run(ct.simulate(60, seed=2).lines, out=tmp_path / "runs", k=2, features=renamed, **CHEAP)
    with serving(tmp_path / "runs") as served:
        found = told(served, id_="3", run_="120")
        assert found["found"]["figures"] == {"id": 3, "run": 120}
        assert 'name="run_" value="120"' in page(served, id_="3", run_="120")
