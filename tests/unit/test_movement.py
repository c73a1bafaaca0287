"""Movement between runs and what outlives a refit, by tables counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars
import pyarrow
import pytest

import coterie as ct
from coterie.errors import CoterieError, RunError
from coterie.segments.identity import Lineage, inherit, kinships
from coterie.segments.migration import Standing, migrate
from coterie.segments.segment import Segment

QUICK = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
ABC = (("s1", "Core"), ("s2", "Regular"), ("s3", "Light"))


def standing(members: dict[str, str], places: tuple[tuple[str, str], ...] = ABC, value: dict[str, float] | None = None) -> Standing:
    """Return where customers stand: a string of one-letter ids for each segment."""
    ids = [one for segment in members.values() for one in segment]
    known = [one for one, _ in places]
    place = np.array([known.index(segment) for segment, group in members.items() for _ in group], dtype=np.intp)
    return Standing(pyarrow.array(ids), places, place, None if value is None else np.array([value[one] for one in ids]))


def segment(cluster: int, name: str) -> Segment:
    return Segment(cluster, f"s{cluster + 1}", name, "", 1, 0.5, None, None, None, {})


def test_everybody_is_in_one_cell_and_money_is_the_later_runs():
    march = standing({"s1": "ab", "s2": "cdef", "s3": "g"}, value=dict.fromkeys("abcdefg", 1.0))
    april = standing({"s3": "gh", "s1": "abc", "s2": "de"}, value=dict(zip("abcdegh", [9, 8, 7, 6, 5, 4, 3], strict=True)))
    moved = migrate(march, april)
    assert moved.customers.tolist() == [[2, 0, 0, 0], [1, 2, 0, 1], [0, 0, 1, 0], [0, 0, 1, 0]]
    assert moved.revenue.tolist() == [[17, 0, 0, 0], [7, 11, 0, 0], [0, 0, 4, 0], [0, 0, 3, 0]]
    assert moved.revenue_before.tolist() == [[2, 0, 0, 0], [1, 2, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert sum(cell["customers"] for cell in moved.cells()) == 8
    assert next(cell for cell in moved.cells() if (cell["from"], cell["to"]) == ("s2", "s1"))["share"] == 0.25
    assert (moved.names("s2", "s1"), moved.names("new", "s3"), moved.names("s2", "gone")) == (["c"], ["h"], ["f"])
    with pytest.raises(CoterieError, match="no 's9'"):
        moved.names("s9", "s1")


def test_the_order_of_the_rows_changes_nothing():
    value = {one: 0.1 * i for i, one in enumerate("abcdefgh")}
    one = migrate(standing({"s1": "abcd", "s2": "efgh"}, value=value), standing({"s1": "abe", "s3": "fghcd"}, value=value))
    other = migrate(standing({"s2": "hgfe", "s1": "dcba"}, value=value), standing({"s3": "dchgf", "s1": "eba"}, value=value))
    assert one.cells() == other.cells()
    assert one.names("s1", "s3") == other.names("s1", "s3") == ["c", "d"]


def test_a_run_that_knows_no_money_has_none():
    moved = migrate(standing({"s1": "ab"}), standing({"s1": "ab"}, value={"a": 1.0, "b": 2.0}))
    assert moved.revenue_before is None
    assert moved.cells()[0]["revenue_before"] is None
    assert moved.cells()[0]["revenue"] == 3.0


def test_a_pair_above_the_line_is_never_traded_for_two_poor_ones():
    # By sums alone the pairs of 0.40 and 0.20 would win over the one of 0.52.
    shared = np.array([[60, 40], [15, 0]])
    found = {pair.before: pair for pair in kinships(["s1", "s2"], ["s1", "s2"], shared)}
    assert found["s1"].after == "s1"
    assert found["s1"].jaccard == pytest.approx(60 / 115)
    assert found["s1"].same
    assert "s2" not in found  # it shares nobody with what is left


def test_exactly_half_is_another_segment():
    pair = kinships(["s1"], ["s1", "s2"], np.array([[5, 5]]))[0]
    assert (pair.jaccard, pair.same) == (0.5, False)


def test_customers_who_kept_nothing_are_no_segment():
    pairs = kinships(["s1", "returned"], ["returned", "s1"], np.array([[1, 9], [5, 0]]))
    assert [(pair.before, pair.after, pair.jaccard) for pair in pairs] == [("s1", "s1", 0.9)]


def test_ids_follow_the_members_and_a_new_segment_gets_an_id_that_never_was():
    before = standing({"s1": "abcd", "s2": "efgh", "s3": "ijkl"})
    approved = [{"segment_id": "s1", "name": "Club"}, {"segment_id": "s3", "name": "Regular"}]
    lineage = Lineage("000007", before, approved, highest=5)
    # s2 is the old s1; s1 is the old s2, s3 has members of everywhere.
    places = (("s1", "Regular"), ("s2", "Core"), ("s3", "Light"))
    after = standing({"s1": "efg", "s2": "abcx", "s3": "dhijyz"}, places)
    told, about, note = inherit([segment(0, "Regular"), segment(1, "Core"), segment(2, "Light")], after, lineage)
    assert [(one.segment_id, one.name) for one in told] == [("s2", "Regular"), ("s1", "Club"), ("s6", "Light")]
    assert about["approved"] == approved[:1]
    assert about["identity"]["highest"] == 6
    assert note == "2 of 3 segments have their ids from run 000007; new: Light (s6)."


def test_a_name_by_evidence_gives_way_to_an_approved_one():
    before = standing({"s1": "abcd", "s2": "efgh"}, ABC[:2])
    lineage = Lineage("000001", before, [{"segment_id": "s1", "name": "regular"}], highest=2)
    told, _, note = inherit([segment(0, "Core"), segment(1, "Regular")], before, lineage)
    assert [one.name for one in told] == ["regular", "Regular, s2"]
    assert note == "2 of 2 segments have their ids from run 000001."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three runs: of early lines, the same with a name, and of all lines like that."""
    lines = polars.from_arrow(ct.simulate(200, seed=5).lines)
    early = lines.sort("InvoiceDate").head(int(len(lines) * 0.8))
    out = tmp_path_factory.mktemp("runs")
    ct.run(early, out=out, k=3, choice=QUICK)
    ct.rename(out, "s2", "Middle", reason="Ours.", by="Ada")
    ct.run(lines, out=out, k=3, choice=QUICK, like=out / "latest")
    return out


