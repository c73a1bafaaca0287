"""A segment's card: what it says is read off the run, and what it advises hangs on figures, never on a name."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from coterie.document import encode, seal
from coterie.report import build_report, summarise
from coterie.report.advice import ADVICE, MOST, advise
from coterie.report.card import command, typical
from coterie.report.evidence import Evidence, evidence_of
from coterie.report.format import Format
from run_folder import MARKUP, VARIANTS, build

WORDS = Format("en", "GBP")
PLAIN = Evidence(
    customers=500, share=0.2, revenue_share=0.2, worth=1.0, upper_orders=4.0, orders=(3.0, 2.0), order_value=(100.0, 100.0),
    recency=(40.0, 40.0), at_risk=(1, 100), ahead=100.0, past=100.0, days=90,
)  # fmt: skip
# The one figure that makes each advice fit.
SPEAKS: dict[str, dict[str, Any]] = {
    "one_by_one": {"customers": 3},
    "keep": {"worth": 2.5},
    "win_back": {"at_risk": (30, 100)},
    "spend_little": {"upper_orders": 1.0, "recency": (90.0, 40.0), "worth": 0.2},
    "second_order": {"upper_orders": 1.0},
    "reactivate": {"recency": (90.0, 40.0)},
    "larger_orders": {"order_value": (80.0, 100.0)},
    "more_often": {"order_value": (120.0, 100.0), "orders": (2.0, 2.0)},
    "fading": {"ahead": 60.0},
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("runs") / "000001", **VARIANTS["full"])


def test_a_card_says_who_how_many_what_they_are_worth_and_who_is_at_risk(full: Path) -> None:
    core = summarise(full)["segments"][0]
    assert core["typical"].startswith("Typically 7 orders, £")
    assert [one["label"] for one in core["figures"]] == ["Customers", "Revenue", "A customer", "At risk"]
    assert core["figures"][0]["value"] == "1,037"
    assert len(core["apart"]) == 3


def test_a_rule_is_told_in_the_figures_of_the_locale(full: Path) -> None:
    german = summarise(full, locale="de_DE", currency="EUR")["segments"][0]["rule"]
    assert german["cases"][0].startswith("At least 7 orders and at least 4")
    assert german["cases"][0].endswith("\xa0€ an order.")
    assert german["cases"][1] == "100 to 299 days between first and last order."
    assert german["fidelity"] == "Finds 95\xa0% of them; 93\xa0% of those it finds are theirs."


def test_bands_stand_beside_those_of_all_customers(full: Path) -> None:
    recency, activity = summarise(full)["segments"][0]["bands"]
    assert [row["band"] for row in recency["rows"]] == ["0–30", "31–90", "91–180", "181 or more"]
    assert sum(row["percent"] for row in activity["rows"]) == pytest.approx(100, abs=0.1)
    assert all(0 <= row["everybody"] <= 100 for row in recency["rows"])


def test_products_are_text_and_only_what_is_bought_more_is_told(full: Path, tmp_path: Path) -> None:
    assert summarise(full)["segments"][0]["products"][2]["name"].startswith("=HYPERLINK(")
    page = build_report(full)
    assert "<b>&amp; |pipe|" not in page
    assert "&lt;b&gt;&amp; |pipe|&lt;/b&gt;" in page
    document = json.loads((full / "segments.json").read_text("utf-8"))
    assert all(row["lift"] > 1.05 for one in document["segments"] for row in one["top"]["products"])
    countries = [one["countries"] for one in summarise(full)["segments"]]
    assert countries[0] == []
    assert countries[3][0]["name"] == "Germany"


def test_the_value_ahead_stands_beside_history(full: Path) -> None:
    found = summarise(full)["segments"][0]["ahead"]
    assert found["days"] == "90"
    assert [row["label"] for row in found["rows"]] == ["Orders each", "Value each"]
    assert "80% are likely still customers" in found["note"]


@pytest.mark.parametrize("key", ["bands", "top", "at_risk", "rule", "ahead"])
@pytest.mark.parametrize("absent", [True, False])
def test_what_a_run_does_not_know_is_left_out(full: Path, tmp_path: Path, key: str, absent: bool) -> None:
    document = json.loads((full / "segments.json").read_text("utf-8"))
    for one in document["segments"]:
        one[key] = None
        if absent:
            del one[key]
    folder = build(tmp_path / "000002")
    (folder / "segments.json").write_text(json.dumps(document), "utf-8")
    card = summarise(folder)["segments"][0]
    gone = {"bands": "bands", "top": "products", "rule": "rule", "ahead": "ahead"}
    assert not card[gone[key]] if key in gone else [one["label"] for one in card["figures"]][-1] == "A customer"
    assert build_report(folder)


def test_the_list_s_command_names_the_segment_where_a_shell_reads_the_name_as_it_is() -> None:
    assert command({"name": "One-time large", "segment_id": "s3"}, "runs/000001").endswith('--segment "One-time large"')
    for name in (MARKUP, "$HOME", "a`b`", 'a "b"', "", "-x", "a\nb", "עברית \u202eRTL", "a!b"):
        assert command({"name": name, "segment_id": "s3"}, "runs/000001").endswith("--segment s3")


def test_where_no_habit_is_known_the_segment_s_own_sentence_stands() -> None:
    assert typical({"features": {}, "sentence": "Twelve of them."}, WORDS) == "Twelve of them."


def test_the_notebook_s_order_value_is_told_as_the_mean_line_it_is(full: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(full, tmp_path / "000002")
    model = json.loads((folder / "model.json").read_text("utf-8"))
    for one in model["features"]:
        one["registered"] = "avg_line_value" if one["feature"] == "avg_order_value" else one["feature"]
    (folder / "model.json").write_bytes(encode(seal(model)))
    cards = summarise(folder)["segments"]
    assert all(" a line" in one["typical"] and "an order" not in one["typical"] for one in cards)
    assert not {line["advice"] for one in cards for line in one["advice"]} & {"larger_orders", "more_often"}


@pytest.mark.parametrize("name", ADVICE.names())
def test_each_advice_follows_from_its_figure_and_from_no_other(name: str) -> None:
    advice = ADVICE[name]
    assert not advice.fits(PLAIN)
    spoken = dataclasses.replace(PLAIN, **SPEAKS[name])
    assert advice.fits(spoken)
    assert advice.because(spoken, WORDS).strip()


@pytest.mark.parametrize("name", ADVICE.names())
def test_an_advice_copes_with_what_is_not_known(name: str) -> None:
    nothing = Evidence(
        customers=500, share=0.2, revenue_share=None, worth=None, upper_orders=None, orders=None, order_value=None, recency=None,
        at_risk=None, ahead=None, past=None, days=0,
    )  # fmt: skip
    assert not ADVICE[name].fits(nothing)


def test_advice_hangs_on_no_name_no_number_and_no_currency(full: Path) -> None:
    document = json.loads((full / "segments.json").read_text("utf-8"))
    population = document["population"]
    for one in document["segments"]:
        other = one | {"name": "x", "cluster": 77, "segment_id": "s77"}
        assert advise(one, population, 90, WORDS) == advise(other, population, 90, WORDS)
        pennies = json.loads(json.dumps(one))
        pennies["features"]["avg_order_value"]["median"] *= 100
        pennies["ahead"] |= {key: pennies["ahead"][key] * 100 for key in ("expected_value", "past_value")}
        everybody = json.loads(json.dumps(population))
        everybody["features"]["avg_order_value"]["median"] *= 100
        told = [line["advice"] for line in advise(one, population, 90, WORDS)]
        assert told == [line["advice"] for line in advise(pennies, everybody, 90, WORDS)]
        assert 1 <= len(told) <= MOST


def test_once_and_gone_with_small_orders_is_told_to_be_cheap(full: Path) -> None:
    cards = {one["name"]: [line["advice"] for line in one["advice"]] for one in summarise(full)["segments"]}
    assert cards["Core"][0] == "keep"
    assert cards["One-time large"][0] == "second_order"
    assert cards["One-time small"] == ["spend_little"]


def test_a_few_who_can_be_judged_do_not_speak_for_a_segment(full: Path, tmp_path: Path) -> None:
    document = json.loads((full / "segments.json").read_text("utf-8"))
    regular = next(one for one in document["segments"] if one["name"] == "Regular")
    regular["at_risk"] = {"customers": 10, "of": 11, "share": 10 / 11}
    folder = build(tmp_path / "000002")
    (folder / "segments.json").write_text(json.dumps(document), "utf-8")
    (card,) = (one for one in summarise(folder)["segments"] if one["name"] == "Regular")
    assert "At risk" not in [one["label"] for one in card["figures"]]
    assert "win_back" not in [line["advice"] for line in card["advice"]]


def test_one_group_gets_no_advice_and_no_list(tmp_path: Path) -> None:
    (card,) = summarise(build(tmp_path / "000001", **VARIANTS["one"]))["segments"]
    assert card["advice"] == []
    assert card["command"] == ""


def test_evidence_is_ratios(full: Path) -> None:
    document = json.loads((full / "segments.json").read_text("utf-8"))
    found = evidence_of(document["segments"][0], document["population"], 90)
    assert found.worth == pytest.approx(document["segments"][0]["revenue_share"] / document["segments"][0]["share"])
    assert not found.once
    assert not found.gone
