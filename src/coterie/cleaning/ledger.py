"""The ledger: every line and every penny read, by what became of it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

FATES = ("kept", "merged", "netted", "quarantined")


@dataclass(frozen=True)
class Entry:
    """What one rule took: lines, their money, and up to three of them to look at."""

    rule: str
    outcome: str
    lines: int
    money: Decimal
    meaning: str
    fix: str
    samples: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Ledger:
    """Lines and money read, by fate and by rule; both balance exactly.

    Parameters
    ----------
    lines : dict of str to int
        ``read`` and each of ``kept``, ``merged``, ``netted``, ``quarantined``: the first is the sum of the others.
    money : dict of str to Decimal
        The same for money. A sale netted in part is a kept line whose money is split between kept and netted; a return that
        found too little is a quarantined line whose money is split likewise.
    without_value : int
        Lines whose money cannot be read; they count as lines and as no money.
    first, last : datetime, optional
        First and last readable date.
    entries : tuple of Entry
        One per rule that applied, in order, those that took nothing included.
    """

    lines: dict[str, int]
    money: dict[str, Decimal]
    without_value: int
    first: datetime.datetime | None
    last: datetime.datetime | None
    entries: tuple[Entry, ...]

    @classmethod
    def added_up(
        cls, read: tuple[int, Decimal], kept: tuple[int, Decimal], entries: Sequence[Entry], *, without_value: int,
        first: datetime.datetime | None, last: datetime.datetime | None,
    ) -> Self:  # fmt: skip
        """Return the ledger of lines and money read and kept, and of the entries of the rules."""
        by_fate = {fate: [entry for entry in entries if entry.outcome == fate] for fate in FATES[1:]}
        lines = {"read": read[0], "kept": kept[0]} | {fate: sum(one.lines for one in own) for fate, own in by_fate.items()}
        money = {"read": read[1], "kept": kept[1]}
        money |= {fate: sum((one.money for one in own), Decimal(0)) for fate, own in by_fate.items()}
        return cls(lines, money, without_value, first, last, tuple(entries))

    def balances(self) -> bool:
        """Return whether the fates add up to what was read, in lines and in money, in total and by rule."""
        by_rule = {fate: sum(e.lines for e in self.entries if e.outcome == fate) for fate in FATES[1:]}
        money_by_rule = {
            fate: sum((e.money for e in self.entries if e.outcome == fate), Decimal(0)) for fate in FATES[1:]
        }
        return (
            self.lines["read"] == sum(self.lines[fate] for fate in FATES)
            and self.money["read"] == sum(self.money[fate] for fate in FATES)
            and all(by_rule[fate] == self.lines[fate] for fate in by_rule)
            and all(money_by_rule[fate] == self.money[fate] for fate in money_by_rule)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the ledger as plain JSON data; money as decimal text."""
        return {
            "schema": 1,
            "lines": self.lines,
            "money": {fate: _plain(money) for fate, money in self.money.items()},
            "without_value": self.without_value,
            "period": {
                "first": self.first.isoformat() if self.first else None,
                "last": self.last.isoformat() if self.last else None,
            },
            "rules": [
                {
                    "rule": e.rule,
                    "outcome": e.outcome,
                    "lines": e.lines,
                    "money": _plain(e.money),
                    "meaning": e.meaning,
                    "fix": e.fix,
                    "samples": list(e.samples),
                }
                for e in self.entries
            ],
        }


def _plain(money: Decimal) -> str:
    text = f"{money:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
