"""Formulas and hostile names on their way out: every registered export and the report give them back unharmed."""

from __future__ import annotations

import csv
import html
import html.parser
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
import sqlglot
from markdown_it import MarkdownIt

import coterie as ct
from coterie.cells import guard
from coterie.engines import open_engine
from coterie.exports import EXPORTS, Export
from coterie.exports.contact_fields import FIELDS

pytestmark = pytest.mark.slow

FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example","y")', "+1+1", "-2+3", "@SUM(A1:A9)", "＝1+1", "＋1", "－1－1",
    "＠x", "-17+", "+49(0)151", "=x,\"y", "-", "+", "=",
)  # fmt: skip
NAMES = (
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>", "<!--", "]]>", "&lt;b&gt;&amp;", "{{7*7}}", "${7*7}",
    "%s%n", 'say "hi"', "O'Neil; DROP TABLE t;--", "a,b;c|d", "'=1", "''", "\\", "../../etc/passwd", "CON", "NULL", "nan",
    "עברית", "العربية", "🦄👩‍👩‍👧", "e\u0301", "ﬁ", "０１２", "00123", "-17", "+4915112345678", "1e5", "TRUE", "x" * 5000,
)  # fmt: skip
DESCRIPTIONS = (*FORMULAS, *NAMES, "two\nlines", "tab\there", "\ttab first", "\rCR first", "nul\x00here", "\u202egnp.exe")
SEGMENT = "=1+1 <img src=x onerror=alert(3)> \"O'Neil\" עברית 🦄"
FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
DANGER = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def shop(hostile: bool) -> pyarrow.Table:
    """Return a shop's lines, with hostile ids, products, descriptions and countries or with plain ones."""
    lines = ct.simulate(120, seed=3).lines
    names = lines.column_names
    ids = next(name for name in names if name.lower() == "customerid")
    both = (*FORMULAS, *NAMES)
    corpora = {ids: both, "StockCode": both, "Description": DESCRIPTIONS, "Country": both}
    for name, corpus in corpora.items():
        known = sorted({value for value in lines[name].to_pylist() if value is not None}, key=str)
        other = dict(zip(known, corpus if hostile else (f"plain {i}" for i in range(len(corpus))), strict=False))
        values = [None if value is None else other.get(value, str(value)) for value in lines[name].to_pylist()]
        lines = lines.set_column(names.index(name), name, pyarrow.array(values, pyarrow.string()))
    return lines


def published(folder: Path, *, hostile: bool) -> ct.Run:
    run = ct.run(shop(hostile), k=3, out=folder, choice=FAST)
    first = run.segments["segments"][0]["segment_id"]
    name = SEGMENT if hostile else "Plain"
    return ct.rename(run, first, name, reason=name, by=name)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return published(tmp_path_factory.mktemp("hostile"), hostile=True)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ct.Run:
    return published(tmp_path_factory.mktemp("plain"), hostile=False)


