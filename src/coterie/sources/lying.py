"""Lines that stay where they are: which relation of a place has them, and which of its columns are which of the contract."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coterie.columns import BY_NAME
from coterie.engines import identifier
from coterie.engines.there import There
from coterie.errors import InputError
from coterie.recipe import Recipe
from coterie.sources.currency import check_one_currency
from coterie.sources.ids import IDS
from coterie.sources.known.recognise import recognise_export
from coterie.sources.lines import InputFile, Lines, Match
from coterie.sources.mapping import candidates, require

_NUMBER = re.compile(r"(tiny|small|big)?int|integer|decimal|numeric|double|real|float|short|long|byte", re.IGNORECASE)
_TIME = re.compile(r"timestamp|date", re.IGNORECASE)
_FRACTIONAL = re.compile(r"decimal|numeric|double|real|float", re.IGNORECASE)


@dataclass(frozen=True)
class Lying:
    """A relation of a place, looked at and not read.

    Parameters
    ----------
    name : str
        What to call it in a message.
    relation : str
        Table or view of the place, its columns under their own names.
    columns : dict of str to str
        SQL of each of its columns, in DuckDB's dialect; a whole number that came as a fraction is whole.
    matches : tuple of Match
        Which of them are which of the contract.
    inputs : sequence of InputFile
        Where they are known before the lines are; else the rows are hashed with the lines.
    notes : tuple of str
        What a person should know.
    warnings : tuple of str
        What a person should look at.
    other_currency : str or None
        SQL of a row's problem where its currency is not the one declared.
    lines : Lines, optional
        Of a relation whose rows were read here and brought there: it has their columns, the source's own as ``raw_`` and its name,
        and ``source_file``, ``source_line``, ``source_text``; its table is called ``sold_lines``.
    """

    name: str
    relation: str
    columns: dict[str, str]
    matches: tuple[Match, ...]
    inputs: Sequence[InputFile]
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    other_currency: str | None = None
    lines: Lines | None = None


def look(there: There, name: str, relation: str, recipe: Recipe, inputs: Sequence[InputFile], notes: Sequence[str]) -> Lying:
    """Map a relation's columns by their names and types.

    Raises
    ------
    InputError
        If a column that a line needs is not of a type to compute with; MappingError if it is missing or unsure.
    """
    kinds = there.place.columns(relation)
    header = list(kinds)
    if recognise_export(name, header, recipe.mapping):
        raise InputError(
            f"{name} has the columns of a shop's export, whose rows tell of each other.",
            found=f"{', '.join(header[:20])}.",
            fix="leave --engine out: such an export is read here.",
            code="not_there",
        )
    matches = require(name, header, candidates(header, recipe.mapping, {}))
    for match in matches:
        _refuse_kind(name, match, kinds[match.source], there.place.dialect.name)
    ids = [match.source for match in matches if match.column in IDS and _FRACTIONAL.match(kinds[match.source])]
    columns = {column: identifier(column) for column in header} | _whole(there, name, relation, ids)
    other = check_one_currency(there, relation, header, recipe.reading.currency)
    return Lying(name, relation, columns, matches, inputs, tuple(notes), other_currency=other)


def _refuse_kind(name: str, match: Match, kind: str, dialect: str) -> None:
    wanted = BY_NAME[match.column].kind
    fits = {"timestamp": _TIME, "number": _NUMBER, "money": _NUMBER}.get(wanted)
    if fits is None or fits.match(kind):
        return
    cast = {"timestamp": "timestamp", "number": "numeric", "money": "numeric"}[wanted]
    raise InputError(
        f"Column {match.source!r} of {name} cannot be computed with where it is.",
        found=f"its type is {kind}; {match.column} needs a {'date or time' if wanted == 'timestamp' else 'number'}.",
        fix=(f'--query "SELECT ..., {match.source}::{cast} FROM ...", ' if dialect == "postgres" else "")
        + "or leave --engine out: texts are read here.",
        code="not_typed",
    )


def _whole(there: There, name: str, relation: str, ids: Sequence[str]) -> dict[str, str]:
    """Return the SQL of ids that came as numbers with a fraction, as whole numbers."""
    if not ids:
        return {}
    odd = ", ".join(f"count(CASE WHEN {identifier(c)} <> floor({identifier(c)}) THEN 1 END)" for c in ids)
    for column, count in zip(ids, there.rows(f"SELECT {odd} FROM {relation}")[0], strict=True):
        if count:
            raise InputError(
                f"Column {column!r} of {name} is no id.",
                found=f"{count:,} numbers with a fraction.",
                fix="--map another column, or cast it to text where it is.",
                code="not_typed",
            )
    # Not a number, less itself, is not zero.
    return {c: f"CASE WHEN {identifier(c)} - {identifier(c)} = 0 THEN CAST({identifier(c)} AS BIGINT) END" for c in ids}
