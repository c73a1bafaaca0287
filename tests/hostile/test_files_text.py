"""Hostile text: each input with what it must get, a refusal by its code or the problem of every row."""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from coterie.engines import Engine, open_engine
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.sources import Lines, read_lines

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
GOOD = "1,A,Cup,2,2011-01-15 10:00,2.50,17850,UK"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def lines_of(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *rows]) + end


def of(column: str, *values: str) -> str:
    """Return a file of good lines, one a value, in which one column holds these values."""
    place = HEADER.split(",").index(column)
    rows = []
    for value in values:
        cells = GOOD.split(",")
        cells[place] = f'"{value}"' if "," in value else value
        rows.append(",".join(cells))
    return lines_of(*rows)


@dataclass(frozen=True)
class Case:
    """An input, the flags it is read with, and what it must get."""

    name: str
    content: str | bytes
    refused: str = ""
    """The refusal's code."""
    problems: tuple[str | None, ...] = ()
    """The problem of every row, in order."""
    flags: dict[str, Any] = field(default_factory=dict)
    says: str = ""
    """What the refusal, a warning or a note must say."""
    values: dict[str, list[Any]] = field(default_factory=dict)
    """What columns must hold, row by row."""
    as_of: datetime.date | None = None


def read(engine: Engine, folder: Path, case: Case) -> Lines:
    path = folder / "sales.csv"
    path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    flags = dict(case.flags)
    changes = {"mapping": flags.pop("mapping", {}), "reading": flags}
    return read_lines(engine, path, Recipe.load("default").override(changes), as_of=case.as_of)


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


