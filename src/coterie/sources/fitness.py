"""Whether a column's values are of the kind its header promises, by a look at its first rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from coterie.columns import Kind
from coterie.engines.base import Engine, identifier
from coterie.recipe import Reading
from coterie.sources.shapes import shape_of

_LOOKED_AT = 1000
_NUMBER = re.compile(r"\D{0,4}[-+]?\D{0,4}\d[\d.,'’\s]*\D{0,4}|[-+]?(nan|inf|infinity)", re.IGNORECASE)
_DIGITS = str.maketrans("123456789", "000000000")


def unfit_kinds(engine: Engine, relation: str, columns: Sequence[str], reading: Reading) -> dict[str, frozenset[Kind]]:
    """Return, for each source column, the kinds of the contract that most of its values are not.

    Parameters
    ----------
    engine : Engine
        Where the source lies.
    relation : str
        Table or view of the source.
    columns : sequence of str
        The source's columns.
    reading : Reading
        With a ``date_format``, any text may be a date.
    """
    types = engine.columns(relation)
    listed = ", ".join(identifier(column) for column in columns)
    rows = engine.rows(f"SELECT {listed} FROM {relation} LIMIT {_LOOKED_AT}")
    unfit = {}
    for index, column in enumerate(columns):
        texts = [str(row[index]).strip() for row in rows if row[index] is not None and str(row[index]).strip()]
        kinds: set[Kind] = set()
        if types[column].startswith(("TIMESTAMP", "DATE")):
            kinds = {"number", "money"}
        elif texts:
            if 2 * sum(bool(_NUMBER.fullmatch(text)) for text in texts) < len(texts):
                kinds |= {"number", "money"}
            dates = sum(shape_of(text.translate(_DIGITS)) is not None for text in texts)
            if 2 * dates < len(texts) and not reading.date_format:
                kinds |= {"timestamp"}
            elif 2 * dates >= len(texts):
                kinds |= {"number", "money"} if not all(text.isdigit() for text in texts) else set()
        unfit[column] = frozenset(kinds)
    return unfit
