"""Contacts: who a customer is elsewhere, and whether we may write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coterie.errors import MappingError
from coterie.exports.consent import consents, is_yes, refuse_unsure
from coterie.exports.contact_fields import FIELDS
from coterie.exports.identity import country_code, normal_email, normal_phones
from coterie.exports.people import People, read_people


@dataclass(frozen=True, slots=True)
class Contact:
    """One customer's contact: normal forms, None where there is none; ``consents`` is None where no column says."""

    customer_id: str
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    country: str | None = None
    zip: str | None = None
    city: str | None = None
    state: str | None = None
    madid: str | None = None
    uid: str | None = None
    consents: bool | None = None


@dataclass(frozen=True)
class Contacts:
    """Contacts by customer.

    Parameters
    ----------
    by_customer : dict of str to Contact
        The first row of each customer; they consent if every row of theirs, and every row with their address, does.
    found : dict of str to str
        Field to the column it was found in.
    rows, repeated, bad_phones : int
        Rows read, rows of a customer who had one before, and phone numbers that are none.
    """

    by_customer: dict[str, Contact]
    found: dict[str, str]
    rows: int
    repeated: int
    bad_phones: int

    @property
    def knows_consent(self) -> bool:
        """Whether a column says who consents."""
        return bool({"consent", "opt_out"} & self.found.keys())


def read_contacts(
    source: Any,
    known: frozenset[str],
    *,
    on: str | None = None,
    named: Mapping[str, str] | None = None,
    country: str | None = None,
    all_consents: bool = False,
) -> Contacts:
    """Read contacts, and tie each to a customer.

    Parameters
    ----------
    source : path or frame
        One row a contact.
    known : frozenset of str
        The run's customer ids.
    on : str, optional
        Column with the customer's id; without it a known header.
    named : mapping of str to str, optional
        Field to column, where the headers are not known ones.
    country : str, optional
        Two letters that stand in where a contact's country is missing or unknown.
    all_consents : bool
        Whether nobody is asked for consent.

    Raises
    ------
    MappingError
        If there is no customer column, no column to reach anybody by, or one about consent that is not understood.
    """
    people = read_people(source, FIELDS, {**(named or {}), **({"customer_id": on} if on else {})})
    _usable(people)
    if not all_consents:
        refuse_unsure(people)
    size = len(people)

    def column(name: str) -> list[str | None]:
        return people.values.get(name) or [None] * size

    countries = [country_code(text) or country for text in column("country")]
    phones = normal_phones(zip(column("phone"), countries, strict=True))
    bad = sum(1 for given, phone in zip(column("phone"), phones, strict=True) if given and not phone)
    emails = [normal_email(text) for text in column("email")]
    says = consents(people) if not all_consents else None
    if "phone_consent" in people.values and not all_consents:
        phones = [phone if is_yes(text) else None for phone, text in zip(phones, column("phone_consent"), strict=True)]
    refusing = {text for i in range(size) if says and not says[i] for text in (emails[i], _key(people, i)) if text}
    others = [column(name) for name in ("first_name", "last_name", "zip", "city", "state", "madid", "uid")]
    by_customer: dict[str, Contact] = {}
    repeated = 0
    for i, customer in enumerate(people.ids(known)):
        if customer is None:
            continue
        if customer in by_customer:
            repeated += 1
            continue
        first, last, code, city, state, madid, uid = (values[i] for values in others)
        agrees = None if says is None else not ({emails[i], _key(people, i)} & refusing)
        by_customer[customer] = Contact(
            customer, emails[i], phones[i], first, last, countries[i], code, city, state, madid, uid, agrees
        )
    return Contacts(by_customer, people.found, size, repeated, bad)


def _key(people: People, i: int) -> str:
    """Return a row's customer as a key that no address can be."""
    return f"id {people.values['customer_id'][i]}"


def _usable(people: People) -> None:
    listed = ", ".join(people.header[:50])
    if "customer_id" not in people.found:
        raise MappingError(
            f"{people.name} has no customer column.",
            found=f"{listed}.",
            fix="--on COLUMN names the one that holds the run's customer ids.",
            code="no_customer",
        )
    if not {"email", "phone", "last_name", "madid", "uid"} & people.found.keys():
        raise MappingError(
            f"{people.name} has nothing to reach a customer by.",
            found=f"{listed}.",
            fix="--map email=COLUMN, or --map phone=COLUMN.",
            code="no_address",
        )
