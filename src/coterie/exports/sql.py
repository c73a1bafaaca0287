"""The model as SQL for a warehouse."""

from __future__ import annotations

from pathlib import Path

from coterie.exports.formats import EXPORTS, Export
from coterie.runs import Run


def _sql(
    run: Run,
    path: Path,
    dialect: str = "duckdb",
    what: str = "features",
    table: str | None = None,
    returned: str | None = None,
) -> dict[str, str]:
    path.write_text(run.model.to_sql(dialect, what=what, table=table, returned=returned), "utf-8")
    return {"dialect": dialect, "what": what}


EXPORTS.add(Export("sql", "The model as SQL:", ".sql", _sql, options=frozenset({"dialect", "what", "table", "returned"})))
