"""What was sold and what was not, by the status that a known export gives its orders and payments."""

from __future__ import annotations

from collections.abc import Mapping

from coterie.engines.base import Engine, literal
from coterie.errors import InputError
from coterie.sources.cells import Cell
from coterie.sources.known.export import KnownExport

TOLERATED = 0.5
"""Share of rows whose status is not known that is set aside; above it the file is refused: it may be a translated one."""


def no_sale(engine: Engine, settled: str, export: KnownExport, cells: Mapping[str, Cell]) -> str | None:
    """Return the SQL of a row's problem where nothing was sold, or where there is no telling.

    Raises
    ------
    InputError
        If most statuses are none that the export is known to have.
    """
    voids = " ".join(f"WHEN {cells[role].text} IS NOT NULL THEN 'not_paid'" for role in sorted(export.voids) if role in cells)
    if "status" not in cells:
        return f"CASE {voids} END" if voids else None
    status = f"lower(CAST({cells['status'].text} AS VARCHAR))"
    none, some = (", ".join(map(literal, sorted(words))) for words in (export.no_sales, export.sales))
    unknown = f"coalesce({status} NOT IN ({none}, {some}), TRUE)"
    strange, rows = engine.rows(f"SELECT count(*) FILTER ({unknown}), count(*) FROM {settled}")[0]
    if strange > TOLERATED * rows:
        seen = engine.rows(f"SELECT coalesce({status}, '(none)'), count(*) FROM {settled} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10")
        raise InputError(
            f"Column {cells['status'].source!r} holds no statuses that {export.title} are known to have.",
            found=", ".join(f"{word} on {count:,} rows" for word, count in seen) + ".",
            fix=f"export it in English; known are {', '.join(sorted(export.sales | export.no_sales))}.",
            code="status",
        )
    return f"CASE {voids} WHEN {status} IN ({none}) THEN 'not_paid' WHEN {unknown} THEN 'unknown_status' END"
