"""Long texts are typed while they are read, as their beginning is: what comes later changes no answer, whatever it is."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from pathlib import Path
from typing import Any

import pytest

import coterie as ct
from coterie.cleaning import clean
from coterie.engines import Engine, open_engine
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.sources import files, read_lines, text
from coterie.sources.encoding import Survey

HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
FIRST = 200
"""Lines of the beginning; all that is odd comes after them."""


def line(number: int, **own: str) -> list[str]:
    """Return a plain line, with cells of its own."""
    day = 1 + number % 28
    cells = {
        "InvoiceNo": str(536000 + number // 3), "StockCode": f"8{number % 40:03}A", "Description": f"CUP {number % 40}",
        "Quantity": str(1 + number % 12), "InvoiceDate": f"{day:02}/{1 + number % 11:02}/2011 10:{number % 60:02}",
        "UnitPrice": f"{1 + number % 5}.{number % 100:02}", "CustomerID": f"{12000 + number % 50}.0", "Country": "France",
    }  # fmt: skip
    return list((cells | own).values())


def written(path: Path, later: list[dict[str, str]], *, header: list[str] = HEADER, encoding: str = "utf-8") -> Path:
    """Write plain lines, and after them those with cells of their own, each before a plain one."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(line(number) for number in range(2 * FIRST))
    for number, own in enumerate(later):
        writer.writerow(line(2 * FIRST + 2 * number, **own))
        writer.writerow(line(2 * FIRST + 2 * number + 1))
    path.write_bytes(out.getvalue().encode(encoding))
    return path