def test_a_run_like_another_has_its_ids_and_names_in_every_file(folder: Path):
    before, after = ct.open_run(folder / "000002"), ct.open_run(folder / "000003")
    found = ct.compare(before, after)
    for pair in found.pairs:
        assert pair.same == (pair.before == pair.after)
    told = {one["segment_id"]: one["name"] for one in after.segments["segments"]}
    assert told == {one["segment_id"]: one["name"] for one in after.model.segments}
    table = after.customers("arrow")
    assert {(one["segment_id"], one["segment"]) for one in table.select(["segment_id", "segment"]).to_pylist()} >= set(told.items())
    assert told.get("s2") == "Middle"
    assert after.model.document["approved"][0]["by"] == "Ada"
    assert any(note.endswith("from run 000002.") or "from run 000002; new: " in note for note in after.manifest["notes"])


def test_a_comparison_counts_every_customer_once(folder: Path):
    before, after = ct.open_run(folder / "000002"), ct.open_run(folder / "000003")
    found = ct.compare(before, after)
    said = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert sum(cell["customers"] for cell in said["cells"] if cell["from"] != "new") == before.customers("arrow").num_rows
    assert sum(cell["customers"] for cell in said["cells"] if cell["to"] != "gone") == after.customers("arrow").num_rows
    revenue = sum(cell["revenue"] for cell in said["cells"] if cell["to"] not in ("gone", "returned"))
    assert revenue == pytest.approx(after.segments["population"]["revenue"])
    assert len(found.names("new", "s1")) == sum(c["customers"] for c in said["cells"] if (c["from"], c["to"]) == ("new", "s1"))


def test_a_run_against_itself_moves_nobody(folder: Path):
    found = ct.compare(folder / "000001", folder / "000001")
    assert (found.counts["moved"], found.counts["new"], found.counts["gone"], found.agreement) == (0, 0, 0, 1.0)


def test_a_run_that_is_not_there_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(RunError, match="is not a run"):
        ct.run(ct.simulate(50, seed=1).lines, out=tmp_path / "out", like=tmp_path / "none")
    assert not list((tmp_path).glob("out/0*"))
