"""The cleaning rules as steps: each asks the lines that passed the steps before it, by the rule's own SQL."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from coterie.cleaning import Rule
from coterie.cleaning.clean import telling_columns
from coterie.cleaning.returns import KEPT_QUANTITY, KEPT_VALUE, NETTED_REASON, netting_sql
from coterie.engines import literal
from coterie.recipe import Recipe
from coterie.sources.lines import Lines
from coterie.sql.steps import Step
from coterie.sql.table import PROBLEMS, raw

JUDGED = "judged_lines"
NETTED = ("is_return", "units", "value", "left_units", "left_value")
"""What netting adds to a line."""
_NETTING = {
    "events": "What sold units and what took some back.",
    "returned": "What was returned at all: customer, product and price.",
    "balances": "Units sold less units returned, up to each line.",
    "floors": "How far the balance had fallen below zero by then: units returned beyond what had been bought.",
    "heights": "How many units were there to be returned, and the fewest from then on.",
    "leftovers": "Of a sale, the units that were not taken back; of a return, those that found no sale.",
}


def typed_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that a line of typed columns can fail: those that reading text alone can break fall out."""
    return [rule for rule in rules if "problem" not in (rule.good or "") or rule.name in PROBLEMS]


def judging_steps(
    rules: Sequence[Rule], lines: Lines, recipe: Recipe, wanted: Sequence[str] | None = None, *, apart: bool = False
) -> list[Step]:
    """Return the steps from ``sold_lines`` to ``judged_lines``: every line, with the ``reason`` why it does not count, or NULL.

    Parameters
    ----------
    rules : sequence of Rule
        In the order of the walk, as `coterie.cleaning.applicable_rules` has them.
    lines : Lines
        The columns of the table.
    recipe : Recipe
        Its excluded products are heeded.
    wanted : sequence of str, optional
        Columns of ``sold_lines`` at the end, beside ``source_row``; default those that a rule or a feature needs.
    apart : bool, default False
        Whether rules that compare lines look for those that are worth a look first, and compare them alone, in steps apart: a
        window over all lines sorts them, and sends them through a cluster.
    """
    steps: list[Step] = []
    before, reason, first = "sold_lines", "NULL", True
    for by_condition, group in groupby(rules, key=lambda rule: rule.good is not None):
        members = [rule for rule in group if rule.name != "unmatched_return"]
        for several in [members] if by_condition and members else [[rule] for rule in members]:
            count = f"reason_{sum(step.stage == 'judged' and ' AS reason_' in step.sql for step in steps) + 1}"
            if by_condition:
                step = _by_condition(several, before, reason, count, recipe, first=first)
                steps.append(step)
            elif several[0].bad is None:
                steps += _netting(before, reason, count, by_order=lines.level == "order", apart=apart)
            elif apart and (several[0].hashed or several[0].suspects):
                steps += _by_suspects(several[0], before, reason, count, lines)
            else:
                steps.append(_by_window(several[0], before, reason, count, lines))
            before, reason, first = steps[-1].name, count, False
    netted = ", ".join(NETTED) if any(rule.name == "returns_netted" for rule in rules) else ""
    columns = ", ".join(filter(None, ("source_row", ", ".join(wanted or [_CONTRACT]), netted)))
    judged = f"SELECT {columns}, {reason} AS reason FROM {before}"
    return [*steps, Step(JUDGED, judged, "Every line, and why it does not count; nothing where it does.", "judged")]


_CONTRACT = "customer_id, invoice_no, product_id, quantity, price, transaction_value, invoice_date"


def clean_steps(*, netted: bool) -> list[Step]:
    """Return the steps of the lines that count, and of what each customer took back."""
    columns = _CONTRACT
    if netted:
        columns = columns.replace("quantity", f"{KEPT_QUANTITY} AS quantity").replace(
            "transaction_value", f"{KEPT_VALUE} AS transaction_value"
        )
    comment = "The lines that count; a sale returned in part has what was left of it." if netted else "The lines that count."
    steps = [Step("clean_lines", f"SELECT {columns} FROM {JUDGED} WHERE reason IS NULL", comment, "clean")]
    if netted:
        back = (
            "SELECT customer_id, SUM(units - left_units) AS returned_quantity, SUM(value - left_value) AS returned_value "
            f"FROM {JUDGED} WHERE NOT is_return AND left_units < units GROUP BY customer_id"
        )
        steps.append(Step("returned", back, "What each customer took back.", "returned"))
    return steps


def _by_condition(rules: Sequence[Rule], before: str, reason: str, now: str, recipe: Recipe, *, first: bool) -> Step:
    excluded = ", ".join(map(literal, recipe.cleaning.exclude_products)) or "''"
    cases = " ".join(f"WHEN {_fails((rule.good or '').format(excluded=excluded))} THEN {literal(rule.name)}" for rule in rules)
    kept = "" if reason == "NULL" else f"WHEN NOT {reason} IS NULL THEN {reason} "
    name = "readable_lines" if first else f"{rules[0].name}_asked"
    return Step(name, f"SELECT *, CASE {kept}{cases} END AS {now} FROM {before}", _comment(rules), "judged")