@pytest.fixture
def beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every text a long one, with a beginning of some two hundred lines."""
    monkeypatch.setattr(text, "SAMPLE", FIRST * 64)


def read(inputs: Any, monkeypatch: pytest.MonkeyPatch, *, long: bool, **reading: Any) -> tuple[dict[str, Any], bool]:
    """Return all that is told of files, or the refusal; and whether their lines were typed on the way in."""
    monkeypatch.setattr(files, "LONG", 1 if long else 1 << 40)
    recipe = Recipe.load("default")
    recipe = recipe.model_copy(update={"reading": recipe.reading.model_copy(update=reading)})
    with open_engine() as engine:
        try:
            lines = read_lines(engine, inputs, recipe)
        except InputError as refusal:
            return {"refused": (refusal.wrong, refusal.found, refusal.fix)}, False
        told: dict[str, Any] = {name: getattr(lines, name) for name in ("matches", "inputs", "warnings", "notes", "habits", "told")}
        for name in (lines.table, lines.raw):
            told[name] = engine.columns(name), engine.rows(f"SELECT * FROM {name} ORDER BY source_row")
        told["ledger"] = clean(engine, lines, recipe).ledger
        return told, is_view(engine, lines.table)


def is_view(engine: Engine, name: str) -> bool:
    return (name,) in engine.rows("SELECT view_name FROM duckdb_views()")


LATER: dict[str, tuple[dict[str, str], bool]] = {
    # What comes after the beginning, and whether the columns are read as it promised.
    "nothing odd": ({}, True),
    "no number": ({"Quantity": "two"}, False),
    "a number out of range": ({"UnitPrice": "1e12"}, True),
    "no date": ({"InvoiceDate": "soon"}, True),
    "no such day": ({"InvoiceDate": "31/02/2011 10:00"}, True),
    "too early a date": ({"InvoiceDate": "01/01/1911 10:00"}, True),
    "a date of the future": ({"InvoiceDate": "01/01/2031 10:00"}, True),
    "no customer": ({"CustomerID": ""}, True),
    "a padded text": ({"Description": " CUP ", "Country": "France "}, True),
    "a text of blanks": ({"Description": "  ", "Country": ""}, True),
    "a line end within quotes": ({"Description": 'CUP\nor "MUG"'}, True),
    "a date without its time": ({"InvoiceDate": "13/05/2011"}, False),
    "an id that is no number": ({"CustomerID": "A17"}, True),
    "a padded id": ({"InvoiceNo": " 536999"}, False),
    "a padded number": ({"Quantity": "7 "}, False),
    "a control character": ({"StockCode": "A\x07"}, True),
    "a thousands separator": ({"UnitPrice": "1,234.50"}, False),
    "a decimal comma": ({"UnitPrice": "3,5"}, False),
    "an underscore": ({"Quantity": "1_000"}, False),
    "an id without its digits": ({"InvoiceNo": "5.36E+05"}, False),
    "a record too short": ({"Country": "France\nragged"}, True),
}


@pytest.mark.parametrize("name", LATER)
@pytest.mark.usefixtures("beginning")
def test_what_comes_late_is_read_as_if_all_had_been_seen_before(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, as_promised = LATER[name]
    path = written(tmp_path / "sales.csv", [own] * 3)
    at_once, typed = read(path, monkeypatch, long=True)
    expected, _ = read(path, monkeypatch, long=False)
    assert at_once == expected
    assert typed == as_promised


@pytest.mark.usefixtures("beginning")
def test_a_record_that_does_not_fit_is_counted_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "sales.csv", [{}])
    path.write_text(path.read_text() + "ragged\n" + ",".join(line(999, Quantity="two")) + "\n")
    at_once, typed = read(path, monkeypatch, long=True)
    expected, _ = read(path, monkeypatch, long=False)
    assert at_once == expected
    assert not typed
    assert [row[-1] for row in at_once["source1_lines"][1]][-2:] == ["ragged", "not_a_number"]


@pytest.mark.usefixtures("beginning")
def test_the_order_of_day_and_month_is_decided_by_all_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, rows = tmp_path / "sales.csv", [line(number, InvoiceDate=f"{1 + number % 12:02}/05/2011") for number in range(400)]
    for last, notes in (("13/05/2011", "%d/%m/%Y"), ("05/13/2011", "%m/%d/%Y")):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows, line(400, InvoiceDate=last)])
        at_once, _ = read(path, monkeypatch, long=True)
        assert at_once == read(path, monkeypatch, long=False)[0]
        assert f"InvoiceDate: dates read as {notes}." in at_once["notes"]


@pytest.mark.usefixtures("beginning")
def test_columns_called_as_what_lies_beside_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = ["invoice_no", "product_id", "coterie_quantity", "quantity", "invoice_date", "price", "customer_id", "line"]
    path = written(tmp_path / "sales.csv", [{"InvoiceDate": "soon"}], header=header)
    at_once, typed = read(path, monkeypatch, long=True)
    assert typed
    assert at_once == read(path, monkeypatch, long=False)[0]
    assert [*at_once["source1_raw"][0]][4:7] == ["invoice_no", "product_id", "coterie_quantity_"]


@pytest.mark.usefixtures("beginning")
def test_several_files_are_typed_only_if_they_are_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = written(tmp_path / "a.csv", [{}]), written(tmp_path / "b.csv", [{"InvoiceDate": "soon"}] * 2)
    at_once, typed = read([one, two], monkeypatch, long=True)
    assert typed
    assert at_once == read([one, two], monkeypatch, long=False)[0]
    other = tmp_path / "c.csv"
    other.write_text(one.read_text().replace(".0,France", ",France"))
    at_once, typed = read([one, other], monkeypatch, long=True)
    assert not typed
    assert at_once == read([one, other], monkeypatch, long=False)[0]


@pytest.mark.usefixtures("beginning")
def test_packed_and_converted_texts_are_typed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = written(tmp_path / "sales.csv", [{"Description": "CAFÉ", "InvoiceDate": "soon"}], encoding="cp1252")
    packed = tmp_path / "sales.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for path in (plain, packed):
        at_once, typed = read(path, monkeypatch, long=True)
        assert typed
        assert at_once == read(path, monkeypatch, long=False)[0]


@pytest.mark.usefixtures("beginning")
def test_a_run_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [{"InvoiceDate": "soon"}, {"InvoiceDate": "01/01/2031 10:00"}, {"CustomerID": ""}, {"Quantity": "-3"}, {"Quantity": "-3"}]
    path, runs = written(tmp_path / "sales.csv", odd), []
    for long in (1, 1 << 40):
        monkeypatch.setattr(files, "LONG", long)
        runs.append(ct.run(path, out=tmp_path / str(long), recipe="notebook", k=2, keep_lines=True, keep_parts=True))
    for name in ("customers.csv", "lines.csv", "ledger.json", "segments.json", "quarantine.parquet"):
        assert (runs[0].path / name).read_bytes() == (runs[1].path / name).read_bytes(), name


def test_line_ends_are_told_wherever_a_text_is_cut() -> None:
    for size in range(7):
        for letters in itertools.product(b"a\r\n", repeat=size):
            whole = bytes(letters)
            crs, lfs, pairs = whole.count(b"\r"), whole.count(b"\n"), whole.count(b"\r\n")
            for cut in range(size + 1):
                survey = Survey()
                for chunk in (whole[:cut], whole[cut:]):
                    survey.see(chunk)
                assert survey.mixed_line_ends == (crs > 0 and not crs == lfs == pairs), (whole, cut)
