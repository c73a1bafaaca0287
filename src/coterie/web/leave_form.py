"""The form that a list leaves by: what it offers, what it asks of the exports, and where on it a refusal stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from coterie.errors import CoterieError, InputError
from coterie.web.leaving import formats

if TYPE_CHECKING:
    from coterie.exports import Export

FILES = ("contacts", "suppress")
"""Fields that a file comes in."""
COLUMNS = (("email", "E-mail"), ("phone", "Phone"), ("consent", "Consent"))
"""Columns of contacts that a person may have to name, beside the customer's."""
TITLES = {"csv": "CSV", "xlsx": "Excel workbook", "parquet": "Parquet", "json": "JSON, with the segments"}
_CONCERNED = {
    "unknown_format": "to",
    "contacts_unused": "to",
    "no_contacts": "contacts",
    "no_address": "map.email",
    "no_match": "on",
    "unsure_consent": "map.consent",
    "no_column": "map.email",
    "unknown_country": "country_code",
    "bad_share": "holdout",
}
"""Which field a refusal concerns, by its code; any other concerns a file, where one was sent, or the format."""
_FIXES = {
    "contacts": "choose a file with their e-mail addresses or phones, and who consents.",
    "on": "write the name of the column that holds the customers' ids of this run.",
    "map.email": "write the name of the column below, or call it email in the file.",
    "map.consent": "write the name of the column that says yes to consent, or tick that everybody may be written to.",
    "country_code": "two letters, such as GB.",
    "holdout": "a share above 0 and below 100%, such as 10%.",
}
"""What to do on the page, where a refusal names a flag of the command line."""


def form(action: str | None) -> dict[str, Any]:
    """Return the form as it is before anything was sent.

    Parameters
    ----------
    action : str or None
        Where it is sent; None where there is nobody on the list.
    """
    plain = [one for one in formats() if "contacts" not in one.options]
    known = [one for one in formats() if "contacts" in one.options]
    return {
        "action": action,
        "formats": [_offered("Everything known of them", plain), _offered("Audiences, by their contacts", known)],
        "columns": [{"name": f"map.{name}", "label": label} for name, label in COLUMNS],
        "fields": {},
        "refused": None,
        "concerned": None,
        "counted": None,
    }


def _offered(group: str, those: list[Export]) -> dict[str, Any]:
    return {"group": group, "formats": [{"name": one.name, "title": title(one.name)} for one in those]}


def title(name: str) -> str:
    """Return what a format is called on the page.

    Examples
    --------
    >>> title("csv"), title("google")
    ('CSV', 'Google Customer Match')
    """
    meaning = {one.name: one.meaning.rstrip(":") for one in formats()}
    return TITLES.get(name) or meaning.get(name, name)


def asked(fields: Mapping[str, str], files: Collection[str]) -> tuple[str, dict[str, Any]]:
    """Return the format and the options that a form asks for, beside its files.

    Raises
    ------
    InputError
        If there is no such format, or it needs contacts, or has no use for them.
    """
    to = fields.get("to", "")
    if to not in {one.name for one in formats()}:
        raise InputError(
            f"A list does not leave as {to[:40]!r}.",
            found=f"formats: {', '.join(one.name for one in formats())}.",
            fix="choose one of them.",
            code="unknown_format",
        )
    columns = {name: fields[f"map.{name}"].strip() for name, _ in COLUMNS if fields.get(f"map.{name}", "").strip()}
    given = {name: fields.get(name, "").strip() for name in ("on", "country_code", "holdout")}
    options: dict[str, Any] = {name: value for name, value in given.items() if value}
    if columns:
        options["map"] = columns
    if fields.get("all_consents"):
        options["all_consents"] = True
    _fit(to, {*options, *files})
    return to, options


def _fit(to: str, given: set[str]) -> None:
    """Refuse what the exports would refuse by flags that the page has not."""
    from coterie.exports import EXPORTS

    takes = EXPORTS[to].options
    unused = given - takes
    if "contacts" in takes and "contacts" not in given:
        raise InputError(
            f"{title(to)} needs contacts: a run knows no e-mail address and no phone number.",
            found="no file with contacts.",
            fix=_FIXES["contacts"],
            code="no_contacts",
        )
    if unused:
        raise InputError(
            f"{title(to)} has no use for contacts.",
            found=f"{', '.join(sorted('a file' if one == 'contacts' else one.replace('_', ' ') for one in unused))}.",
            fix="choose an audience, or leave the contacts out.",
            code="contacts_unused",
        )


def beside(refusal: CoterieError, files: Mapping[str, Any]) -> dict[str, Any]:
    """Return a refusal for the page: its fix in the page's words, and ``concerned``, the field it stands beside."""
    code, flagged = refusal.code, "--" in refusal.fix
    concerned = _CONCERNED.get(code)
    if code == "no_customer":
        concerned = "on" if "--on" in refusal.fix else "suppress"
    if concerned is None:
        concerned = next((name for name in FILES if name in files and files[name].name in refusal.wrong), next(iter(files), "to"))
    fix = _FIXES.get(concerned, refusal.fix) if flagged else refusal.fix
    return {"refused": {**refusal.as_dict(), "fix": fix}, "concerned": concerned}
