"""Delivery by delivery or all at once, the customers are the same: table, orders, quarantine and ledger, to the last digit."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coterie.aside import Aside
from coterie.cleaning import RULES, clean
from coterie.deliveries.arrival import read_delivery, undelivered
from coterie.deliveries.parts import changed_sql, new_lines, stated_lines, write_parts
from coterie.deliveries.together import bring_up, homes_sql
from coterie.engines import open_engine
from coterie.pipeline import customers_of, day_after
from coterie.publish import home_sql, write_tables
from coterie.recipe import Recipe
from coterie.runs import Run, open_run, reserve
from coterie.sources import read_lines
from shop import line, write

DEFAULT = Recipe.load("default")
CROSSING = DEFAULT.override({"cleaning": {"rules": ["returns_netted", "invoice_conflict", "duplicate", "price_not_positive"]}})
"""Netting before conflicts: what one customer returned decides what becomes of another's invoice."""
TABLES = ("customers.parquet", "figures.parquet", "orders.parquet", "quarantine.parquet")
SURE = line("0", "sure", 1, "2011-01-01 09:00:00", "9.99", "11111")
DAYS = [None, datetime.date(2011, 1, 2), datetime.date(2011, 1, 4)]


def in_order(rules: Sequence[str]) -> Recipe:
    """Return the default recipe with these rules."""
    return DEFAULT.override({"cleaning": {"rules": rules, "exclude_products": ["POST"]}})


NAMED = [rule.name for rule in RULES if not rule.always and rule.name != "unmatched_return" and "line" not in rule.takes_returns]
anyhow = st.permutations(NAMED).map(lambda names: in_order([*names, "quantity_not_positive"]))
"""The recipe's rules in any order, but for the one that would leave netting nothing."""


lines = st.builds(
    lambda number, cancels, product, quantity, day, minute, price, customer, country: line(
        f"{'C' if cancels else ''}{number}",
        product,
        -quantity if cancels else quantity,
        f"2011-01-{day:02d} 10:{minute:02d}:00",
        price,
        customer,
        country=country,
    ),
    number=st.integers(1, 6),
    cancels=st.booleans(),
    product=st.sampled_from(["P1", "P2", "", "POST"]),
    quantity=st.integers(-1, 5),
    day=st.integers(1, 5),
    minute=st.integers(0, 2),
    price=st.sampled_from(["0", "2.5", "2.5", "1000000.123456", "x", "inf", ""]),
    customer=st.sampled_from(["", "17850", "12346", "12347"]),
    country=st.sampled_from(["United Kingdom", "France"]),
)
deliveries = st.lists(st.lists(lines, max_size=15), min_size=2, max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    deliveries, st.one_of(st.sampled_from([DEFAULT, CROSSING]), anyhow), st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))
)
@example([[line("1", quantity=5)], [line("C2", quantity=-5, date="2011-01-03 10:00:00")]], DEFAULT, (None, None))
@example([[line("1", quantity=5), line("1", quantity=5)], [line("1", quantity=5)]], DEFAULT, (None, None))
@example([[line("1"), line("2", customer="12346")], [line("1", customer="12346")]], DEFAULT, (None, None))
@example([[line("C1", quantity=-2, date="2011-01-03 10:00:00")], [line("2", quantity=2)]], DEFAULT, (None, None))
@example([[line("1", date="2011-01-03 10:00:00")], [line("2")]], DEFAULT, (DAYS[1], None))
@example([[line("1", quantity=5), line("1", quantity=5)], [line("C2", quantity=-2, date="2011-01-03 10:00:00")]],
         in_order(["returns_netted", "duplicate"]), (None, None))  # fmt: skip
def test_an_update_is_a_rebuild(
    delivered: list[list[Any]], recipe: Recipe, days: tuple[datetime.date | None, datetime.date | None]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder), [[SURE, *rows] for rows in delivered], recipe, *days)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lines, max_size=20), st.integers(1, 59))
def test_a_date_that_was_too_late_to_be_true_is_true_once_others_reach_it(rows: list[Any], later: int) -> None:
    """With fifty dates, one more than a year after the others is a typing error; with fifty of that year, it is none."""
    usual = [line(str(100 + i), "P3", 1, f"2011-01-02 10:{i:02d}:00", customer="12346") for i in range(60)]
    ahead = [line(str(200 + i), "P3", 1, f"2013-01-02 10:{i:02d}:00", customer="12347") for i in range(later)]
    odd = line("C900", "P3", -1, "2013-01-01 10:00:00", customer="12346")
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder), [[SURE, *usual, odd], [SURE, *ahead, *rows], [SURE, *rows]], DEFAULT, None, None)