@pytest.fixture(scope="module")
def contacts(run: ct.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return contacts of every customer, whose names and cities are the corpora."""
    ids = run.customers("arrow")["customer_id"].to_pylist()
    path = tmp_path_factory.mktemp("contacts") / "contacts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "email", "first_name", "last_name", "city", "state", "zip", "madid", "country", "consent"])
        for i, one in enumerate(ids):
            name, other = DESCRIPTIONS[i % len(DESCRIPTIONS)].replace("\x00", ""), NAMES[i % len(NAMES)]
            writer.writerow([one, f"c{i}@example.com", name, other, name, other, name[:40], other[:40], "United Kingdom", "yes"])
    return path


def test_the_corpora_are_in_the_run(run: ct.Run) -> None:
    ids = set(run.customers("arrow")["customer_id"].to_pylist())
    assert ids >= {*FORMULAS, *NAMES}
    assert SEGMENT in run.customers("arrow")["segment"].to_pylist()


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_every_export(export: Export, run: ct.Run, contacts: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"contacts": contacts} if "contacts" in export.options else {}
    options |= {"holdout": 0.2} if "holdout" in export.options else {}
    path = tmp_path / f"out{Path(export.suffix).suffix}"
    told = export(run, path, **options)
    for file in tmp_path.iterdir():
        CHECKS.get(file.suffix, opaque)(file, run)
    if "holdout" in export.options:
        written, held = (listed(tmp_path / f"out-{word}.csv") for word in ("exposed", "holdout"))
        everybody = {guard(one) for one in run.customers("arrow")["customer_id"].to_pylist()}
        assert written | held == everybody, "the lists of ids have lost or changed one"
        assert not written & held
        assert told["counts"]["members"] == len(everybody) == sum(list(told["counts"].values())[2:])


def listed(path: Path) -> set[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return {row["customer_id"] for row in csv.DictReader(file)}


def csv_is_guarded(path: Path, run: ct.Run) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    assert len({len(row) for row in rows}) == 1, "a name has broken a row"
    assert len(rows) > 1
    for row in rows:
        for cell in row:
            assert not DANGER.match(cell) or NUMBER.fullmatch(cell), f"{path.name}: a formula, {cell!r}"
            assert "\x00" not in cell
            assert not set(cell) & set("\u202a\u202b\u202d\u202e"), f"{path.name}: writing is turned, {cell!r}"


def json_is_exact(path: Path, run: ct.Run) -> None:
    rows = json.loads(path.read_text("utf-8"))["customers"]
    table = {row["customer_id"]: row["segment"] for row in run.customers("arrow").to_pylist()}
    assert rows
    assert {row["customer_id"]: row["segment"] for row in rows}.items() <= table.items()


def parquet_is_exact(path: Path, run: ct.Run) -> None:
    written, table = pyarrow.parquet.read_table(path).to_pylist(), run.customers("arrow").to_pylist()
    assert written
    assert all(row in table for row in written)


def workbook_holds_text(path: Path, run: ct.Run) -> None:
    book = openpyxl.load_workbook(path)
    wanted = {guard(one) for one in run.customers("arrow")["customer_id"].to_pylist()}
    assert {row[0].value for row in book["Customers"].iter_rows(min_row=2)} <= wanted
    assert guard(SEGMENT) in {row[0].value for row in book["Segments"].iter_rows(min_row=2)}
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{cell.coordinate} is a formula"
                assert cell.hyperlink is None
                if isinstance(cell.value, str):
                    assert not DANGER.match(cell.value) or NUMBER.fullmatch(cell.value)


def query_is_one(path: Path, run: ct.Run) -> None:
    [statement] = sqlglot.parse(path.read_text("utf-8"), dialect="duckdb")
    assert statement is not None
    assert SEGMENT in {literal.this for literal in statement.find_all(sqlglot.exp.Literal) if literal.is_string}


def opaque(path: Path, run: ct.Run) -> None:
    assert path.stat().st_size > 0


CHECKS = {
    ".csv": csv_is_guarded,
    ".json": json_is_exact,
    ".parquet": parquet_is_exact,
    ".xlsx": workbook_holds_text,
    ".sql": query_is_one,
}


@pytest.mark.parametrize("name", ["customers.csv"])
def test_the_runs_own_lists_are_guarded(run: ct.Run, name: str) -> None:
    csv_is_guarded(run.file(name), run)
    with run.file(name).open(newline="", encoding="utf-8") as file:
        cells = {row["customer_id"] for row in csv.DictReader(file)}
    assert cells == {guard(one) for one in run.customers("arrow")["customer_id"].to_pylist()}


class Elements(html.parser.HTMLParser):
    """Counts elements, and keeps attributes that could act."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.scripts = 0
        self.acting: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.scripts += tag == "script"
        self.acting += [(key, value) for key, value in attrs if key.startswith("on") or "javascript:" in (value or "")]


def elements(run: ct.Run) -> Elements:
    found = Elements()
    found.feed(run.file("report.html").read_text("utf-8"))
    return found


def test_the_report_has_no_element_that_a_plain_one_lacks(run: ct.Run, plain: ct.Run) -> None:
    hostile, harmless = elements(run), elements(plain)
    assert hostile.seen <= harmless.seen
    assert hostile.scripts == harmless.scripts
    assert hostile.acting == []
    written = run.file("report.html").read_text("utf-8")
    assert "&lt;img src=x" in written, "the name is not in the report"
    assert "<img src=x" not in written


def test_the_report_as_markdown_has_its_own_elements_alone(run: ct.Run, tmp_path: Path) -> None:
    text = run.report(tmp_path / "report.md").read_text("utf-8")
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    found = Elements()
    found.feed(rendered)
    tables = {"table", "thead", "tbody", "tr", "th", "td"}
    texts = {"h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "code", "pre"}
    assert found.seen <= tables | texts
    assert found.acting == []
    assert SEGMENT in html.unescape(re.sub("<[^>]+>", "", rendered))


def test_the_report_on_paper_can_do_nothing(
    run: ct.Run, chromium_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COTERIE_CHROMIUM", chromium_path)
    printed = run.report(tmp_path / "report.pdf").read_bytes()
    assert printed.count(b"/Type /Page\n") > 3
    for action in (b"/JavaScript", b"/URI", b"/Launch", b"/EmbeddedFile", b"/SubmitForm"):
        assert action not in printed


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_charts_hold_names_as_text(run: ct.Run, form: str, tmp_path: Path) -> None:
    folder = run.report(tmp_path / "charts", format=form)
    for file in folder.iterdir():
        content = file.read_bytes()
        assert content.startswith(b"<svg" if form == "svg" else b"\x89PNG")
        if form == "svg":
            tags = {one.tag.split("}")[-1] for one in ElementTree.fromstring(content).iter()}
            assert tags <= {"svg", "g", "path", "rect", "line", "text", "tspan", "defs", "clipPath", "style", "title"}


def test_a_database_s_table_is_exact(run: ct.Run, tmp_path: Path) -> None:
    ct.export(run, f"duckdb:///{tmp_path}/crm.duckdb", table="customers")
    with open_engine() as engine:
        engine.run(f"ATTACH '{tmp_path}/crm.duckdb' AS crm (READ_ONLY)")
        written = engine.rows("SELECT customer_id, segment FROM crm.customers ORDER BY 1")
    table = run.customers("arrow")
    assert sorted(written) == sorted(zip(table["customer_id"].to_pylist(), table["segment"].to_pylist(), strict=True))


def test_a_guarded_list_finds_its_customers_again(run: ct.Run, contacts: Path, tmp_path: Path) -> None:
    EXPORTS["google"](run, tmp_path / "a.csv", contacts=contacts, holdout="30%")
    since = run.manifest["as_of"][:8] + "01"
    found = ct.lift(run, exposed=tmp_path / "a-exposed.csv", since=since)
    assert found["exposed"]["not_in_run"] == found["control"]["not_in_run"] == 0
    again = EXPORTS["csv"](run, tmp_path / "b.csv", suppress=tmp_path / "a-holdout.csv")
    assert again["counts"]["suppressed"] == found["control"]["customers"]


def test_every_field_of_a_contact_was_given_the_corpus(contacts: Path) -> None:
    header = contacts.read_text("utf-8").splitlines()[0].split(",")
    assert set(header) <= FIELDS.keys()
