"""Who is on a list, who is held out, and why each other one is not on it: every member is counted once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coterie.exports.contacts import Contact, Contacts
from coterie.exports.holdout import held_out
from coterie.exports.identity import sha256
from coterie.exports.properties import PROPERTIES
from coterie.exports.segment_choice import segment_ids
from coterie.exports.suppression import Suppression, keys_of
from coterie.runs import Run

CAUSES = ("suppressed", "without_contact", "without_consent", "without_address", "shared_address", "held_out", "written")
"""What becomes of a member, the first that fits; their counts add up to the members."""


@dataclass(frozen=True, slots=True)
class Member:
    """A customer of the chosen segments: their `PROPERTIES`, and their contact where there is one."""

    customer: dict[str, Any]
    contact: Contact | None = None

    @property
    def id(self) -> str:
        """The customer's id."""
        return str(self.customer["customer_id"])


@dataclass(frozen=True)
class Drawn:
    """A list, drawn.

    Parameters
    ----------
    written, held_out : list of Member
        The list and its control group, sorted by customer id; those who were chosen one by one, in the order of that choice.
    counts : dict of str to int
        ``members``, ``matched`` (with a contact), then each of `CAUSES`.
    unmatched : int
        Entries of the suppression lists that meant none of the run's customers.
    """

    written: list[Member]
    held_out: list[Member]
    counts: dict[str, int]
    unmatched: int


def draw(
    run: Run,
    *,
    segments: Sequence[str] = (),
    only: Mapping[str, int] | None = None,
    contacts: Contacts | None = None,
    suppression: Suppression | None = None,
    reachable: Callable[[Contact], bool] | None = None,
    share: float | None = None,
    key: bytes = b"",
) -> Drawn:
    """Draw a list of customers.

    Parameters
    ----------
    run : Run
        Whose customers.
    segments : sequence of str
        Names or ids; everybody where none is given.
    only : mapping of str to int, optional
        Ids of those who were chosen one by one, with their places. It decides who is a member and the order they leave in, not who
        among them is held out or keeps a shared address.
    contacts : Contacts, optional
        Without them nobody is left out for a missing contact, consent or address.
    suppression : Suppression, optional
        Whom to leave out, and everybody who shares an address with them.
    reachable : callable, optional
        Whether a contact has an address that the list can use.
    share : float, optional
        Of those who could be written, to hold out as a control group.
    key : bytes
        Decides who is held out.

    Raises
    ------
    RecipeError
        If a segment is not there.
    """
    chosen = frozenset(segment_ids(run, segments))
    table = run.customers("arrow")
    rows = table.select([name for name in table.column_names if name in PROPERTIES]).to_pylist()
    found = contacts.by_customer if contacts else {}
    blocked, unmatched = _blocked([str(row["customer_id"]) for row in rows], found, suppression)
    members = [Member(row, found.get(str(row["customer_id"]))) for row in rows if row["segment_id"] in chosen]
    if only is not None:
        members = [member for member in members if member.id in only]
    outs = held_out((member.id for member in members), share, key) if share else [False] * len(members)
    lists: dict[str, list[Member]] = {cause: [] for cause in CAUSES}
    taken: set[str] = set()
    for member, out in zip(members, outs, strict=True):
        cause = _fate(member, blocked, contacts is not None, reachable, taken)
        lists[cause or ("held_out" if out else "written")].append(member)
    counts = {"members": len(members), "matched": sum(1 for member in members if member.contact)}
    counts |= {cause: len(lists[cause]) for cause in CAUSES}
    if only is not None:
        for leaving in (lists["written"], lists["held_out"]):
            leaving.sort(key=lambda member: only[member.id])
    return Drawn(lists["written"], lists["held_out"], counts, unmatched)


def _blocked(ids: list[str], found: dict[str, Contact], suppression: Suppression | None) -> tuple[set[str], int]:
    """Return the hashes of ids and addresses that must not be written to, and how many entries mean none of them."""
    if suppression is None:
        return set(), 0
    keys = [keys_of(one, found.get(one)) for one in ids]
    blocked = set(suppression.hashes).union(*(one for one in keys if one & suppression.hashes))
    return blocked, suppression.unmatched(set().union(*keys))


def _fate(
    member: Member, blocked: set[str], needs_contact: bool, reachable: Callable[[Contact], bool] | None, taken: set[str]
) -> str | None:
    """Return why a member is not on the list, None where nothing speaks against it; an address is given to its first member."""
    contact = member.contact
    if blocked and keys_of(member.id, contact) & blocked:
        return "suppressed"
    if not needs_contact:
        return None
    if contact is None:
        return "without_contact"
    if contact.consents is False:
        return "without_consent"
    if reachable is not None and not reachable(contact):
        return "without_address"
    address = sha256(contact.email or contact.phone)
    if address is not None and address in taken:
        return "shared_address"
    if address is not None:
        taken.add(address)
    return None
