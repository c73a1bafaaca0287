"""The quarantine of all lines: the earlier one, with what was judged anew behind it or in its place."""

from __future__ import annotations

from pathlib import Path

from coterie.cleaning import RULES
from coterie.deliveries.behind import put_behind
from coterie.deliveries.parts import changed_sql, parquet
from coterie.deliveries.touched import earlier_rows
from coterie.engines import Engine, identifier, literal
from coterie.runs import Run
from coterie.sources import Lines


def write_quarantine(engine: Engine, base: Run, lines: Lines, place: Path) -> None:
    """Write it, after `coterie.deliveries.touched.deliver`.

    Parameters
    ----------
    engine : Engine
        Has ``fates``.
    base : Run
        Whose quarantine the new one goes on from.
    lines : Lines
        The new ones.
    place : Path
        Where.
    """
    earlier = base.file("quarantine.parquet")
    taken = f"({', '.join(literal(rule.name) for rule in RULES if rule.outcome == 'quarantined')})"
    moved = "FROM fates SEMI JOIN altered USING (source_row)"
    engine.run(f"CREATE TABLE now_taken AS SELECT source_row {moved} WHERE reason IN {taken}")
    left = engine.rows(f"SELECT count(*) {moved} WHERE was IN {taken}")[0][0]
    names = list(engine.columns(parquet([earlier])))
    own = dict(zip(("reason", "source_file", "source_line", "source_text"), names[-4:], strict=True))
    columns = [f"raw.{identifier(name)}" for name in names[:-4]]
    columns += [f"{'fates' if name == 'reason' else 'raw'}.{name} AS {identifier(alias)}" for name, alias in own.items()]
    old = earlier_rows(engine, base, "now_taken")
    rows = f"({old} UNION ALL BY NAME SELECT * FROM {lines.raw})" if old else lines.raw
    engine.run(
        f"CREATE TABLE fresh AS SELECT raw.source_row AS place, {', '.join(columns)} FROM {rows} AS raw "
        f"JOIN (SELECT * FROM fates WHERE reason IN {taken}) AS fates USING (source_row) ORDER BY place"
    )
    if not left and not old and _put_behind(engine, earlier, place):
        return
    listed = ", ".join(identifier(name) for name in names)
    engine.write(
        f"SELECT {listed} FROM (SELECT numbered.source_row AS place, old.* EXCLUDE (file_row_number) "
        f"FROM read_parquet({literal(str(earlier))}, file_row_number = true) AS old JOIN "
        "(SELECT source_row, row_number() OVER (ORDER BY source_row) - 1 AS nth "
        f"FROM ({changed_sql(base, '(SELECT * FROM old_read)')}) AS stated WHERE reason IN {taken}) "
        "AS numbered ON numbered.nth = old.file_row_number ANTI JOIN altered ON altered.source_row = numbered.source_row "
        "UNION ALL BY NAME FROM fresh) AS merged ORDER BY place",
        place,
    )


def _put_behind(engine: Engine, earlier: Path, place: Path) -> bool:
    """Put ``fresh`` behind the earlier quarantine without a look at that; return whether it could be done."""
    # A file says of a column whether it can be empty, which is one for all blocks.
    shapes = engine.rows(f"SELECT name, repetition_type FROM parquet_schema({literal(str(earlier))}) WHERE type IS NOT NULL")
    columns = [
        identifier(name) if how == "REQUIRED" else f"CASE WHEN place IS NOT NULL THEN {identifier(name)} END AS {identifier(name)}"
        for name, how in shapes
    ]
    behind = place.with_name("fresh.parquet")
    engine.write(f"SELECT {', '.join(columns)} FROM fresh ORDER BY place", behind)
    done = put_behind(earlier, behind, place)
    behind.unlink()
    return done
