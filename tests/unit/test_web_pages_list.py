"""The list of customers on its pages: every filter, order and page against the run's own file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from web_server import Served, publish, rows_of, serving

Row = dict[str, Any]


@pytest.fixture(scope="module")
def served(made_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(publish(made_runs, tmp_path_factory.mktemp("list") / "runs", "000001", "000002")) as running:
        yield running


@pytest.fixture(scope="module")
def rows(served: Served) -> list[Row]:
    return rows_of(served.runs / "000002")


def page(served: Served, path: str, **asked: Any) -> dict[str, Any]:
    found = served.get(path, params=asked)
    assert found.status_code == 200, found.text
    told: dict[str, Any] = found.json()["list"]
    return told


def ids(told: dict[str, Any]) -> list[str]:
    return [row["id"] for row in told["customers"]]


SAME = ("customers", "from", "to", "place", "total", "next", "previous", "first")
"""What is the same of a page, from whichever side one comes to it."""


def there(served: Served, address: str) -> dict[str, Any]:
    told: dict[str, Any] = served.get(address.replace("/customers", "/customers.json")).json()["list"]
    return told


def by(rows: list[Row], column: str, *, descending: bool) -> list[str]:
    """Return ids in the order of a column: without a value last, alike ones by id."""
    having = sorted((row for row in rows if row[column] is not None), key=lambda row: row["customer_id"])
    having.sort(key=lambda row: row[column], reverse=descending)
    return [row["customer_id"] for row in having] + sorted(row["customer_id"] for row in rows if row[column] is None)


def searched(row: Row) -> str:
    return " ".join(str(row[name]) for name in ("customer_id", "segment", "country", "rfm_group", "reason")).lower()


FILTERS: dict[str, tuple[dict[str, Any], Any]] = {
    "country": ({"country": "Germany"}, lambda row: row["country"] == "Germany"),
    "two countries": ({"country": ["Germany", "France"]}, lambda row: row["country"] in ("Germany", "France")),
    "segment by id": ({"segment": "s1"}, lambda row: row["segment_id"] == "s1"),
    "recency": ({"min_recency": "10", "max_recency": "100"}, lambda row: row["recency_days"] and 10 <= row["recency_days"] <= 100),
    "spend": ({"min_spend": "100", "max_spend": "900.5"}, lambda row: 100 <= row["total_spend"] <= 900.5),
    "confidence": ({"max_confidence": "0.5"}, lambda row: row["confidence"] is not None and row["confidence"] <= 0.5),
    "at risk": ({"at_risk": "true"}, lambda row: row["at_risk"] is True),
    "not at risk": ({"at_risk": "false"}, lambda row: row["at_risk"] is False),
    "segment by id or name": (
        {"segment": ["s1", "Nobody’s", "Fully returned"]},
        lambda row: row["segment_id"] in ("s1", "returned"),
    ),
    "words": ({"q": "germ ORDER"}, lambda row: all(word in searched(row) for word in ("germ", "order"))),
    "a word that is no ASCII": ({"q": "É"}, lambda row: "é" in searched(row)),
    "part of a segment’s name": ({"q": "RETURNED"}, lambda row: "returned" in searched(row)),
    "an id of odd letters": ({"q": "<b>&amp;"}, lambda row: "<b>&amp;" in row["customer_id"]),
    "what the form has no field for": ({"min_orders": "3"}, lambda row: row["total_orders"] >= 3),
    "left empty": ({"country": "", "min_spend": "", "q": " "}, lambda row: True),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_leaves_whom_it_says(served: Served, rows: list[Row], name: str) -> None:
    asked, fits = FILTERS[name]
    expected = by([row for row in rows if fits(row)], "total_spend", descending=True)
    told = page(served, "/customers.json", limit=1000, **asked)
    assert ids(told) == expected
    assert told["total"] == len(expected) > 0
    assert (len(expected) < len(rows)) == bool(told["active"])


@pytest.mark.parametrize(
    "column", ["customer_id", "segment", "country", "total_orders", "avg_order_value", "recency_days", "at_risk", "reason"]
)
def test_a_head_sorts_and_turns_the_order_round(served: Served, rows: list[Row], column: str) -> None:
    told = page(served, "/customers.json", limit=1000)
    head = next(one for one in told["columns"] if one["name"] == column)
    assert head["sorted"] is None
    for _ in range(2):
        path = head["address"].replace("/customers", "/customers.json")
        told = served.get(path).json()["list"]
        head = next(one for one in told["columns"] if one["name"] == column)
        assert ids(told) == by(rows, column, descending=head["sorted"] == "descending")
        if column not in ("customer_id", "segment"):
            assert told["customers"][0]["values"][column] is not None


@pytest.mark.parametrize("sort", ["-total_spend", "recency_days", "country", "-confidence"])
def test_pages_after_one_another_are_the_whole_list(served: Served, rows: list[Row], sort: str) -> None:
    told, seen = page(served, "/customers.json", sort=sort, limit=20), list[str]()
    pages = [told]
    while True:
        assert (told["from"], told["to"]) == (len(seen) + 1, len(seen) + len(told["customers"]))
        seen += ids(told)
        if told["next"] is None:
            break
        told = there(served, told["next"])
        pages.append(told)
        # On the second page, the one before is the first.
        assert (told["first"] is None) == (len(pages) == 2)
        assert told["first"] is None or ids(there(served, told["first"])) == seen[:20]
    assert seen == by(rows, sort.removeprefix("-"), descending=sort.startswith("-"))
    assert told["place"] == f"{len(rows) - len(told['customers']) + 1}–{len(rows)} of {len(rows)}"
    assert len(pages) > 3
    for earlier in pages[-2::-1]:
        told = there(served, told["previous"])
        assert [told[key] for key in SAME] == [earlier[key] for key in SAME]
        again = there(served, told["next"])
        assert (ids(again)[0], again["from"]) == (seen[told["to"]], told["to"] + 1)
    assert (told["previous"], told["first"], told["from"]) == (None, None, 1)


def test_a_segments_page_lists_its_customers_alone(served: Served, rows: list[Row]) -> None:
    name = next(row["segment"] for row in rows if row["segment_id"] == "s2")
    expected = by([row for row in rows if row["segment_id"] == "s2"], "total_spend", descending=True)
    for asked in ("s2", name):
        told = page(served, f"/segments/{asked}.json", limit=1000, segment="s1")
        assert ids(told) == expected
        assert [one["name"] for one in told["columns"]].count("segment") == 0
        assert told["active"] == []


def test_the_form_shows_what_was_asked_and_sends_it_along(served: Served) -> None:
    text = served.get(
        "/customers?run=000001&country=Germany&min_spend=10.5&max_confidence=0.9&q=%22x&at_risk=true&min_orders=2&sort=country&after="
    ).text
    form = text[text.index('<form class="form filters"') : text.index("</form>", text.index('<form class="form filters"'))]
    values = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form))
    assert values == {
        "run": "000001", "min_orders": "2", "sort": "country", "q": "&#34;x", "min_spend": "10.5", "max_spend": "",
        "min_confidence": "", "max_confidence": "0.9", "min_recency": "", "max_recency": "",
    }  # fmt: skip
    assert re.findall(r'<option value="([^"]+)" selected>', form) == ["Germany", "true"]
    several = served.get("/customers?country=Germany&country=France").text
    assert set(re.findall(r'<option value="(\w+)" selected>', several)) == {"France", "Germany"}
    assert 'name="country" multiple' in several


def test_a_filter_is_taken_back_by_its_link(served: Served) -> None:
    told = page(served, "/customers.json", country="Germany", min_spend="1", sort="country")
    assert [one["text"] for one in told["active"]] == ["Germany", "Spend at least 1"]
    assert told["active"][0]["without"] == "/customers?min_spend=1&sort=country"
    assert told["unfiltered"] == "/customers?sort=country"


@pytest.mark.parametrize("asked", ["min_spend=much", "colour=red", "sort=size", "limit=0", "at_risk=perhaps", "min_spend=nan"])
def test_a_filter_that_does_not_hold_is_told_beside_the_form(served: Served, asked: str) -> None:
    found = served.get(f"/customers?{asked}", headers={"accept": "text/html"})
    status, error = (404, "no_column") if asked == "sort=size" else (422, "bad_filter")
    assert found.status_code == status
    assert 'role="alert"' in found.text
    assert '<form class="form filters"' in found.text
    told = served.get(f"/customers.json?{asked}")
    assert (told.status_code, told.json()["refused"]["error"]) == (status, error)


def test_a_list_of_nobody_says_what_to_do(served: Served) -> None:
    text = served.get("/customers?q=nobody-of-that-name").text
    assert "No customer fits these filters." in text
    assert "<table" not in text
    assert '<a href="/customers#list">take them all away</a>' in text


def test_odd_ids_are_text_and_lead_to_their_page(served: Served, rows: list[Row]) -> None:
    told = page(served, "/customers.json", q="a//b/")
    assert told["customers"][0]["address"] == "/customer?id=a%2F%2Fb%2F"
    text = served.get("/customers?q=amp").text
    assert "🦄 &lt;b&gt;&amp;amp;" in text
    assert "<b>&amp;" not in text
    assert "<bdi>00123</bdi>" in served.get("/customers?q=00123").text


@pytest.mark.parametrize("asked", ["none", "../000001", "%2e%2e%2f", "s1/x", "S9", "returned", "x" * 2000])
def test_an_unknown_segment_is_refused_and_the_others_named(served: Served, asked: str) -> None:
    for ending in ("", ".json"):
        found = served.get(f"/segments/{asked}{ending}", headers={"accept": "text/html"})
        assert found.status_code == 404
        if "%2e" not in asked and ".." not in asked:
            assert "(s1)" in found.text


def test_neighbours_are_counted_by_the_customers_nearest_to_them(served: Served, rows: list[Row]) -> None:
    told = served.get("/segments/s1.json").json()
    own = [row for row in rows if row["segment_id"] == "s1"]
    assert {one["name"]: one["customers"] for one in told["neighbours"]} == {
        one["name"]: sum(row["nearest"] == one["name"] for row in own) for one in told["neighbours"]
    }
    assert sum(one["customers"] for one in told["neighbours"]) == len(own)
    first = told["neighbours"][0]
    listed = served.get(first["list"].replace("/s1", "/s1.json")).json()["list"]
    assert listed["total"] == first["customers"]
    confidences = [row["values"]["confidence"] for row in listed["customers"]]
    assert confidences == sorted(confidences)


def test_a_further_page_is_of_the_run_of_the_first(made_runs: Path, tmp_path: Path) -> None:
    runs = publish(made_runs, tmp_path / "runs", "000001")
    with serving(runs) as running:
        first = page(running, "/customers.json", limit=100, sort="customer_id")
        publish(made_runs, runs, "000002")
        assert page(running, "/customers.json", limit=1)["total"] == len(rows_of(runs / "000002"))
        further = running.get(first["next"].replace("/customers", "/customers.json")).json()["list"]
        assert ids(first) + ids(further) == sorted(row["customer_id"] for row in rows_of(runs / "000001"))


def test_a_list_of_everybody_says_who_is_in_no_segment(served: Served, rows: list[Row]) -> None:
    gone = sum(row["segment_id"] == "returned" for row in rows)
    assert gone == 2
    said = f"{gone} of them returned everything and are in no segment; the segments hold the other {len(rows) - gone}."
    for asked in ("", "?country=Germany"):
        assert said in served.get(f"/customers{asked}").text
    population = served.get("/v1/segments").json()["population"]["customers"]
    assert population == len(rows) - gone
    assert page(served, "/segments/s1.json")["returned"] is None
