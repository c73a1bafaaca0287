"""Cleaning where the lines are: the same steps as a compiled script, kept there as tables for the questions that follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from coterie.cleaning import Cleaned, Rule, applicable_rules
from coterie.cleaning.clean import SAMPLED
from coterie.cleaning.ledger import Entry, Ledger
from coterie.cleaning.returns import KEPT_QUANTITY, KEPT_VALUE, MONEY_BY_REASON
from coterie.columns import COLUMNS, VALUE
from coterie.engines import literal
from coterie.engines.there import There
from coterie.recipe import Recipe
from coterie.sources.lines import ROW_NUMBER, InputFile, Lines, Match
from coterie.sources.lying import Lying
from coterie.sources.quality import look_at
from coterie.sources.views import raw_name
from coterie.sql.judging import JUDGED, NETTED, judging_steps, typed_rules
from coterie.sql.steps import EPOCH, SOURCE, Step
from coterie.sql.table import raw, reading_steps

SOLD = "sold_lines"
_LINE = ("source_row", *(column.name for column in COLUMNS))
_SOURCE = ("source_file", "source_line", "source_text")
_NO_NETTING = ", ".join(["1 = 0 AS is_return", *(f"CAST(NULL AS {VALUE}) AS {name}" for name in NETTED[1:])])
"""What netting would have added to a line."""
_RAW, _ROWS = "raw_rows", "judged_rows"


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
    own = _SOURCE if lying.lines else (f"CAST({literal(lying.name)} AS VARCHAR)", "source_row", "CAST(NULL AS VARCHAR)")
    rules = applicable_rules(lines, recipe) if lying.lines else typed_rules(applicable_rules(lines, recipe))
    netted = any(rule.name == "returns_netted" for rule in rules)
    line = (*_LINE[1:], "problem")
    wanted = (*line, *(_SOURCE if lying.lines else ()), *map(raw, lines.source_columns))
    judging = judging_steps(rules, lines, recipe, wanted, apart=there.place.apart)
    if not netted:
        judging[-1] = replace(judging[-1], sql=f"SELECT *, {_NO_NETTING} FROM ({judging[-1].sql}) AS judged")
    rows = JUDGED
    if there.place.apart:
        # What is asked again and again is kept; the rows as they came are read once more for those that are set aside.
        rows, narrow = _ROWS, f"SELECT source_row, {', '.join((*line, *NETTED))}, reason FROM {_ROWS}"
        judging[-1:] = [replace(judging[-1], name=_ROWS), Step(JUDGED, narrow, "Every line.", "judged", apart=True)]
    _make(there, judging)
    _views(there, lines, rules, rows, dict(zip(_SOURCE, own, strict=True)), made={step.name for step in judging if step.apart})
    lines = replace(lines, table=JUDGED, raw=_RAW, warnings=(*lines.warnings, *look_at(there, JUDGED)))
    return Cleaned("clean", "returned", "marks", lines, _ledger(there, rules), there, rows=_RAW)


def _read(there: There, lying: Lying, recipe: Recipe) -> Lines:
    """Make typed lines of a relation's rows, and return what they are."""
    header = tuple(lying.columns)
    mapped = {match.column for match in lying.matches}
    matches = lying.matches
    if "invoice_no" not in mapped:
        matches = (Match("invoice_no", ROW_NUMBER, 1.0, "every row is an order"), *matches)
    lines = Lines(
        SOLD, _RAW, header, matches, "line" if {"product_id", "price"} & mapped else "order", tuple(lying.inputs),
        warnings=lying.warnings, notes=lying.notes, told=frozenset({"currency"} if lying.other_currency else ()),
    )  # fmt: skip
    steps = reading_steps(
        lines, lying.columns, recipe, recipe.as_of, whole=True, numbering=there.place.numbering, other_currency=lying.other_currency
    )
    _make(there, steps, lying.relation)
    if lines.inputs:
        return lines
    sha256, records, size = there.place.digest(SOLD, [raw(name).strip('"').replace('""', '"') for name in header])
    return replace(lines, inputs=(InputFile(lying.name, size, sha256, records),))


