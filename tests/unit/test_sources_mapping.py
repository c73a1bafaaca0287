"""Headers are mapped to the contract with a confidence, once each, and what is unsure is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from coterie.engines import open_engine
from coterie.errors import MappingError
from coterie.recipe import Recipe
from coterie.sources import propose, read_lines
from coterie.sources.mapping import SURE, candidates, require

KNOWN = {
    "Online Retail": "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    "its second edition": "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
    "the notebook's": "invoice_no,product_id,Description,quantity,invoice_date,price,customer_id,Country",
}
COLUMNS = ["invoice_no", "product_id", "description", "quantity", "invoice_date", "price", "customer_id", "country"]


@pytest.mark.parametrize("name", KNOWN)
def test_known_headers_are_certain(name: str) -> None:
    header = KNOWN[name].split(",")
    matches = candidates(header, {}, {})
    assert [(m.column, m.source, m.confidence) for m in matches] == [
        (c, s, 1.0) for c, s in zip(COLUMNS, header, strict=True)
    ]


SYNONYMS = {
    "order id,client id,order date,qty,unit cost,sku": {
        "invoice_no": "order id", "customer_id": "client id", "invoice_date": "order date", "quantity": "qty",
        "price": "unit cost", "product_id": "sku"},
    "Order ID,Order Date,Ship Date,Customer ID,Customer Name,Product ID,Product Name,Sales,Quantity,Profit": {
        "invoice_no": "Order ID", "invoice_date": "Order Date", "customer_id": "Customer ID",
        "product_id": "Product ID",
        "description": "Product Name", "transaction_value": "Sales", "quantity": "Quantity"},
    "ＣＵＳＴＯＭＥＲ－ＩＤ,DATE,Revenue": {
        "customer_id": "ＣＵＳＴＯＭＥＲ－ＩＤ", "invoice_date": "DATE", "transaction_value": "Revenue"},
    "Descripton,Quantty": {"description": "Descripton", "quantity": "Quantty"},
}  # fmt: skip


@pytest.mark.parametrize("header", SYNONYMS)
def test_synonyms_are_sure_and_less_than_certain(header: str) -> None:
    sure = [match for match in candidates(header.split(","), {}, {}) if match.confidence >= SURE]
    assert {match.column: match.source for match in sure} == SYNONYMS[header]


@pytest.mark.parametrize("header", ["Refunded Amount", "Ship Date", "Birth date", "Products", "Tax total", "Weather"])
def test_what_only_sounds_alike_is_not_taken(header: str) -> None:
    assert not [match for match in candidates([header], {}, {}) if match.confidence >= SURE]


def test_a_source_column_is_mapped_once() -> None:
    sources = [match.source for match in candidates(["order", "orderid", "order no", "order date", "customer"], {}, {})]
    assert len(sources) == len(set(sources))


def test_a_flag_beats_a_known_header() -> None:
    matches = candidates(["CustomerID", "Household", "InvoiceDate", "Total"], {"customer_id": "Household"}, {})
    assert ("customer_id", "Household", 1.0, "named by --map") in [
        (m.column, m.source, m.confidence, m.how) for m in matches
    ]
    assert "CustomerID" not in [match.source for match in matches]


def test_values_of_another_kind_make_a_header_unsure() -> None:
    unfit = {"day": frozenset({"timestamp"})}
    (match,) = candidates(["day"], {}, unfit)
    assert match.confidence < SURE
    assert "not of kind timestamp" in match.how


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("date,amount", ["customer_id"]),
        ("customer,amount", ["invoice_date"]),
        ("customer,date", ["transaction_value"]),
        ("customer,date,quantity,sku,invoice", ["price"]),
        ("customer,date,quantity,price", ["invoice_no"]),
        ("date,price,quantity", ["customer_id", "invoice_no"]),
    ],
)
def test_what_every_line_needs(header: str, missing: list[str]) -> None:
    columns = header.split(",")
    with pytest.raises(MappingError) as refusal:
        require("sales.csv", columns, candidates(columns, {}, {}))
    assert [flag.split("=")[0] for flag in refusal.value.fix.split("--map ")[1:]] == missing
    assert header.replace(",", ", ") in refusal.value.found


def test_propose_lists_what_read_lines_refuses(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("Client Nr,day,total\n7,2011-01-15,5\n")
    with open_engine() as engine:
        recipe = Recipe.load("default")
        unsure = [match for match in propose(engine, path, recipe) if match.confidence < SURE]
        assert [(match.column, match.source) for match in unsure] == [("customer_id", "Client Nr")]
        with pytest.raises(MappingError, match='--map customer_id="Client Nr"'):
            read_lines(engine, path, recipe)
        mapped = recipe.override({"mapping": {"customer_id": "Client Nr"}})
        assert read_lines(engine, path, mapped).level == "order"
