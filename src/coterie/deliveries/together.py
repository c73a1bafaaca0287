"""All deliveries together: what earlier runs kept of the customers that were not touched, and what became of the others."""

from __future__ import annotations

import datetime
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from coterie.aside import Aside
from coterie.cleaning import Ledger
from coterie.deliveries.balance import balanced
from coterie.deliveries.parts import (
    FIGURES,
    STATE,
    about_parts,
    changes_file,
    lines_file,
    link_parts,
    parquet,
    rows_file,
    write_lines,
    written,
)
from coterie.deliveries.quarantine import write_quarantine
from coterie.deliveries.touched import Delivered, deliver
from coterie.engines import Engine
from coterie.features import Customers, plan_features
from coterie.features.customers import customers_from
from coterie.features.figures import customers_of_figures_sql, figures_sql, moved_sql
from coterie.recipe import Recipe
from coterie.runs import Reserved, Run
from coterie.sources import Lines


@dataclass(frozen=True)
class Together:
    """All lines brought up to a delivery.

    Parameters
    ----------
    found : Delivered
        What the delivery changed.
    customers : Customers
        All of them.
    as_of : date
        The day the answer is for.
    ledger : Ledger
        Of all lines.
    parts : dict
        What the manifest tells of the parts.
    linked : dict of str to str
        Files that are the earlier run's, with their hashes.
    written : list of Future
        Files that are being written.
    homes : Future of str or None
        Relation of the customers' countries; None where the source has none.
    """

    found: Delivered
    customers: Customers
    as_of: datetime.date
    ledger: Ledger
    parts: dict[str, Any]
    linked: dict[str, str]
    written: list[Future[None]]
    homes: Future[str | None]


def bring_up(engine: Engine, aside: Aside, reserved: Reserved, base: Run, lines: Lines, recipe: Recipe) -> Together:
    """Write parts, figures, orders and quarantine of all lines, and return the customers of then.

    Parameters
    ----------
    engine : Engine
        Where the new lines are.
    aside : Aside
        Writes what nothing waits for.
    reserved : Reserved
        Where the files go.
    base : Run
        The run before.
    lines : Lines
        From `coterie.deliveries.parts.new_lines`.
    recipe : Recipe
        The base's, with the day that was asked for.
    """
    folder, known = reserved.folder, base.manifest["parts"]
    plan = plan_features(recipe.features, lines.available)
    figures = parquet([base.file(FIGURES)])
    then = datetime.date.fromisoformat(base.manifest["as_of"])
    columns = list(engine.columns(figures))
    everybody = moved_sql(columns, 1) is None or known["told"] != sorted(lines.told)
    found = deliver(engine, lines, base, recipe, everybody=everybody)
    # It brings much that is not needed before, and is imported while the lines are cleaned.
    from coterie.publish import orders_sql

    homes = aside.call(_make_homes, engine, base, lines)
    orders = parquet([base.file("orders.parquet")])
    files = [
        aside.call(write_quarantine, engine, base, lines, folder / "quarantine.parquet"),
        aside.call(
            engine.write,
            f"SELECT * FROM (SELECT * FROM {orders} ANTI JOIN touched USING (customer_id) UNION ALL BY NAME "
            f"({orders_sql('touched_lines')})) AS merged ORDER BY customer_id, ordered_at, invoice_no",
            folder / "orders.parquet",
        ),
        aside.call(_write_new_parts, engine, reserved, lines),
    ]
    day = recipe.as_of or ((found.last.date() if found.last else datetime.date(1970, 1, 1)) + datetime.timedelta(days=1))
    moved = moved_sql(columns, (day - then).days) or "*"
    engine.run(
        f"CREATE TABLE figures AS SELECT {moved} FROM {figures} ANTI JOIN touched USING (customer_id) "
        f"UNION ALL BY NAME ({figures_sql(plan, 'touched_lines', 'touched_returned', day)})"
    )
    files.append(aside.call(engine.write, "SELECT * FROM figures", folder / FIGURES))
    customers = customers_from(engine, plan, f"({customers_of_figures_sql(plan, 'figures', day)})")
    ledger, firsts = balanced(engine, base, lines, found)
    changed = engine.rows("SELECT count(*) FROM altered")[0][0]
    changes = [*known["changes"], *([reserved.number] if changed else [])]
    parts = about_parts(
        engine, lines, [*known["runs"], reserved.number], changes=changes, dates=found.dates, firsts=firsts
    ) | {"reading": known["reading"]}  # fmt: skip
    return Together(found, customers, day, ledger, parts, link_parts(base, reserved), files, homes)


def _write_new_parts(engine: Engine, reserved: Reserved, lines: Lines) -> None:
    """Write the delivery's own parts, and the earlier lines that it changed where there are any."""
    folder, number = reserved.folder, reserved.number
    stated = ", ".join(f"judged.{name}" for name in STATE)
    write_lines(
        engine,
        f"SELECT lines.*, {stated} FROM (SELECT {written(lines)} FROM {lines.table}) AS lines "
        "JOIN judged ON judged.source_row = lines.source_row ORDER BY lines.source_row",
        folder / lines_file(number),
    )
    engine.write(f"SELECT * FROM {lines.raw}", folder / rows_file(number))
    if engine.rows("SELECT count(*) FROM altered")[0][0]:
        engine.write("SELECT * FROM altered ORDER BY source_row", folder / changes_file(number))


def _make_homes(engine: Engine, base: Run, lines: Lines) -> str | None:
    """Make the table of each customer's country, and return its name; None where no country is known."""
    if "country" not in lines.available:
        return None
    engine.run(f"CREATE TABLE homes AS {homes_sql(base)}")
    return "homes"


def homes_sql(base: Run) -> str:
    """Return the query of each customer's country, after `bring_up`."""
    from coterie.publish import home_sql

    customers = parquet([base.file("customers.parquet")])
    return (
        f"SELECT customer_id, country FROM {customers} ANTI JOIN touched USING (customer_id) WHERE country IS NOT NULL "
        f"UNION ALL ({home_sql('touched_lines')})"
    )
