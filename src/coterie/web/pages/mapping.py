"""How a file would be read, as its page says it: where a refusal stands, what to do there, and each column's source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from coterie.columns import COLUMNS
from coterie.web.jobs.fields import overrides

FIELDS = {
    "ambiguous_date": "reading.date_format",
    "date_format": "reading.date_format",
    "mixed_timezone": "reading.date_format",
    "ambiguous_number": "reading.decimal",
    "currency": "reading.currency",
    "encoding": "reading.encoding",
    "choose_one": "reading.sheet",
    "bad_as_of": "as_of",
    "bad_k": "k",
    "k_too_large": "k",
    "k_not_given": "k",
    "k_not_free": "k",
    "unknown_recipe": "recipe",
}
"""Which field a refusal concerns, by its code; any other concerns the file."""
FIXES = {
    "mapping": "choose the columns below, and look again.",
    "reading.date_format": "say below how the dates are written, and look again.",
    "reading.decimal": "choose the decimal mark below, and look again.",
    "reading.currency": "write the currency below, such as GBP, and look again.",
    "reading.encoding": "write the encoding below, such as cp1252, and look again.",
    "reading.sheet": "write the name of the worksheet or table below, and look again.",
    "k": "leave the number of segments empty, or give another one.",
}
"""What to do on this page, where a refusal names a flag of the command line."""
READING = (
    ("decimal", "Decimal mark", (("", "recognise it"), (".", "point: 1,234.50"), (",", "comma: 1.234,50"))),
    ("date_format", "Date format", None),
    ("currency", "Currency", None),
    ("encoding", "Text encoding", None),
    ("delimiter", "Column separator", None),
    ("sheet", "Worksheet", None),
    ("table", "Table", None),
    ("missing_tokens", "Texts that mean no customer", None),
)
DATES = (
    ("%d/%m/%Y", "31/12/2024"),
    ("%m/%d/%Y", "12/31/2024"),
    ("%Y-%m-%d", "2024-12-31"),
    ("%d.%m.%Y", "31.12.2024"),
    ("%d/%m/%Y %H:%M", "31/12/2024 18:30"),
    ("%m/%d/%Y %H:%M", "12/31/2024 18:30"),
    ("%d.%m.%Y %H:%M", "31.12.2024 18:30"),
)
"""Usual ways to write a date, each with an example to choose it by."""
HINTS = {
    "date_format": "such as %d/%m/%Y for 31/12/2024",
    "currency": "such as GBP",
    "encoding": "such as cp1252",
    "delimiter": "such as ;",
    "sheet": "of a workbook",
    "table": "of a database file",
    "missing_tokens": "separated by commas",
}
_MAP, _DATE_FORMAT = re.compile(r"--map (\w+)="), re.compile(r"--date-format '([^']+)'")
_FIRST = {"%d": "the day first", "%m": "the month first", "%Y": "the year first", "%y": "the year first"}


def sense(fields: Mapping[str, str], refused: Mapping[str, Any] | None, *, columns: bool = False) -> dict[str, Any]:
    """Return what every page of the form needs: what was typed, and which field a refusal stands beside."""
    concerned = None
    if refused:
        mapped = refused.get("error") in ("columns", "half_export") and columns
        concerned = "mapping" if mapped else FIELDS.get(str(refused.get("error")), "file")
        if "--" in str(refused.get("fix")):
            refused = {**refused, "fix": _here(concerned, refused)}
    return {"fields": dict(fields), "refused": refused, "concerned": concerned}


def _here(concerned: str, refused: Mapping[str, Any]) -> str:
    """Return what to do on this page: of a half of a known export, first what the refusal says of getting the whole."""
    if refused.get("error") != "half_export":
        return FIXES.get(concerned, str(refused["fix"]))
    again = str(refused["fix"]).partition("; or --")[0]
    return f"{again}; or choose the columns below, and look again." if concerned == "mapping" else f"{again}."


def rows(
    fields: Mapping[str, str], mapping: Sequence[Mapping[str, Any]], refused: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return a row for each column of the contract: where it comes from, and whether the file cannot be read for want of it."""
    matches = {match["column"]: match for match in mapping}
    chosen = overrides({key: value for key, value in fields.items() if key.startswith("mapping.")}).get("mapping", {})
    lacking = _MAP.findall(str(refused["fix"])) if refused and refused["error"] in ("columns", "half_export") else []
    return [
        {
            "name": column.name,
            "meaning": column.meaning,
            "match": matches.get(column.name),
            "chosen": chosen.get(column.name, ""),
            "lacking": column.name in lacking,
        }
        for column in COLUMNS
    ]


def both_ways(refused: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return the formats that a refusal asks to choose between, each in words.

    Examples
    --------
    >>> both_ways({"error": "ambiguous_date", "fix": "--date-format '%d/%m/%Y' or --date-format '%m/%d/%Y'"})
    [('%d/%m/%Y', 'the day first'), ('%m/%d/%Y', 'the month first')]
    """
    if not refused or refused["error"] != "ambiguous_date":
        return []
    formats = [(one, _FIRST[one[:2]]) for one in _DATE_FORMAT.findall(str(refused["fix"])) if one[:2] in _FIRST]
    return formats if len(formats) > 1 else []


def in_the_form(warning: str) -> str:
    """Say of a warning that names a flag of the command line which field it is here.

    Examples
    --------
    >>> in_the_form("If it stands for guests, declare it with --missing 99.")
    'If it stands for guests, write 99 below, as a text that means no customer.'
    """
    said, flag, token = warning.partition("declare it with --missing ")
    return f"{said}write {token.rstrip('.')} below, as a text that means no customer." if flag else warning
