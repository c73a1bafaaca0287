"""The ledger of all lines: the earlier one, less what was judged again, plus what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coterie.cleaning import Ledger
from coterie.cleaning.clean import SAMPLED
from coterie.cleaning.ledger import FATES, Entry
from coterie.deliveries.parts import changed_sql
from coterie.deliveries.touched import Delivered, earlier_rows
from coterie.engines import Engine
from coterie.runs import Run
from coterie.sources import Lines

_SHOWN = 3
"""Lines of each reason that the ledger shows."""


def balanced(engine: Engine, base: Run, lines: Lines, found: Delivered) -> tuple[Ledger, dict[str, list[int]]]:
    """Return the ledger, and the numbers of the first lines of each reason, after `coterie.deliveries.touched.deliver`.

    Parameters
    ----------
    engine : Engine
        Has ``fates``.
    base : Run
        Whose ledger the new one goes on from.
    lines : Lines
        The new ones.
    found : Delivered
        What they changed.
    """
    earlier, before, after = base.ledger, found.before, found.after
    known = {one["rule"]: one for one in earlier["rules"]}
    was = {entry.rule: entry for entry in before.entries} if before else {}
    firsts = _firsts(engine, base)
    samples = _samples(engine, base, lines, firsts)
    entries = []
    for entry in after.entries:
        old, part = known.get(entry.rule), was.get(entry.rule)
        count = entry.lines - (part.lines if part else 0) + (old["lines"] if old else 0)
        money = entry.money - (part.money if part else 0) + (Decimal(old["money"]) if old else 0)
        entries.append(Entry(entry.rule, entry.outcome, count, money, entry.meaning, entry.fix, tuple(samples.get(entry.rule, ()))))
    fates = ("read", *FATES)
    ledger = Ledger(
        lines={fate: earlier["lines"][fate] - (before.lines[fate] if before else 0) + after.lines[fate] for fate in fates},
        money={fate: Decimal(earlier["money"][fate]) - (before.money[fate] if before else 0) + after.money[fate] for fate in fates},
        without_value=earlier["without_value"] - (before.without_value if before else 0) + after.without_value,
        first=found.first,
        last=found.last,
        entries=tuple(entries),
    )
    return ledger, firsts


def _firsts(engine: Engine, base: Run) -> dict[str, list[int]]:
    """Return the numbers of the first lines of each reason: looked for among all where one of the known ones has left it."""
    firsts: dict[str, list[int]] = {reason: list(rows) for reason, rows in base.manifest["parts"]["firsts"].items()}
    came = dict(engine.rows(f"SELECT reason, min(source_row, {_SHOWN}) FROM fates WHERE reason IS NOT NULL GROUP BY reason"))
    left = dict(
        engine.rows("SELECT was, list(source_row) FROM fates WHERE was IS NOT NULL AND was IS DISTINCT FROM reason GROUP BY was")
    )
    for reason, rows in left.items():
        there = [row for row in firsts.get(reason, []) if row not in set(rows)]
        if len(there) < len(firsts.get(reason, [])) == _SHOWN:
            there = engine.rows(
                f"SELECT coalesce(min(source_row, {_SHOWN}), []) FROM ({changed_sql(base, 'old_read')}) AS stated "
                "ANTI JOIN altered USING (source_row) WHERE reason = '" + reason + "'"
            )[0][0]
        firsts[reason] = there
    for reason, rows in came.items():
        firsts[reason] = sorted({*firsts.get(reason, []), *rows})[:_SHOWN]
    return {reason: firsts[reason] for reason in sorted(firsts) if firsts[reason]}


def _samples(engine: Engine, base: Run, lines: Lines, firsts: dict[str, list[int]]) -> dict[str, list[dict[str, Any]]]:
    """Return what is shown of those lines: what was shown of them before, or what they are."""
    shown: dict[int, dict[str, Any]] = {}
    for one in base.ledger["rules"]:
        shown |= dict(zip(base.manifest["parts"]["firsts"].get(one["rule"], ()), one["samples"], strict=True))
    wanted = sorted({row for rows in firsts.values() for row in rows} - shown.keys())
    if wanted:
        engine.run(f"CREATE TABLE unshown AS SELECT unnest({wanted})::BIGINT AS source_row")
        listed = f"source_row IN ({', '.join(map(str, wanted))})"
        columns = ", ".join(f"{name}::VARCHAR" for name in SAMPLED)
        names = f"SELECT source_row, {columns} FROM"
        values = engine.rows(f"{names} old_read WHERE {listed} UNION ALL {names} {lines.table} WHERE {listed}")
        old = earlier_rows(engine, base, "unshown")
        places = engine.rows(
            f"SELECT source_row, source_file, source_line FROM {lines.raw} WHERE {listed}"
            + (f" UNION ALL SELECT source_row, source_file, source_line FROM ({old}) AS old" if old else "")
        )
        found = {row: {"source_file": file, "source_line": line} for row, file, line in places}
        shown |= {row: found[row] | dict(zip(SAMPLED, told, strict=True)) for row, *told in values}
    return {reason: [shown[row] for row in rows] for reason, rows in firsts.items()}
