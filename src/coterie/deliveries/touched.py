"""The customers that new lines touch, cleaned once more.

What becomes of a line hangs on the equal lines, on the lines of its invoice and, for a return, on its customer's other lines. So
the lines of the customers touched, with the other lines of their invoices, are all that has to be cleaned: once as they were, to
take their part out of the ledger, and once with the new ones, to put it back. Earlier lines are read from the parts, by their keys.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coterie.cleaning import Cleaned, Ledger, applicable_rules, clean
from coterie.deliveries.parts import parquet
from coterie.engines import Engine
from coterie.recipe import Recipe
from coterie.sources import Lines
from coterie.sources.write import late_dates

_ALONE = frozenset({"duplicate", "refunded", "returns_netted"})
"""Rules that compare lines of one customer alone."""


@dataclass(frozen=True)
class Delivered:
    """What a delivery changed, as tables of the engine.

    Parameters
    ----------
    cleaned : Cleaned
        The lines looked at, earlier and new; ``table`` and ``returned`` of the customers touched alone.
    before, after : Ledger
        The part of the lines looked at in the ledger, without and with the new ones.
    last : datetime, optional
        Last readable date of all lines.
    first : datetime, optional
        First readable date of all lines.
    touched : int
        Customers touched.
    everybody : bool
        Whether all earlier lines were looked at, since the rules leave no other way.

    The engine has ``all_lines`` and ``all_rows`` besides, views of everything; ``touched``, their ``customer_id``; ``own_rows``,
    the ``source_row`` of the lines whose fate was judged again.
    """

    cleaned: Cleaned
    before: Ledger
    after: Ledger
    first: datetime.datetime | None
    last: datetime.datetime | None
    touched: int
    everybody: bool


def deliver(
    engine: Engine, lines: Lines, earlier: int, marks: Path, files: tuple[Sequence[Path], Sequence[Path]], recipe: Recipe, *,
    everybody: bool = False,
) -> Delivered:  # fmt: skip
    """Clean the customers that new lines touch.

    Parameters
    ----------
    engine : Engine
        Any.
    lines : Lines
        What all lines have in common; its tables are not looked at.
    earlier : int
        Records delivered before; the new lines have greater numbers.
    marks : Path
        What became of the earlier lines.
    files : (sequence of Path, sequence of Path)
        Parts of lines and of rows, the new ones last.
    recipe : Recipe
        Its rules, and its ``as_of``.
    everybody : bool, default False
        Look at all lines in any case.
    """
    engine.run(f"CREATE VIEW part_lines AS SELECT * FROM {parquet(files[0])}")
    engine.run(f"CREATE VIEW all_rows AS SELECT * FROM {parquet(files[1])}")
    engine.run(f"CREATE VIEW marks_before AS SELECT * FROM {parquet([marks])}")
    late = late_dates(engine, "part_lines", recipe.as_of)
    engine.run(
        f"CREATE VIEW all_lines AS SELECT * REPLACE (CASE WHEN {late} THEN 'date_range' ELSE problem END AS problem) "
        "FROM part_lines"
    )
    _find_late(engine, late, earlier)
    everybody = everybody or not _local(lines, recipe)
    _find_touched(engine, earlier, everybody=everybody)
    engine.run("CREATE TABLE after_lines AS SELECT * FROM all_lines SEMI JOIN looked_at USING (source_row)")
    engine.run("CREATE TABLE after_rows AS SELECT * FROM all_rows SEMI JOIN looked_at USING (source_row)")
    engine.run(
        "CREATE TABLE before_lines AS SELECT * EXCLUDE (read_problem) REPLACE (CASE WHEN source_row IN "
        "(SELECT source_row FROM late_before) THEN 'date_range' ELSE read_problem END AS problem) FROM "
        "(SELECT after_lines.*, part_lines.problem AS read_problem FROM after_lines "
        f"JOIN part_lines USING (source_row) WHERE source_row <= {earlier})"
        if engine.rows("SELECT (SELECT count(*) FROM late_before) + (SELECT count(*) FROM late_now)")[0][0]
        else f"CREATE VIEW before_lines AS SELECT * FROM after_lines WHERE source_row <= {earlier}"
    )
    engine.run(f"CREATE VIEW before_rows AS SELECT * FROM after_rows WHERE source_row <= {earlier}")
    before = clean(engine, replace(lines, table="before_lines", raw="before_rows"), recipe)
    after = clean(engine, replace(lines, table="after_lines", raw="after_rows"), recipe)
    engine.run(
        "CREATE TABLE own_rows AS SELECT source_row FROM after_lines "
        f"WHERE source_row > {earlier} OR customer_id IN (SELECT customer_id FROM touched)"
    )
    engine.run(
        "CREATE TABLE marks_now AS SELECT * FROM marks_before ANTI JOIN own_rows USING (source_row) "
        f"UNION ALL BY NAME SELECT * FROM {after.marks} SEMI JOIN own_rows USING (source_row)"
    )
    engine.run(f"CREATE VIEW touched_lines AS SELECT * FROM {after.table} SEMI JOIN touched USING (customer_id)")
    engine.run(f"CREATE VIEW touched_returned AS SELECT * FROM {after.returned} SEMI JOIN touched USING (customer_id)")
    own = replace(after, table="touched_lines", returned="touched_returned", marks="marks_now")
    first, last = engine.rows("SELECT min(invoice_date), max(invoice_date) FROM all_lines WHERE problem IS NULL")[0]
    touched = engine.rows("SELECT count(*) FROM touched")[0][0]
    return Delivered(own, before.ledger, after.ledger, first, last, touched, everybody)


def _local(lines: Lines, recipe: Recipe) -> bool:
    """Return whether the rules judge a line by its equals, its invoice and its customer alone."""
    named = [rule.name for rule in applicable_rules(lines, recipe) if rule.good is None]
    if "invoice_conflict" in named and "returns_netted" in named[: named.index("invoice_conflict")]:
        return False
    return set(named) <= _ALONE | {"invoice_conflict"}


def _find_late(engine: Engine, late: str, earlier: int) -> None:
    """Find the earlier lines whose date was too late before, and those whose date is now."""
    engine.run(
        "CREATE TABLE late_before AS SELECT source_row FROM part_lines SEMI JOIN "
        "(SELECT source_row FROM marks_before WHERE reason = 'date_range') AS marked USING (source_row) "
        "WHERE problem IS DISTINCT FROM 'date_range'"
        if engine.rows("SELECT count(*) FROM marks_before WHERE reason = 'date_range'")[0][0]
        else "CREATE TABLE late_before (source_row BIGINT)"
    )
    engine.run(
        f"CREATE TABLE late_now AS SELECT source_row FROM part_lines WHERE {late} AND source_row <= {earlier} "
        "AND customer_id IS NOT NULL"
    )


def _find_touched(engine: Engine, earlier: int, *, everybody: bool) -> None:
    """Make ``touched``, the customers whose lines are judged again, and ``looked_at``, the lines that it takes."""
    if everybody:
        engine.run("CREATE TABLE touched AS SELECT DISTINCT customer_id FROM all_lines WHERE customer_id IS NOT NULL")
        engine.run("CREATE TABLE looked_at AS SELECT source_row FROM all_lines")
        return
    turned = (
        "(SELECT source_row FROM late_before ANTI JOIN late_now USING (source_row) "
        "UNION ALL SELECT source_row FROM late_now ANTI JOIN late_before USING (source_row))"
    )
    engine.run(
        f"CREATE TABLE changed AS SELECT source_row, customer_id, invoice_no FROM part_lines WHERE source_row > {earlier} "
        + (
            f"UNION ALL SELECT source_row, customer_id, invoice_no FROM part_lines SEMI JOIN {turned} AS turned USING (source_row)"
            if engine.rows(f"SELECT count(*) FROM {turned}")[0][0]
            else ""
        )
    )
    # A new line may bring an old invoice a second customer.
    engine.run(
        "CREATE TABLE touched AS SELECT DISTINCT customer_id FROM (SELECT customer_id FROM changed UNION ALL "
        "SELECT customer_id FROM part_lines SEMI JOIN (SELECT DISTINCT invoice_no FROM changed) AS new USING (invoice_no)) "
        "WHERE customer_id IS NOT NULL"
    )
    engine.run(
        "CREATE TABLE theirs AS SELECT source_row, invoice_no FROM part_lines SEMI JOIN touched USING (customer_id)"
    )
    engine.run(
        "CREATE TABLE looked_at AS SELECT source_row FROM theirs UNION SELECT source_row FROM changed UNION "
        "SELECT source_row FROM part_lines SEMI JOIN (SELECT DISTINCT invoice_no FROM theirs) AS own USING (invoice_no)"
    )
