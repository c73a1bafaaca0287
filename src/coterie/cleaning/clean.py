"""The walk of the lines through the rules: kept, merged, netted or quarantined, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from coterie.cleaning.at_sight import (
    MARKED,
    PASSING,
    Counted,
    count_at_sight,
    drop,
    judge_at_sight,
    keep_at_sight,
    quarantine_at_sight,
    samples_at_sight,
)
from coterie.cleaning.earlier import Earlier
from coterie.cleaning.ledger import Entry, Ledger
from coterie.cleaning.returns import (
    KEPT_QUANTITY,
    KEPT_VALUE,
    MONEY_BY_REASON,
    NETTED_REASON,
    netting_sql,
    return_sql,
    stack_sql,
)
from coterie.cleaning.rules import RULES, Rule
from coterie.engines import Engine, Tables, column, identifier, literal
from coterie.errors import RecipeError
from coterie.recipe import Recipe
from coterie.sources.lines import Lines
from coterie.sources.views import RAW

SAMPLED = ("customer_id", "invoice_no", "product_id", "quantity", "price")
"""What the ledger shows of a line."""


@dataclass(frozen=True)
class Cleaned:
    """Lines after cleaning, as tables of the engine.

    Parameters
    ----------
    table : str
        The kept lines, columns of the contract, ``source_row``, and ``met_a_return``: whether netting looked at the line. A sale
        returned in part has what was left of it.
    returned : str
        ``customer_id``, ``returned_quantity``, ``returned_value``: what was netted off, one row a customer with any.
    marks : str
        ``source_row``, ``reason``, ``outcome`` of every line that was not kept as it stood.
    lines : Lines
        What came in.
    ledger : Ledger
        The count of it all.
    engine : Tables
        Where the tables are.
    met, netting : str
        The lines that netting looked at, and what it left of them.
    rows : str
        The source's rows, ``raw_`` before the names of their columns, with ``reason``, ``outcome``, and the file, line and text
        that they came from, where a place has them side by side; else empty.
    """

    table: str
    returned: str
    marks: str
    lines: Lines
    ledger: Ledger
    engine: Tables
    met: str = "met"
    netting: str = "netting"
    rows: str = ""

    @cached_property
    def earlier(self) -> Earlier:
        """The kept lines as they were on earlier days."""
        return Earlier(self)

    def quarantine_sql(self) -> str:
        """Return the query of the quarantine: every source column, the reason, the source's file and line, in order of reading."""
        taken = set(self.lines.source_columns)
        own = {name: _free(name, taken) for name in ("reason", "source_file", "source_line", "source_text")}
        if self.lines.beside:
            return quarantine_at_sight(self.lines.source_columns, own)
        if self.rows:
            listed = [f"{identifier(RAW + c)} AS {identifier(c)}" for c in self.lines.source_columns]
            listed += [f"{name} AS {identifier(alias)}" for name, alias in own.items()]
            return f"SELECT {', '.join(listed)} FROM {self.rows} WHERE outcome = 'quarantined' ORDER BY source_row"
        columns = [f"raw.{identifier(c)}" for c in self.lines.source_columns]
        columns += [f"{'marks' if name == 'reason' else 'raw'}.{name} AS {identifier(alias)}" for name, alias in own.items()]
        return (
            f"SELECT {', '.join(columns)} FROM {self.lines.raw} AS raw JOIN {self.marks} AS marks USING (source_row) "
            "WHERE marks.outcome = 'quarantined' ORDER BY source_row"
        )


