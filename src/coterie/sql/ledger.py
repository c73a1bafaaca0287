"""The ledger as a step: lines and money by reason, to be held against a run's ``ledger.json``."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.cleaning import Rule
from coterie.cleaning.returns import KEPT_VALUE, MONEY_BY_REASON
from coterie.engines import literal
from coterie.sql.judging import JUDGED
from coterie.sql.steps import Step


def ledger_steps(rules: Sequence[Rule], *, netted: bool) -> list[Step]:
    """Return the steps of the ledger; the last, ``ledger``, has ``place``, ``rule``, ``outcome``, ``line_count`` and ``money``.

    Parameters
    ----------
    rules : sequence of Rule
        Those that applied, in order.
    netted : bool
        Whether returns were netted.
    """
    kept, money = (KEPT_VALUE, MONEY_BY_REASON) if netted else ("transaction_value", "transaction_value")
    parts = [
        f"SELECT 'read' AS rule, 1 AS line_count, transaction_value AS money FROM {JUDGED}",
        f"SELECT 'kept' AS rule, 1 AS line_count, {kept} AS money FROM {JUDGED} WHERE reason IS NULL",
        f"SELECT reason AS rule, 1 AS line_count, {money} AS money FROM {JUDGED} WHERE NOT reason IS NULL",
    ]
    if netted:
        taken = "CASE WHEN is_return THEN left_value - value ELSE value - left_value END"
        parts.append(f"SELECT 'returns_netted' AS rule, 0 AS line_count, {taken} AS money FROM {JUDGED} WHERE NOT units IS NULL")
    names = [("read", "read"), ("kept", "kept"), *((rule.name, rule.outcome) for rule in rules)]
    listed = " UNION ALL ".join(
        f"SELECT {place} AS place, {literal(name)} AS rule, {literal(outcome)} AS outcome"
        for place, (name, outcome) in enumerate(names, 1)
    )
    summed = "SELECT rule, SUM(line_count) AS line_count, SUM(money) AS money FROM fates GROUP BY rule"
    ledger = (
        "SELECT reasons.place, reasons.rule, reasons.outcome, COALESCE(fates_by_rule.line_count, 0) AS line_count, "
        "COALESCE(fates_by_rule.money, 0) AS money "
        "FROM reasons LEFT JOIN fates_by_rule ON reasons.rule = fates_by_rule.rule"
    )
    comment = "What became of the lines and their money; what a return took back counts as netted, whatever became of the lines."
    return [
        Step("fates", " UNION ALL ".join(parts), comment, "ledger"),
        Step("fates_by_rule", summed, "Added up.", "ledger"),
        Step("reasons", listed, "Every reason, those of no line too.", "ledger"),
        Step("ledger", ledger, "The ledger: 'read' is 'kept' and all reasons together, in lines and in money.", "ledger"),
    ]
