"""A whole recipe as named steps in a dialect: cleaning, features and, with a model, assignment."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coterie.cleaning import RULES, Rule, applicable_rules
from coterie.engines.dialects import Dialect
from coterie.errors import ModelError
from coterie.features import Feature, Plan, customer_table_steps, plan_features
from coterie.recipe import Recipe
from coterie.scaling import Scaling
from coterie.sources.lines import Lines
from coterie.sql.expressions import name
from coterie.sql.judging import clean_steps, judging_steps, typed_rules
from coterie.sql.ledger import ledger_steps
from coterie.sql.render import placing, table_named
from coterie.sql.script import KEPT, LINES, RETURNED, comment_of, counted, final_select, model_steps, placing_steps
from coterie.sql.steps import INSTEAD, Step
from coterie.sql.table import day_step, reading_steps

if TYPE_CHECKING:
    from sqlglot import exp

WIDTH = 128
_LATER = frozenset({"customers", "dated_lines", "by_lines", "by_orders", "placed_orders", "everybody", "joined", *KEPT, "placed"})
"""Steps from lines to customers, whose names no table of lines may have."""


@dataclass(frozen=True)
class Placing:
    """What a model places customers by.

    Parameters
    ----------
    document : dict
        The model.
    scaling, centers
        Of the model, parsed.
    nobody : (str, str)
        Segment id and name of a customer in no cluster.
    """

    document: dict[str, Any]
    scaling: Scaling
    centers: NDArray[np.float64]
    nobody: tuple[str, str]


@dataclass(frozen=True)
class Answer:
    """What a script ends with.

    Parameters
    ----------
    name : str
        ``"customers"``, ``"features"`` or ``"ledger"``.
    meaning : str
        One sentence.
    steps : tuple of Step
        Written in the dialect, each reading those before it; the last ones belong to the answer alone.
    final : str
        The query after the steps.
    left_out : dict of str to str
        Features that only describe and cannot be written in the dialect, and why.
    """

    name: str
    meaning: str
    steps: tuple[Step, ...]
    final: str
    left_out: dict[str, str]


@dataclass(frozen=True)
class Compiled:
    """A recipe, and a model where there is one, ready to be written.

    Parameters
    ----------
    recipe : Recipe
        Which rules and features.
    origin : str
        What it comes from, in words.
    model : Placing, optional
        To assign by.
    lines : Lines
        Which columns the table has.
    columns : dict of str to str
        SQL of each of them, in DuckDB's dialect.
    table : str
        The table, as written in the dialect.
    dialect : Dialect
        Where it is to run.
    as_of : date, optional
        The day the answer is for; by default the day after the last line.
    """

    recipe: Recipe
    origin: str
    model: Placing | None
    lines: Lines
    columns: dict[str, str]
    table: str
    dialect: Dialect
    as_of: datetime.date | None

    @property
    def rules(self) -> list[Rule]:
        """The rules that the lines of typed columns walk, in order."""
        return typed_rules(applicable_rules(self.lines, self.recipe))

    @property
    def netted(self) -> bool:
        """Whether returns are netted."""
        return any(rule.name == "returns_netted" for rule in self.rules)

    @property
    def day(self) -> datetime.date | str:
        """The day the answer is for, or the SQL of it."""
        return self.as_of or "(SELECT as_of_day FROM answer_day)"

    def answer(self, what: str, source: exp.Table | None = None) -> Answer:
        """Return the steps of one answer.

        Parameters
        ----------
        what : {"customers", "features", "ledger"}
            Customers with segment, customers with every feature of the recipe, or lines and money by reason.
        source : sqlglot expression, optional
            Stands in the place of the table.

        Raises
        ------
        ModelError
            If a function that it needs means something else in the dialect.
        """
        reading = reading_steps(self.lines, self.columns, self.recipe, self.as_of)
        cleaning = [*reading, *judging_steps(self.rules, self.lines, self.recipe)]
        if what == "ledger":
            steps = self._written([*cleaning, *ledger_steps(self.rules, netted=self.netted)], source)
            final = "SELECT rule, outcome, line_count, money FROM ledger ORDER BY place"
            return Answer(what, "What became of every line and all its money.", steps, placing(final, self.dialect), {})
        before = self._written([*cleaning, *clean_steps(netted=self.netted), *day_step(self.as_of)], source)
        if what == "features" or self.model is None:
            plan, left_out = self._plan()
            after = self._counted(customer_table_steps(plan, LINES, RETURNED if self.netted else None, self.day))
            after[-1] = replace(after[-1], comment="The features of each customer.")
            names = ", ".join(name(plan.published[feature.name]) for feature in plan.features)
            final = placing(f"SELECT customer_id, {names} FROM customers", self.dialect)
            return Answer(what, "The features of each customer.", (*before, *after), final, left_out)
        return self._assigned(what, before, self.model)

    def _assigned(self, what: str, before: Sequence[Step], model: Placing) -> Answer:
        names = [entry["feature"] for entry in model.document["features"]]
        after = self._counted(model_steps(model.document, RETURNED if self.netted else None, self.day))
        placed = [
            Step(step, placing(sql, self.dialect), comment_of(step), "customers")
            for step, sql in placing_steps(model.scaling, model.centers, after[-1].name)
        ]
        final = placing(final_select(model.document, names, model.nobody, self.dialect), self.dialect)
        return Answer(what, "The segment of each customer.", (*before, *after, *placed), final, {})

    def script(self, what: str) -> str:
        """Return one answer as one query: a head that says what it is, and a comment above each step."""
        answer = self.answer(what)
        parts = ",\n".join(step.shown(self.dialect.kept if step.name in KEPT else "") for step in answer.steps)
        return f"{self.head(answer)}WITH\n{parts}\n{answer.final}\n"

    def head(self, answer: Answer) -> str:
        """Return what a reader must know before the first step, as comments."""
        matches = {match.source: match.column for match in self.lines.matches}
        reads = ", ".join(
            source if matches.get(source, source) == source else f"{source} (as {matches[source]})" for source in self.columns
        )
        said = [
            f"{answer.meaning} For {self.dialect.meaning}, from the lines of {self.table} as they are.",
            f"Written by Coterie from {self.origin}.",
            f"Reads {reads}. Ids are text or whole numbers, quantities and money are numbers, and invoice_date is a time without "
            "zone, in the shop's local time: convert one that has a zone before.",
            f"As of {self.as_of}." if self.as_of else "As of the day after the last readable line.",
            f"Rules that apply: {', '.join(rule.name for rule in self.rules)}.",
            *self._not_asked(),
            *([self.dialect.note] if self.dialect.note else []),
        ]
        if any("{source_columns}" in (rule.bad or "") for rule in self.rules):
            said.append(f"A duplicate is a line that is equal in all of: {', '.join(self.columns)}.")
        said += [f"Left out: {feature}: {why}." for feature, why in answer.left_out.items()]
        return "".join(
            f"-- {line}\n" for text in said for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False)
        )

    def _not_asked(self) -> list[str]:
        """Return what the head says of rules that do not apply: those of text, and those the table lacks a column for."""
        walked = applicable_rules(self.lines, self.recipe)
        text = [rule.name for rule in walked if rule not in self.rules]
        lacking = [RULES[name] for name in self.recipe.cleaning.rules if RULES[name] not in walked]
        said = [f"Rules that do not: {', '.join(text)}, which only a text can break; the columns are typed."] if text else []
        return said + [f"{r.name} does not: no column {', '.join(sorted(r.needs - self.lines.available))}." for r in lacking]

    def _plan(self) -> tuple[Plan, dict[str, str]]:
        """Return the recipe's features, and why some that only describe cannot be written."""
        plan = plan_features(self.recipe.features, self.lines.available)
        left_out = {plan.published[f.name]: why for f in plan.profile if (why := self._unwritable(f, plan))}
        profile = tuple(feature for feature in plan.profile if plan.published[feature.name] not in left_out)
        return replace(plan, profile=profile), left_out

    def _unwritable(self, feature: Feature, plan: Plan) -> str | None:
        alone = replace(plan, use=(feature,), profile=())
        try:
            self._counted(customer_table_steps(alone, LINES, RETURNED, self.day))
        except ModelError as refusal:
            return refusal.found.removesuffix(".")
        return None

    def _counted(self, steps: Sequence[tuple[str, str]]) -> list[Step]:
        from sqlglot import exp

        tables = {LINES: exp.to_table("clean_lines"), RETURNED: exp.to_table("returned")}
        return [
            Step(step, counted(step, sql, self.dialect, tables, fix=INSTEAD), comment_of(step), "customers") for step, sql in steps
        ]

    def _written(self, steps: Sequence[Step], source: exp.Table | None) -> tuple[Step, ...]:
        place = source or table_named(self.table, self.dialect, {step.name for step in steps} | _LATER)
        return tuple(step.written(self.dialect, place) for step in steps)