def clean(engine: Engine, lines: Lines, recipe: Recipe) -> Cleaned:
    """Send every line through the rules.

    Parameters
    ----------
    engine : Engine
        Holds the tables of ``lines``.
    lines : Lines
        From `coterie.sources.read_lines`.
    recipe : Recipe
        Its ``cleaning`` part names the rules.
    """
    rules = applicable_rules(lines, recipe)
    groups = [(by_condition, list(group)) for by_condition, group in groupby(rules, key=lambda rule: rule.good is not None)]
    for name in ("marks", "clean"):
        drop(engine, name)
    marks = MARKED if lines.beside else "marks"
    engine.run(f"CREATE OR REPLACE TABLE {marks} (source_row BIGINT, reason VARCHAR, outcome VARCHAR)")
    engine.run(
        "CREATE OR REPLACE TABLE netting (source_row BIGINT, customer_id VARCHAR, is_return BOOLEAN, "
        "units DECIMAL(18, 6), value DECIMAL(36, 12), left_units DECIMAL(18, 6), left_value DECIMAL(36, 12))"
    )
    engine.run(f"CREATE OR REPLACE TABLE met AS SELECT * FROM {lines.table} LIMIT 0")
    if lines.beside:
        judge_at_sight(engine, lines.beside, _reason(groups.pop(0)[1], recipe))
    else:
        engine.run(f"CREATE OR REPLACE VIEW remaining AS SELECT * FROM {lines.table} ANTI JOIN marks USING (source_row)")
    for by_condition, group in groups:
        if by_condition:
            _mark_by_condition(engine, marks, group, recipe)
        else:
            for rule in group:
                _mark_by_query(engine, marks, rule, lines)
    _keep(engine, marks, lines)
    return Cleaned("clean", "returned", "marks", lines, _count(engine, marks, lines, rules), engine)


def applicable_rules(lines: Lines, recipe: Recipe) -> list[Rule]:
    """Return the rules these lines will walk: those that always apply, then the recipe's that the source has columns for.

    Raises
    ------
    RecipeError
        If the recipe names a rule that there is none of, or returns are to be netted after a rule that takes every one of them.
    """
    named = [RULES[name] for name in recipe.cleaning.rules if name not in _BY_THEMSELVES]
    netting = next((i for i, rule in enumerate(named) if rule.name == "returns_netted"), None)
    if netting is not None:
        _refuse_netting_nothing(named[:netting], lines)
        named.insert(netting + 1, RULES["unmatched_return"])
    elif "unmatched_return" in recipe.cleaning.rules:
        raise RecipeError(
            "The recipe's cleaning.rules name 'unmatched_return' without 'returns_netted'.",
            found="no netting, which alone says which returns match no sale.",
            fix="name 'returns_netted' in its place, or leave it out.",
            code="rule_order",
        )
    always = [rule for rule in RULES if rule.always and rule.good is not None]
    # Once rows were compared with each other, so that what an equal row was refunded is not refunded twice.
    alone = next((i for i, rule in enumerate(named) if rule.good is not None or rule.bad_rows is None), len(named))
    named.insert(alone, RULES["refunded"])
    return [rule for rule in [*always, *(r for r in named if not r.always or r.good is None)] if rule.needs <= lines.available]


_BY_THEMSELVES = frozenset({"unmatched_return", "refunded"})
"""Rules with a place of their own, whatever the recipe says: behind the netting, and behind what compares rows."""


def _refuse_netting_nothing(before: Sequence[Rule], lines: Lines) -> None:
    for rule in before:
        if lines.level in rule.takes_returns and rule.needs <= lines.available:
            raise RecipeError(
                f"The recipe's cleaning.rules name {rule.name!r} before 'returns_netted'.",
                found=f"{rule.name!r}, which takes every return, so that none would be left to net.",
                fix=f"name 'returns_netted' before {rule.name!r}, or leave one of the two out.",
                code="rule_order",
            )


def _reason(rules: Sequence[Rule], recipe: Recipe) -> str:
    """Return the SQL of the first of the rules that a line fails; NULL for a line that meets them all."""
    excluded = ", ".join(map(literal, recipe.cleaning.exclude_products)) or "''"
    cases = " ".join(
        f"WHEN NOT coalesce({(rule.good or '').format(excluded=excluded)}, FALSE) THEN {literal(rule.name)}" for rule in rules
    )
    return f"CASE {cases} END"


def _mark_by_condition(engine: Engine, marks: str, rules: Sequence[Rule], recipe: Recipe) -> None:
    engine.run(
        f"INSERT INTO {marks} SELECT source_row, reason, 'quarantined' FROM "
        f"(SELECT source_row, {_reason(rules, recipe)} AS reason FROM remaining) AS judged WHERE reason IS NOT NULL"
    )


