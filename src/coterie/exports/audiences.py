"""Audience lists for advertising and mailing services: contacts joined, hashed where the service wants it, split where need be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coterie.errors import RecipeError
from coterie.exports.audience_layout import AUDIENCES, Audience
from coterie.exports.contacts import Contacts, read_contacts
from coterie.exports.formats import EXPORTS, Export
from coterie.exports.identity import checked_country
from coterie.exports.list_files import cell, csv_files, parts, place_list
from coterie.exports.selection import FLAGS, notes_of, select
from coterie.runs import Run

CONTACT_FLAGS = frozenset({"contacts", "on", "map", "country_code", "all_consents"})


def write_audience(
    audience: Audience,
    run: Run,
    target: Path,
    *,
    contacts: Any = None,
    on: str | None = None,
    map: Mapping[str, str] | None = None,
    country_code: str | None = None,
    all_consents: bool = False,
    **selection: Any,
) -> dict[str, Any]:
    """Write a run's customers as an audience.

    Parameters
    ----------
    audience : Audience
        For whom.
    run : Run
        Whose customers.
    target : Path
        Where to; several files get numbers.
    contacts : path or frame
        One row a contact.
    on : str, optional
        Column of the contacts with the customer's id.
    map : mapping of str to str, optional
        Field to column of the contacts.
    country_code : str, optional
        Country of contacts that do not say theirs.
    all_consents : bool
        Take contacts who do not consent too.
    **selection
        As for `coterie.exports.selection.select`.

    Raises
    ------
    RecipeError
        If there are no contacts, or a flag does not hold.
    """
    if contacts is None:
        raise RecipeError(
            f"--to {audience.name} needs contacts: a run knows no e-mail address and no phone number.",
            found="no --contacts.",
            fix=f"--to {audience.name} --contacts contacts.csv --on customer_id",
            code="no_contacts",
        )
    country = checked_country(country_code)
    table = run.customers("arrow")
    known = frozenset(table["customer_id"].to_pylist())
    read = read_contacts(contacts, known, on=on, named=map, country=country, all_consents=all_consents)
    _some_match(read, known)
    selected = select(run, contacts=read, reachable=audience.reachable, country=country, **selection)
    columns = audience.cells(table.column_names, selected.drawn.written)
    rows = ([cell(value(member), audience.most_text) for _, value in columns] for member in selected.drawn.written)
    made = parts([header for header, _ in columns], rows, audience.most_bytes, audience.most_rows)
    told = place_list(target, csv_files(target, made), selected.drawn, selected.share)
    suppression = selected.suppression
    return told | {
        "contacts": {"rows": read.rows, "repeated": read.repeated, "bad_phones": read.bad_phones, "columns": read.found},
        "suppression": suppression and {"entries": len(suppression.entries), "unmatched": selected.drawn.unmatched},
        "notes": notes_of(selected, read, told["stale"]),
    }


def _some_match(read: Contacts, known: frozenset[str]) -> None:
    if not known & read.by_customer.keys():
        given = ", ".join(list(read.by_customer)[:3]) or "none"
        raise RecipeError(
            "Not one contact is a customer of this run.",
            found=f"ids of contacts: {given}; of customers: {', '.join(sorted(known)[:3])}.",
            fix="--on COLUMN names the column that holds the run's customer ids.",
            code="no_match",
        )


def _writer(audience: Audience) -> Callable[..., dict[str, Any]]:
    def write(run: Run, target: Path, **options: Any) -> dict[str, Any]:
        return write_audience(audience, run, target, **options)

    return write


for _audience in AUDIENCES:
    EXPORTS.add(
        Export(
            _audience.name,
            _audience.meaning,
            f"-{_audience.name}.csv",
            _writer(_audience),
            options=FLAGS | CONTACT_FLAGS,
            several=True,
        )
    )
