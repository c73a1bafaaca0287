"""``POST /v1/score`` says what Python says, of every customer, alone or among others; and refuses the rest in words."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest

import coterie as ct
from coterie.columns import COLUMNS
from coterie.web.api.score import Answer
from web_server import ODD, RETURNED, Served, lines, publish, rows_of, serving

Row = dict[str, Any]
WHY = {"nearest", "confidence", "reason", "change", "contributions"}
ASSIGNED = ("cluster", "segment_id", "segment", "distance", "margin", "out_of_range")
NAMES = {
    "InvoiceNo": "invoice_no", "StockCode": "product_id", "Description": "description", "Quantity": "quantity",
    "InvoiceDate": "invoice_date", "UnitPrice": "price", "CustomerID": "customer_id", "Country": "country",
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve three runs, the third of an algorithm that cannot assign; the second answers."""
    runs = publish(made_runs, tmp_path_factory.mktemp("shop") / "runs", "000001", "000003", "000002")
    with serving(runs) as served:
        yield served


@pytest.fixture(scope="module")
def model(shop: Served) -> ct.SegmentModel:
    return ct.open_run(shop.runs / "000002").model


def people(shop: Served, run: str = "000002") -> list[Row]:
    """Return a run's customers as they are asked about."""
    features = ct.open_run(shop.runs / run).model.features
    rows = rows_of(shop.runs / run)
    return [{"customer_id": row["customer_id"], "features": {name: row[name] for name in features}} for row in rows]


def some_lines(count: int) -> list[Row]:
    """Return the shop's last lines that have a customer, as they are sent."""
    found = [row for row in lines().to_pylist() if row["CustomerID"]][-count:]
    named = [{NAMES[key]: value for key, value in row.items()} for row in found]
    return [{**row, "invoice_date": row["invoice_date"].isoformat(), "price": float(row["price"])} for row in named]


def answered(shop: Served, asked: Any, **more: Any) -> list[Row]:
    answer = shop.score(asked, **more)
    assert answer.status_code == 200, answer.text
    Answer.model_validate(answer.json())
    customers: list[Row] = answer.json()["customers"]
    return customers


def refused(shop: Served, asked: Any, **more: Any) -> tuple[int, str]:
    answer = shop.score(asked, **more)
    assert {"error", "wrong", "found", "fix"} <= set(answer.json())
    assert all(answer.json()[key] for key in ("wrong", "found", "fix"))
    return answer.status_code, answer.json()["error"]


# By features


@pytest.mark.parametrize("run", ["000001", "000002"])
def test_everybody_by_features_is_where_python_puts_them(shop: Served, run: str):
    asked = people(shop, run)
    model = ct.open_run(shop.runs / run).model
    found = answered(shop, {"customers": asked}, run=run)
    table = pyarrow.Table.from_pylist([{"customer_id": one["customer_id"], **one["features"]} for one in asked])
    python = ct.assign(shop.runs / run, table).to_pylist()
    assert [{key: one[key] for key in ("customer_id", *ASSIGNED)} for one in found] == [
        {key: one[key] for key in ("customer_id", *ASSIGNED)} for one in python
    ]
    columns = {name: np.array([one["features"][name] for one in asked], dtype=float) for name in model.features}
    why, distances = model.explain(columns), model.distances(columns)
    for place, one in enumerate(found):
        assert (one["reason"], one["change"], one["nearest"]) == (why.sentence[place], why.change[place], why.nearest[place])
        if one["cluster"] is None:
            assert (one["distances"], one["contributions"], one["confidence"]) == ({}, {}, None)
            continue
        assert list(one["distances"].values()) == distances[place].tolist()
        assert list(one["contributions"]) == model.features
        assert list(one["contributions"].values()) == why.contributions[place].tolist()
        assert one["confidence"] == why.confidence[place]
    # The run's own customers get what the run says of them.
    for one, row in zip(found, rows_of(shop.runs / run), strict=True):
        assert one["reason"] == row["reason"]
        assert [one[key] for key in ("cluster", "segment_id", "segment", "out_of_range")] == [
            row[key] for key in ("cluster", "segment_id", "segment", "out_of_range")
        ]


def test_alone_is_as_among_others(shop: Served):
    asked = people(shop)
    together = answered(shop, {"customers": asked})
    alone = [answered(shop, {"customers": one}) for one in asked[::3]]
    assert [one for answer in alone for one in answer] == together[::3]
    in_tens = [one for start in range(0, len(asked), 10) for one in answered(shop, {"customers": asked[start : start + 10]})]
    assert in_tens == together


