"""What the flags of a list ask for: which customers, whom not, and who is held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from coterie.errors import RecipeError
from coterie.exports.chosen import chosen_ids
from coterie.exports.contacts import Contact, Contacts
from coterie.exports.drawing import Drawn, draw
from coterie.exports.holdout import key_of, share_of
from coterie.exports.suppression import Suppression, read_suppression
from coterie.runs import Run

FLAGS = frozenset({"segment", "only", "suppress", "holdout", "holdout_key"})
"""Parameters of every list."""
FEW = 20
"""A control group of fewer can tell nothing of a campaign."""


@dataclass(frozen=True)
class Selected:
    """A list that was asked for: who was drawn, the share held out, and the suppression lists."""

    drawn: Drawn
    share: float | None
    suppression: Suppression | None


def select(
    run: Run,
    *,
    segment: str | Sequence[str] | None = None,
    only: Any = None,
    suppress: Any = None,
    holdout: str | float | None = None,
    holdout_key: str | None = None,
    contacts: Contacts | None = None,
    reachable: Callable[[Contact], bool] | None = None,
    country: str | None = None,
) -> Selected:
    """Draw the list that the flags ask for.

    Parameters
    ----------
    run : Run
        Whose customers.
    segment : str or sequence of str, optional
        Names or ids.
    only : sequence of str, path or frame, optional
        Ids of the customers who may be on the list, in the order they are listed in.
    suppress : path, frame, or sequence of them, optional
        Suppression lists.
    holdout : str or float, optional
        Share to hold out, such as ``"10%"``.
    holdout_key : str, optional
        Decides who is held out; default from the run's inputs.
    contacts, reachable
        As for `coterie.exports.drawing.draw`.
    country : str, optional
        Two letters of the country of suppressed phone numbers without ``+``.

    Raises
    ------
    RecipeError
        If a flag does not hold.
    """
    if holdout is None and holdout_key is not None:
        raise RecipeError("A key holds nobody out.", found="no share.", fix="--holdout 10%", code="bad_share")
    share = None if holdout is None else share_of(holdout)
    lists = [] if suppress is None else list(suppress) if isinstance(suppress, (list, tuple)) else [suppress]
    suppression = chosen = None
    if lists or only is not None:
        known = frozenset(run.customers("arrow")["customer_id"].to_pylist())
        suppression = read_suppression(lists, known, country=country) if lists else None
        chosen = None if only is None else chosen_ids(only, known)
    drawn = draw(
        run,
        segments=[segment] if isinstance(segment, str) else segment or (),
        only=chosen,
        contacts=contacts,
        suppression=suppression,
        reachable=reachable,
        share=share,
        key=b"" if share is None else key_of(run, holdout_key),
    )
    return Selected(drawn, share, suppression)


def notes_of(selected: Selected, contacts: Contacts | None = None, stale: Sequence[str] = ()) -> list[str]:
    """Return what became of every member, in words, and what a person should look at."""
    counts = selected.drawn.counts
    said = [f"{counts['members']:,} members: {counts['written']:,} written"]
    said += [f"{counts[cause]:,} {words}" for cause, words in _WORDS.items() if counts[cause]]
    notes = [", ".join(said) + "."]
    if contacts and not contacts.knows_consent:
        notes.append("No column says who consents: nobody was left out for it.")
    if contacts and contacts.bad_phones:
        notes.append(f"Phone numbers that are not valid, left out: {contacts.bad_phones:,}; --country-code GB if they have no +.")
    if contacts and contacts.repeated:
        notes.append(f"Contacts that repeat a customer: {contacts.repeated:,}; the first one counts, and consent must be in all.")
    if selected.drawn.unmatched:
        notes.append(
            f"{selected.drawn.unmatched:,} of {len(selected.suppression.entries if selected.suppression else ()):,} suppression "
            "entries are none of the run's customers."
        )
    if selected.share is not None and counts["held_out"] < FEW:
        notes.append(f"A control group of {counts['held_out']:,} is too small for coterie lift, which asks for {FEW}.")
    if stale:
        notes.append(f"An earlier list of that name left files that are none of this one: {', '.join(stale)}.")
    return notes


_WORDS = {
    "suppressed": "suppressed",
    "without_contact": "without a contact",
    "without_consent": "without consent",
    "without_address": "without an address the list can use",
    "shared_address": "at an address already taken",
    "held_out": "held out",
}
