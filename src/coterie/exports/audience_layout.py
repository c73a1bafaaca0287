"""What each audience's file looks like: its header, and what stands under it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from coterie.exports.contacts import Contact
from coterie.exports.drawing import Member
from coterie.exports.identity import is_hash, letters, normal_name, sha256
from coterie.exports.properties import PROPERTIES
from coterie.registry import Registry

Cell = Callable[[Member], Any]


@dataclass(frozen=True)
class Audience:
    """A file that a service takes.

    Parameters
    ----------
    name : str
        What ``--to`` takes.
    meaning : str
        Who takes it, in a few words.
    columns : tuple of (str, callable)
        Header and cell, in order.
    reachable : callable
        Whether a contact has what the service finds a person by.
    properties : bool
        Whether columns of the customer table follow.
    most_bytes, most_rows : int or None
        What one file may have; more is split.
    most_text : int or None
        Bytes of a text cell, cut at a whole letter.
    """

    name: str
    meaning: str
    columns: tuple[tuple[str, Cell], ...]
    reachable: Callable[[Contact], bool]
    properties: bool = False
    most_bytes: int | None = None
    most_rows: int | None = None
    most_text: int | None = None

    def cells(self, columns: Collection[str], members: Collection[Member]) -> list[tuple[str, Cell]]:
        """Return header and cell of every column of this list.

        Parameters
        ----------
        columns : collection of str
            Columns of the customer table.
        members : collection of Member
            Who is on the list. Where properties follow, what no member has is left out: an empty column could wipe what the
            service knows, and an empty first one would hide the phone numbers behind it.
        """
        if not self.properties:
            return list(self.columns)
        every = [*self.columns, *((header, _property(name)) for name, header in PROPERTIES.items() if name in columns)]
        return [column for column in every if not members or any(_known(column[1](member)) for member in members)]


def _known(value: Any) -> bool:
    return value is not None and value == value


def _property(name: str) -> Cell:
    return lambda member: member.customer[name]


def _contact(name: str) -> Cell:
    return lambda member: getattr(member.contact, name)


def _hashed(name: str, normal: Callable[[str | None], str | None] = lambda text: text) -> Cell:
    return lambda member: sha256(normal(getattr(member.contact, name)))


def _plain_email(contact: Contact) -> bool:
    return contact.email is not None and not is_hash(contact.email)


def _in_google(one: Contact) -> bool:
    return bool(one.email or one.phone or (one.first_name and one.last_name and one.country and one.zip))


def _in_meta(one: Contact) -> bool:
    return bool(one.email or one.phone or one.madid or one.uid or (one.first_name and one.last_name and one.country))


_PERSON = (
    ("First Name", _contact("first_name")),
    ("Last Name", _contact("last_name")),
)
AUDIENCES: Registry[Audience] = Registry("audience")
AUDIENCES.add(
    Audience(
        "google",
        "Google Customer Match:",
        (
            ("Email", _hashed("email")),
            ("Phone", _hashed("phone")),
            ("First Name", _hashed("first_name", normal_name)),
            ("Last Name", _hashed("last_name", normal_name)),
            ("Country", _contact("country")),
            ("Zip", _contact("zip")),
        ),
        _in_google,
    )
)
AUDIENCES.add(
    Audience(
        "meta",
        "Meta custom audience:",
        (
            ("email", _hashed("email")),
            ("phone", _hashed("phone", lambda text: text.lstrip("+") if text else None)),
            ("madid", _contact("madid")),
            ("fn", _hashed("first_name", letters)),
            ("ln", _hashed("last_name", letters)),
            ("ct", _hashed("city", letters)),
            ("st", _hashed("state", letters)),
            ("country", _hashed("country", lambda text: text.lower() if text else None)),
            ("uid", _contact("uid")),
            ("value", lambda member: member.customer.get("total_spend")),
        ),
        _in_meta,
    )
)
AUDIENCES.add(
    Audience(
        "klaviyo",
        "Klaviyo list:",
        (
            ("Email", lambda member: member.contact.email if member.contact and _plain_email(member.contact) else None),
            ("Phone Number", _contact("phone")),
            *_PERSON,
            ("City", _contact("city")),
            ("State/Region", _contact("state")),
            ("Zip Code", _contact("zip")),
            ("Country", _contact("country")),
            ("Email Marketing Consent", lambda member: "Subscribe" if member.contact and member.contact.consents else None),
        ),
        lambda one: _plain_email(one) or one.phone is not None,
        properties=True,
        most_bytes=50_000_000,
    )
)
AUDIENCES.add(
    Audience(
        "mailchimp",
        "Mailchimp audience:",
        (
            ("Email Address", _contact("email")),
            *_PERSON,
            ("Phone Number", _contact("phone")),
            # A comma would make two tags of one.
            ("Tags", lambda member: str(member.customer["segment"]).replace(",", " ")),
        ),
        _plain_email,
        properties=True,
        most_text=255,
    )
)
AUDIENCES.add(
    Audience(
        "hubspot",
        "HubSpot contacts:",
        (
            ("Email", _contact("email")),
            *_PERSON,
            ("Phone Number", _contact("phone")),
            ("City", _contact("city")),
            ("State/Region", _contact("state")),
            ("Postal Code", _contact("zip")),
            ("Country/Region", _contact("country")),
        ),
        _plain_email,
        properties=True,
        most_rows=1_048_575,
    )
)