def _mark_by_query(engine: Engine, marks: str, rule: Rule, lines: Lines) -> None:
    if rule.bad_rows is None:
        _net_returns(engine, marks, by_order=lines.level == "order")
        return
    if lines.beside:
        raw, prefix = PASSING, RAW
    else:
        raw, prefix = f"(SELECT * FROM {lines.raw} ANTI JOIN marks USING (source_row)) AS remaining_raw", ""
    columns, telling = [*lines.source_columns, *(["source_nth"] if lines.numbered else [])], telling_columns(lines)
    names = {
        "remaining": "remaining",
        "raw": raw,
        "source_columns": ", ".join(identifier(prefix + column) for column in columns),
        "telling_columns": ", ".join(identifier(prefix + column) for column in telling or columns),
    }
    if rule.hashed:
        _find_repeated(engine, f"SELECT {rule.hash_sql} AS row_hash FROM {{raw}}".format(**names))
    elif rule.suspects:
        # By itself: how few they are decides how the lines are joined to them.
        engine.run(f"CREATE OR REPLACE TABLE suspects AS {rule.suspects.format(**names)}")
    engine.run(
        f"INSERT INTO {marks} SELECT source_row, {literal(rule.name)}, {literal(rule.outcome)} "
        f"FROM ({rule.bad_rows.format(**names)}) AS bad"
    )


def telling_columns(lines: Lines) -> list[str]:
    """Return the source's columns of invoice, product and quantity, where it has the first two."""
    found = {match.column: match.source for match in lines.matches if match.source in lines.source_columns}
    return [found[name] for name in _TELLING if name in found] if {"invoice_no", "product_id"} <= found.keys() else []


_TELLING = ("invoice_no", "product_id", "quantity")


def _find_repeated(engine: Engine, query: str) -> None:
    """Make a table of the hashes that a query gives more than once: to sort them all takes a tenth of counting each."""
    import pyarrow

    hashes = np.asarray(engine.arrays(query)["row_hash"], dtype=np.uint64)
    hashes.sort()
    engine.register("repeated", pyarrow.table({"row_hash": column(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))}))


def _net_returns(engine: Engine, marks: str, *, by_order: bool) -> None:
    # By hash, and by themselves: few sales have a return, and the windows then hold no others.
    stack = f"hash({stack_sql(by_order=by_order)})"
    engine.run(
        f"CREATE OR REPLACE TABLE stacks AS SELECT DISTINCT {stack} AS stack FROM remaining WHERE {return_sql(by_order=by_order)}"
    )
    engine.run(f"CREATE OR REPLACE TABLE near AS SELECT * FROM remaining WHERE {stack} IN (FROM stacks)")
    engine.run(f"INSERT INTO netting {netting_sql('near', by_order=by_order)}")
    engine.run("CREATE OR REPLACE TABLE met AS SELECT * FROM near SEMI JOIN netting USING (source_row)")
    engine.run("DROP TABLE near")
    engine.run(
        f"INSERT INTO {marks} SELECT source_row, reason, CASE reason WHEN 'unmatched_return' THEN 'quarantined' ELSE 'netted' END "
        f"FROM (SELECT source_row, {NETTED_REASON} AS reason FROM netting) AS judged WHERE reason IS NOT NULL"
    )


def _keep(engine: Engine, marks: str, lines: Lines) -> None:
    # Lines of which netting left something, and that failed a later rule: they count on no day.
    engine.run(
        f"CREATE OR REPLACE TABLE taken_after_netting AS SELECT source_row FROM {marks} SEMI JOIN netting USING (source_row) "
        "WHERE reason NOT IN ('returns_netted', 'unmatched_return')"
    )
    kept = "SELECT *, FALSE AS met_a_return FROM remaining"
    if lines.beside:
        keep_at_sight(engine)
    elif engine.rows("SELECT count(*) FROM netting")[0][0]:
        kept = (
            f"SELECT remaining.* REPLACE ({KEPT_QUANTITY} AS quantity, {KEPT_VALUE} AS transaction_value), "
            "units IS NOT NULL AS met_a_return "
            "FROM remaining LEFT JOIN (SELECT * FROM netting WHERE NOT is_return) AS sold USING (source_row)"
        )
    if not lines.beside:
        engine.run(f"CREATE TABLE clean AS {kept}")
    back = (
        "SELECT customer_id, units - left_units AS units, value - left_value AS value "
        "FROM netting WHERE NOT is_return AND left_units < units"
    )
    if "refunded" in lines.told:
        back += (
            " UNION ALL SELECT customer_id, coalesce(quantity, 1) * refunded / (transaction_value + refunded), refunded "
            f"FROM {lines.table} ANTI JOIN (SELECT source_row FROM marks WHERE reason <> 'refunded') AS other USING (source_row) "
            "WHERE refunded > 0"
        )
    engine.run(
        "CREATE OR REPLACE TABLE returned AS SELECT customer_id, sum(units) AS returned_quantity, sum(value) AS returned_value "
        f"FROM ({back}) AS back GROUP BY customer_id"
    )