def _make(there: There, steps: Sequence[Step], relation: str = "") -> None:
    """Make a table of the last of several steps; in a place that has such apart, of those and of no others."""
    written = [(step, step.sql.replace(EPOCH, "epoch(invoice_date)").replace(SOURCE, relation)) for step in steps]
    if there.place.apart:
        for step, sql in written:
            there.run(f"CREATE OR REPLACE {'TABLE' if step.apart else 'VIEW'} {step.name} AS {sql}")
        return
    *before, (last, sql) = written
    parts = ", ".join(f"{step.name} AS ({query})" for step, query in before)
    there.run(f"CREATE OR REPLACE TABLE {last.name} AS {f'WITH {parts} ' if parts else ''}{sql}")


def _views(there: There, lines: Lines, rules: Sequence[Rule], rows: str, own: Mapping[str, str], made: Collection[str]) -> None:
    """Give the judged lines the names that the tables of cleaning have; ``own`` tells where ``rows`` came from."""
    fates = " ".join(f"WHEN reason = {literal(rule.name)} THEN {literal(rule.outcome)}" for rule in rules)
    kept = {"quantity": f"{KEPT_QUANTITY} AS quantity", "transaction_value": f"{KEPT_VALUE} AS transaction_value"}
    back = "units - left_units AS units, value - left_value AS value"
    columns = ", ".join(kept.get(column, column) for column in _LINE)
    came = ", ".join(f"{sql} AS {name}" for name, sql in own.items())
    source = ", ".join(f"{raw(column)} AS {raw_name(column)}" for column in lines.source_columns)
    views = {
        "marks": f"SELECT source_row, reason, CASE {fates} END AS outcome FROM {JUDGED} WHERE reason IS NOT NULL",
        "netting": f"SELECT source_row, customer_id, {', '.join(NETTED)} FROM {JUDGED} WHERE units IS NOT NULL",
        "met": f"SELECT {', '.join(_LINE)} FROM {JUDGED} WHERE units IS NOT NULL",
        "taken_after_netting": f"SELECT source_row FROM {JUDGED} WHERE units IS NOT NULL "
        "AND reason NOT IN ('returns_netted', 'unmatched_return')",
        "clean": f"SELECT {columns}, units IS NOT NULL AS met_a_return FROM {JUDGED} WHERE reason IS NULL",
        "returned": "SELECT customer_id, sum(units) AS returned_quantity, sum(value) AS returned_value FROM "
        f"(SELECT customer_id, {back} FROM {JUDGED} WHERE NOT is_return AND left_units < units) AS back GROUP BY customer_id",
        _RAW: f"SELECT source_row, {came}, {source}, reason, CASE {fates} END AS outcome FROM {rows}",
    }
    for view, query in views.items():
        if view not in made:
            there.run(f"CREATE OR REPLACE VIEW {view} AS {query}")


def _ledger(there: There, rules: Sequence[Rule]) -> Ledger:
    """Add everything up in one look at the lines."""
    taken = "CASE WHEN is_return THEN left_value - value ELSE value - left_value END"
    sums = (
        "transaction_value",
        f"CASE WHEN reason IS NULL THEN {KEPT_VALUE} ELSE {MONEY_BY_REASON} END",
        f"CASE WHEN units IS NOT NULL THEN {taken} END",
    )
    readable = "CASE WHEN problem IS NULL THEN invoice_date END"
    rows = there.rows(
        f"SELECT reason, count(*), {', '.join(f'CAST(coalesce(sum({one}), 0) AS VARCHAR)' for one in sums)}, "
        f"count(*) - count(transaction_value), min({readable}), max({readable}) FROM {JUDGED} GROUP BY reason"
    )
    found = {reason: (int(count), Decimal(money)) for reason, count, _, money, *_ in rows}
    # What a return took back counts as netted, whatever became of the lines.
    netted, rest = found.get("returns_netted", (0, Decimal(0)))
    found["returns_netted"] = (netted, rest + sum(Decimal(row[4]) for row in rows))
    samples = _samples(there)
    none = (0, Decimal(0))
    entries = tuple(
        Entry(rule.name, rule.outcome, *found.get(rule.name, none), rule.meaning, rule.fix, tuple(samples.get(rule.name, ())))
        for rule in rules
    )
    read = sum(int(row[1]) for row in rows), sum((Decimal(row[2]) for row in rows), Decimal(0))
    first, last = ([row[at] for row in rows if row[at] is not None] for at in (6, 7))
    return Ledger.added_up(
        read, found.get(None, none), entries, without_value=sum(int(row[5]) for row in rows),
        first=min(first, default=None), last=max(last, default=None),
    )  # fmt: skip


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