def test_the_answer_keeps_the_order_and_hands_ids_back(shop: Served):
    asked = people(shop)[:9][::-1]
    asked[3] = {"features": asked[3]["features"]}
    asked[4] = {**asked[4], "customer_id": ODD[7]}
    asked[5] = asked[6]
    found = answered(shop, {"customers": asked})
    assert [one["customer_id"] for one in found] == [one.get("customer_id") for one in asked]


def test_the_run_and_the_model_that_answer_are_named(shop: Served, model: ct.SegmentModel):
    one = people(shop)[0]
    for run in ("000001", "000002"):
        sha = ct.open_run(shop.runs / run).model.document["sha256"]
        answer = shop.score({"customers": one, "model": sha}, run=run).json()
        assert (answer["schema"], answer["run"], answer["model"]) == (1, run, sha)
    assert shop.score({"customers": one}).json()["run"] == "000002"


def test_without_reasons_the_rest_is_the_same(shop: Served):
    asked = {"customers": people(shop)}
    whole, short = answered(shop, asked), answered(shop, asked, reasons="false")
    assert WHY.isdisjoint(short[0])
    assert short == [{key: value for key, value in one.items() if key not in WHY} for one in whole]
    assert WHY.isdisjoint(answered(shop, {"lines": some_lines(50)}, reasons="false")[0])


def test_out_of_range_is_said(shop: Served, model: ct.SegmentModel):
    ranges = {entry["feature"]: entry for entry in model.document["features"]}
    inside = {name: entry["low"] for name, entry in ranges.items()}
    largest = {name: entry["high"] for name, entry in ranges.items()}
    asked = [inside, largest, *({**inside, name: entry["high"] * 2} for name, entry in ranges.items())]
    found = answered(shop, {"customers": [{"features": one} for one in asked]})
    assert [one["out_of_range"] for one in found] == [False, False, *[True] * len(ranges)]
    assert all(one["cluster"] is not None for one in found)
    (whale,) = answered(shop, {"customers": {"features": dict.fromkeys(ranges, 1e15)}})
    assert (whale["out_of_range"], whale["cluster"] is not None) == (True, True)


def test_who_kept_nothing_has_no_cluster(shop: Served, model: ct.SegmentModel):
    nothing = {name: 0 if name.startswith("total_") else None for name in model.features}
    for asked in (nothing, dict.fromkeys(model.features, 0), dict.fromkeys(model.features, -1)):
        (one,) = answered(shop, {"customers": {"features": asked}})
        assert (one["cluster"], one["segment_id"], one["segment"]) == (None, "returned", "Fully returned")
        assert (one["distance"], one["margin"], one["distances"], one["out_of_range"]) == (None, None, {}, False)
        assert one["reason"] == "Everything came back, so there is nothing to go by."


# By lines


def frame(rows: list[Row]) -> pyarrow.Table:
    times = [datetime.datetime.fromisoformat(row["invoice_date"]) for row in rows]
    return pyarrow.Table.from_pylist([{**row, "invoice_date": time} for row, time in zip(rows, times, strict=True)])


def test_everybody_by_lines_is_where_python_puts_them(shop: Served, model: ct.SegmentModel):
    sent = some_lines(9000)
    found = answered(shop, {"lines": sent})
    python = ct.assign(model, frame(sent)).to_pylist()
    assert len(python) > 100
    assert [one["customer_id"] for one in found] == [one["customer_id"] for one in python]
    assert RETURNED in [one["customer_id"] for one in found]
    for one, other in zip(found, python, strict=True):
        assert [one[key] for key in ASSIGNED] == [other[key] for key in ASSIGNED]
        assert one["features"] == {name: other[name] for name in model.features}
    # Their features, sent as such, give the same.
    features = [one.pop("features") for one in found]
    again = [{"customer_id": one["customer_id"], "features": own} for one, own in zip(found, features, strict=True)]
    assert answered(shop, {"customers": again}) == found


def test_the_day_is_the_one_that_is_asked_for(shop: Served, model: ct.SegmentModel):
    sent = some_lines(500)
    for day in ("2024-12-31", "2025-12-31"):
        found = answered(shop, {"lines": sent, "as_of": day})
        python = ct.assign(model, frame(sent), as_of=datetime.date.fromisoformat(day)).to_pylist()
        assert [one["features"] for one in found] == [{name: one[name] for name in model.features} for one in python]


LINE = {"invoice_no": "1", "invoice_date": "2024-05-01T10:00:00", "customer_id": "7", "quantity": 3, "price": 9.5}


