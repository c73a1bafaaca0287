"""All deliveries together: what earlier runs kept of the customers that were not touched, and what became of the others."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from coterie.cleaning import Ledger
from coterie.cleaning.ledger import FATES, Entry
from coterie.deliveries.parts import FIGURES, MARKS, delivered_before, lines_file, parquet, rows_file
from coterie.deliveries.touched import Delivered, deliver
from coterie.engines import Engine, identifier, literal
from coterie.features import Customers, plan_features
from coterie.features.customers import customers_from
from coterie.features.figures import customers_of_figures_sql, figures_sql, moved_sql
from coterie.publish import home_sql, orders_sql
from coterie.recipe import Recipe
from coterie.runs import Reserved, Run
from coterie.sources import Lines


def bring_up(
    engine: Engine, reserved: Reserved, base: Run, lines: Lines, numbers: list[str], recipe: Recipe
) -> tuple[Delivered, Customers, datetime.date, Ledger]:
    """Write marks, figures, orders and quarantine of all lines, and return the customers of then."""
    folder = reserved.folder
    files = [folder / lines_file(number) for number in numbers], [folder / rows_file(number) for number in numbers]
    plan = plan_features(recipe.features, lines.available)
    figures = parquet([base.file(FIGURES)])
    then = datetime.date.fromisoformat(base.manifest["as_of"])
    columns = list(engine.columns(figures))
    found = deliver(
        engine, lines, delivered_before(base), base.file(MARKS), files, recipe,
        everybody=moved_sql(columns, 1) is None or base.manifest["parts"]["told"] != sorted(lines.told),
    )  # fmt: skip
    day = recipe.as_of or ((found.last.date() if found.last else datetime.date(1970, 1, 1)) + datetime.timedelta(days=1))
    moved = moved_sql(columns, (day - then).days) or "*"
    engine.run(
        f"CREATE TABLE figures AS SELECT {moved} FROM {figures} ANTI JOIN touched USING (customer_id) "
        f"UNION ALL BY NAME ({figures_sql(plan, 'touched_lines', 'touched_returned', day)})"
    )
    engine.write("SELECT * FROM figures", folder / FIGURES)
    engine.write("SELECT * FROM marks_now ORDER BY source_row", folder / MARKS)
    engine.write(_quarantine_sql(engine, found, base.file("quarantine.parquet")), folder / "quarantine.parquet")
    orders = parquet([base.file("orders.parquet")])
    engine.write(
        f"SELECT * FROM (SELECT * FROM {orders} ANTI JOIN touched USING (customer_id) UNION ALL BY NAME "
        f"({orders_sql('touched_lines')})) AS merged ORDER BY customer_id, ordered_at, invoice_no",
        folder / "orders.parquet",
    )
    customers = customers_from(engine, plan, f"({customers_of_figures_sql(plan, 'figures', day)})")
    ledger = _ledger(engine, base.ledger, found)
    return found, customers, day, ledger


def homes_sql(base: Run) -> str:
    """Return the query of each customer's country, after `bring_up`."""
    customers = parquet([base.file("customers.parquet")])
    return (
        f"SELECT customer_id, country FROM {customers} ANTI JOIN touched USING (customer_id) WHERE country IS NOT NULL "
        f"UNION ALL ({home_sql('touched_lines')})"
    )


def _ledger(engine: Engine, earlier: dict[str, Any], found: Delivered) -> Ledger:
    """Return the ledger of all lines: the earlier one, less what was looked at, plus what became of it."""
    known = {one["rule"]: one for one in earlier["rules"]}
    was = {entry.rule: entry for entry in found.before.entries}
    samples = _samples(engine)
    entries = []
    for entry in found.after.entries:
        old, part = known.get(entry.rule), was.get(entry.rule)
        lines = entry.lines - (part.lines if part else 0) + (old["lines"] if old else 0)
        money = entry.money - (part.money if part else 0) + (Decimal(old["money"]) if old else 0)
        entries.append(Entry(entry.rule, entry.outcome, lines, money, entry.meaning, entry.fix, tuple(samples.get(entry.rule, ()))))
    fates = ("read", *FATES)
    before, after = found.before, found.after
    return Ledger(
        lines={fate: earlier["lines"][fate] - before.lines[fate] + after.lines[fate] for fate in fates},
        money={fate: Decimal(earlier["money"][fate]) - before.money[fate] + after.money[fate] for fate in fates},
        without_value=earlier["without_value"] - before.without_value + after.without_value,
        first=found.first,
        last=found.last,
        entries=tuple(entries),
    )


def _samples(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Return the first three lines of every reason; the parts are in the order of their numbers, so few blocks are read."""
    shown = ("customer_id", "invoice_no", "product_id", "quantity", "price")
    firsts = engine.rows(
        "SELECT reason, unnest(min(source_row, 3)) AS source_row FROM marks_now GROUP BY reason ORDER BY source_row"
    )
    if not firsts:
        return {}
    wanted = ", ".join(str(row) for _, row in firsts)
    columns = ", ".join(f"{name}::VARCHAR" for name in shown)
    read = engine.rows(f"SELECT source_row, {columns} FROM all_lines WHERE source_row IN ({wanted})")
    came = engine.rows(f"SELECT source_row, source_file, source_line FROM all_rows WHERE source_row IN ({wanted})")
    lines, places = ({row: values for row, *values in one} for one in (read, came))
    found: dict[str, list[dict[str, Any]]] = {}
    for reason, row in firsts:
        file, line = places[row]
        found.setdefault(reason, []).append({"source_file": file, "source_line": line} | dict(zip(shown, lines[row], strict=True)))
    return found


def _quarantine_sql(engine: Engine, found: Delivered, earlier: Path) -> str:
    """Return the query of the quarantine of all lines: the earlier one, with what was judged again in its place."""
    names = list(engine.columns(parquet([earlier])))
    own = dict(zip(("reason", "source_file", "source_line", "source_text"), names[-4:], strict=True))
    columns = [f"raw.{identifier(name)}" for name in names[:-4]]
    columns += [f"{'marks' if name == 'reason' else 'raw'}.{name} AS {identifier(alias)}" for name, alias in own.items()]
    listed = ", ".join(identifier(name) for name in names)
    return (
        f"SELECT {listed} FROM (SELECT numbered.source_row AS place, {', '.join(f'old.{identifier(name)}' for name in names)} "
        f"FROM read_parquet({literal(str(earlier))}, file_row_number = true) AS old JOIN "
        "(SELECT source_row, row_number() OVER (ORDER BY source_row) - 1 AS nth FROM marks_before WHERE outcome = 'quarantined') "
        "AS numbered ON numbered.nth = old.file_row_number ANTI JOIN own_rows ON own_rows.source_row = numbered.source_row "
        f"UNION ALL SELECT raw.source_row, {', '.join(columns)} FROM after_rows AS raw JOIN "
        "(SELECT * FROM marks_now SEMI JOIN own_rows USING (source_row) WHERE outcome = 'quarantined') AS marks "
        "USING (source_row)) AS merged ORDER BY place"
    )
