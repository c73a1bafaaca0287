"""The dates of all lines in five figures: enough to know, most days, that none of them is too late to be true."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from coterie.engines import Engine
from coterie.sources.write import DATED, YEAR


@dataclass(frozen=True)
class Dates:
    """What is known of the dates of lines as they were read, late ones among them.

    Parameters
    ----------
    first, last : datetime or None
        Of the lines that can be read in full.
    latest : datetime or None
        Of the lines whose date can be read.
    usual : datetime or None
        A date that all but the last thousandth of those reach at the least; it may be earlier than need be.
    late : int
        Lines whose date was called too late to be true; 0 where it is known that there are none.
    """

    first: datetime.datetime | None
    last: datetime.datetime | None
    latest: datetime.datetime | None
    usual: datetime.datetime | None
    late: int = 0

    @classmethod
    def of(cls, engine: Engine, lines: str) -> Self:
        """Look at all lines of a relation, and call none of them late."""
        n, first, last, latest = engine.rows(
            f"SELECT count(*) FILTER ({DATED}), min(invoice_date) FILTER (problem IS NULL), "
            f"max(invoice_date) FILTER (problem IS NULL), max(invoice_date) FILTER ({DATED}) FROM {lines}"
        )[0]
        if not n:
            return cls(first, last, None, None)
        share = max(0.0, min(0.999, (n - 1.5) / n))
        usual = engine.rows(f"SELECT quantile_disc(invoice_date, {share}) FROM {lines} WHERE {DATED}")[0][0]
        return cls(first, last, latest, usual)

    @classmethod
    def from_dict(cls, known: dict[str, Any]) -> Self:
        """Return what `as_dict` was made of."""
        read = {name: text and datetime.datetime.fromisoformat(text) for name, text in known.items() if name != "late"}
        return cls(**read, late=known["late"])

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {name: value.isoformat() if isinstance(value, datetime.datetime) else value for name, value in asdict(self).items()}

    def joined(self, other: Dates) -> Dates:
        """Return what is known of these lines and others together, without a look at them.

        Of all lines as large a share comes before the date that is usual among them as of some part before its own, or a larger
        one: so the earlier of two such dates is none too late.
        """

        def of(choose: Any, name: str) -> Any:
            return choose((one for one in (getattr(self, name), getattr(other, name)) if one), default=None)

        return replace(
            self, first=of(min, "first"), last=of(max, "last"), latest=of(max, "latest"), usual=of(min, "usual"),
            late=self.late + other.late,
        )  # fmt: skip

    def none_late(self, as_of: datetime.date | None) -> bool:
        """Return whether no line can be called late on a day, and none was; False where it takes a look at them."""
        if self.late or self.latest is None or self.usual is None:
            return not self.late
        if as_of is not None:
            return self.latest < datetime.datetime.combine(as_of, datetime.time())
        return self.latest <= self.usual + YEAR