def test_one_line_is_enough(shop: Served, model: ct.SegmentModel):
    for asked in (LINE, [LINE]):
        (one,) = answered(shop, {"lines": asked})
        assert (one["customer_id"], one["features"]["total_spend"], one["features"]["total_orders"]) == ("7", 28.5, 1)
        assert one["segment_id"] in {entry["segment_id"] for entry in model.segments}


def test_whose_lines_do_not_count_is_named(shop: Served):
    free = {**LINE, "customer_id": "8", "invoice_no": "2", "price": 0}
    asked = [LINE, free, {**LINE, "customer_id": "9", "invoice_no": "3", "quantity": 1e15, "price": 1e15}]
    answer = shop.score({"lines": asked}).json()
    assert [one["customer_id"] for one in answer["customers"]] == ["7"]
    assert answer["set_aside"] == ["8", "9"]
    none = shop.score({"lines": free})
    assert (none.status_code, none.json()["customers"], none.json()["set_aside"]) == (200, [], ["8"])


def test_an_id_that_is_read_as_another_counts(shop: Served):
    """Ids that are whole numbers written as fractions are read without them, and spaces around any are none of it."""
    asked = [{**LINE, "customer_id": "17850.0"}, {**LINE, "invoice_no": "2", "customer_id": " 17851.0 "}]
    answer = shop.score({"lines": asked}).json()
    assert [one["customer_id"] for one in answer["customers"]] == ["17850", "17851"]
    assert answer["set_aside"] == []


def test_a_line_has_the_names_of_the_contract():
    from coterie.web.api.score import Line

    assert set(Line.model_fields) == {column.name for column in COLUMNS} - {"transaction_value"}


# Refusals


def test_refusals(shop: Served, model: ct.SegmentModel):
    one = people(shop)[0]
    figures = one["features"]
    name = model.features[0]
    less = {key: value for key, value in figures.items() if key != name}
    cases: list[tuple[Any, Row, tuple[int, str]]] = [
        ({}, {}, (422, "one_of_two")),
        ({"customers": None}, {}, (422, "one_of_two")),
        ({"customers": one, "lines": LINE}, {}, (422, "one_of_two")),
        ({"customers": []}, {}, (422, "no_records")),
        ({"lines": []}, {}, (422, "no_records")),
        ({"customers": one, "as_of": "2024-12-31"}, {}, (422, "bad_as_of")),
        ({"customers": {"features": less}}, {}, (409, "features")),
        ({"customers": {"features": {**less, "shoe_size": 43}}}, {}, (409, "features")),
        ({"customers": {"features": {}}}, {}, (409, "features")),
        ({"customers": {"features": {**figures, name: None}}}, {}, (422, "not_a_number")),
        ({"customers": {"features": {**less, "recency_days": 3}}}, {}, (409, "other_recipe")),
        ({"customers": {"features": {**figures, "recency_days": 3}}}, {}, (409, "other_recipe")),
        ({"customers": one, "model": "0" * 64}, {}, (409, "other_model")),
        ({"customers": one}, {"run": "000003"}, (409, "cannot_assign")),
        ({"lines": LINE}, {"run": "000003"}, (409, "cannot_assign")),
        ({"customers": one}, {"run": "000009"}, (404, "no_run")),
        ({"customers": one}, {"run": "../000001"}, (404, "no_run")),
        ({"customers": one}, {"reasons": "perhaps"}, (422, "invalid")),
        ({"customers": [one] * 10_001}, {}, (413, "too_large")),
        ({"lines": [LINE] * 10_001}, {}, (413, "too_large")),
    ]
    assert [refused(shop, asked, **more) for asked, more, _ in cases] == [expected for *_, expected in cases]


def test_which_record_is_wrong_is_said(shop: Served):
    asked = people(shop)[:20]
    asked[7] = {**asked[7], "features": {**asked[7]["features"], "total_spend": "lots"}}
    said = shop.score({"customers": asked}).json()
    assert "customers" in said["found"]
    assert "7.features.total_spend" in said["found"]
    asked[7] = {**asked[7], "features": {"total_spend": 3}}
    assert shop.score({"customers": asked}).json()["wrong"] == "Customer 8 does not fit the model."


def test_ten_thousand_records_are_answered(shop: Served):
    asked = people(shop)[0]
    found = answered(shop, {"customers": [asked] * 10_000}, reasons="false")
    assert len(found) == 10_000
    assert len({json.dumps(one) for one in found}) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_for_this(shop: Served, method: str):
    answer = shop.client.request(method, "/v1/score")
    assert (answer.status_code, answer.headers["allow"], answer.json()["error"]) == (405, "POST", "http_405")
