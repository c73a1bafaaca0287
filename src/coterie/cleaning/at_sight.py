"""Very many lines, which stay in their files: what a look at a line tells is told again at every look, and written nowhere.

Most of the lines that are set aside have nobody's name or cannot be read. Here the first rules, up to the first that compares lines
with each other, are a column of a view; only what later rules mark is a table, and a small one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coterie.cleaning.returns import KEPT_QUANTITY, KEPT_VALUE
from coterie.engines import Engine, identifier
from coterie.sources.views import LINE, raw_name

MARKED = "marked_later"
"""Table of what rules after the first mark."""
JUDGED = "judged_at_sight"
"""View of all lines, the source's columns beside them, with ``at_sight``: the first rule that they fail, or NULL."""
PASSING = "passing"
"""View of those that passed every rule so far."""
_FATES, _FIRSTS = "fates", "firsts_at_sight"


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
    engine.run(
        f"CREATE OR REPLACE TABLE {_FATES} AS SELECT source_row, TRUE AS gone, NULL::DECIMAL(18, 6) AS units, "
        f"NULL::DECIMAL(18, 6) AS left_units, NULL::DECIMAL(36, 12) AS value, NULL::DECIMAL(36, 12) AS left_value FROM {MARKED} "
        "UNION ALL SELECT source_row, FALSE, units, left_units, value, left_value "
        f"FROM netting ANTI JOIN {MARKED} USING (source_row) WHERE NOT is_return"
    )
    columns = {"quantity": KEPT_QUANTITY, "transaction_value": KEPT_VALUE}
    selected = [f"{columns[name]} AS {name}" if name in columns else name for name in LINE]
    engine.run(
        f"CREATE VIEW clean AS SELECT {', '.join(selected)}, units IS NOT NULL AS met_a_return "
        f"FROM {JUDGED} LEFT JOIN {_FATES} USING (source_row) WHERE at_sight IS NULL AND gone IS NOT TRUE"
    )


def count_at_sight(engine: Engine) -> tuple[tuple[Any, ...], dict[str, tuple[int, Any]]]:
    """Return lines, money, lines without money, first and last date of all; and lines and money by the first rules."""
    engine.run(
        f"CREATE OR REPLACE TABLE {_FIRSTS} AS SELECT at_sight, count(*) AS lines, coalesce(sum(transaction_value), 0) AS money, "
        "count(*) - count(transaction_value) AS without, min(invoice_date) FILTER (problem IS NULL) AS first, "
        "max(invoice_date) FILTER (problem IS NULL) AS last, min(source_row, 3) FILTER (at_sight IS NOT NULL) AS rows "
        f"FROM {JUDGED} GROUP BY at_sight"
    )
    rows = engine.rows(f"SELECT at_sight, lines, money, without, first, last FROM {_FIRSTS}")
    first, last = ([row[i] for row in rows if row[i] is not None] for i in (4, 5))
    total = (*(sum(row[i] for row in rows) for i in (1, 2, 3)), min(first, default=None), max(last, default=None))
    return total, {row[0]: (row[1], row[2]) for row in rows if row[0]}


def samples_at_sight(columns: str, later: str) -> str:
    """Return the query of the samples of every rule: ``columns`` is their select list, ``later`` has the rows of later marks."""
    return (
        f"SELECT firsts.reason, lines.source_file, lines.source_line, {columns} FROM {JUDGED} AS lines JOIN "
        f"(SELECT at_sight AS reason, unnest(rows) AS source_row FROM {_FIRSTS} WHERE at_sight IS NOT NULL "
        f"UNION ALL SELECT reason, source_row FROM {later}) AS firsts USING (source_row) ORDER BY source_row"
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