def _fails(good: str) -> str:
    """Return the condition that a line meets which does not meet ``good``; NULL counts as not meeting it.

    Examples
    --------
    >>> _fails("customer_id IS NOT NULL"), _fails("problem IS DISTINCT FROM 'date'"), _fails("quantity > 0")
    ('customer_id IS NULL', "problem = 'date'", 'CASE WHEN quantity > 0 THEN 1 ELSE 0 END = 0')
    """
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(good, read="duckdb")
    if isinstance(tree, exp.Not) and isinstance(tree.this, exp.Is):
        return str(tree.this.sql("duckdb"))
    if isinstance(tree, exp.NullSafeNEQ) and isinstance(tree.expression, exp.Literal):
        return str(tree.this.eq(tree.expression).sql("duckdb"))
    return f"CASE WHEN {good} THEN 1 ELSE 0 END = 0"


def _by_window(rule: Rule, before: str, reason: str, now: str, lines: Lines) -> Step:
    """Return a step of a rule that compares lines: its windows hold the lines that have no reason yet."""
    import sqlglot
    from sqlglot import exp

    columns = ", ".join(map(raw, lines.source_columns))
    bad = sqlglot.parse_one((rule.bad or "").format(source_columns=columns), read="duckdb")
    for window in bad.find_all(exp.Window):
        window.set("partition_by", [exp.column(reason), *window.args.get("partition_by", [])])
    case = f"CASE WHEN {reason} IS NULL AND ({bad.sql('duckdb')}) THEN {literal(rule.name)} ELSE {reason} END"
    return Step(f"{rule.name}_asked", f"SELECT *, {case} AS {now} FROM {before}", _comment([rule]), "judged")


def _by_suspects(rule: Rule, before: str, reason: str, now: str, lines: Lines) -> list[Step]:
    """Return the steps of a rule that compares lines, of which few are worth a look."""
    remaining, suspects, bad = (f"{rule.name}_{name}" for name in ("remaining", "suspects", "bad"))
    every = ", ".join(map(raw, lines.source_columns))
    telling = ", ".join(map(raw, telling_columns(lines))) or every
    key, hashed = ("row_hash", f", {rule.hash_sql.format(telling_columns=telling)} AS row_hash") if rule.hashed else (rule.key, "")
    repeated = "SELECT row_hash FROM {remaining} GROUP BY row_hash HAVING count(*) > 1"
    is_bad = (rule.bad or "").format(source_columns=every)
    judged = f"SELECT source_row, {is_bad} AS is_bad FROM {remaining} SEMI JOIN {suspects} USING ({key})"
    marked = (
        f"SELECT {before}.*, CASE WHEN {bad}.source_row IS NULL THEN {reason} ELSE {literal(rule.name)} END AS {now} "
        f"FROM {before} LEFT JOIN {bad} ON {before}.source_row = {bad}.source_row"
    )
    return [
        Step(remaining, f"SELECT *{hashed} FROM {before} WHERE {reason} IS NULL", "The lines that passed so far.", "judged"),
        Step(suspects, (rule.suspects or repeated).format(remaining=remaining), "What is worth a look.", "judged", apart=True),
        Step(bad, f"SELECT source_row FROM ({judged}) AS judged WHERE is_bad", _comment([rule]), "judged", apart=True),
        Step(f"{rule.name}_asked", marked, _comment([rule]), "judged"),
    ]


def _netting(before: str, reason: str, now: str, *, by_order: bool, apart: bool) -> list[Step]:
    """Return the steps of `netting_sql`, and the one that brings its answer to the lines."""
    import sqlglot
    from sqlglot import exp

    columns = f"source_row, {_CONTRACT}"
    passed = f"SELECT {columns} FROM {before} WHERE {reason} IS NULL"
    to_net = Step("lines_to_net", passed, "The lines that passed so far.", "judged")
    query = sqlglot.parse_one(netting_sql(to_net.name, by_order=by_order), read="duckdb")
    assert isinstance(query, exp.Select)
    renamed = {cte.alias: f"netting_{cte.alias}" for cte in query.ctes}
    for table in query.find_all(exp.Table):
        table.this.set("this", renamed.get(table.name, table.name))
    parts = [(cte.alias, cte.this) for cte in query.ctes]
    query.set("with_", None)
    steps = [
        Step(renamed[name], part.sql("duckdb"), _NETTING[name], "judged", never_null=True, apart=apart and name == "returned")
        for name, part in parts
    ]
    comment = "Units and money of every sale and return that met, and what is left."
    steps.append(Step("netting", query.sql("duckdb"), comment, "judged", apart=apart))
    known = ", ".join(f"netting.{name}" for name in NETTED)
    joined = (
        f"SELECT {before}.*, {known}, CASE WHEN NOT {reason} IS NULL THEN {reason} ELSE {NETTED_REASON} END AS {now} "
        f"FROM {before} LEFT JOIN netting ON {before}.source_row = netting.source_row"
    )
    comment = "returns_netted: a return and the sale it cancels in whole.\nunmatched_return: a return that found too little."
    return [to_net, *steps, Step("returns_netted_asked", joined, comment, "judged")]


def _comment(rules: Sequence[Rule]) -> str:
    return "\n".join(f"{rule.name}: {rule.meaning}" for rule in rules)
