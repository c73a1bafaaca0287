"""The cleaned lines of some customers: of very many, a part tells as much."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from coterie.cleaning.clean import Cleaned
from coterie.engines import column


def lines_of(cleaned: Cleaned, ids: NDArray[Any]) -> Cleaned:
    """Copy the lines of some customers into tables of their own.

    Parameters
    ----------
    cleaned : Cleaned
        From `clean`.
    ids : ndarray of str, shape (n_customers,)
        Whose lines.

    Returns
    -------
    Cleaned
        The same with their ``table``, ``met`` and ``netting`` alone; what came in and the ledger are everybody's.
    """
    import pyarrow

    engine = cleaned.engine
    engine.register("drawn", pyarrow.table({"customer_id": column(ids)}))
    names = {name: f"drawn_{name}" for name in (cleaned.table, cleaned.met, cleaned.netting)}
    for name, own in names.items():
        engine.run(f"CREATE OR REPLACE TABLE {own} AS SELECT * FROM {name} SEMI JOIN drawn USING (customer_id)")
    return replace(cleaned, table=names[cleaned.table], met=names[cleaned.met], netting=names[cleaned.netting])
