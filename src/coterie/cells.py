"""Text cells that a spreadsheet would take for a formula, made harmless."""

from __future__ import annotations

import re

from coterie.engines import identifier

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"
_starts = re.compile(_FORMULA)
# A dollar in Python also stands before a last line end.
_is_number = re.compile(_NUMBER.replace("$", r"\Z"))


def guarded(column: str, alias: str | None = None) -> str:
    """Return the SQL of a text column with ``'`` before every cell that starts like a formula; numbers stay numbers.

    References
    ----------
    OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection
    """
    name = identifier(column)
    return (
        f"CASE WHEN regexp_matches({name}, '{_FORMULA}') AND NOT regexp_matches({name}, '{_NUMBER}') "
        f"THEN '''' || {name} ELSE {name} END AS {identifier(alias or column)}"
    )


def guard(text: str) -> str:
    """Return a text with ``'`` before it where it starts like a formula; numbers stay numbers, a phone number among them.

    Digits behind one sign compute nothing, and ``+4915112345678`` must reach a mailing tool as it is.

    Examples
    --------
    >>> guard("=1+1"), guard("-2.5"), guard("+4915112345678"), guard("-2+3")
    ("'=1+1", '-2.5', '+4915112345678', "'-2+3")
    """
    return "'" + text if _starts.match(text) and not _is_number.match(text) else text
