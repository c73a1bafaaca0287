"""What is not quite a known export, a column gone, another language, two currencies, is refused or set aside, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import coterie as ct
from coterie.engines import Engine, open_engine
from coterie.sources.known import recognise_export
from known_texts import TEXT, by_rule, cleaned, customers, refusal_of, saved, without


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def test_other_headers_are_no_export() -> None:
    for header in (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "Date,Order #,Status,Customer,Net Sales",
        "Order Number,Order Date,Email,SKU,Quantity,Price",
        "id,Amount,Created (UTC),Currency,Customer ID,Status",
        "Date,Time,Item,Qty,Gross Sales,Net Sales,Customer ID,Receipt No",
        "Name,Email,Created at,Total",
        "ID,Purchase Date,Customer Email,Status,Total",
    ):
        assert recognise_export("sales.csv", header.split(","), {}) is None


def test_magento_says_where_the_customer_is_hidden(tmp_path: Path) -> None:
    path = saved(tmp_path, without(TEXT["magento"], "Customer Email"))
    refusal = refusal_of(path)
    assert refusal.wrong == "export.csv looks like Magento order grid, but has no column 'Customer Email'."
    assert "tick Customer Email under Columns" in refusal.fix
    # What is there of the export is shown beside the refusal, column by column.
    shown = {match.column: match.source for match in ct.check(path).matches}
    assert shown == {"invoice_no": "ID", "invoice_date": "Purchase Date", "transaction_value": "Grand Total (Base)"}
    assert "--map customer_id=HEADER if another column is it" in refusal.fix
    named = ct.check(path, mapping={"customer_id": "Bill-to Name"})
    assert (named.refusal, named.customers) == (None, 3)


def test_without_a_status_failed_payments_would_count(tmp_path: Path) -> None:
    path = saved(tmp_path, without(TEXT["stripe"], "Status"))
    refusal = refusal_of(path)
    assert (refusal.code, "failed payments would count" in refusal.fix) == ("half_export", True)
    # Who has said what every line needs is believed.
    said = {"customer_id": "Customer ID", "invoice_date": "Created date (UTC)", "transaction_value": "Amount"}
    plain_file = ct.check(path, mapping=said)
    assert plain_file.refusal is None
    assert not [note for note in plain_file.notes if note.startswith("Read as")]


def test_squares_transactions_are_not_its_items(tmp_path: Path) -> None:
    header = (
        "Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Gift Card Sales,Tax,Tip,Partial Refunds,Total Collected,Source,Card,"
        "Transaction ID,Payment ID,Device Name,Details,Description,Event Type,Location,Dining Option,Customer ID,Customer Name"
    )
    values = "2024-07-18,12:59:30,EST,$5,$0,$5,$0,$0,$0,$0,$5,POS,$5,T1,P1,Till,,Latte,Payment,Main,,CU1,Ann"
    refusal = refusal_of(saved(tmp_path, f"{header}\n{values}\n"))
    assert (refusal.code, "Items Detail CSV, not Transactions" in refusal.fix) == ("half_export", True)


def test_two_currencies_are_refused_until_one_is_declared(engine: Engine, tmp_path: Path) -> None:
    text = TEXT["stripe"].replace("19.99,0.00,gbp", "19.99,0.00,eur")
    path = saved(tmp_path, text)
    refusal = refusal_of(path)
    assert (refusal.code, refusal.found) == ("currency", "GBP on 7 lines, EUR on 1 lines.")
    assert "--currency GBP" in refusal.fix
    found = cleaned(engine, path, reading={"currency": "GBP"})
    assert by_rule(found)["other_currency"] == (1, "19.99")
    assert "dan@example.com" not in customers(engine, found)
    assert found.ledger.balances()
    assert refusal_of(path, reading={"currency": "USD"}).code == "currency"


def test_two_currency_signs_are_refused_until_one_is_declared(engine: Engine, tmp_path: Path) -> None:
    # Net Sales are bare numbers: the amount beside says in which currency.
    path = saved(tmp_path, TEXT["woocommerce-analytics"].replace(",$24.00,processing", ",€24.00,processing"))
    refusal = refusal_of(path)
    assert (refusal.code, refusal.found) == ("currency", "$ on 9 lines, € on 1 lines.")
    found = cleaned(engine, path, reading={"currency": "USD"})
    assert by_rule(found)["other_currency"] == (1, "20")
    assert customers(engine, found)["Ann Lee"] == (1, None, "1000")
    square = saved(tmp_path, TEXT["square"].replace("$30.00,$2.00,C4", "£30.00,$2.00,C4"), "square.csv")
    assert refusal_of(square).code == "currency"


@pytest.mark.parametrize(
    ("text", "word", "other"),
    [
        (TEXT["stripe"], {"Paid": "Bezahlt", "Failed": "Fehlgeschlagen", "Refunded,Payment": "Erstattet,Payment"}, "bezahlt"),
        (TEXT["woocommerce-orders"], {"Completed": "Terminée", "Processing": "En cours", "Failed": "Échouée"}, "terminée"),
    ],
)
def test_translated_statuses_are_refused_not_guessed(text: str, word: dict[str, str], other: str, tmp_path: Path) -> None:
    for known, translated in word.items():
        text = text.replace(known, translated)
    refusal = refusal_of(saved(tmp_path, text))
    assert refusal.code == "status"
    assert other in refusal.found


GERMAN = (
    "Datum,Bestellung #,N. Umsatz (formatiert),Status,Kunde,Kundentyp,Produkt(e),Verkaufte Artikel,Gutschein(e),Nettoumsatz,Quelle"
)


def test_translated_headers_are_recognised_by_what_stands_below_them(engine: Engine, tmp_path: Path) -> None:
    rows = TEXT["woocommerce-analytics"].partition("\n")[2]
    found = cleaned(engine, saved(tmp_path, f"{GERMAN}\n{rows}"))
    assert customers(engine, found) == {"Ann Lee": (2, None, "1020"), "Bob Ray": (1, None, "30")}
    assert by_rule(found)["not_paid"] == (1, "40")
    assert max(match.confidence for match in found.lines.matches) == 0.9
    by_name = cleaned(engine, saved(tmp_path, f"{GERMAN}\n{rows}"), mapping={"customer_id": "Kundentyp"})
    assert set(customers(engine, by_name)) == {"new", "returning"}


@pytest.mark.parametrize(("known", "other"), [("completed", "abgeschlossen"), (",new,", ",neu,"), ("1× Desk", "Desk")])
def test_translated_headers_over_other_values_are_asked_for(known: str, other: str, tmp_path: Path) -> None:
    rows = TEXT["woocommerce-analytics"].partition("\n")[2].replace(known, other)
    refusal = refusal_of(saved(tmp_path, f"{GERMAN}\n{rows}"))
    assert refusal.code == "columns"
    assert refusal.fix.startswith("--map customer_id=HEADER --map invoice_date=HEADER --map transaction_value=HEADER")


def test_a_header_translated_by_half_is_refused_by_what_is_missing(tmp_path: Path) -> None:
    header, _, rows = TEXT["woocommerce-analytics"].partition("\n")
    half = header.replace("Customer,", "Client,").replace("Date,", "Fecha,")
    refusal = refusal_of(saved(tmp_path, f"{half}\n{rows.replace('new', 'nuevo')}"))
    assert refusal.wrong.endswith("but has no column 'Date', 'Customer'.")
    assert "--map invoice_date=HEADER --map customer_id=HEADER" in refusal.fix


def test_a_status_that_is_not_known_is_set_aside(engine: Engine, tmp_path: Path) -> None:
    found = cleaned(engine, saved(tmp_path, TEXT["magento"].replace("Processing", "Awaiting Pickup")))
    assert by_rule(found)["unknown_status"] == (1, "10")
    assert by_rule(found)["refunded"] == (1, "85")
    assert found.ledger.balances()
