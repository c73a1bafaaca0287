"""The pictures: valid charts, one colour a segment, enough contrast."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jsonschema import ValidationError

from coterie import charts
from coterie.report import summarise
from run_folder import VARIANTS, build

STYLE = (Path(charts.__file__).parent.parent / "report" / "templates" / "style.css").read_text("utf-8")


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def declared(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark if scheme == "dark" else light))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_stylesheet_and_the_charts_have_the_same_colours(scheme: str) -> None:
    css = declared(scheme)
    assert {name: css[name] for name in charts.TOKENS[scheme]} == charts.TOKENS[scheme]
    assert tuple(css[f"segment-{place}"] for place in range(1, 13)) == charts.SEGMENTS[scheme]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_text_stand_out_on_both_surfaces(scheme: str) -> None:
    css = declared(scheme)
    for surface in (css["page"], css["surface"]):
        assert all(contrast(color, surface) >= 3 for color in (*charts.SEGMENTS[scheme], css["soft"]))
        assert all(contrast(css[name], surface) >= 4.5 for name in ("ink", "muted", "accent", "good", "caution"))


def test_a_colour_follows_the_id_and_neighbours_differ() -> None:
    assert charts.color("s2") == charts.color("s2") != charts.color("s1")
    assert len({charts.color(f"s{number}") for number in range(1, 13)}) == 12
    assert charts.color("s2", "page") == "var(--segment-2)"
    assert charts.color("returned") in charts.SEGMENTS["light"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_picture_of_every_run_is_a_valid_chart(tmp_path: Path, variant: str) -> None:
    drawn = charts.specs(summarise(build(tmp_path / "000001", **VARIANTS[variant]))["pictures"], scheme="page")
    assert {"shares", "profile_total_spend", "score_silhouette"} <= set(drawn)
    assert ("map" in drawn) is (variant != "one")
    assert ("ahead" in drawn) is variant.startswith("full")
    for spec in drawn.values():
        charts.chart(spec)  # Altair holds it against Vega-Lite's schema.


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_for_a_notebook_has_plain_colours(tmp_path: Path, scheme: charts.Scheme) -> None:
    spec = charts.specs(summarise(build(tmp_path / "000001"))["pictures"], scheme=scheme)["shares"]
    shown = charts.chart(spec).to_json()
    assert charts.color("s1", scheme) in shown
    assert "var(" not in shown


def test_a_chart_that_is_not_valid_is_refused(tmp_path: Path) -> None:
    spec = charts.specs(summarise(build(tmp_path / "000001"))["pictures"])["shares"]
    spec["layer"][0]["mark"]["type"] = "pie"
    with pytest.raises(ValidationError, match="pie"):
        charts.chart(spec)


def test_a_chart_states_its_finding(tmp_path: Path) -> None:
    drawn = charts.specs(summarise(build(tmp_path / "000001"))["pictures"])
    assert re.fullmatch(r"Core is 24% of customers and \d\d% of revenue", drawn["shares"]["title"])
