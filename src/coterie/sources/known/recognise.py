"""Which known export a file is, by its headers: wholly, or not at all; a half of one is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coterie.columns import BY_NAME
from coterie.errors import MappingError
from coterie.sources.known.export import KNOWN, KnownExport
from coterie.sources.lines import Match
from coterie.sources.mapping import named_matches, normalised

SPELT_ALIKE = 0.95
"""Confidence where a header is an export's but for case, blanks or marks."""


@dataclass(frozen=True)
class Recognised:
    """A file as a known export.

    Parameters
    ----------
    export : KnownExport
        Which.
    found : dict of str to str
        Role to the file's column; what the user mapped stands before what the export says.
    confidence : float
        From 0 to 1; 1 where every header is spelt as the platform spells it.
    matches : tuple of Match
        The columns of the contract among them.
    named : frozenset of str
        The roles that the user mapped.
    """

    export: KnownExport
    found: dict[str, str]
    confidence: float
    matches: tuple[Match, ...]
    named: frozenset[str]


def recognise_export(name: str, header: Sequence[str], named: Mapping[str, str]) -> Recognised | None:
    """Return the known export that a header is of, or None.

    Parameters
    ----------
    name : str
        The input's name, for the message.
    header : sequence of str
        The source's columns.
    named : mapping of str to str
        Columns named by the user: column of the contract to column of the source.

    Raises
    ------
    MappingError
        If the header has an export's own columns but not those that its rows cannot be read without, and the user has not mapped
        what a line needs instead.

    Examples
    --------
    >>> stripe = ["id", "Created (UTC)", "Amount", "Amount Refunded", "Currency", "Status", "Customer Email"]
    >>> recognise_export("payments.csv", stripe, {}).export.title
    'Stripe payments'
    >>> recognise_export("sales.csv", ["InvoiceNo", "Quantity"], {}) is None
    True
    """
    marked = _marked(header)
    if marked is None:
        return None
    found = _found(marked, header, named)
    if not any(found.keys() >= set(needed) for needed in marked.needs):
        _refuse_half(name, marked, header, found, named)
        return None
    own = [source for role, source in found.items() if role not in named]
    exact = {spelt for headers in marked.roles.values() for spelt in headers}
    return as_known(marked, header, found, named, 1.0 if all(source in exact for source in own) else SPELT_ALIKE)


def half_of_export(header: Sequence[str], named: Mapping[str, str]) -> tuple[Match, ...]:
    """Return what was found of an export where not all was; nothing where a header is of none."""
    marked = _marked(header)
    return as_known(marked, header, _found(marked, header, named), named, SPELT_ALIKE).matches if marked else ()


def _marked(header: Sequence[str]) -> KnownExport | None:
    """Return the export whose own headers these are, if there are enough of them."""
    plain = set(map(normalised, header))
    marks = {export.name: sum(normalised(mark) in plain for mark in export.marks) / export.enough for export in KNOWN}
    best = max(KNOWN, key=lambda export: marks[export.name])
    return best if marks[best.name] >= 1 else None


def as_known(
    export: KnownExport, header: Sequence[str], found: dict[str, str], named: Mapping[str, str], confidence: float
) -> Recognised:
    """Return a file as an export whose roles were found, with a match for each column of the contract."""
    return Recognised(export, found, confidence, _matches(export, header, found, named, confidence), frozenset(named))


def _found(export: KnownExport, header: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that fill the export's roles, those named by the user first."""
    plain = {normalised(column): column for column in reversed(header)}
    found = dict(named)
    taken = set(named.values())
    for role, headers in export.roles.items():
        fitting = [column for h in headers if (column := h if h in header else plain.get(normalised(h))) and column not in taken]
        if role not in found and fitting:
            found[role] = fitting[0]
            taken.add(fitting[0])
    return found


def _matches(
    export: KnownExport, header: Sequence[str], found: Mapping[str, str], named: Mapping[str, str], confidence: float
) -> tuple[Match, ...]:
    chosen = {match.column: match for match in named_matches(header, named)}
    by_line = {"quantity", "price"} <= found.keys()
    for role, source in found.items():
        # Of a line it is the order's money, which the export's shape may use.
        if role in BY_NAME and role not in chosen and not (by_line and role == "transaction_value"):
            said = export.how.get(role)
            how = f"{export.title}{': ' + said if said else ''}"
            chosen[role] = Match(role, source, min(confidence, export.unsure.get(source, 1.0)), how)
    return tuple(chosen[column] for column in BY_NAME if column in chosen)


def _refuse_half(
    name: str, export: KnownExport, header: Sequence[str], found: Mapping[str, str], named: Mapping[str, str]
) -> None:
    """Refuse a half of an export, unless the user has said what a line needs."""
    if {"customer_id", "invoice_date"} <= named.keys() and ({"quantity", "price"} <= named.keys() or "transaction_value" in named):
        return
    needed = min(export.needs, key=lambda roles: len(set(roles) - found.keys()))
    missing = [role for role in needed if role not in found]
    hints = [export.missing[role] for role in missing if role in export.missing]
    wanted = ", ".join(" or ".join(repr(h) for h in export.roles[role]) for role in missing)
    flags = " ".join(f"--map {role}=HEADER" for role in missing if role in BY_NAME)
    otherwise = f"{flags} if another column is it" if flags else (
        "--map customer_id=HEADER --map invoice_date=HEADER --map transaction_value=HEADER to read it as a plain file"
    )
    raise MappingError(
        f"{name} looks like {export.title}, but has no column {wanted}.",
        found=f"{', '.join(header[:50])}.",
        fix=f"{' '.join(hints) or 'Export it again with that column'}; or {otherwise}.",
        code="half_export",
    )
