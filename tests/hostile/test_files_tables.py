"""Hostile workbooks, Parquet and database files, frames, and several inputs at once."""

from __future__ import annotations

import datetime
import decimal
import gzip
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import polars
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

import coterie as ct
from coterie.engines import Engine, open_engine
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.sources import Lines, read_lines

HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
DAY = datetime.datetime(2011, 1, 15, 10, 0)
ROW: list[Any] = ["536365", "85123A", "Cup", 2, DAY, 2.5, 17850.0, "UK"]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def read(engine: Engine, inputs: Any, **reading: Any) -> Lines:
    return read_lines(engine, inputs, Recipe.load("default").override({"reading": reading}))


SHOWN = "customer_id, quantity, transaction_value, invoice_date, problem"


def rows(engine: Engine, lines: Lines, columns: str = SHOWN) -> list[Any]:
    return engine.rows(f"SELECT {columns} FROM {lines.table} ORDER BY source_row")


def refused(engine: Engine, inputs: Any, **reading: Any) -> InputError:
    with pytest.raises(InputError) as refusal:
        read(engine, inputs, **reading)
    assert refusal.value.wrong
    assert refusal.value.found
    assert refusal.value.fix
    return refusal.value


def workbook(path: Path, *body: list[Any], sheets: int = 1) -> Path:
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.active if number == 0 else book.create_sheet(f"More {number}")
        for row in (HEADER, *body):
            sheet.append(row)
    book.save(path)
    return path


GOOD = ("17850", 2, 5, DAY, None)


# Workbooks


def test_workbook_is_read_with_its_types(engine: Engine, tmp_path: Path) -> None:
    lines = read(engine, workbook(tmp_path / "sales.xlsx", ROW, ["C536379", "D", None, -1, DAY, 27.5, None, "UK"]))
    assert rows(engine, lines) == [GOOD, (None, -1, decimal.Decimal("-27.5"), DAY, None)]
    assert rows(engine, lines, "invoice_no") == [("536365",), ("C536379",)]
    assert engine.rows(f"SELECT source_line FROM {lines.raw} ORDER BY source_row") == [(2,), (3,)]


