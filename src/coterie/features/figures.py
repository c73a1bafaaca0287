"""Figures: what a customer table is made of, one row a customer, kept so that it need not be added up again.

They are the features at the level of lines and orders, in their exact types, before the derived ones are computed. A later day
moves those that count days up to it, by as many days.
"""

from __future__ import annotations

import datetime

from coterie.features.spec import FEATURES
from coterie.features.table import Plan, customer_table_steps

_STEP = "joined"
_DAY = "{as_of_day}"


def figures_sql(plan: Plan, lines: str, returned: str | None, as_of: datetime.date) -> str:
    """Return the query of the figures; the parameters are those of `customer_table_sql`."""
    steps = customer_table_steps(plan, lines, returned, as_of)
    at = [name for name, _ in steps].index(_STEP)
    return f"WITH {', '.join(f'{name} AS ({sql})' for name, sql in steps[:at])} {steps[at][1]}"


def customers_of_figures_sql(plan: Plan, figures: str, as_of: datetime.date) -> str:
    """Return the query of the customer table from a relation of figures."""
    steps = customer_table_steps(plan, "nothing", "nothing", as_of)
    at = [name for name, _ in steps].index(_STEP)
    *between, (_, last) = steps[at + 1 :]
    named = [(_STEP, f"SELECT * FROM {figures}"), *between]
    return f"WITH {', '.join(f'{name} AS ({sql})' for name, sql in named)} {last}"


def moved_sql(columns: list[str], days: int) -> str | None:
    """Return the select list that moves figures to a day so many days later; None where a feature does not move by just that."""
    selected = []
    for name in columns:
        sql = FEATURES[name].sql if name in FEATURES else ""
        if days == 0 or _DAY not in sql:
            selected.append(name)
        elif sql.startswith(f"{_DAY} - ") and sql.count(_DAY) == 1 and " OR " not in sql.upper():
            selected.append(f"{name} + {days} AS {name}")
        else:
            return None
    return ", ".join(selected)
