"""Names that a person gives: what may be one, and who gave it why."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from coterie.errors import RecipeError

LONGEST = 60
LONGEST_NOTE = 500
# Marks that turn the direction of what follows them: a name would read as another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, halves of a character, and what ends a line or a paragraph.
_UNPRINTED = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Approval:
    """A name that a person gave a segment.

    Parameters
    ----------
    segment_id : str
        Whose name it is.
    name, was : str
        The name, and the one before it.
    by, reason : str
        Who gave it, and why.
    at : str or None
        When, where the caller said so.
    """

    segment_id: str
    name: str
    was: str
    by: str
    reason: str
    at: str | None

    def as_dict(self) -> dict[str, str | None]:
        """Return plain JSON data."""
        return asdict(self)


def approved_name(given: str, taken: Iterable[str]) -> str:
    """Return a name as it is published: composed, without space around it.

    Parameters
    ----------
    given : str
        From 1 to 60 characters.
    taken : iterable of str
        Names and ids it must not look like; neither case nor invisible characters part two names.

    Raises
    ------
    RecipeError
        If it shows nothing, is too long, holds what no reader sees, or is taken.

    Examples
    --------
    >>> approved_name("  Loyal  ", taken=["Core", "s2"])
    'Loyal'
    """
    name = approved_text(given, "NEW", "name", LONGEST)
    for other in taken:
        if same_look(other, name):
            raise RecipeError(
                f"{name!r} is taken.",
                found=f"{other!r}, the name or id of another segment.",
                fix="give a name that no other segment has.",
                code="name_taken",
            )
    return name


def approved_text(given: str, flag: str, noun: str, longest: int) -> str:
    """Return what a person wrote on one line, composed, without space around it.

    Parameters
    ----------
    given : str
        What they wrote.
    flag, noun : str
        Where, and what it is, for the message.
    longest : int
        Most characters.

    Raises
    ------
    RecipeError
        If it shows nothing, is too long, or holds a control character or one that turns the direction of writing.
    """
    text = unicodedata.normalize("NFC", given.strip())
    hidden = sorted({c for c in text if c in _TURNING or unicodedata.category(c) in _UNPRINTED})
    if hidden:
        wrong = "holds characters that nobody sees"
        found = ", ".join(f"U+{ord(c):04X}" for c in hidden[:5])
    elif not any(unicodedata.category(c)[0] in "LNPS" for c in text):
        wrong, found = "is empty", f"{ascii(given)[:100]}"
    elif len(text) > longest:
        wrong, found = "is too long", f"{len(text):,} characters"
    else:
        return text
    raise RecipeError(
        f"The {noun} {wrong}.", found=f"{found}.", fix=f"{flag} takes 1 to {longest} characters on one line.", code=f"bad_{noun}"
    )


def same_look(one: str, other: str) -> bool:
    """Return whether a reader would take two names for one.

    Examples
    --------
    >>> same_look("Core", " CORE"), same_look("Core", "Loyal")
    (True, False)
    """
    return _looks(one) == _looks(other)


def _looks(name: str) -> str:
    """Return what a reader tells two names apart by."""
    shown = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return " ".join(shown.casefold().split())
