"""The shapes of dates: a text with every digit made 0 tells its format, but for the order of day and month."""

from __future__ import annotations

import re
from dataclasses import dataclass

SHAPE = "translate({}, '123456789', '000000000')"
"""SQL of a text's shape."""

_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
_DATES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # name, pattern of the shape, the orders it may have; {s} is the separator, {b} the month's name
    ("ymd", r"0000(?P<s>[-/.])00?(?P=s)00?", ("%Y{s}%m{s}%d",)),
    ("dmy", r"00?(?P<s>[-/.])00?(?P=s)0000", ("%d{s}%m{s}%Y", "%m{s}%d{s}%Y")),
    ("short", r"00?(?P<s>[-/.])00?(?P=s)00", ("%d{s}%m{s}%y", "%m{s}%d{s}%y", "%y{s}%m{s}%d")),
    ("compact", r"00000000", ("%Y%m%d",)),
    ("named", rf"00?(?P<s>[-/. ]){_MONTH}(?P=s)0000", ("%d{s}{b}{s}%Y",)),
    ("named short", rf"00?(?P<s>[-/. ]){_MONTH}(?P=s)00", ("%d{s}{b}{s}%y",)),
    ("month first", rf"{_MONTH}(?P<s> )00?(?P<comma>,?) 0000", ("{b} %d{comma} %Y",)),
)
_TIME = (
    r"((?P<gap>T| +|, ?)00?:00(?P<seconds>:00(?P<fraction>[.,]0+)?)?(?P<half> ?[AaPp][Mm])?"
    r"(?P<offset> ?(Z|UTC|GMT|[-+]00(:?00)?))?)?"
)
_MONTHS = frozenset(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
_LONG_MONTHS = frozenset((
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
))  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What a shape says.

    Parameters
    ----------
    family : str
        The way the day is written; dates of one family differ in their time at most.
    formats : tuple of str
        The strptime formats it may have, one an order of day, month and year.
    offset : bool
        Whether an offset from UTC follows the time.
    """

    family: str
    formats: tuple[str, ...]
    offset: bool

    def format(self, order: int) -> str:
        """Return the format in one of the orders."""
        return self.formats[order]


def shape_of(text: str) -> Shape | None:
    """Return what a shape says, or None where it is no date's.

    Examples
    --------
    >>> shape_of("0000-00-00 00:00").formats
    ('%Y-%m-%d %H:%M',)
    >>> shape_of("0/00/0000").formats
    ('%d/%m/%Y', '%m/%d/%Y')
    >>> shape_of("00000.00") is None
    True
    """
    for name, pattern, orders in _DATES:
        match = re.fullmatch(pattern + _TIME, text)
        if match is None:
            continue
        parts = match.groupdict()
        month = (parts.get("month") or "jan").lower()
        if month not in _MONTHS | _LONG_MONTHS:
            return None
        written = "%b" if month in _MONTHS else "%B"
        time = _time_format(parts)
        separator = parts.get("s") or ""
        formats = tuple(order.format(s=separator, b=written, comma=parts.get("comma") or "") + time for order in orders)
        return Shape(f"{name} {separator}", formats, bool(parts["offset"]))
    return None


def _time_format(parts: dict[str, str | None]) -> str:
    if not parts["gap"]:
        return ""
    half = parts["half"] or ""
    clock = "%I:%M" if half else "%H:%M"
    seconds = "" if not parts["seconds"] else ":%S" if not parts["fraction"] else f":%S{parts['fraction'][0]}%f"
    return parts["gap"] + clock + seconds + (half[:-2] + "%p" if half else "")
