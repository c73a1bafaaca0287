"""Text cells that a spreadsheet would take for a formula, made harmless."""

from __future__ import annotations

from coterie.engines import identifier

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"


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
