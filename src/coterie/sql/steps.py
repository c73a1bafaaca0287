"""A step of a script: a query with a name and a comment, that reads the steps before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from coterie.engines.dialects import Dialect
from coterie.engines.portable import portable
from coterie.sql.render import KNOWN, fragment, indented, laid_out

if TYPE_CHECKING:
    from sqlglot import exp

Stage = Literal["lines", "judged", "clean", "returned", "day", "customers", "ledger"]
"""The model of a dbt project that a step belongs to."""
FLAGS = frozenset({"is_return"})
"""Columns of steps that are true or false."""
EPOCH, SOURCE = "coterie_epoch", "coterie_source"
"""Stand for the seconds since 1970 of ``invoice_date``, and for the warehouse's table."""
_CLEANING = KNOWN | {"RowNumber", "Sign", "Upper", "Lower", "Trim", "Exists"}
INSTEAD = "leave it out of the recipe, or another --dialect."
"""What to do where a dialect has no such function."""


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    name : str
        What later steps call it.
    sql : str
        The query: in DuckDB's dialect before `written`, in its own after.
    comment : str
        One sentence or more.
    stage : str
        From `Stage`.
    never_null : bool
        Whether no value that it compares can be NULL, so that it does not matter what a dialect makes of one.
    apart : bool
        Whether it has so few rows of the lines that it is better made once, and later steps joined with it.
    """

    name: str
    sql: str
    comment: str
    stage: Stage
    never_null: bool = False
    apart: bool = False

    def written(self, dialect: Dialect, source: exp.Table) -> Step:
        """Return the step in a dialect, ``source`` in the place of the warehouse's table.

        Raises
        ------
        ModelError
            If a function in it is not known to mean the same there.
        """
        from sqlglot import exp

        spoken = replace(dialect, refused={}) if self.never_null else dialect
        tree = portable(fragment(self.sql, spoken, f"Step {self.name}", known=_CLEANING, fix=INSTEAD), dialect, FLAGS)
        for table in list(tree.find_all(exp.Table)):
            if table.name == SOURCE:
                table.replace(source.copy())
        text = laid_out(tree, dialect).replace(EPOCH, dialect.epoch.format(moment="invoice_date"))
        return Step(self.name, text, self.comment, self.stage)

    def shown(self, kept: str = "") -> str:
        """Return the step as a part of ``WITH``, its comment above it."""
        comment = "\n".join(f"-- {line}" for line in self.comment.splitlines())
        return f"{comment}\n{self.name} AS {kept}(\n{indented(self.sql)}\n)"
