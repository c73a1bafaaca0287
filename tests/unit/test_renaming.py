"""A rename is a new run that differs from the old one in the name alone, and says who gave it and why."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pyarrow.compute as pc
import pytest

import coterie as ct
from coterie.document import seal
from coterie.errors import BusyError, CoterieError, RecipeError, RunError
from coterie.model import SegmentModel
from coterie.segments.approved import approved_name

QUICK = {"choice": {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}, "k": 3}
SAME = ("ledger.json", "lines.csv", "orders.parquet", "quarantine.parquet", "sweep.json")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.run(ct.simulate(200, seed=5).lines, out=tmp_path_factory.mktemp("runs"), keep_lines=True, **QUICK)


@pytest.fixture
def renamed(first: ct.Run, tmp_path: Path) -> ct.Run:
    return ct.rename(first, "s1", "Loyal", reason="Ours.", by="Ada", at="2026-11-24T10:00:00Z", out=tmp_path)


def names(run: ct.Run) -> list[str]:
    return [segment["name"] for segment in run.segments["segments"]]


def texts(data: object) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in texts(value)]
    return [data] if isinstance(data, str) else []


def refused(first: ct.Run, old: str, new: str, **others: str) -> CoterieError:
    before = sorted(entry.name for entry in first.path.parent.iterdir())
    with pytest.raises(RecipeError) as caught:
        ct.rename(first, old, new, **{"reason": "Ours.", "by": "Ada", **others})
    assert sorted(entry.name for entry in first.path.parent.iterdir()) == before
    return caught.value


def test_every_file_that_tells_the_name_tells_the_new_one(first: ct.Run, renamed: ct.Run) -> None:
    old = names(first)[0]
    assert names(renamed) == ["Loyal", *names(first)[1:]]
    assert [segment["name"] for segment in renamed.model.segments] == names(renamed)
    assert renamed.model.assign({f: renamed.customers()[f].to_numpy() for f in renamed.model.features}).segment.count("Loyal")
    assert old not in texts(renamed.segments)
    table, before = renamed.customers("arrow"), first.customers("arrow")
    assert table["segment"].to_pylist() == ["Loyal" if name == old else name for name in before["segment"].to_pylist()]
    listed = (renamed.path / "customers.csv").read_text().splitlines()
    assert sum(",s1,Loyal," in row for row in listed) == pc.sum(pc.equal(table["segment_id"], "s1")).as_py() > 0
    assert sum(f",s1,{old}," in row for row in listed) == 0
    report = renamed.file("report.html").read_text()
    assert "Loyal" in report
    assert old not in report
    assert old in first.file("report.html").read_text()


def test_nothing_tells_the_old_name_even_within_a_sentence(first: ct.Run, renamed: ct.Run) -> None:
    old, table = names(first)[0], renamed.customers("arrow")
    model = {key: value for key, value in renamed.model.document.items() if key != "approved"}
    cells = [cell for column in table.itercolumns() if str(column.type) == "string" for cell in column.to_pylist()]
    told = [*texts(renamed.segments), *texts(renamed.sweep), *texts(model), *texts(cells)]
    assert [text for text in told if old in text] == []


def test_reasons_are_said_anew_with_the_new_name_and_the_same_figures(first: ct.Run, renamed: ct.Run) -> None:
    def explained(run: ct.Run) -> list[str]:
        table = run.customers("arrow")
        columns = {name: table[name].cast("double").fill_null(float("nan")).to_numpy() for name in run.model.features}
        clusters = table["cluster"].fill_null(-1).to_numpy().astype("int32")
        told: list[str] = run.model.explain(columns, clusters).table()["reason"].to_pylist()
        return told

    for run in (first, renamed):
        assert run.customers("arrow")["reason"].to_pylist() == explained(run)
    assert any("Loyal" in sentence for sentence in explained(renamed))
    assert not any(names(first)[0] in sentence for sentence in explained(renamed))


def test_what_need_not_change_is_the_same_to_the_byte(first: ct.Run, renamed: ct.Run) -> None:
    for name in SAME:
        assert renamed.file(name).read_bytes() == first.file(name).read_bytes(), name
    table, before = renamed.customers("arrow"), first.customers("arrow")
    assert [(field.name, field.type) for field in table.schema] == [(field.name, field.type) for field in before.schema]
    told = [name for name in ("segment", "nearest", "reason") if name in table.column_names]
    assert table.drop_columns(told).to_pylist() == before.drop_columns(told).to_pylist()
    back = ct.rename(renamed, "Loyal", names(first)[0], reason="Back.", by="Ada")
    for name in ("segments.json", "customers.csv"):
        assert back.file(name).read_bytes() == first.file(name).read_bytes(), name
    assert back.customers("arrow").to_pylist() == before.to_pylist()


def test_the_model_keeps_who_and_why_and_its_seal_holds(first: ct.Run, renamed: ct.Run) -> None:
    second = ct.rename(renamed, names(first)[1], "Steady", reason="Theirs.", by="Bo")
    model = SegmentModel.load(second.path)
    assert model.document == seal(model.document)
    assert model.document["approved"] == [
        {"segment_id": "s1", "name": "Loyal", "was": names(first)[0], "by": "Ada", "reason": "Ours.", "at": "2026-11-24T10:00:00Z"},
        {"segment_id": "s2", "name": "Steady", "was": names(first)[1], "by": "Bo", "reason": "Theirs.", "at": None},
    ]
    told_here = ("approved", "segments", "sha256")
    assert {key: value for key, value in model.document.items() if key not in told_here} == {
        key: value for key, value in first.model.document.items() if key not in told_here
    }


def test_the_manifest_is_the_old_one_but_for_what_is_new(first: ct.Run, renamed: ct.Run) -> None:
    new = ("run", "created", "renamed_from", "outputs", "sha256")
    assert (renamed.manifest["renamed_from"], renamed.manifest["created"]) == ("000001", "2026-11-24T10:00:00Z")
    assert {key: value for key, value in renamed.manifest.items() if key not in new} == {
        key: value for key, value in first.manifest.items() if key not in new
    }
    for name in renamed.manifest["outputs"]:
        assert renamed.file(name).is_file()
    assert set(renamed.manifest["outputs"]) == set(first.manifest["outputs"])


def test_latest_points_to_the_new_run_and_the_old_one_stays(renamed: ct.Run) -> None:
    root = renamed.path.parent
    before = {path.name: path.read_bytes() for path in renamed.path.iterdir()}
    again = ct.rename(root / "latest", "Loyal", "Club", reason="Shorter.", by="Ada")
    assert (again.number, ct.open_run(root).number) == ("000002", "000002")
    assert {path.name: path.read_bytes() for path in renamed.path.iterdir()} == before
    assert sorted(entry.name for entry in root.iterdir()) == [".lock", "000001", "000002", "latest"]


def test_a_name_that_is_a_word_of_a_sentence_changes_no_sentence(first: ct.Run, tmp_path: Path) -> None:
    common = ct.rename(first, "s1", "customers", reason="A common word.", by="Ada", out=tmp_path)
    again = ct.rename(common, "customers", "Loyal", reason="Better.", by="Ada")
    assert [s["sentence"] for s in again.segments["segments"]] == [s["sentence"] for s in first.segments["segments"]]
    assert "customers" in again.segments["segments"][0]["sentence"]
    assert list(again.segments) == list(first.segments)


def test_a_run_that_only_describes_its_segments_is_renamed_too(tmp_path: Path) -> None:
    run = ct.run(ct.simulate(120, seed=5).lines, out=tmp_path, clustering={"algorithm": "ward"}, **QUICK)
    renamed = ct.rename(run, "s2", "Middle", reason="Ours.", by="Ada")
    described = SegmentModel.load(renamed.path, assigning=False)
    assert described.kind == "coterie segment description"
    assert described.document["approved"][0]["name"] == described.segments[1]["name"] == names(renamed)[1] == "Middle"


def test_a_list_without_names_is_taken_over_as_it_is(tmp_path: Path) -> None:
    run = ct.run(ct.simulate(120, seed=5).lines, "notebook", out=tmp_path)
    renamed = ct.rename(run, "s1", "House friends", reason="Ours.", by="Ada")
    assert renamed.file("customers.csv").read_bytes() == run.file("customers.csv").read_bytes()
    assert "House friends" in renamed.customers()["segment"].tolist()


@pytest.mark.parametrize(
    "name", ["=HYPERLINK(1)", "<script>alert(1)</script>", "קבועים", "🦄, \"quoted\" 'n' more", "-1+1", "É" * 60]
)
def test_hostile_names_pass_unharmed(first: ct.Run, tmp_path: Path, name: str) -> None:
    renamed = ct.rename(first, "s1", name, reason=name, by=name, out=tmp_path)
    assert names(renamed)[0] == name
    assert name in renamed.customers()["segment"].tolist()
    cell = next(row for row in renamed.file("customers.csv").read_text("utf-8").splitlines() if ",s1," in row).split(",s1,")[1]
    assert not cell.startswith(("=", "-"))
    assert "<script>alert" not in renamed.file("report.html").read_text("utf-8")


@pytest.mark.parametrize(
    "name",
    ["", "  ", "\u200b\u200d", "a\nb", "a\x00b", "a\x1b[31m", "\u202eeroC", "a\u2067b", "a\u2028b", "\udcff", "x" * 61],
    ids=ascii,
)
def test_a_name_that_nobody_can_read_is_refused(first: ct.Run, name: str) -> None:
    assert refused(first, "s1", name).code == "bad_name"


@pytest.mark.parametrize(
    "name", ["s2", "S2", "returned", "Fully returned", "fully  RETURNED", "Ｆully returned", "Fully\u200b returned"], ids=ascii
)
def test_a_name_that_looks_like_another_is_refused(first: ct.Run, name: str) -> None:
    assert refused(first, "s1", name).code == "name_taken"


def test_another_segments_name_is_refused_and_the_own_may_change_its_case(first: ct.Run, tmp_path: Path) -> None:
    one, two = names(first)[:2]
    assert refused(first, "s1", two.upper()).code == "name_taken"
    assert refused(first, "s1", one).code == "same_name"
    assert names(ct.rename(first, one, one.upper(), reason="Loud.", by="Ada", out=tmp_path))[0] == one.upper()


def test_a_segment_that_is_not_there_is_refused_with_the_one_that_is_close(first: ct.Run) -> None:
    one = names(first)[0]
    error = refused(first, one[:-1].lower(), "Loyal")
    assert (error.code, error.fix) == ("unknown_segment", f"did you mean {one!r}?")
    assert f"{one} (s1)" in error.found
    assert refused(first, "zzzzzz", "Loyal").fix == "give one of the names or ids above."


@pytest.mark.parametrize(
    ("given", "code"), [({"reason": " "}, "bad_reason"), ({"by": "\n"}, "bad_person"), ({"reason": "x" * 501}, "bad_reason")]
)
def test_who_and_why_are_needed(first: ct.Run, given: dict[str, str], code: str) -> None:
    assert refused(first, "s1", "Loyal", **given).code == code


def test_space_around_a_name_is_no_part_of_it_and_accents_are_composed() -> None:
    assert approved_name(" Fide\u0301les\t", []) == "Fid\u00e9les"


def test_a_damaged_run_is_not_published_under_a_new_seal(first: ct.Run, tmp_path: Path) -> None:
    run = ct.rename(first, "s1", "Loyal", reason="Ours.", by="Ada", out=tmp_path)
    ledger = run.path / "ledger.json"
    changed = json.loads(ledger.read_text()) | {"fully_returned": 0, "more": 1}
    ledger.unlink()  # The same bytes lie in the first run, perhaps at the same place of the disk.
    ledger.write_text(json.dumps(changed))
    with pytest.raises(RunError, match="has been changed since it was published"):
        ct.rename(run, "Loyal", "Club", reason="Ours.", by="Ada")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", "000001", "latest"]


def test_files_are_the_same_on_disk_where_they_can_be(first: ct.Run) -> None:
    renamed = ct.rename(first, "s1", "Loyal", reason="Ours.", by="Ada")
    assert renamed.file("quarantine.parquet").samefile(first.file("quarantine.parquet"))


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no file system of its own to write to")
def test_files_are_copied_where_they_cannot_be_linked(first: ct.Run) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        renamed = ct.rename(first, "s1", "Loyal", reason="Ours.", by="Ada", out=folder)
        assert renamed.file("ledger.json").stat().st_dev != first.file("ledger.json").stat().st_dev
        assert renamed.file("ledger.json").read_bytes() == first.file("ledger.json").read_bytes()


def test_a_pointer_that_moved_meanwhile_is_not_overtaken(renamed: ct.Run) -> None:
    from coterie.renaming import _refuse_overtaken

    latest = renamed.path.parent / "latest"
    ct.rename(latest, "Loyal", "Club", reason="Ours.", by="Ada")
    with pytest.raises(BusyError, match="has moved on"):
        _refuse_overtaken(latest, renamed)
