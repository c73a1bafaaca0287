"""Each known export is read without a flag, to the customer and the penny; a half of one, or what is unsure, is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import coterie as ct
from coterie.cleaning import clean
from coterie.engines import Engine, open_engine
from coterie.errors import CoterieError
from coterie.recipe import Recipe
from coterie.sources import propose, read_lines
from coterie.sources.known import KNOWN, recognise_export
from known_texts import TEXT, by_rule, cleaned, customers, plain, saved


@dataclass(frozen=True)
class Expected:
    """What becomes of an export.

    Each customer's orders, units and money; lines and money by rule; money by fate; who got how much back.
    """

    title: str
    customers: dict[str, tuple[int, float | None, str]]
    rules: dict[str, tuple[int, str]]
    money: dict[str, str]
    returned: dict[str, str]
    level: str = "line"


EXPORTS = {
    "shopify": Expected(
        "Shopify orders",
        # 1001: 2 x 10 + 10. 1003: 30 and 12 - 2, less a fifth. 1002: 36. 1008: 10 + 4 + 4.
        {"ann@example.com": (2, 8, "62"), "bob@example.com": (2, 7, "54")},
        {"not_paid": (3, "40"), "missing_customer": (1, "6"), "refunded": (1, "28")},
        {"read": "190", "kept": "116", "netted": "28", "quarantined": "46"},
        {"ann@example.com": "8", "cid@example.com": "20"},
    ),
    "woocommerce-analytics": Expected(
        "WooCommerce Analytics orders",
        {"Ann Lee": (2, None, "1020"), "Bob Ray": (1, None, "30")},
        # Netted are orders 12 and 14, and the refunds of 11 and 12: 20 + 30 + 10 - 20 - 30.
        {"not_paid": (1, "40"), "missing_customer": (1, "10"), "refunded": (4, "10"), "unmatched_return": (1, "-10")},
        {"read": "1100", "kept": "1050", "netted": "10", "quarantined": "40"},
        {"Bob Ray": "20", "Cid Fox": "30", "Dan Orr": "10"},
        level="order",
    ),
    "woocommerce-orders": Expected(
        "WooCommerce Advanced Order Export",
        # 502: the two mugs that stayed. 503: 20 less 5.
        {"ann@example.com": (1, 7, "250"), "bob@example.com": (2, 4, "35")},
        {"not_paid": (1, "10"), "missing_customer": (1, "10"), "refunded": (1, "105")},
        {"read": "410", "kept": "285", "netted": "105", "quarantined": "20"},
        {"bob@example.com": "5", "cid@example.com": "100"},
    ),
    "stripe": Expected(
        "Stripe payments",
        {"cus_A": (2, None, "1260"), "cus_B": (1, None, "50"), "dan@example.com": (1, None, "19.99")},
        {"not_paid": (2, "115"), "missing_customer": (1, "10"), "refunded": (1, "80")},
        {"read": "1534.99", "kept": "1329.99", "netted": "80", "quarantined": "125"},
        {"cus_B": "30", "cus_C": "50"},
        level="order",
    ),
    "stripe-older": Expected(
        "Stripe payments",
        {"cus_A": (1, None, "19"), "cus_B": (1, None, "200")},
        {"not_paid": (1, "20"), "refunded": (0, "49")},
        {"read": "288", "kept": "219", "netted": "49", "quarantined": "20"},
        {"cus_B": "49"},
        level="order",
    ),
    "square": Expected(
        "Square items",
        # CU1: two coffees, one of two mugs. CU2: a thousand for three.
        {"CU1": (2, 3, "21"), "CU2": (1, 3, "1000")},
        {"missing_customer": (1, "4.5"), "returns_netted": (3, "0"), "unmatched_return": (1, "-18")},
        {"read": "1007.5", "kept": "1021", "netted": "0", "quarantined": "-13.5"},
        {"CU1": "12", "CU3": "30"},
    ),
    "magento": Expected(
        "Magento order grid",
        # 000000002: 80 less the quarter that 25 of 100 are.
        {"ann@example.com": (2, None, "130.5"), "bob@example.com": (1, None, "60")},
        {"not_paid": (2, "45"), "refunded": (1, "85")},
        {"read": "320.5", "kept": "190.5", "netted": "85", "quarantined": "45"},
        {"ann@example.com": "5", "bob@example.com": "20", "cid@example.com": "60"},
        level="order",
    ),
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def test_every_known_export_has_a_file_here() -> None:
    assert EXPORTS.keys() == TEXT.keys()
    assert {name.removesuffix("-older") for name in EXPORTS} == set(KNOWN.names())


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read_to_the_customer_and_the_penny(name: str, engine: Engine, tmp_path: Path) -> None:
    expected = EXPORTS[name]
    found = cleaned(engine, saved(tmp_path, TEXT[name]))
    assert customers(engine, found) == expected.customers
    assert by_rule(found) == expected.rules
    assert {fate: plain(money) for fate, money in found.ledger.money.items() if fate != "merged"} == expected.money
    assert {who: plain(value) for who, value in engine.rows(f"SELECT customer_id, returned_value FROM {found.returned}")} == (
        expected.returned
    )
    assert found.ledger.balances()
    assert found.lines.level == expected.level


@pytest.mark.parametrize("name", EXPORTS)
def test_what_was_recognised_is_said_with_how_sure_it_is(name: str, engine: Engine, tmp_path: Path) -> None:
    expected, path = EXPORTS[name], saved(tmp_path, TEXT[name])
    lines = read_lines(engine, path, Recipe.load("default"))
    assert propose(engine, path, Recipe.load("default")) == list(lines.matches)
    assert all(match.how.startswith(expected.title) and match.confidence >= 0.85 for match in lines.matches)
    (said,) = [note for note in lines.notes if note.startswith("Read as")]
    assert said.startswith(f"Read as {expected.title} (100% sure): ")
    checked = ct.check(path).as_dict()
    assert checked["refused"] is None
    assert said in checked["notes"]
    assert [match["source"] for match in checked["mapping"]] == [match.source for match in lines.matches]


@pytest.mark.parametrize("name", [name for name, one in EXPORTS.items() if one.level == "order"])
def test_of_orders_alone_what_needs_lines_is_not_available(name: str, tmp_path: Path) -> None:
    features = ct.check(saved(tmp_path, TEXT[name])).as_dict()["features"]
    gone = {feature for feature, use in features.items() if use == "not available"}
    assert {"total_quantity", "avg_line_value", "distinct_products"} <= gone
    assert features["total_spend"] == "used"


@pytest.mark.parametrize("name", EXPORTS)
def test_headers_in_another_case_are_as_good_and_less_sure(name: str, engine: Engine, tmp_path: Path) -> None:
    header, _, rows = TEXT[name].partition("\n")
    found = cleaned(engine, saved(tmp_path, f"{header.upper()}\n{rows}"))
    assert customers(engine, found) == EXPORTS[name].customers
    assert max(match.confidence for match in found.lines.matches) == 0.95


@pytest.mark.parametrize("name", EXPORTS)
def test_no_column_is_needed_that_a_platform_need_not_have(name: str, engine: Engine, tmp_path: Path) -> None:
    """Without any one of its columns an export is read as before but for that, or refused by the column's name."""
    export = KNOWN[name.removesuffix("-older")]
    header = TEXT[name].partition("\n")[0].replace('"', "").split(",")
    for role, headers in export.roles.items():
        left = [column for column in header if column not in headers]
        needed = not any(role not in roles for roles in export.needs)
        if needed:
            with pytest.raises(CoterieError) as refusal:
                recognise_export("export.csv", left, {})
            assert refusal.value.code == "half_export"
            assert f"'{headers[0]}'" in refusal.value.wrong
        else:
            assert recognise_export("export.csv", left, {}) is not None