def _count(engine: Engine, marks: str, lines: Lines, rules: Sequence[Rule]) -> Ledger:
    found = count_at_sight(engine) if lines.beside else _counted(engine, marks, lines)
    (read, money, without_value, first, last), counts = found.read, found.counts
    # What a return took back counts as netted, on both sides of the match, whatever became of the lines themselves.
    offset, taken = engine.rows(
        "SELECT coalesce(sum(value - left_value) FILTER (NOT is_return), 0), "
        "coalesce(sum(value - left_value) FILTER (is_return), 0) FROM netting"
    )[0]
    netted, rest = counts.get("returns_netted", (0, 0))
    counts["returns_netted"] = (netted, rest + offset - taken)
    if "refunded" in lines.told:
        # What was refunded counts as netted, whatever became of the lines themselves.
        refunded = engine.rows(f"SELECT coalesce(sum(refunded), 0) FROM {lines.table}")[0][0]
        counts["refunded"] = (counts.get("refunded", (0, 0))[0], refunded)
        money += refunded
    samples = _samples(engine, marks, lines)
    entries = tuple(
        Entry(
            rule.name,
            rule.outcome,
            counts.get(rule.name, (0, 0))[0],
            Decimal(counts.get(rule.name, (0, 0))[1]),
            rule.meaning,
            rule.fix,
            tuple(samples.get(rule.name, ())),
        )
        for rule in rules
    )
    return Ledger.added_up((read, money), found.kept, entries, without_value=without_value, first=first, last=last)


def _counted(engine: Engine, marks: str, lines: Lines) -> Counted:
    read = engine.rows(
        f"SELECT count(*), coalesce(sum(transaction_value), 0), count(*) - count(transaction_value), "
        f"min(invoice_date) FILTER (problem IS NULL), max(invoice_date) FILTER (problem IS NULL) FROM {lines.table}"
    )[0]
    by_reason = engine.rows(
        f"SELECT reason, count(*), coalesce(sum({MONEY_BY_REASON}), 0) "
        f"FROM {marks} AS marks JOIN {lines.table} AS lines USING (source_row) LEFT JOIN netting USING (source_row) GROUP BY reason"
    )
    lines_kept, money_kept = engine.rows("SELECT count(*), coalesce(sum(transaction_value), 0) FROM clean")[0]
    return Counted(read, (lines_kept, money_kept), {reason: (number, value) for reason, number, value in by_reason})


def _samples(engine: Engine, marks: str, lines: Lines) -> dict[str, list[dict[str, Any]]]:
    columns = ", ".join(f"lines.{name}::VARCHAR" for name in SAMPLED)
    found: dict[str, list[dict[str, Any]]] = {}
    if lines.beside:
        query = samples_at_sight(columns)
    else:
        firsts = f"(SELECT reason, unnest(min(source_row, 3)) AS source_row FROM {marks} GROUP BY reason) AS firsts"
        # By their numbers: where the lines are a view, a join would look at every one of them.
        chosen = ", ".join(str(row) for _, row in engine.rows(f"SELECT reason, source_row FROM {firsts}")) or "NULL"
        few, raw = (f"(SELECT * FROM {rows} WHERE source_row IN ({chosen}))" for rows in (lines.table, lines.raw))
        query = (
            f"SELECT firsts.reason, raw.source_file, raw.source_line, {columns} FROM {firsts} "
            f"JOIN {few} AS lines USING (source_row) JOIN {raw} AS raw USING (source_row) ORDER BY source_row"
        )
    for reason, file, line, *values in engine.rows(query):
        found.setdefault(reason, []).append({"source_file": file, "source_line": line} | dict(zip(SAMPLED, values, strict=True)))
    return found


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
