"""Very many lines, which stay in their files: what a look at a line tells is told again at every look, and written nowhere.

Most of the lines that are set aside have nobody's name or cannot be read. Here the first rules, up to the first that compares lines
with each other, are a column of a view; only what later rules mark is a table, and a small one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coterie.cleaning.returns import KEPT_QUANTITY, KEPT_VALUE, MONEY_BY_REASON
from coterie.engines import Engine, identifier
from coterie.sources.views import LINE, raw_name

MARKED = "marked_later"
"""Table of what rules after the first mark."""
JUDGED = "judged_at_sight"
"""View of all lines, the source's columns beside them, with ``at_sight``: the first rule that they fail, or NULL."""
PASSING = "passing"
"""View of those that passed every rule so far."""
_FATES, _FIRSTS = "fates", "firsts_at_sight"
_LEFT = (
    "CASE WHEN units IS NULL THEN transaction_value WHEN at_sight IS NULL AND reason IS NULL "
    f"THEN {KEPT_VALUE} ELSE {MONEY_BY_REASON} END"
)
"""The money of a line in the ledger."""


def judge_at_sight(engine: Engine, beside: str, reason: str) -> None:
    """Make the views of what passes the first rules and of what does not.

    Parameters
    ----------
    engine : Engine
        Holds the lines, and the table of later marks.
    beside : str
        As in `coterie.sources.lines.Lines`.
    reason : str
        SQL of the first rule that a line fails.
    """
    engine.run(f"CREATE OR REPLACE VIEW {JUDGED} AS SELECT *, {reason} AS at_sight FROM {beside}")
    engine.run(
        f"CREATE VIEW marks AS SELECT source_row, at_sight AS reason, 'quarantined' AS outcome FROM {JUDGED} "
        f"WHERE at_sight IS NOT NULL UNION ALL FROM {MARKED}"
    )
    engine.run(
        f"CREATE OR REPLACE VIEW {PASSING} AS SELECT * FROM {JUDGED} ANTI JOIN {MARKED} USING (source_row) WHERE at_sight IS NULL"
    )
    engine.run(f"CREATE OR REPLACE VIEW remaining AS SELECT {', '.join(LINE)} FROM {PASSING}")


def keep_at_sight(engine: Engine) -> None:
    """Make the view ``clean``: one join says of a line that it is gone, or what netting left of it."""
    netted = "units, left_units, value, left_value, is_return"
    engine.run(
        f"CREATE OR REPLACE TABLE {_FATES} AS "
        f"SELECT source_row, reason, {netted} FROM {MARKED} LEFT JOIN netting USING (source_row) "
        f"UNION ALL SELECT source_row, NULL, {netted} FROM netting ANTI JOIN {MARKED} USING (source_row)"
    )
    columns = {"quantity": KEPT_QUANTITY, "transaction_value": KEPT_VALUE}
    selected = [f"{columns[name]} AS {name}" if name in columns else name for name in LINE]
    engine.run(
        f"CREATE VIEW clean AS SELECT {', '.join(selected)}, units IS NOT NULL AS met_a_return "
        f"FROM {JUDGED} LEFT JOIN {_FATES} USING (source_row) WHERE at_sight IS NULL AND reason IS NULL"
    )


@dataclass(frozen=True)
class Counted:
    """What one look at all lines counts.

    Parameters
    ----------
    read : tuple
        Lines, money, lines without money, first and last date of all.
    kept : tuple
        Lines and money that passed every rule.
    counts : dict
        Lines and money by the rule that set them aside.
    """

    read: tuple[Any, ...]
    kept: tuple[int, Any]
    counts: dict[str, tuple[int, Any]]


def count_at_sight(engine: Engine) -> Counted:
    """Count all lines, and those of every rule."""
    engine.run(
        f"CREATE OR REPLACE TABLE {_FIRSTS} AS SELECT coalesce(at_sight, reason) AS reason, count(*) AS lines, "
        f"coalesce(sum(transaction_value), 0) AS money, coalesce(sum({_LEFT}), 0) AS left_money, "
        "count(*) - count(transaction_value) AS without, "
        "min(invoice_date) FILTER (problem IS NULL) AS first, max(invoice_date) FILTER (problem IS NULL) AS last, "
        "min(source_row, 3) FILTER (at_sight IS NOT NULL OR reason IS NOT NULL) AS rows "
        f"FROM {JUDGED} LEFT JOIN {_FATES} USING (source_row) GROUP BY 1"
    )
    rows = engine.rows(f"SELECT reason, lines, left_money, money, without, first, last FROM {_FIRSTS}")
    first, last = ([row[i] for row in rows if row[i] is not None] for i in (5, 6))
    read = (*(sum(row[i] for row in rows) for i in (1, 3, 4)), min(first, default=None), max(last, default=None))
    counts = {row[0]: (row[1], row[2]) for row in rows}
    return Counted(read, counts.pop(None, (0, 0)), counts)


def samples_at_sight(columns: str) -> str:
    """Return the query of the samples of every rule; ``columns`` is their select list."""
    return (
        f"SELECT firsts.reason, lines.source_file, lines.source_line, {columns} FROM {JUDGED} AS lines JOIN "
        f"(SELECT reason, unnest(rows) AS source_row FROM {_FIRSTS}) AS firsts USING (source_row) ORDER BY source_row"
    )


def quarantine_at_sight(columns: Sequence[str], own: Mapping[str, str]) -> str:
    """Return the query of the quarantine; the parameters are names: the source's, and those of reason, file, line and text."""
    selected = [f"{raw_name(column)} AS {identifier(column)}" for column in columns]
    selected += [
        f"{'coalesce(at_sight, marks.reason)' if name == 'reason' else name} AS {identifier(alias)}" for name, alias in own.items()
    ]
    return (
        f"SELECT {', '.join(selected)} FROM {JUDGED} LEFT JOIN "
        f"(SELECT source_row, reason FROM {MARKED} WHERE outcome = 'quarantined') AS marks USING (source_row) "
        "WHERE at_sight IS NOT NULL OR marks.reason IS NOT NULL ORDER BY source_row"
    )


def drop(engine: Engine, name: str) -> None:
    """Drop a table or view of that name, if there is one."""
    for (kind,) in engine.rows(f"SELECT table_type FROM information_schema.tables WHERE table_name = '{name}'"):
        engine.run(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {name}")
