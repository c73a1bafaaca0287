"""Audience lists: who is on them, in which form, and why each other one is not."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app
from coterie.errors import InputError, MappingError, RecipeError
from coterie.exports import EXPORTS
from coterie.exports.audience_layout import AUDIENCES
from coterie.exports.audiences import write_audience
from coterie.exports.drawing import CAUSES
from coterie.exports.holdout import held_out
from coterie.exports.list_files import parts

FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
HEADER = ("customer_id", "email", "phone", "first_name", "last_name", "country", "zip", "consent")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return ct.run(ct.simulate(300, seed=8).lines, k=2, out=tmp_path_factory.mktemp("runs"), choice=FAST)


@pytest.fixture(scope="module")
def ids(run: ct.Run) -> list[str]:
    return run.customers("arrow")["customer_id"].to_pylist()


def table(path: Path, rows: Iterable[Sequence[object]], header: Sequence[str] = HEADER) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def contact(one: str, **other: str) -> list[str]:
    whole = {
        "customer_id": one, "email": f"{one}@example.com", "phone": "", "first_name": "Ann", "last_name": "Lee",
        "country": "United Kingdom", "zip": "01234", "consent": "yes",
    } | other  # fmt: skip
    return [whole[name] for name in HEADER]


def rows_of(path: str | Path) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def contacts(ids: list[str], tmp_path: Path) -> Path:
    return table(tmp_path / "contacts.csv", (contact(one) for one in ids))


def export(to: str, run: ct.Run, target: Path, **options: Any) -> dict[str, Any]:
    told = EXPORTS[to](run, target, **options)
    counts = told["counts"]
    assert counts["members"] == sum(counts[cause] for cause in CAUSES), "the counts do not add up"
    return told


HEADERS = {
    "google": "Email,Phone,First Name,Last Name,Country,Zip",
    "meta": "email,phone,madid,fn,ln,ct,st,country,uid,value",
    "klaviyo": "Email,First Name,Last Name,Zip Code,Country,Email Marketing Consent,Customer ID,Segment,Segment ID,Total Orders",
    "mailchimp": "Email Address,First Name,Last Name,Tags,Customer ID,Segment,Segment ID,Total Orders",
    "hubspot": "Email,First Name,Last Name,Postal Code,Country/Region,Customer ID,Segment,Segment ID,Total Orders",
}


@pytest.mark.parametrize("audience", AUDIENCES, ids=lambda audience: audience.name)
def test_the_header_is_what_the_service_asks_for(audience: Any, run: ct.Run, contacts: Path, tmp_path: Path) -> None:
    export(audience.name, run, tmp_path / "a.csv", contacts=contacts)
    assert (tmp_path / "a.csv").read_text("utf-8").startswith(HEADERS[audience.name])


def test_google_hashes_all_but_country_and_zip(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    named = {"first_name": "ZOË ", "last_name": " Pérez", "zip": "EC1A 1BB"}
    mine = contact(ids[0], email=" Ann.LEE@Example.com ", phone="020 7946 0958", **named)
    export("google", run, tmp_path / "a.csv", contacts=table(tmp_path / "c.csv", [mine]))
    assert rows_of(tmp_path / "a.csv") == [
        {
            "Email": sha("ann.lee@example.com"),
            "Phone": sha("+442079460958"),
            "First Name": sha("zoë"),
            "Last Name": sha("pérez"),
            "Country": "GB",
            "Zip": "EC1A 1BB",
        }
    ]


def test_meta_hashes_digits_letters_and_the_country(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    mine = contact(ids[0], phone="+49 151 12345678", last_name="O'Neil-Lee", country="Germany")
    export("meta", run, tmp_path / "a.csv", contacts=table(tmp_path / "c.csv", [mine]))
    [row] = rows_of(tmp_path / "a.csv")
    spend = run.customers("arrow")["total_spend"][ids.index(ids[0])].as_py()
    assert (row["phone"], row["ln"], row["country"]) == (sha("4915112345678"), sha("oneillee"), sha("de"))
    assert (row["madid"], row["uid"], row["ct"]) == ("", "", "")
    assert float(row["value"]) == spend


def test_hubspot_and_mailchimp_get_plain_numbers_iso_dates_and_short_texts(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    given = table(tmp_path / "c.csv", [contact(ids[0], first_name="é" * 200, phone="+4915112345678")])
    export("mailchimp", run, tmp_path / "a.csv", contacts=given)
    [row] = rows_of(tmp_path / "a.csv")
    assert row["First Name"] == "é" * 127
    assert row["Phone Number"] == "+4915112345678"
    export("hubspot", run, tmp_path / "h.csv", contacts=given)
    [row] = rows_of(tmp_path / "h.csv")
    assert row["First Name"] == "é" * 200
    assert row["Last Order Date"][4:8:3] == "--"
    assert len(row["Last Order Date"]) == 10
    assert "e" not in row["Total Spend"]


@pytest.mark.parametrize("to", ["klaviyo", "mailchimp", "hubspot"])
def test_a_column_that_nobody_fills_is_left_out(to: str, run: ct.Run, contacts: Path, tmp_path: Path) -> None:
    export(to, run, tmp_path / "a.csv", contacts=contacts)
    header, *rows = csv.reader((tmp_path / "a.csv").read_text("utf-8").splitlines())
    assert "Total Spend" in header
    assert [name for at, name in enumerate(header) if not any(row[at] for row in rows)] == []


def test_every_member_has_one_fate(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    fates = [
        contact(ids[0]),
        contact(ids[1], consent="no"),
        contact(ids[2], consent=""),
        contact(ids[3], email="not an address"),
        contact(ids[4], email=f"{ids[0]}@EXAMPLE.com"),
        contact(ids[5]),
        contact(ids[6]),
        contact("nobody"),
    ]
    suppressed = tmp_path / "s.csv"
    suppressed.write_text("\n".join([ids[5], sha(f"{ids[6]}@example.com").upper(), "gone@example.com"]), "utf-8")
    told = export("klaviyo", run, tmp_path / "a.csv", contacts=table(tmp_path / "c.csv", fates), suppress=[suppressed])
    assert told["counts"] == {
        "members": len(ids), "matched": 7, "suppressed": 2, "without_contact": len(ids) - 7, "without_consent": 2,
        "without_address": 1, "shared_address": 1, "held_out": 0, "written": 1,
    }  # fmt: skip
    assert [row["Customer ID"] for row in rows_of(tmp_path / "a.csv")] == [ids[0]]
    assert told["suppression"] == {"entries": 3, "unmatched": 1}


def test_who_shares_an_address_with_a_suppressed_customer_is_not_written_to(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    rows = [contact(ids[0], email="us@example.com"), contact(ids[1], email="US@example.com"), contact(ids[2])]
    given = table(tmp_path / "c.csv", rows)
    barred = table(tmp_path / "s.csv", [[ids[0]]], ["customer_id"])
    told = export("hubspot", run, tmp_path / "a.csv", contacts=given, suppress=barred)
    assert told["counts"]["suppressed"] == 2
    assert [row["Customer ID"] for row in rows_of(tmp_path / "a.csv")] == [ids[2]]


def test_consent_must_be_in_every_row_of_a_customer(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    rows = [contact(ids[0]), contact(ids[0], email="other@example.com", consent="no"), contact(ids[1], consent="Opted-In")]
    told = export("hubspot", run, tmp_path / "a.csv", contacts=table(tmp_path / "c.csv", rows))
    assert [row["Customer ID"] for row in rows_of(tmp_path / "a.csv")] == [ids[1]]
    assert told["contacts"]["repeated"] == 1


def test_without_a_column_of_consent_everybody_is_taken_and_it_is_said(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    given = table(tmp_path / "c.csv", [[one, f"{one}@example.com"] for one in ids], ["customer_id", "email"])
    told = export("hubspot", run, tmp_path / "a.csv", contacts=given)
    assert told["counts"]["written"] == len(ids)
    assert any("consent" in note for note in told["notes"])


def test_a_column_that_may_be_about_consent_is_asked_about(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    given = table(tmp_path / "c.csv", [[ids[0], "a@example.com", "no"]], ["customer_id", "email", "Marketing permission (EU)"])
    with pytest.raises(MappingError, match="who consents") as refused:
        export("hubspot", run, tmp_path / "a.csv", contacts=given)
    assert refused.value.code == "unsure_consent"
    told = export("hubspot", run, tmp_path / "a.csv", contacts=given, map={"consent": "Marketing permission (EU)"})
    assert told["counts"]["without_consent"] == 1
    assert export("hubspot", run, tmp_path / "a.csv", contacts=given, all_consents=True)["counts"]["written"] == 1


def test_an_opt_out_is_no_consent(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    rows = [[ids[0], "a@example.com", "true"], [ids[1], "b@example.com", ""], [ids[2], "c@example.com", "2024-01-31"]]
    given = table(tmp_path / "c.csv", rows, ["customer_id", "email", "Unsubscribed from all email"])
    told = export("hubspot", run, tmp_path / "a.csv", contacts=given)
    assert (told["counts"]["without_consent"], told["counts"]["written"]) == (2, 1)


def test_ids_are_matched_as_the_run_reads_them(run: ct.Run, ids: list[str], tmp_path: Path) -> None:
    given = table(tmp_path / "c.csv", [[f"{one}.0", f"{one}@example.com"] for one in ids], ["Kunde", "email"])
    with pytest.raises(MappingError, match="no customer column"):
        export("hubspot", run, tmp_path / "a.csv", contacts=given)
    with pytest.raises(MappingError, match="--on for the customer id"):
        export("hubspot", run, tmp_path / "a.csv", contacts=given, on="Client")
    assert export("hubspot", run, tmp_path / "a.csv", contacts=given, on="Kunde")["counts"]["written"] == len(ids)
    frame = pyarrow.table({"customer_id": [float(one) for one in ids], "email": [f"{one}@example.com" for one in ids]})
    assert export("hubspot", run, tmp_path / "a.csv", contacts=frame)["counts"]["written"] == len(ids)


def test_an_email_may_be_the_customers_id(tmp_path: Path) -> None:
    lines = ct.simulate(60, seed=8).lines
    emails = [one and f"c{one}@example.com" for one in lines["CustomerID"].to_pylist()]
    lines = lines.set_column(lines.column_names.index("CustomerID"), "CustomerID", pyarrow.array(emails))
    run = ct.run(lines, k=2, out=tmp_path / "runs", choice=FAST)
    given = table(tmp_path / "c.csv", [[one] for one in sorted({one for one in emails if one})], ["Email"])
    told = export("hubspot", run, tmp_path / "a.csv", contacts=given, on="Email")
    assert told["counts"]["written"] == told["counts"]["members"]


def test_contacts_of_other_customers_are_refused(run: ct.Run, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="Not one contact"):
        export("google", run, tmp_path / "a.csv", contacts=table(tmp_path / "c.csv", [contact("nobody")]))
    assert not (tmp_path / "a.csv").exists()


def test_a_suppression_list_with_a_torn_row_is_refused(run: ct.Run, contacts: Path, tmp_path: Path) -> None:
    torn = tmp_path / "s.csv"
    torn.write_text("customer_id,email\n1,a@example.com\n2,b@example.com,x\n3,c@example.com\n", "utf-8")
    with pytest.raises(InputError, match="record 3"):
        export("google", run, tmp_path / "a.csv", contacts=contacts, suppress=torn)


@pytest.mark.parametrize("text", ["{id}\n", "customer_id\n{id}\n", "{id}@example.com\n", "Email\n{ID}@EXAMPLE.com\n", "{hash}\n"])
def test_a_suppression_list_of_one_line(run: ct.Run, ids: list[str], contacts: Path, tmp_path: Path, text: str) -> None:
    listed = tmp_path / "s.csv"
    listed.write_text(text.format(id=ids[7], ID=ids[7].upper(), hash=sha(f"{ids[7]}@example.com")), "utf-8")
    told = export("klaviyo", run, tmp_path / "a.csv", contacts=contacts, suppress=listed)
    assert told["counts"]["suppressed"] == 1
    assert ids[7] not in {row["Customer ID"] for row in rows_of(tmp_path / "a.csv")}


def test_segments_are_named_by_id_or_name(run: ct.Run, tmp_path: Path) -> None:
    first = run.segments["segments"][0]
    for name in first["segment_id"], first["name"].upper():
        assert export("csv", run, tmp_path / "a.csv", segment=[name])["counts"]["written"] == first["customers"]
    with pytest.raises(RecipeError, match="no segment"):
        export("csv", run, tmp_path / "a.csv", segment="Nobody")


def test_the_same_customers_are_held_out_of_every_export(run: ct.Run, ids: list[str], contacts: Path, tmp_path: Path) -> None:
    every = ("google", "hubspot", "csv", "xlsx", "parquet")
    for to in every:
        export(to, run, tmp_path / f"{to}.x", **({"contacts": contacts} if to in AUDIENCES else {}), holdout="20%")
    lists = {to: {row["customer_id"] for row in rows_of(tmp_path / f"{to}-holdout.csv")} for to in every}
    assert len(set(map(frozenset, lists.values()))) == 1
    held = lists["csv"]
    written = {row["customer_id"] for row in rows_of(tmp_path / "csv.x")}
    assert held | written == set(ids)
    assert not held & written
    part = export("csv", run, tmp_path / "p.csv", holdout="20%", segment=run.segments["segments"][0]["segment_id"])
    assert {row["customer_id"] for row in rows_of(part["holdout"]["path"])} <= held
    other = export("csv", run, tmp_path / "o.csv", holdout="20%", holdout_key="spring")
    assert {row["customer_id"] for row in rows_of(other["holdout"]["path"])} != held


def test_holding_out_hangs_on_id_and_key_alone() -> None:
    customers = [str(i) for i in range(20_000)]
    drawn = dict(zip(customers, held_out(customers, 0.1, b"k"), strict=True))
    assert dict(zip(reversed(customers), held_out(reversed(customers), 0.1, b"k"), strict=True)) == drawn
    assert abs(sum(drawn.values()) - 2000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5
    more = dict(zip(customers, held_out(customers, 0.2, b"k"), strict=True))
    assert all(more[one] for one, out in drawn.items() if out)


@pytest.mark.parametrize("share", ["0%", "100%", "ten", "-1", "1.5", ""])
def test_a_share_that_is_none_is_refused(run: ct.Run, tmp_path: Path, share: str) -> None:
    with pytest.raises(RecipeError, match="no share"):
        export("csv", run, tmp_path / "a.csv", holdout=share)


def test_parts_are_under_the_limit_and_lose_nothing() -> None:
    rows = [[f"{i}", "ä" * (i % 50)] for i in range(1000)]
    made = list(parts(["id", "text"], rows, most_bytes=2000))
    assert len(made) > 5
    assert all(len(content) <= 2000 for content, _ in made)
    back = [row for content, _ in made for row in list(csv.reader(content.decode().splitlines()))[1:]]
    assert back == rows
    assert [count for _, count in parts(["id", "text"], rows, most_rows=400)] == [400, 400, 200]


def test_a_long_list_is_numbered_and_an_older_one_is_named(run: ct.Run, contacts: Path, tmp_path: Path) -> None:
    export("klaviyo", run, tmp_path / "a.csv", contacts=contacts)
    told = write_audience(replace(AUDIENCES["klaviyo"], most_bytes=10_000), run, tmp_path / "a.csv", contacts=contacts)
    names = [Path(file["path"]).name for file in told["files"]]
    assert names == [f"a-{number}.csv" for number in range(1, len(names) + 1)]
    assert len(names) > 2
    assert all(file["bytes"] <= 10_000 for file in told["files"])
    assert sum(file["customers"] for file in told["files"]) == told["counts"]["written"]
    assert told["stale"] == [str(tmp_path / "a.csv")]


def test_without_contacts_an_audience_says_what_it_needs(run: ct.Run, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="needs contacts"):
        export("google", run, tmp_path / "a.csv")


def test_a_failure_leaves_no_file_behind(run: ct.Run, contacts: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a-exposed.csv").mkdir()
    with pytest.raises(OSError, match="directory"):
        export("google", run, tmp_path / "out" / "a.csv", contacts=contacts, holdout="10%")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-exposed.csv"]


def test_the_command_names_every_format() -> None:
    said = CliRunner().invoke(app, ["export", "--help"], env={"COLUMNS": "300"}).stdout
    named = set(re.findall(r"[a-z0-9]+", said.partition("--to")[2].partition("--output")[0]))
    assert {export.name for export in EXPORTS} <= named
