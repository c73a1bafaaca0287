"""Consent, as contacts say it: a clear yes is a yes, and everything else is a no."""

from __future__ import annotations

import re

from coterie.errors import MappingError
from coterie.exports.people import People, folded

YES = frozenset({
    "yes", "y", "true", "t", "1", "1.0", "x", "on", "subscribe", "subscribed", "optin", "optedin", "granted", "given", "consented",
    "agreed", "accepted", "confirmed", "ja", "oui", "si", "sí", "sim",
})  # fmt: skip
"""Words that mean consent, whatever their case, blanks and hyphens; every other word, and none, does not."""
_NO = frozenset({"", "no", "n", "false", "f", "0", "0.0", "never", "nein", "non"})
_ABOUT = re.compile("consent|opt(ed)?(in|out)|unsubscri|subscribe[rd]|gdpr|permission|newsletter|donot")


def is_yes(text: str | None) -> bool:
    """Whether a cell says yes.

    Examples
    --------
    >>> is_yes("Opt-in"), is_yes("1"), is_yes("pending"), is_yes(None)
    (True, True, False, False)
    """
    return (text or "").strip().casefold().replace(" ", "").replace("-", "").replace("_", "") in YES


def consents(people: People) -> list[bool] | None:
    """Return each row's consent, None where no column says: what is not a clear yes is a no."""
    consent, opt_out = people.values.get("consent"), people.values.get("opt_out")
    if consent is None and opt_out is None:
        return None
    stays = [(text or "").strip().casefold() in _NO for text in opt_out] if opt_out is not None else [True] * len(people)
    return [stay and (consent is None or is_yes(consent[i])) for i, stay in enumerate(stays)]


def refuse_unsure(people: People) -> None:
    """Refuse contacts with a column that seems to be about consent and is not a known one.

    Raises
    ------
    MappingError
        If there is such a column, and no known one.
    """
    unsure = [name for name in people.header if _ABOUT.search(folded(name))]
    if unsure and not {"consent", "opt_out"} & people.found.keys():
        raise MappingError(
            f"{people.name} seems to say who consents, in a column that is not understood.",
            found=f"{', '.join(unsure[:10])}.",
            fix=f"--map consent={unsure[0]}, or --map opt_out={unsure[0]}; --all-consents to write to everybody.",
            code="unsure_consent",
        )
