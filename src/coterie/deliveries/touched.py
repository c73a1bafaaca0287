"""The customers that new lines touch, and those of their earlier lines that the new ones can change.

What becomes of a line hangs on the equal lines, on the lines of its invoice and, for a return, on the customer's other lines of
that product at that price. So the new lines, the earlier ones on their invoices, and those that they share a return with are all
that has to be cleaned: what became of each of them as they were is known, and taken out of the ledger before what becomes of them
with the new ones is put in.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from coterie.cleaning import Cleaned, Ledger, applicable_rules, clean
from coterie.cleaning.ledger import Entry
from coterie.columns import line_value
from coterie.deliveries.dates import Dates
from coterie.deliveries.parts import STATE, changed_sql, delivered_before, parquet, rows_file, stated_lines, stated_sql
from coterie.engines import Engine, literal
from coterie.features import FEATURES
from coterie.recipe import Recipe
from coterie.runs import Run
from coterie.sources import Lines
from coterie.sources.write import late_dates

_ALONE = frozenset({"duplicate", "refunded", "returns_netted"})
"""Rules that compare lines of one customer alone."""
_FEW = 2000
"""So many rows are looked up by their numbers, which spares the blocks between them."""


@dataclass(frozen=True)
class Delivered:
    """What a delivery changed, as tables of the engine.

    Parameters
    ----------
    cleaned : Cleaned
        The lines judged, earlier and new.
    before, after : Ledger
        The part of the lines judged in the ledger, without and with the new ones; None where no earlier line was.
    dates : Dates
        Of all lines.
    first, last : datetime, optional
        Readable dates of all lines, late ones left out.
    touched : int
        Customers touched.
    everybody : bool
        Whether all earlier lines were judged, since the rules leave no other way.

    The engine has besides: ``touched``, their ``customer_id``; ``touched_lines`` and ``touched_returned``, what a full cleaning
    would have kept and netted of theirs; ``judged``, the lines judged with what became of them; ``fates``, those of them that are
    new or whose fate is another now, by ``source_row``, ``was`` and ``reason``; ``altered``, the earlier ones among these, as they
    are now.
    """

    cleaned: Cleaned
    before: Ledger | None
    after: Ledger
    dates: Dates
    first: datetime.datetime | None
    last: datetime.datetime | None
    touched: int
    everybody: bool


def deliver(engine: Engine, lines: Lines, base: Run, recipe: Recipe, *, everybody: bool = False) -> Delivered:
    """Clean what new lines touch.

    Parameters
    ----------
    engine : Engine
        Any.
    lines : Lines
        From `coterie.deliveries.parts.new_lines`.
    base : Run
        The run before.
    recipe : Recipe
        Its rules, and its ``as_of``.
    everybody : bool, default False
        Judge all lines in any case.
    """
    earlier = delivered_before(base)
    rules = [rule.name for rule in applicable_rules(lines, recipe) if rule.good is None]
    everybody = everybody or not _local(rules)
    stated_lines(engine, base)
    dates, late = _find_late(engine, base, lines, recipe.as_of)
    _find_touched(engine, base, lines, read=_looked_into(lines, recipe), late=late, everybody=everybody)
    _find_judged(engine, lines, recipe, late=late, everybody=everybody)
    _fetch_rows(engine, base, lines)
    n = engine.rows("SELECT count(*) FROM again")[0][0]
    before = _as_they_were(engine, lines, recipe) if n else None
    after = clean(engine, replace(lines, table="after_lines", raw="after_rows"), recipe)
    _tell(engine, earlier)
    first, last = dates.first, dates.last
    if late:
        first, last = engine.rows(
            "SELECT min(invoice_date), max(invoice_date) FROM read_lines ANTI JOIN all_late USING (source_row) "
            "WHERE problem IS NULL"
        )[0]
    touched = engine.rows("SELECT count(*) FROM touched")[0][0]
    return Delivered(after, before, after.ledger, dates, first, last, touched, everybody)


def _local(rules: Sequence[str]) -> bool:
    """Return whether the rules judge a line by its equals, its invoice and its customer alone."""
    if "invoice_conflict" in rules and "returns_netted" in rules[: rules.index("invoice_conflict")]:
        return False
    return set(rules) <= _ALONE | {"invoice_conflict"}


def _find_late(engine: Engine, base: Run, lines: Lines, as_of: datetime.date | None) -> tuple[Dates, bool]:
    """Return what is known of the dates, and whether one was or is too late to be true; then ``all_late`` has which are now.

    ``late_before`` and ``late_now`` are those with a customer, of the earlier lines and of all.
    """
    dates = Dates.from_dict(base.manifest["parts"]["dates"]).joined(Dates.of(engine, lines.table))
    if dates.none_late(as_of):
        return dates, False
    engine.run(f"CREATE VIEW read_lines AS SELECT * FROM old_read UNION ALL BY NAME SELECT * FROM {lines.table}")
    late = late_dates(engine, "read_lines", as_of)
    engine.run(f"CREATE TABLE all_late AS SELECT source_row, customer_id FROM read_lines WHERE {late}")
    engine.run("CREATE TABLE late_now AS SELECT source_row FROM all_late WHERE customer_id IS NOT NULL")
    engine.run(
        f"CREATE TABLE late_before AS SELECT source_row FROM ({changed_sql(base, 'old_read')}) AS stated "
        "WHERE reason = 'date_range' AND problem IS DISTINCT FROM 'date_range'"
    )
    n = engine.rows("SELECT count(*) FROM all_late")[0][0]
    return replace(Dates.of(engine, "read_lines"), late=n), True


def _looked_into(lines: Lines, recipe: Recipe) -> str:
    """Return the columns of earlier lines that are read: descriptions take their time, and hardly anything asks for them."""
    asked = [text for rule in applicable_rules(lines, recipe) for text in (rule.good, rule.bad, rule.suspects) if text]
    asked += [feature.sql for feature in FEATURES]
    return "*" if any("description" in text for text in asked) else "* EXCLUDE (description), NULL::VARCHAR AS description"


def _find_touched(engine: Engine, base: Run, lines: Lines, *, read: str, late: bool, everybody: bool) -> None:
    """Make ``touched``, the customers to be brought up; ``theirs``, their earlier lines; and ``turned``, those of another date."""
    engine.run(
        "CREATE TABLE turned AS SELECT source_row FROM late_before ANTI JOIN late_now USING (source_row) UNION ALL "
        "SELECT source_row FROM late_now ANTI JOIN late_before USING (source_row) SEMI JOIN old_read USING (source_row)"
        if late
        else "CREATE TABLE turned (source_row BIGINT)"
    )
    if everybody:
        engine.run(f"CREATE TABLE theirs AS {changed_sql(base, 'old_read')}")
        engine.run(
            "CREATE TABLE touched AS SELECT DISTINCT customer_id FROM (SELECT customer_id FROM theirs UNION ALL "
            f"SELECT customer_id FROM {lines.table}) AS everybody WHERE customer_id IS NOT NULL"
        )
        return
    engine.run(f"CREATE TABLE changed AS SELECT customer_id, invoice_no FROM {lines.table} WHERE customer_id IS NOT NULL")
    if late:
        engine.run("INSERT INTO changed SELECT customer_id, invoice_no FROM old_read SEMI JOIN turned USING (source_row)")
    # A new line may bring an old invoice a second customer.
    engine.run(
        "CREATE TABLE touched AS SELECT DISTINCT customer_id FROM (SELECT customer_id FROM changed UNION ALL "
        "SELECT customer_id FROM old_read SEMI JOIN (SELECT DISTINCT invoice_no FROM changed) AS named USING (invoice_no)) "
        "AS found WHERE customer_id IS NOT NULL"
    )
    theirs = f"(SELECT {read} FROM old_read SEMI JOIN touched USING (customer_id))"
    engine.run(f"CREATE TABLE theirs AS {changed_sql(base, theirs)}")


def _find_judged(engine: Engine, lines: Lines, recipe: Recipe, *, late: bool, everybody: bool) -> None:
    """Make ``again``, the earlier lines that are judged again, and ``after_lines``, all that are judged.

    ``compared`` are those of them that may equal others.
    """
    if everybody:
        engine.run("CREATE TABLE again AS SELECT source_row FROM theirs")
        engine.run("CREATE VIEW compared AS SELECT * FROM again")
    else:
        # Equal lines have one invoice, or none and one customer.
        engine.run(
            "CREATE TABLE again AS SELECT source_row FROM theirs WHERE source_row IN (SELECT source_row FROM turned) "
            "OR invoice_no IN (SELECT invoice_no FROM changed) "
            "OR (invoice_no IS NULL AND customer_id IN (SELECT customer_id FROM changed WHERE invoice_no IS NULL))"
        )
        engine.run("CREATE TABLE compared AS SELECT * FROM again")
        _find_returned_with(engine, lines, recipe)
    contract = f"* EXCLUDE ({', '.join(STATE)})"
    problem = (
        " REPLACE (CASE WHEN source_row IN (SELECT source_row FROM late_now) THEN 'date_range' ELSE problem END AS problem)"
        if late
        else ""
    )
    engine.run(
        f"CREATE TABLE after_lines AS SELECT *{problem} FROM (SELECT {contract} FROM theirs SEMI JOIN again USING (source_row) "
        f"UNION ALL BY NAME SELECT * FROM {lines.table}) AS judged"
    )


def _find_returned_with(engine: Engine, lines: Lines, recipe: Recipe) -> None:
    """Add to ``again`` the lines of a customer, a product and a price that changed, where one of them is a return.

    Lines that a rule took before returns are netted stay where they are: nothing that has changed can be equal to them.
    """
    names = [rule.name for rule in applicable_rules(lines, recipe)]
    if "returns_netted" not in names:
        return
    key = "customer_id, coalesce(product_id, '') AS product, price AS unit_value, quantity AS units"
    if lines.level == "order":
        key = "customer_id, '' AS product, abs(transaction_value) AS unit_value, transaction_value AS units"
    taken = ", ".join(map(literal, names[: names.index("returns_netted")])) or "''"
    both = f"SELECT {key} FROM {lines.table} UNION ALL SELECT {key} FROM theirs"
    engine.run(
        "CREATE TABLE met_again AS SELECT DISTINCT customer_id, product, unit_value FROM "
        f"({both} SEMI JOIN again USING (source_row)) AS changed "
        f"SEMI JOIN (SELECT * FROM ({both}) AS events WHERE units < 0) AS returns USING (customer_id, product, unit_value)"
    )
    engine.run(
        f"INSERT INTO again SELECT source_row FROM (SELECT source_row, {key} FROM theirs WHERE reason IS NULL OR "
        f"reason NOT IN ({taken})) AS standing SEMI JOIN met_again USING (customer_id, product, unit_value) "
        "ANTI JOIN again USING (source_row)"
    )
    if "duplicate" in names[names.index("returns_netted") :]:
        engine.run("INSERT INTO compared SELECT source_row FROM again ANTI JOIN compared USING (source_row)")


def _fetch_rows(engine: Engine, base: Run, lines: Lines) -> None:
    """Make ``after_rows``, the rows as they came of those lines judged that may equal others."""
    earlier = earlier_rows(engine, base, "compared")
    engine.run(
        f"CREATE TABLE after_rows AS {earlier} UNION ALL BY NAME SELECT * FROM {lines.raw}"
        if earlier
        else f"CREATE VIEW after_rows AS SELECT * FROM {lines.raw}"
    )


def earlier_rows(engine: Engine, base: Run, numbers: str) -> str | None:
    """Return the query of the earlier rows whose ``source_row`` a table has, as they came; None where it has none.

    A few are looked up by their numbers, which spares the blocks between them.
    """
    found = engine.rows(f"SELECT source_row FROM {numbers} LIMIT {_FEW + 1}")
    if not found:
        return None
    few = f"WHERE source_row IN ({', '.join(str(row) for (row,) in found)})"
    rows = parquet([base.file(rows_file(one)) for one in base.manifest["parts"]["runs"]])
    return f"SELECT * FROM {rows} {few if len(found) <= _FEW else f'SEMI JOIN {numbers} USING (source_row)'}"


def _as_they_were(engine: Engine, lines: Lines, recipe: Recipe) -> Ledger:
    """Return the part of the earlier ledger that the lines judged again have: what became of each is known."""
    asked = "abs(transaction_value)" if lines.level == "order" else line_value("abs(quantity)", "price")
    known = engine.rows(
        "SELECT reason, count(*), count(*) - count(transaction_value), coalesce(sum(transaction_value), 0), "
        f"coalesce(sum(returned_value), 0), coalesce(sum({asked}) FILTER (returned_value IS NULL), 0) "
        "FROM theirs SEMI JOIN again USING (source_row) GROUP BY reason"
    )
    n = {reason: count for reason, count, *_ in known}
    money = {reason: value - back for reason, _, _, value, back, _ in known}
    # Of what was taken back, returns that were netted found all that they asked for; the others found the rest, and too little.
    back = sum(one[4] for one in known)
    netted = sum(one[5] for one in known if one[0] == "returns_netted")
    for reason, taken in ("returns_netted", netted), ("unmatched_return", back - netted):
        money[reason] = money.get(reason, 0) + taken
    entries = [
        Entry(rule.name, rule.outcome, n.get(rule.name, 0), Decimal(money.get(rule.name, 0)), rule.meaning, rule.fix)
        for rule in applicable_rules(lines, recipe)
    ]
    read, kept = (sum(n.values()), sum(one[3] for one in known)), (n.get(None, 0), Decimal(money.get(None, 0)))
    return Ledger.added_up(read, kept, entries, without_value=sum(one[2] for one in known), first=None, last=None)


def _tell(engine: Engine, earlier: int) -> None:
    """Make the tables that say what became of lines, after the last cleaning."""
    state = ", ".join(STATE)
    engine.run(f"CREATE TABLE judged AS {stated_sql('(SELECT source_row FROM after_lines)')}")
    engine.run(
        f"CREATE TABLE altered AS SELECT source_row, {state} FROM judged WHERE source_row <= {earlier} EXCEPT "
        f"SELECT source_row, {state} FROM theirs SEMI JOIN again USING (source_row)"
    )
    engine.run(
        "CREATE TABLE fates AS SELECT source_row, theirs.reason AS was, altered.reason FROM altered JOIN theirs USING (source_row) "
        f"UNION ALL SELECT source_row, NULL AS was, reason FROM judged WHERE source_row > {earlier} ORDER BY source_row"
    )
    kept = "coalesce(left_units, quantity) AS quantity, coalesce(left_value, transaction_value) AS transaction_value"
    engine.run(
        f"CREATE VIEW touched_lines AS SELECT * EXCLUDE ({state}) REPLACE ({kept}) FROM theirs ANTI JOIN again USING (source_row) "
        "WHERE reason IS NULL AND customer_id IS NOT NULL UNION ALL BY NAME SELECT * EXCLUDE (met_a_return) FROM clean"
    )
    engine.run(
        "CREATE TABLE touched_returned AS SELECT customer_id, sum(units) AS returned_quantity, sum(value) AS returned_value FROM ("
        "SELECT customer_id, returned_units AS units, returned_value AS value FROM theirs ANTI JOIN again USING (source_row) "
        "WHERE returned_units IS NOT NULL UNION ALL SELECT customer_id, returned_quantity, returned_value FROM returned) AS back "
        "GROUP BY customer_id"
    )
