"""Cleaning where the lines are: the same steps as a compiled script, kept there as tables for the questions that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from coterie.cleaning import Cleaned, Rule, applicable_rules
from coterie.cleaning.clean import SAMPLED
from coterie.cleaning.ledger import Entry, Ledger
from coterie.cleaning.returns import KEPT_QUANTITY, KEPT_VALUE
from coterie.columns import COLUMNS, VALUE
from coterie.engines import identifier, literal
from coterie.engines.there import There
from coterie.recipe import Recipe
from coterie.sources.lines import ROW_NUMBER, InputFile, Lines, Match
from coterie.sources.lying import Lying
from coterie.sources.quality import look_at
from coterie.sql.judging import JUDGED, NETTED, judging_steps, typed_rules
from coterie.sql.ledger import ledger_steps
from coterie.sql.steps import EPOCH, SOURCE, Step
from coterie.sql.table import raw, reading_steps

SOLD = "sold_lines"
_LINE = ("source_row", *(column.name for column in COLUMNS))
_SOURCE = ("source_file", "source_line", "source_text")
_NO_NETTING = ", ".join(["1 = 0 AS is_return", *(f"CAST(NULL AS {VALUE}) AS {name}" for name in NETTED[1:])])
"""What netting would have added to a line."""


def clean_there(there: There, lying: Lying, recipe: Recipe) -> Cleaned:
    """Send every line of a relation through the rules, where it lies.

    Parameters
    ----------
    there : There
        The place.
    lying : Lying
        The relation, from `coterie.sources.lying`.
    recipe : Recipe
        Its ``cleaning`` names the rules, its ``reading`` the texts that mean a missing customer.

    Returns
    -------
    Cleaned
        Its tables lie there.
    """
    lines = lying.lines or _read(there, lying, recipe)
    rules = applicable_rules(lines, recipe) if lying.lines else typed_rules(applicable_rules(lines, recipe))
    netted = any(rule.name == "returns_netted" for rule in rules)
    judging = judging_steps(rules, lines, recipe, (*_LINE[1:], "problem", *_SOURCE, *map(raw, lines.source_columns)))
    if not netted:
        judging[-1] = replace(judging[-1], sql=f"SELECT *, {_NO_NETTING} FROM ({judging[-1].sql}) AS judged")
    _keep(there, JUDGED, judging)
    _views(there, lines, rules)
    lines = replace(lines, table=JUDGED, raw="raw_rows", warnings=(*lines.warnings, *look_at(there, JUDGED)))
    return Cleaned("clean", "returned", "marks", lines, _ledger(there, rules, netted=netted), there)


def _read(there: There, lying: Lying, recipe: Recipe) -> Lines:
    """Keep a relation's rows as typed lines, and return what they are."""
    header = tuple(lying.columns)
    mapped = {match.column for match in lying.matches}
    matches = lying.matches
    if "invoice_no" not in mapped:
        matches = (Match("invoice_no", ROW_NUMBER, 1.0, "every row is an order"), *matches)
    lines = Lines(
        SOLD, "raw_rows", header, matches, "line" if {"product_id", "price"} & mapped else "order", tuple(lying.inputs),
        warnings=lying.warnings, notes=lying.notes, told=frozenset({"currency"} if lying.other_currency else ()),
    )  # fmt: skip
    steps = reading_steps(
        lines, lying.columns, recipe, recipe.as_of, whole=True, numbering=there.place.numbering, other_currency=lying.other_currency
    )
    own = f"CAST({literal(lying.name)} AS VARCHAR), source_row, CAST(NULL AS VARCHAR)"
    named = ", ".join(f"{value} AS {name}" for value, name in zip(own.split(", "), _SOURCE, strict=True))
    last = Step("told_lines", f"SELECT *, {named} FROM {steps[-1].name}", "Every line, and where it came from.", "lines")
    _keep(there, SOLD, [*steps, last], lying.relation)
    if lines.inputs:
        return lines
    sha256, records, size = there.place.digest(SOLD, [raw(name).strip('"').replace('""', '"') for name in header])
    return replace(lines, inputs=(InputFile(lying.name, size, sha256, records),))