TWO = (None, None)
CASES = [
    # Encodings
    Case("cp1252 pound", lines_of(GOOD.replace("Cup", "£5 Cup")).encode("cp1252"), problems=(None,), says="cp1252",
         values={"description": ["£5 Cup"]}),
    Case("cp1251 is not certain", lines_of(GOOD.replace("Cup", "Чашка")).encode("cp1251"), "encoding",
         says="--encoding"),
    Case("cp1250 is not certain", lines_of(GOOD.replace("Cup", "Łódź")).encode("cp1250"), "encoding",
         says=f"byte {len(HEADER) + 5}"),
    Case("cp1250 declared", lines_of(GOOD.replace("Cup", "Łódź")).encode("cp1250"), problems=(None,),
         flags={"encoding": "cp1250"},
         values={"description": ["Łódź"]}),
    Case("UTF-8 cut in a character", lines_of(GOOD).encode() + b"\xc3", "encoding"),
    Case("UTF-8 and Latin-1 mixed", lines_of(GOOD.replace("Cup", "é")).encode() + GOOD.replace("Cup",
         "é").encode("cp1252"), "encoding"),
    Case("UTF-8 and cp1252 pounds mixed", lines_of(GOOD).encode() + "1,A,£5 Cup\n".encode() + b"1,A,\xa35 Cup\n", "encoding"),
    Case("no such encoding", of("Quantity", "1"), "encoding", flags={"encoding": "utf-99"}),
    Case("not what was declared", lines_of(GOOD.replace("Cup", "é")).encode("cp1252"), "encoding",
         flags={"encoding": "utf-8"}),
    Case("UTF-8 mark", b"\xef\xbb\xbf" + of("Quantity", "1").encode(), problems=(None,)),
    Case("UTF-16 with mark", of("Quantity", "1", "2").encode("utf-16"), problems=TWO, says="utf-16"),
    Case("UTF-16 without mark", of("Quantity", "1").encode("utf-16-le"), "encoding", says="utf-16-le"),
    # Layout
    Case("semicolon and decimal comma", lines_of("1;A;Cup;2;2011-01-15;2,50;17850;UK", header=HEADER.replace(",", ";")),
         problems=(None,), says="Decimal comma", values={"transaction_value": [5]}),
    Case("tab", lines_of(GOOD.replace(",", "\t"), header=HEADER.replace(",", "\t")), problems=(None,)),
    Case("bar", lines_of(GOOD.replace(",", "|"), header=HEADER.replace(",", "|")), problems=(None,)),
    Case("declared delimiter", lines_of(GOOD.replace(",", "~"), header=HEADER.replace(",", "~")), problems=(None,),
         flags={"delimiter": "~"}),
    Case("no delimiter", "hello\nworld\n", "columns", says="--delimiter"),
    Case("sep= line", "sep=;\n" + lines_of("1;A;Cup;2;2011-01-15;2.50;17850;UK", header=HEADER.replace(",", ";")),
         problems=(None,)),
    Case("titles above the table", "Sales report\n\n" + of("Quantity", "1", "2"), problems=TWO),
    Case("quoted newline", lines_of('1,A,"Cup\nand saucer",2,2011-01-15,2.50,17850,UK', GOOD), problems=TWO,
         values={"description": ["Cup\nand saucer", "Cup"]}),
    Case("CR-only line ends", lines_of(GOOD, GOOD, end="\r"), problems=TWO),
    Case("CRLF", lines_of(GOOD, GOOD, end="\r\n"), problems=TWO),
    Case("mixed line ends", HEADER + "\r\n" + GOOD + "\n" + GOOD + "\r\n", problems=TWO),
    Case("ragged rows", lines_of(GOOD, "1,A", GOOD, GOOD + ",x"), problems=(None, "ragged", None, "ragged")),
    Case("first row ragged", lines_of("1,A", GOOD, GOOD), problems=("ragged", None, None)),
    Case("last line cut", lines_of(GOOD) + "1,A,Cu", problems=(None, "ragged"), says="cut off"),
    Case("unterminated quote", lines_of(GOOD, '1,A,"Cup,2,2011-01-15,2.50,17850,UK', GOOD), "unterminated_quote",
         says="line"),
    Case("field of 10 MB", lines_of(GOOD, GOOD.replace("Cup", "x" * 10_000_000), GOOD), problems=(None,
         "field_limit", None)),
    Case("100,000 columns", ",".join(f"c{i}" for i in range(100_000)) + "\n" + ",".join("1" * 100_000) + "\n", "limit"),
    Case("0 bytes", b"", "empty"),
    Case("blank lines alone", "\n\n\n", "columns"),
    Case("header only", HEADER + "\n", "no_rows"),
    Case("no header", lines_of(header=GOOD) + GOOD + "\n", "columns", says="--no-header"),
    Case("blank name", lines_of(GOOD, header=HEADER.replace("Country", "")), "columns", says="column 8"),
    Case("double name", lines_of(GOOD, header=HEADER.replace("Country", "quantity")), "columns", says="quantity"),
    Case("header too short", lines_of(GOOD, header=HEADER.rpartition(",")[0]), "columns", says="7 names"),
    Case("silly column name", lines_of(GOOD + ",1", header=HEADER + ',"x""; DROP TABLE t;--"'), problems=(None,)),
    Case("a source column called source_row", lines_of(GOOD + ",9", header=HEADER + ",source_row"), problems=(None,)),
    Case("blanks around names and values", lines_of("1 , A,Cup, 2 ,\u00a02011-01-15 10:00 ,2.50, 17850\u00a0,UK",
         header=HEADER.replace(",", " , ")),
         problems=(None,), values={"customer_id": ["17850"], "invoice_no": ["1"], "quantity": [2],
         "product_id": ["A"]}),
    Case("spaces, no header", "00001 19970101  1   29.33\n00002 19970112 12   12.00\n", problems=TWO,
         flags={"header": False, "delimiter": " ", "date_format": "%Y%m%d",
                "columns": ("customer_id", "invoice_date", "quantity", "transaction_value")},
         values={"customer_id": ["00001", "00002"], "invoice_no": ["1", "2"], "transaction_value": [29.33, 12]}),
    Case("no header and no names", GOOD + "\n", "columns", flags={"header": False}, says="--columns"),
    Case("no header and too few names", GOOD + "\n", "columns", flags={"header": False, "columns": ("a", "b")}),
    Case("NUL in an id", of("CustomerID", "1785\x000", "17850"), problems=("control_character", None)),
    Case("direction mark in an id", of("CustomerID", "abc\u202edef", "17850"), problems=("control_character", None)),
    Case("control in a description", of("Description", "Cup\x07"), problems=(None,)),
    # What it is not
    Case("web page", "<html><table><tr><td>1</td></tr></table></html>", "kind", says="web page"),
    Case("JSON", '{"a": 1}\n', "kind"),
    Case("PDF", b"%PDF-1.7\n\x00\x01", "kind"),
    Case("SQLite", b"SQLite format 3\0" + bytes(100), "kind"),
    Case("gzip bomb", gzip.compress(bytes(20 << 20)), "decompression_bomb"),
    Case("corrupt gzip", gzip.compress(of("Quantity", *"123456789").encode())[:-20], "corrupt"),
    Case("gzip with a flipped byte", b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\xff" * 50, "corrupt"),
    # Numbers
    Case("1,234 fits both", of("UnitPrice", "1,234", "2,345"), "ambiguous_number", says="--decimal"),
    Case("1.234 fits both", of("UnitPrice", "1.234", "2.345"), "ambiguous_number", says="1.234"),
    Case("declared point", of("UnitPrice", "1,234"), problems=(None,), flags={"decimal": "."},
         values={"price": [1234]}),
    Case("declared comma", of("UnitPrice", "1,234"), problems=(None,), flags={"decimal": ","},
         values={"price": [1.234]}),
    Case("another number decides", of("UnitPrice", "1,234", "2,50"), problems=TWO, values={"price": [1.234, 2.5]}),
    Case("another column decides", lines_of('1,A,Cup,"1,234",2011-01-15,2.50,17850,UK'), problems=(None,),
         values={"quantity": [1234]}),
    Case("marks that contradict", of("UnitPrice", "1,50", "2.50"), "ambiguous_number"),
    Case("1.234,56", of("UnitPrice", "1.234,56"), problems=(None,), values={"price": [1234.56]}),
    Case("thousands by no-break space", of("UnitPrice", "1\u00a0234,56", "1\u202f234,50"), problems=TWO,
         values={"price": [1234.56, 1234.5]}),
    Case("NaN, inf, 1e999", of("UnitPrice", "NaN", "inf", "-Infinity", "1e999", "2.50"),
         problems=("non_finite",) * 4 + (None,)),
    Case("quantity 2^31 and price 1e308", lines_of(GOOD.replace(",2,", ",2147483648,"), GOOD.replace("2.50",
         "1e308"), GOOD),
         problems=("range", "range", None), values={"transaction_value": [None, None, 5]}),
    Case("no number", of("Quantity", "two", "", "1_000", "0x1F", "３", "-", "3"),
         problems=("not_a_number",) * 6 + (None,)),
    Case("cents that drift", of("UnitPrice", "0.1", "0.2", "0.3"), problems=(None,) * 3,
         values={"transaction_value": [0.2, 0.4, 0.6]}),
    Case("currency not declared", of("UnitPrice", "£3.50", "£2.00"), "currency", says="--currency GBP"),
    Case("two currencies", of("UnitPrice", "£3.50", "€2.00"), "currency", says="€ on 1"),
    Case("a column of two currencies", lines_of(GOOD + ",GBP", GOOD + ",EUR", header=HEADER + ",Currency"),
         "currency", says="EUR on 1"),
    Case("a column of one currency", lines_of(GOOD + ",GBP", GOOD + ", gbp", header=HEADER + ",Currency"), problems=TWO),
    Case("currency declared", of("UnitPrice", "£3.50", "-£2.00", "4.00 GBP", "5"), problems=(None,) * 4,
         flags={"currency": "GBP"},
         values={"price": [3.5, -2, 4, 5]}),
    Case("another currency than declared", of("UnitPrice", "£3.50", "€2.00"), problems=(None, "not_a_number"),
         flags={"currency": "GBP"}),
    # Dates
    Case("day or month", of("InvoiceDate", "01/02/2011", "03/04/2011"), "ambiguous_date", says="--date-format"),
    Case("day or month, short year", of("InvoiceDate", "01/02/11", "03/04/11"), "ambiguous_date"),
    Case("day or month, declared", of("InvoiceDate", "01/02/2011"), problems=(None,), flags={"date_format": "%d/%m/%Y"},
         values={"invoice_date": [moment("2011-02-01")]}),
    Case("one day decides", of("InvoiceDate", "01/02/2011 8:26", "13/04/2011 18:05"), problems=TWO,
         values={"invoice_date": [moment("2011-02-01 08:26"), moment("2011-04-13 18:05")]}),
    Case("one month decides", of("InvoiceDate", "1/2/2011", "4/13/2011"), problems=TWO,
         values={"invoice_date": [moment("2011-01-02"), moment("2011-04-13")]}),
    Case("both orders for certain", of("InvoiceDate", "13/04/2011", "04/13/2011"), "ambiguous_date"),
    Case("other spellings", of("InvoiceDate", "1 Dec 2010", "24 dec 2010"), problems=TWO,
         values={"invoice_date": [moment("2010-12-01"), moment("2010-12-24")]}),
    Case("half days", of("InvoiceDate", "2010-12-01 8:26 PM"), problems=(None,),
         values={"invoice_date": [moment("2010-12-01 20:26")]}),
    Case("fractions", of("InvoiceDate", "2010-12-01T08:26:00.123"), problems=(None,)),
    Case("minority of another format", of("InvoiceDate", "2011-01-15", "2011-01-16", "17/01/2011"),
         problems=(None, None, "date"), says="set aside"),
    Case("half and half", of("InvoiceDate", "2011-01-15", "17/01/2011"), "ambiguous_date"),
    Case("naive and offset", of("InvoiceDate", "2011-01-15T10:00:00", "2011-01-15T10:00:00+01:00"), "mixed_timezone"),
    Case("offsets", of("InvoiceDate", "2011-01-15T10:00:00Z", "2011-06-15T10:00:00+01:00"), problems=TWO,
         says="local time as written",
         values={"invoice_date": [moment("2011-01-15 10:00"), moment("2011-06-15 10:00")]}),
    Case("an hour that comes twice, and one that never does", of("InvoiceDate", "2011-10-30T01:30:00+01:00",
         "2011-10-30T01:30:00+00:00", "2011-03-27T01:30:00Z"), problems=(None,) * 3, says="3 times have an offset",
         values={"invoice_date": [moment("2011-10-30 01:30"), moment("2011-10-30 01:30"), moment("2011-03-27 01:30")]}),
    Case("a skipped hour without an offset", of("InvoiceDate", "2011-03-27 01:30:00"), problems=(None,),
         values={"invoice_date": [moment("2011-03-27 01:30")]}),
    Case("offsets in a declared format", of("InvoiceDate", "15.01.2011 10:00 +0100", "16.01.2011 23:30 Z", "17.01.2011 10:00"),
         flags={"date_format": "%d.%m.%Y %H:%M %z"}, problems=(None, None, "date"), says="2 times have an offset",
         values={"invoice_date": [moment("2011-01-15 10:00"), moment("2011-01-16 23:30"), None]}),
    Case("an offset amid a declared format", of("InvoiceDate", "+0100 15.01.2011 10:00"), "date_format",
         flags={"date_format": "%z %d.%m.%Y %H:%M"}, says="before its end"),
    Case("no such day", of("InvoiceDate", "2011-02-28", "2011-02-29", "0001-01-01", "9999-12-31", ""),
         problems=(None, "date_range", "date_range", "date_range", "date")),
    Case("no such day in a declared format", of("InvoiceDate", "28/02/2011", "29/02/2011", "soon"),
         flags={"date_format": "%d/%m/%Y"},
         problems=(None, "date_range", "date")),
    Case("a format that reads none", of("InvoiceDate", "28/02/2011 8:26"), "date_format", flags={"date_format": "%d/%m/%Y"},
         says="28/02/2011 8:26"),
    Case("no date format", of("InvoiceDate", "28/02/2011"), "date_format", flags={"date_format": "%Q"}),
    Case("the future, by as_of", of("InvoiceDate", "2011-12-09", "2011-12-10", "2011-12-11"), problems=(None,
         "date_range", "date_range"),
         as_of=datetime.date(2011, 12, 10)),
    Case("the future, by the others", of("InvoiceDate", *["2011-12-09"] * 1500, "2015-01-01"),
         problems=(None,) * 1500 + ("date_range",)),
    Case("serial dates", of("InvoiceDate", "40513", "40514.35"), problems=("date", "date"), says="serial numbers"),
    # Ids
    Case("17850.0 beside 17850", of("CustomerID", "17850.0", "17850"), problems=TWO,
         values={"customer_id": ["17850"] * 2}),
    Case("17850.0 among words", of("CustomerID", "17850.0", "anna"), problems=TWO, values={"customer_id": ["17850.0",
         "anna"]}),
    Case("00123 and 123", of("CustomerID", "00123", "123"), problems=TWO, says="look alike",
         values={"customer_id": ["00123", "123"]}),
    Case("scientific id", of("CustomerID", "1.785E+04", "17850"), "id_precision", says="1.785E+04"),
    Case("id over 2^53", of("CustomerID", "9007199254740993.0"), "id_precision"),
    Case("long id as text", of("CustomerID", "9007199254740993"), problems=(None,),
         values={"customer_id": ["9007199254740993"]}),
    Case("look-alikes", of("CustomerID", "ab 1", "AB1", "ＡＢ１"), problems=(None,) * 3, says="look alike"),
    Case("missing id", of("CustomerID", "", "  ", "NA", "null"), problems=(None,) * 4,
         values={"customer_id": [None, None, "NA", "null"]}),
    Case("declared tokens", of("CustomerID", "NA", "17850.0"), problems=TWO, flags={"missing_tokens": ("NA",)},
         values={"customer_id": [None, "17850"]}),
    Case("guest", lines_of(*[GOOD.replace("17850", str(1000 + i % 59) if i % 2 else "guest") for i in range(100)]),
         problems=(None,) * 100, says="Customer guest has 50 %"),
    # Columns
    Case("no customer column", lines_of(GOOD, header=HEADER.replace("CustomerID", "Who")), "columns",
         says="--map customer_id="),
    Case("a column named by the user", lines_of(GOOD, header=HEADER.replace("CustomerID", "Who")), problems=(None,),
         flags={"mapping": {"customer_id": "Who"}},
         values={"customer_id": ["17850"]}),
    Case("names beside a header", of("Quantity", "1"), "columns", flags={"columns": ("customer_id", "price")},
         says="--no-header"),
    Case("no such column", of("Quantity", "1"), "columns", flags={"mapping": {"customer_id": "Custmer"}},
         says="Custmer"),
    Case("one column twice", of("Quantity", "1"), "columns", flags={"mapping": {"customer_id": "Country",
         "country": "Country"}}),
    Case("two columns fit", "orderno,orderdate,date,client,qty,price\n1,2011-01-15,2011-01-15,7,1,2\n", "columns",
         says="--map invoice_date="),
    Case("money that does not multiply", lines_of(GOOD + ",5.00", GOOD + ",6.00",
         header=HEADER + ",transaction_value"), problems=TWO,
         says="On 1 lines", values={"transaction_value": [5, 5]}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_text(case: Case, engine: Engine, tmp_path: Path) -> None:
    if case.refused:
        with pytest.raises(InputError) as refusal:
            read(engine, tmp_path, case)
        error = refusal.value
        assert error.code == case.refused
        assert error.wrong.endswith(".")
        assert error.found
        assert error.fix
        assert case.says in str(error)
        return
    lines = read(engine, tmp_path, case)
    rows = engine.rows(f"SELECT problem FROM {lines.table} ORDER BY source_row")
    assert tuple(problem for (problem,) in rows) == case.problems
    assert case.says in "\n".join((*lines.warnings, *lines.notes))
    for column, expected in case.values.items():
        found = [value for (value,) in engine.rows(f"SELECT {column} FROM {lines.table} ORDER BY source_row")]
        assert [float(v) if isinstance(e, float) else v for v, e in zip(found, expected, strict=True)] == expected
    assert engine.rows(f"SELECT count(*) FROM {lines.raw}")[0][0] == len(case.problems)


def test_rejected_record_keeps_its_place_and_text(engine: Engine, tmp_path: Path) -> None:
    lines = read(engine, tmp_path, Case("", lines_of(GOOD, '1,"A\nB"', GOOD)))
    raw = engine.rows(f"SELECT source_row, source_line, source_text FROM {lines.raw} ORDER BY source_row")
    assert raw == [(1, 2, None), (2, 3, '1,"A\nB"'), (3, 4, None)]


def test_zstd_reads_and_refuses(engine: Engine, tmp_path: Path) -> None:
    import pyarrow

    packed = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(of("Quantity", "1", "2").encode())
    good = packed.getvalue().to_pybytes()
    assert read(engine, tmp_path, Case("", good)).inputs[0].records == 2
    with pytest.raises(InputError) as refusal:
        read(engine, tmp_path, Case("", good[:-9]))
    assert refusal.value.code == "corrupt"


@pytest.mark.parametrize(
    ("values", "flags", "fine", "example"),
    [
        (("2.1234567", "0.30000000000000004", "2.5", "2.5"), {}, 2, "2.1234567"),
        (("2.1234560", "2.123456", "1.50000000000", "1e2", "25e-1"), {}, 0, ""),
        (("1.234,12345678", "2,50", "3,1234560"), {}, 1, "1.234,12345678"),
        (("1,234,567.25", "2.50"), {}, 0, ""),
        (("£2.1234567", "£2.50"), {"currency": "GBP"}, 1, "£2.1234567"),
        (("1.234.567", "2,5"), {"decimal": ","}, 0, ""),
        (("2.5", "5e-8", "1.23456789E-2", "1.23456E-1"), {}, 2, "5e-8"),
    ],
    ids=str,
)
def test_decimals_that_are_rounded_are_counted(
    engine: Engine, tmp_path: Path, values: tuple[str, ...], flags: dict[str, Any], fine: int, example: str
) -> None:
    path = tmp_path / "fine.csv"
    path.write_text(of("UnitPrice", *values), "utf-8")
    notes = read_lines(engine, path, Recipe.load("default").override({"reading": flags})).notes
    said = [note for note in notes if "six decimals" in note]
    rounded = f"UnitPrice: {fine:,} numbers had more than six decimals and were rounded, such as {example}."
    assert said == ([rounded] if fine else [])


@pytest.mark.parametrize(
    ("kind", "values", "fine", "example"),
    [
        ("float64", ["0.1", "0.30000000000000004", "123456.789", "999999999.123456", "1e-7", "inf", "nan", None], 1, "1e-07"),
        ("float32", ["0.1", "0.5", "1234.567", "0.0000012"], 1, "1.2e-06"),
        ("decimal128(20, 8)", ["2.10000000", "2.12345678", "2.12345678", "-0.00000001", None], 3, "2.12345678"),
        ("int64", ["1", "2"], 0, ""),
    ],
    ids=str,
)
def test_typed_numbers_that_are_rounded_are_counted(
    engine: Engine, kind: str, values: list[str | None], fine: int, example: str
) -> None:
    import pyarrow

    kinds = {"decimal128(20, 8)": pyarrow.decimal128(20, 8)}
    number: Any = Decimal if kind.startswith("decimal") else int if kind == "int64" else float
    prices = pyarrow.array([None if one is None else number(one) for one in values], kinds.get(kind) or kind)
    n = len(values)
    same = {"invoice_no": "1", "product_id": "P", "quantity": 1, "invoice_date": datetime.datetime(2011, 1, 15), "customer_id": "7"}
    columns = {name: [value] * n for name, value in same.items()}
    lines = read_lines(engine, pyarrow.table({**columns, "price": prices}), Recipe.load("default"))
    said = [note for note in lines.notes if "six decimals" in note]
    assert said == ([f"price: {fine:,} numbers had more than six decimals and were rounded, such as {example}."] if fine else [])
