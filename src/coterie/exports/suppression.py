"""Whom we must not write to: ids, e-mails and phones, plain or hashed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from coterie.errors import MappingError
from coterie.exports.contact_fields import FIELDS
from coterie.exports.contacts import Contact
from coterie.exports.identity import is_hash, normal_email, normal_phones, sha256
from coterie.exports.people import People, read_people

_FIELDS = {
    **{name: FIELDS[name] for name in ("customer_id", "phone", "country")},
    "email": (*FIELDS["email"], "hashed email", "email sha256", "sha256", "hash", "email hash"),
    "value": ("value",),
}
_KINDS = ("customer_id", "email", "phone", "value")


@dataclass(frozen=True)
class Suppression:
    """Entries, each as the SHA-256 of its normal form, so that plain and hashed ones are alike.

    Parameters
    ----------
    hashes : frozenset of str
        One or more an entry: an entry without a header may be an id, an e-mail or a phone.
    entries : tuple of frozenset of str
        The same, by entry.
    """

    hashes: frozenset[str]
    entries: tuple[frozenset[str], ...]

    def unmatched(self, seen: set[str]) -> int:
        """Return how many entries matched nobody."""
        return sum(1 for entry in self.entries if not entry & seen)


def keys_of(customer_id: str, contact: Contact | None) -> set[str]:
    """Return what an entry may have that means this customer."""
    texts = (customer_id, *((contact.email, contact.phone) if contact else ()))
    return {key for text in texts if text and (key := sha256(text))}


def read_suppression(sources: Sequence[Any], known: frozenset[str], *, country: str | None = None) -> Suppression:
    """Read suppression lists.

    Parameters
    ----------
    sources : sequence of path or frame
        Columns by known headers (customer id, e-mail, phone), or a single column of any of them, with a header or without.
    known : frozenset of str
        The run's customer ids.
    country : str, optional
        Two letters of the country of phone numbers without ``+``.

    Raises
    ------
    InputError
        If a list cannot be read whole; MappingError if none of its columns is a known one.
    """
    entries = [entry for source in sources for entry in _entries(_people(source), known, country)]
    return Suppression(frozenset().union(*entries), tuple(entries))


def _people(source: Any) -> People:
    people = read_people(source, _FIELDS)
    if not {*_KINDS} & people.found.keys():
        raise MappingError(
            f"{people.name} has no column that says who is suppressed.",
            found=f"{', '.join(people.header[:50])}.",
            fix="call the column customer_id, email or phone, or give a file with one column.",
            code="no_customer",
        )
    return people


def _entries(people: People, known: frozenset[str], country: str | None) -> Iterable[frozenset[str]]:
    values, size = people.values, len(people)
    empty: list[str | None] = [None] * size
    loose = values.get("value", empty)
    ids = [people.ids(known), people.raw_ids] if "customer_id" in values else []
    emails = [normal_email(text) for column in ("email", "value") for text in values.get(column, empty)]
    # A loose number is as likely an id: only what says that it is a phone is read as one.
    numbers = [*values.get("phone", empty), *(text if (text or "").startswith("+") else None for text in loose)]
    phones = normal_phones((number, country) for number in numbers)
    as_ids = [text.removesuffix(".0") if text and text.removesuffix(".0") in known else text for text in loose]
    columns = [*ids, emails[:size], emails[size:], phones[:size], phones[size:], loose, as_ids]
    columns += [[text.lower() if text and is_hash(text.lower()) else None for text in column] for column in (*ids, loose)]
    for row in zip(*columns, strict=True):
        entry = frozenset(key for text in row if text and (key := sha256(text)))
        if entry:
            yield entry