def _keep(there: There, name: str, steps: Sequence[Step], relation: str = "") -> None:
    """Make a table of the last of several steps."""
    parts = ", ".join(f"{step.name} AS ({step.sql})" for step in steps[:-1])
    query = f"WITH {parts} {steps[-1].sql}" if parts else steps[-1].sql
    there.run(f"CREATE OR REPLACE TABLE {name} AS {query.replace(EPOCH, 'epoch(invoice_date)').replace(SOURCE, relation)}")


def _views(there: There, lines: Lines, rules: Sequence[Rule]) -> None:
    """Give the judged lines the names that the tables of cleaning have."""
    fates = " ".join(f"WHEN reason = {literal(rule.name)} THEN {literal(rule.outcome)}" for rule in rules)
    kept = {"quantity": f"{KEPT_QUANTITY} AS quantity", "transaction_value": f"{KEPT_VALUE} AS transaction_value"}
    back = "units - left_units AS units, value - left_value AS value"
    columns = ", ".join(kept.get(column, column) for column in _LINE)
    source = ", ".join(f"{raw(column)} AS {identifier(column)}" for column in lines.source_columns)
    for view, query in {
        "marks": f"SELECT source_row, reason, CASE {fates} END AS outcome FROM {JUDGED} WHERE reason IS NOT NULL",
        "netting": f"SELECT source_row, customer_id, {', '.join(NETTED)} FROM {JUDGED} WHERE units IS NOT NULL",
        "met": f"SELECT {', '.join(_LINE)} FROM {JUDGED} WHERE units IS NOT NULL",
        "taken_after_netting": f"SELECT source_row FROM {JUDGED} WHERE units IS NOT NULL "
        "AND reason NOT IN ('returns_netted', 'unmatched_return')",
        "clean": f"SELECT {columns}, units IS NOT NULL AS met_a_return FROM {JUDGED} WHERE reason IS NULL",
        "returned": "SELECT customer_id, sum(units) AS returned_quantity, sum(value) AS returned_value FROM "
        f"(SELECT customer_id, {back} FROM {JUDGED} WHERE NOT is_return AND left_units < units) AS back GROUP BY customer_id",
        "raw_rows": f"SELECT source_row, {', '.join(_SOURCE)}, {source} FROM {JUDGED}",
    }.items():
        there.run(f"CREATE OR REPLACE VIEW {view} AS {query}")


def _ledger(there: There, rules: Sequence[Rule], *, netted: bool) -> Ledger:
    steps = ledger_steps(rules, netted=netted)
    parts = ", ".join(f"{step.name} AS ({step.sql})" for step in steps)
    summed = there.rows(f"WITH {parts} SELECT rule, CAST(line_count AS BIGINT), CAST(money AS VARCHAR) FROM ledger")
    found = {rule: (int(count), Decimal(money)) for rule, count, money in summed}
    without, first, last = there.rows(
        "SELECT count(*) - count(transaction_value), min(CASE WHEN problem IS NULL THEN invoice_date END), "
        f"max(CASE WHEN problem IS NULL THEN invoice_date END) FROM {JUDGED}"
    )[0]
    samples = _samples(there)
    entries = tuple(
        Entry(rule.name, rule.outcome, *found[rule.name], rule.meaning, rule.fix, tuple(samples.get(rule.name, ())))
        for rule in rules
    )
    return Ledger.added_up(found["read"], found["kept"], entries, without_value=int(without), first=first, last=last)


def _samples(there: There) -> dict[str, list[dict[str, Any]]]:
    columns = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in SAMPLED)
    nth = "row_number() OVER (PARTITION BY reason ORDER BY source_row) AS nth"
    found: dict[str, list[dict[str, Any]]] = {}
    for reason, row, *values in there.rows(
        f"SELECT reason, source_row, {', '.join(SAMPLED)} FROM (SELECT reason, source_row, {columns}, {nth} FROM {JUDGED} "
        "WHERE reason IS NOT NULL) AS judged WHERE nth <= 3 ORDER BY source_row"
    ):
        found.setdefault(reason, []).append({"source_line": row, **dict(zip(SAMPLED, values, strict=True))})
    return found