def test_map_overrides_an_exports_column(engine: Engine, tmp_path: Path) -> None:
    path = saved(tmp_path, TEXT["stripe"])
    by_address = cleaned(engine, path, mapping={"customer_id": "Customer Email"})
    assert set(customers(engine, by_address)) == {"ann@example.com", "bob@example.com", "dan@example.com"}
    # Money that a person mapped is what that person says; failed payments are none all the same.
    gross = cleaned(engine, path, mapping={"transaction_value": "Converted Amount"})
    assert customers(engine, gross)["cus_B"] == (1, None, "80")
    assert by_rule(gross)["not_paid"] == (2, "115")


def test_a_mapped_column_of_the_order_is_filled_down_too(engine: Engine, tmp_path: Path) -> None:
    found = cleaned(engine, saved(tmp_path, TEXT["shopify"]), mapping={"customer_id": "Billing Name"})
    assert customers(engine, found) == {"Ann": (2, 8, "62"), "Bob": (2, 7, "54")}


def test_the_notebooks_recipe_takes_no_payment_for_a_cancellation(engine: Engine, tmp_path: Path) -> None:
    # Stripe's ids start with "ch_", and there a C marks a cancelled invoice.
    path = saved(tmp_path, TEXT["stripe"])
    recipe = Recipe.load("notebook")
    found = clean(engine, read_lines(engine, path, recipe), recipe)
    assert customers(engine, found) == EXPORTS["stripe"].customers
    assert by_rule(found) == EXPORTS["stripe"].rules


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_overlaps_another_counts_once(name: str, engine: Engine, tmp_path: Path) -> None:
    text = TEXT[name]
    # Another file with the same rows: a blank line at its end makes it another file.
    paths = [saved(tmp_path, text, "one.csv"), saved(tmp_path, text + "\n", "two.csv")]
    found = cleaned(engine, paths)
    assert customers(engine, found) == EXPORTS[name].customers
    assert found.ledger.lines["kept"] == cleaned(engine, paths[0]).ledger.lines["kept"]
    assert found.ledger.balances()


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "frame"])
def test_an_export_saved_as_another_kind_is_the_same(kind: str, engine: Engine, tmp_path: Path) -> None:
    import pandas

    saved(tmp_path, TEXT["square"])
    frame = pandas.read_csv(tmp_path / "export.csv", dtype=str if kind == "parquet" else None)
    source: object = frame
    if kind == "xlsx":
        source = tmp_path / "export.xlsx"
        frame.to_excel(source, index=False)
    elif kind == "parquet":
        source = tmp_path / "export.parquet"
        frame.to_parquet(source)
    assert customers(engine, cleaned(engine, source)) == EXPORTS["square"].customers