def check(folder: Path, delivered: Sequence[Sequence[Any]], recipe: Recipe, first: Any, last: Any) -> None:
    if first or last:
        # A file that was delivered before changes nothing, the day that is asked for included.
        delivered = [rows for number, rows in enumerate(delivered) if rows not in delivered[:number]]
    files = [write(folder / f"{number}.csv", rows) for number, rows in enumerate(delivered)]
    one_by_one = whole(folder / "one by one", files[:1], recipe.override({"as_of": first if len(files) > 1 else last}))
    for file in files[1:]:
        one_by_one = updated(one_by_one, file, last)
    at_once = whole(folder / "at once", files, recipe.override({"as_of": last}))
    assert one_by_one.manifest["as_of"] == at_once.manifest["as_of"]
    assert one_by_one.ledger == at_once.ledger
    balanced(one_by_one.ledger)
    for name in TABLES:
        one, other = (pyarrow.parquet.read_table(run.file(name)) for run in (one_by_one, at_once))
        assert [(field.name, field.type) for field in one.schema] == [(field.name, field.type) for field in other.schema], name
        key = {"figures.parquet": "customer_id"}.get(name)
        one, other = ((table.sort_by(key) if key else table) for table in (one, other))
        assert one.to_pylist() == other.to_pylist(), name
    assert states(one_by_one) == states(at_once)
    assert one_by_one.manifest["parts"]["firsts"] == at_once.manifest["parts"]["firsts"]
    assert outlines(one_by_one) == outlines(at_once)


def states(run: Run) -> list[Any]:
    """Return every line of a run with what became of it."""
    with open_engine(threads=1) as engine:
        stated_lines(engine, run)
        return engine.rows(f"SELECT * FROM ({changed_sql(run, 'old_read')}) AS stated ORDER BY source_row")


def outlines(run: Run) -> dict[str, Any]:
    """Return what is known of a run's dates, but for the one that may be earlier than need be."""
    return {name: value for name, value in run.manifest["parts"]["dates"].items() if name != "usual"}


def balanced(ledger: dict[str, Any]) -> None:
    """Hold what was read against what became of it, in lines and in money."""
    for parts in ledger["lines"], {fate: Decimal(money) for fate, money in ledger["money"].items()}:
        assert parts["read"] == sum(parts[fate] for fate in ("kept", "merged", "netted", "quarantined")), ledger


def whole(root: Path, files: list[Path], recipe: Recipe) -> Run:
    """Publish what a full run keeps of lines, all but the segments."""
    with reserve(root) as reserved, open_engine(threads=1) as engine:
        read = read_lines(engine, files, recipe, as_of=recipe.as_of)
        cleaned = clean(engine, read, recipe)
        day = recipe.as_of or day_after(cleaned)
        customers_of(engine, cleaned, recipe, day)
        write_tables(engine, reserved.folder, cleaned, keep_lines=False)
        about = {"recipe": recipe.model_dump(mode="json"), "mapping": [asdict(match) for match in read.matches]}
        about |= {"parts": write_parts(engine, reserved.folder, reserved.number, cleaned, recipe, day)}
        about |= {"inputs": [asdict(one) for one in read.inputs]}
        return publish(engine, reserved, day, cleaned.ledger, home_sql(cleaned.table), about)


def updated(base: Run, file: Path, as_of: datetime.date | None) -> Run:
    """Publish what an update keeps of lines, all but the segments; a file that was delivered before changes nothing."""
    fresh, again = undelivered(file, base)
    assert len(fresh) + len(again) == 1
    if again:
        return base
    recipe = Recipe.model_validate(base.manifest["recipe"])
    with reserve(base.path.parent) as reserved, open_engine(threads=1) as engine, Aside(engine.close) as aside:
        read = read_delivery(engine, fresh, base, recipe, {})
        recipe = recipe.override({"as_of": as_of})
        found = bring_up(engine, aside, reserved, base, new_lines(engine, base, read), recipe)
        for one in found.written:
            one.result()
        about = {"recipe": recipe.model_dump(mode="json"), "mapping": base.manifest["mapping"], "parts": found.parts}
        about |= {"inputs": [*base.manifest["inputs"], *(asdict(one) for one in read.inputs)]}
        return publish(engine, reserved, found.as_of, found.ledger, homes_sql(base), about)


def publish(engine: Any, reserved: Any, day: datetime.date, ledger: Any, homes: str, about: dict[str, Any]) -> Run:
    reserved.write("ledger.json", ledger.as_dict())
    located = f"SELECT * FROM customers LEFT JOIN ({homes}) USING (customer_id) ORDER BY customer_id"
    engine.write(located, reserved.folder / "customers.parquet")
    head = {"schema": 1, "run": reserved.number, "as_of": day.isoformat(), "warnings": []}
    return open_run(reserved.publish(head | about))