def test_workbook_of_the_1904_epoch(engine: Engine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in (HEADER, ROW):
        book.active.append(row)
    book.save(tmp_path / "mac.xlsx")
    assert rows(engine, read(engine, tmp_path / "mac.xlsx")) == [GOOD]


def test_several_sheets_must_be_chosen_from(engine: Engine, tmp_path: Path) -> None:
    path = workbook(tmp_path / "sales.xlsx", ROW, sheets=2)
    error = refused(engine, path)
    assert error.code == "choose_one"
    assert error.fix == '--sheet "Sheet"'
    assert rows(engine, read(engine, path, sheet="More 1")) == [GOOD]
    assert refused(engine, path, sheet="Nix").code == "choose_one"


def test_an_empty_second_sheet_is_no_choice(engine: Engine, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(workbook(tmp_path / "sales.xlsx", ROW))
    book.create_sheet("Empty")
    book.save(tmp_path / "sales.xlsx")
    assert rows(engine, read(engine, tmp_path / "sales.xlsx")) == [GOOD]


def test_formula_without_a_value_is_set_aside(engine: Engine, tmp_path: Path) -> None:
    formula = [*ROW[:5], "=1+1.5", *ROW[6:]]
    lines = read(engine, workbook(tmp_path / "sales.xlsx", ROW, formula))
    assert [problem for *_, problem in rows(engine, lines)] == [None, "not_a_number"]
    assert "1 formulas have no value" in "".join(lines.warnings)


def test_numbers_beside_words_keep_their_decimal_mark(engine: Engine, tmp_path: Path) -> None:
    path = workbook(tmp_path / "sales.xlsx", [*ROW[:5], 2.555, *ROW[6:]], [*ROW[:5], "1.000,50", *ROW[6:]])
    lines = read(engine, path, decimal=",")
    assert rows(engine, lines, "price") == [(decimal.Decimal("2.555"),), (decimal.Decimal("1000.5"),)]


def test_merged_header_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = workbook(tmp_path / "sales.xlsx", ROW)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:B1")
    book.save(path)
    assert refused(engine, path).code == "columns"


def test_values_beside_the_table_are_refused_and_blank_rows_below_it_are_none(engine: Engine, tmp_path: Path) -> None:
    assert refused(engine, workbook(tmp_path / "note.xlsx", [*ROW, "a note"])).code == "columns"
    assert len(rows(engine, read(engine, workbook(tmp_path / "blank.xlsx", ROW, [""] * 8, [" ".strip()] * 8)))) == 1


def test_full_sheet_warns(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coterie.sources.workbook.MAX_ROWS", 3)
    assert "is full" in "".join(read(engine, workbook(tmp_path / "sales.xlsx", ROW, ROW)).warnings)


def rezipped(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as old:
        held = {entry: old.read(entry) for entry in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry, content in held.items():
            new.writestr(entry, change(content) if entry == name else content)
    return path


def test_zip_bomb_is_refused_unparsed(engine: Engine, tmp_path: Path) -> None:
    book = workbook(tmp_path / "sales.xlsx", ROW)
    path = rezipped(book, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (50 << 20))
    assert refused(engine, path).code == "decompression_bomb"


def test_xml_bomb_is_refused_unparsed(engine: Engine, tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    path = rezipped(workbook(tmp_path / "sales.xlsx", ROW), "xl/worksheets/sheet1.xml", lambda xml: bomb + xml)
    assert refused(engine, path).code == "xml_bomb"


FOREIGN = {
    "html": (b"\xef\xbb\xbf <HTML><body><table>", "kind"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "kind"),
    "encrypted": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000_000) + "EncryptedPackage".encode("utf-16-le"),
         "kind"),
    "cut": (b"PK\x03\x04" + bytes(40), "corrupt"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_workbook(name: str, engine: Engine, tmp_path: Path) -> None:
    content, code = FOREIGN[name]
    (tmp_path / "sales.xlsx").write_bytes(content)
    error = refused(engine, tmp_path / "sales.xlsx")
    assert error.code == code
    assert ("encrypted" in error.wrong) == (name == "encrypted")


def test_another_archive(engine: Engine, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sales.xlsx", "w") as archive:
        archive.writestr("sales.csv", "a,b\n1,2\n")
    assert refused(engine, tmp_path / "sales.xlsx").code == "kind"


# Parquet, databases, frames: one typed path


def table(**changes: Any) -> pyarrow.Table:
    """Return a table of one good line in which some columns are others."""
    columns = {name: pyarrow.array([value]) for name, value in zip(HEADER, ROW, strict=True)}
    longest = max((len(values) for values in changes.values()), default=1)
    grown = {name: pyarrow.concat_arrays([column] * longest) for name, column in columns.items()}
    return pyarrow.table(grown | changes)


def parquet(folder: Path, held: pyarrow.Table, name: str = "sales.parquet") -> Path:
    pyarrow.parquet.write_table(held, folder / name)
    return folder / name


def as_duckdb(folder: Path, held: pyarrow.Table) -> Any:
    import duckdb

    return duckdb.connect().from_arrow(held)


WAYS: dict[str, Callable[[Path, pyarrow.Table], Any]] = {
    "parquet": parquet,
    "pyarrow": lambda folder, held: held,
    "pandas": lambda folder, held: held.to_pandas(),
    "pandas, filtered": lambda folder, held: pandas.concat([held.to_pandas()] * 2).iloc[held.num_rows :],
    "polars": lambda folder, held: polars.from_arrow(held),
    "polars, lazy": lambda folder, held: polars.from_arrow(held).lazy(),
    "duckdb relation": as_duckdb,
    "record batch": lambda folder, held: held.to_batches()[0],
    "record batches": lambda folder, held: held.to_reader(),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same_line(way: str, engine: Engine, tmp_path: Path) -> None:
    lines = read(engine, WAYS[way](tmp_path, table()))
    assert rows(engine, lines) == [GOOD]
    assert lines.source_columns == tuple(HEADER)
    assert lines.inputs[0].records == 1


FLOATS = pyarrow.array([2.5, float("nan"), float("inf"), None, 1e308])
TYPED: dict[str, tuple[pyarrow.Table, list[str | None]]] = {
    "not finite": (table(UnitPrice=FLOATS), [None, "non_finite", "non_finite", "not_a_number", "range"]),
    "decimals": (table(UnitPrice=pyarrow.array([decimal.Decimal("2.50")])), [None]),
    "big integers": (table(Quantity=pyarrow.array([2**31, 2**62, 7])), ["range", "range", None]),
    "days": (table(InvoiceDate=pyarrow.array([datetime.date(2011, 1, 15), datetime.date(1, 1, 1), None])), [None,
         "date_range", "date"]),
    "nanoseconds": (table(InvoiceDate=pyarrow.array([DAY], pyarrow.timestamp("ns"))), [None]),
    "dates as whole numbers": (table(InvoiceDate=pyarrow.array([20110115])), [None]),
    "dates as text": (table(InvoiceDate=pyarrow.array(["2011-01-15", "soon", "2011-02-29"])), [None, "date",
         "date_range"]),
    "dictionary": (table(Country=pyarrow.array(["UK"]).dictionary_encode()), [None]),
    "dictionary of ids": (table(CustomerID=pyarrow.array(["17850.0"]).dictionary_encode()), [None]),
    "missing ids": (table(CustomerID=pyarrow.array([17850.0, float("nan"), None])), [None, None, None]),
}


@pytest.mark.parametrize("name", TYPED)
@pytest.mark.parametrize("way", ["parquet", "pyarrow"])
def test_typed_values(name: str, way: str, engine: Engine, tmp_path: Path) -> None:
    held, problems = TYPED[name]
    lines = read(engine, WAYS[way](tmp_path, held))
    assert [problem for *_, problem in rows(engine, lines)] == problems
    assert rows(engine, lines)[0][0] == "17850"


def test_times_with_a_zone_are_utc_and_said(engine: Engine) -> None:
    held = table(InvoiceDate=pyarrow.array([DAY], pyarrow.timestamp("us", tz="America/New_York")))
    lines = read(engine, held)
    assert rows(engine, lines) == [GOOD]
    assert "in UTC" in "".join(lines.notes)


def test_int96_times(engine: Engine, tmp_path: Path) -> None:
    pyarrow.parquet.write_table(table(), tmp_path / "old.parquet", use_deprecated_int96_timestamps=True)
    assert rows(engine, read(engine, tmp_path / "old.parquet")) == [GOOD]


def test_nested_column_is_refused_where_it_is_mapped_and_kept_where_not(engine: Engine) -> None:
    assert refused(engine, table(CustomerID=pyarrow.array([{"id": 1}]))).code == "nested"
    assert refused(engine, table(CustomerID=pyarrow.array([b"17850"]))).code == "nested"
    assert rows(engine, read(engine, table(tags=pyarrow.array([["a", "b"]])))) == [GOOD]


def test_extension_types_are_cast_or_refused(engine: Engine) -> None:
    name = uuid.UUID(int=7)
    lines = read(engine, table(CustomerID=pyarrow.array([name.bytes], pyarrow.uuid())))
    assert rows(engine, lines, "customer_id") == [(str(name),)]
    wide = pyarrow.array([decimal.Decimal("2.5")], pyarrow.decimal256(50, 3))
    assert refused(engine, table(UnitPrice=wide)).code == "corrupt"


def test_ids_that_lost_digits_are_refused(engine: Engine) -> None:
    assert refused(engine, table(CustomerID=pyarrow.array([float(2**53)]))).code == "id_precision"
    lines = read(engine, table(CustomerID=pyarrow.array([2**53 + 1])))
    assert rows(engine, lines, "customer_id") == [("9007199254740993",)]


@pytest.mark.parametrize("keep", [0.5, 0.99, 20])
def test_cut_parquet_is_refused(keep: float, engine: Engine, tmp_path: Path) -> None:
    path = parquet(tmp_path, table())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else int(keep)])
    assert refused(engine, path).code == "corrupt"


def test_damaged_parquet_is_refused_by_name_or_reads_as_another_value(engine: Engine, tmp_path: Path) -> None:
    held = table(Description=pyarrow.array([f"cup {i * 7919 % 1000}" for i in range(1000)]))
    pyarrow.parquet.write_table(held, tmp_path / "whole.parquet", compression="zstd")
    whole = (tmp_path / "whole.parquet").read_bytes()
    codes = []
    for at in range(6, len(whole) - 8, len(whole) // 40):
        (tmp_path / "flipped.parquet").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            lines = read(engine, tmp_path / "flipped.parquet")
            engine.rows(f"SELECT max(COLUMNS(*)) FROM {lines.raw}")
        except InputError as refusal:
            codes.append(refusal.code)
    assert len(codes) >= 10
    assert set(codes) <= {"corrupt", "columns"}


def test_empty_frames_have_no_lines(engine: Engine) -> None:
    assert refused(engine, table().slice(0, 0)).code == "no_rows"
    assert refused(engine, []).code == "no_input"


def test_what_is_no_frame(engine: Engine) -> None:
    assert refused(engine, object()).code == "frame"
    assert refused(engine, pandas.DataFrame({"a": [1, "b", b"c"]})).code == "frame"
    assert refused(engine, pandas.concat([table().to_pandas()] * 2, axis=1)).code == "columns"


def test_table_of_a_database_file(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with open_engine() as other:
        other.register("sales", table())
        other.run(f"ATTACH '{path}' AS shop; CREATE TABLE shop.sales AS FROM sales; DETACH shop")
    assert rows(engine, read(engine, path)) == [GOOD]
    with open_engine() as other:
        other.run(f"ATTACH '{path}' AS shop; CREATE TABLE shop.stock AS SELECT 1 AS a; DETACH shop")
    error = refused(engine, path)
    assert (error.code, error.fix) == ("choose_one", "--table sales")
    assert rows(engine, read(engine, path, table="sales")) == [GOOD]
    assert refused(engine, path, table="nix").code == "choose_one"


def test_damaged_database_file(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(bytes(8) + b"DUCK" + bytes(5000))
    assert refused(engine, tmp_path / "shop.db").code == "corrupt"


# Several inputs


def csv(path: Path, *customers: str, header: str = ",".join(HEADER)) -> Path:
    path.write_text("\n".join([header, *(f"1,A,Cup,2,2011-01-15 10:00,2.50,{c},UK" for c in customers)]) + "\n")
    return path


def test_files_are_one_in_the_order_of_their_names(engine: Engine, tmp_path: Path) -> None:
    b, a = csv(tmp_path / "b.csv", "3"), csv(tmp_path / "a.csv", "1", "2")
    for given in ([b, a], [a, b], str(tmp_path / "*.csv"), [str(tmp_path / "?.csv"), a]):
        lines = read(engine, given)
        assert rows(engine, lines, "source_row, customer_id") == [(1, "1"), (2, "2"), (3, "3")]
        assert [item.name for item in lines.inputs] == ["a.csv", "b.csv"]
        assert engine.rows(f"SELECT source_row, source_file, source_line FROM {lines.raw} ORDER BY 1") == [
            (1, "a.csv", 2), (2, "a.csv", 3), (3, "b.csv", 2)]  # fmt: skip


def test_one_file_given_twice_is_read_once(engine: Engine, tmp_path: Path) -> None:
    a, b = csv(tmp_path / "a.csv", "1"), csv(tmp_path / "b.csv", "1")
    lines = read(engine, [a, b, a])
    assert rows(engine, lines, "customer_id") == [("1",)]
    assert lines.warnings == ("b.csv has the same content as a.csv and is read once.",)


def test_one_frame_given_twice_is_read_once(engine: Engine) -> None:
    lines = read(engine, [table(), table()])
    assert len(rows(engine, lines)) == 1


def test_brackets_in_a_name_are_no_pattern(engine: Engine, tmp_path: Path) -> None:
    csv(tmp_path / "sales1.csv", "other")
    parquet(tmp_path, table(CustomerID=pyarrow.array(["other"])), "sales1.parquet")
    for path in (csv(tmp_path / "sales[1].csv", "17850"), parquet(tmp_path, table(), "sales[1].parquet")):
        lines = read(engine, path)
        assert rows(engine, lines) == [GOOD]
        assert lines.inputs[0].name == path.name


def test_a_folder_named_like_a_partition_adds_no_column(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "year=2011").mkdir()
    lines = read(engine, parquet(tmp_path / "year=2011", table()))
    assert lines.source_columns == tuple(HEADER)


def test_a_refusal_names_the_file_and_not_its_copy(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "sales.csv.gz").write_bytes(gzip.compress(b'a,b,c\n1,"2,3\n'))
    assert refused(engine, tmp_path / "sales.csv.gz").wrong.startswith("sales.csv.gz at line 2 ")


def test_an_engine_reads_again_and_again(engine: Engine, tmp_path: Path) -> None:
    first = read(engine, csv(tmp_path / "a.csv", "1"))
    second = read(engine, csv(tmp_path / "b.csv", "2"))
    assert rows(engine, first, "customer_id") + rows(engine, second, "customer_id") == [("1",), ("2",)]


def test_files_must_have_the_same_columns(engine: Engine, tmp_path: Path) -> None:
    a = csv(tmp_path / "a.csv", "1")
    b = csv(tmp_path / "b.csv", "2", header=",".join(HEADER).replace("Country", "Land"))
    error = refused(engine, [a, b])
    assert error.code == "columns"
    assert error.found == "only in a.csv: Country; only in b.csv: Land."


def test_columns_in_another_order_and_of_another_kind_agree(engine: Engine, tmp_path: Path) -> None:
    a = csv(tmp_path / "a.csv", "17850")
    b = parquet(tmp_path, table().select(HEADER[::-1]), "b.parquet")
    assert rows(engine, read(engine, [b, a])) == [GOOD, GOOD]


def test_rejects_of_the_second_file_keep_their_numbers(engine: Engine, tmp_path: Path) -> None:
    a, b = csv(tmp_path / "a.csv", "1"), csv(tmp_path / "b.csv", "2")
    a.write_text(a.read_text() + "cut\n")
    b.write_text(b.read_text() + "x,y\n")
    lines = read(engine, [a, b])
    assert rows(engine, lines, "source_row, problem") == [(1, None), (2, "ragged"), (3, None), (4, "ragged")]


@pytest.mark.parametrize(("given", "code"), [("nix.csv", "not_found"), ("*.nix", "not_found"), ("", "not_a_file")])
def test_what_is_not_there(given: str, code: str, engine: Engine, tmp_path: Path) -> None:
    assert refused(engine, tmp_path / given).code == code


def test_a_sheet_or_table_where_no_input_has_any_is_refused_and_not_passed_over(engine: Engine, tmp_path: Path) -> None:
    book = workbook(tmp_path / "sales.xlsx", ROW)
    text = tmp_path / "more.csv"
    text.write_text(",".join(HEADER) + "\n536366,85123A,Cup,2,2011-01-15 10:00:00,2.5,17851,UK\n")
    for inputs, key in ((text, "sheet"), (text, "table"), (book, "table"), (table(), "sheet"), ([book, table()], "table")):
        with open_engine() as fresh:
            error = refused(fresh, inputs, **{key: "Sales"})
        assert error.code == "choose_one"
        assert error.wrong.startswith(f"--{key} is about a ")
        assert error.wrong.endswith(", and no input is one.")
    # One workbook among several inputs is enough; what is no table at all is refused for that.
    assert len(rows(engine, read(engine, [book, text], sheet="Sheet"))) == 2
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    assert refused(engine, tmp_path / "old.xls", sheet="Sales").code == "kind"


@pytest.mark.parametrize(
    ("reading", "flag"),
    [
        ({"delimiter": ";"}, "--delimiter"),
        ({"encoding": "cp1252"}, "--encoding"),
        ({"header": False, "columns": ["a", "b"]}, "--no-header"),
        ({"columns": ["a", "b"]}, "--columns"),
    ],
)
def test_how_text_is_laid_out_is_not_asked_of_what_is_no_text(engine: Engine, tmp_path: Path, reading: dict, flag: str) -> None:
    book = workbook(tmp_path / "sales.xlsx", ROW)
    for inputs in (table(), *((book, [book, table()]) if flag in ("--delimiter", "--encoding") else ())):
        with open_engine() as fresh:
            error = refused(fresh, inputs, **reading)
        assert error.code == "choose_one"
        assert error.wrong.startswith(f"{flag} is about a file of text")
        assert error.wrong.endswith(", and no input is one.")
        assert error.fix.startswith(f"leave {flag} out")


def test_a_workbook_with_a_header_takes_no_names_and_one_without_needs_one_a_column(engine: Engine, tmp_path: Path) -> None:
    book = workbook(tmp_path / "sales.xlsx", ROW)
    names = [f"column {i}" for i in range(len(HEADER))]
    assert "has a header" in refused(engine, book, columns=names).wrong
    assert "have no names" in refused(engine, book, header=False).wrong
    assert "the columns that were named" in refused(engine, book, header=False, columns=names[:-1]).wrong


def test_the_layout_of_the_text_a_model_was_made_from_is_not_asked_of_other_customers(tmp_path: Path) -> None:
    lines = ct.simulate(60, seed=1).lines
    pyarrow.csv.write_csv(lines, tmp_path / "sales.csv", pyarrow.csv.WriteOptions(include_header=False, delimiter=";"))
    said = {"header": False, "columns": lines.column_names, "delimiter": ";"}
    run = ct.run(tmp_path / "sales.csv", out=tmp_path / "runs", k=2, reading=said, choice={"n_bootstrap": 0})
    assert ct.assign(run.path, tmp_path / "sales.csv").num_rows == ct.assign(run.path, lines).num_rows > 0


def test_the_sheet_a_model_was_made_from_is_not_asked_of_other_customers(tmp_path: Path) -> None:
    lines = ct.simulate(60, seed=1).lines
    book = openpyxl.Workbook()
    book.active.title = "Sales"
    book.active.append(lines.column_names)
    for row in zip(*lines.to_pydict().values(), strict=True):
        book.active.append(list(row))
    book.create_sheet("Notes").append(["nothing", "here"])
    book.save(tmp_path / "sales.xlsx")
    run = ct.run(tmp_path / "sales.xlsx", out=tmp_path / "runs", k=2, reading={"sheet": "Sales"}, choice={"n_bootstrap": 0})
    assert ct.assign(run.path, tmp_path / "sales.xlsx").num_rows == ct.assign(run.path, lines).num_rows > 0
    with pytest.raises(InputError, match="no input is one"):
        ct.assign(run.path, lines, reading={"sheet": "Sales"})
