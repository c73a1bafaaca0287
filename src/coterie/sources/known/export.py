"""A known export: how a platform's file is told by its headers, and what its rows mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coterie.columns import BY_NAME
from coterie.registry import Registry

_NO_NUMBER = frozenset({"status", "currency", "formatted", "time", "guest"})


@dataclass(frozen=True)
class KnownExport:
    """One platform's export, as one entry of the registry.

    A *role* is a column of the contract, or a name of the export's own for what is needed beside it. Every export may have
    ``status``; ``currency`` (a code) and ``formatted`` (an amount with its sign), which are looked at for a second currency;
    ``time``, which stands behind the date; ``guest``, who stands in for a missing customer. Any other is a number, NULL where
    empty.

    Parameters
    ----------
    name, title : str
        Its name in the registry, and what it is called before a person.
    marks : tuple of str
        Headers that hardly any other file has. With ``enough`` of them a file is this export, or a half of it that is refused.
    roles : mapping of str to tuple of str
        Role to the headers that may fill it, the first one found.
    needs : tuple of tuple of str
        Sets of roles, one of which must be there whole: ``(("price", "quantity"), ("transaction_value",))`` are two ways to read
        money. What all of them share is missing where it is not there.
    says : str
        One sentence on what is done with its rows.
    shape : str
        SQL of the lines as they count, from ``{typed}``: a table of every role's typed value, ``again`` (whether an equal row was
        there before) and ``by_line`` (whether a row is a line, not an order). It gives every column of that table, of these what
        differs: ``price`` (as sold) and ``share`` (of the line's money that was refunded, 0 to 1), or ``price`` and ``money`` (of
        the whole line, where ``price`` is a quotient); or ``transaction_value`` (as sold) and ``refunded`` (money); ``returned``
        (whether the row is a return).
    sales, no_sales : frozenset of str
        What ``status`` holds, in lower case, where something was sold, and where nothing was.
    per_line : frozenset of str
        Roles that every row has for itself, where a row is a line: the others are the order's, and may stand on one of its rows
        alone. Empty where a row is an order.
    runs_on : bool
        Whether the order's number may stand on its first row alone.
    voids : frozenset of str
        Roles of its own that, where there is anything, say that nothing was sold.
    how : mapping of str to str
        For a role, in words, what was done with the column.
    unsure : mapping of str to float
        For a header, how sure its column is what it is taken for, where that is less than certain.
    missing : mapping of str to str
        For a role that is needed and not there, what to do on the platform.
    references : tuple of str
        Where its headers are documented.
    """

    name: str
    title: str
    marks: tuple[str, ...]
    roles: Mapping[str, tuple[str, ...]]
    needs: tuple[tuple[str, ...], ...]
    says: str
    shape: str
    sales: frozenset[str]
    no_sales: frozenset[str]
    enough: int = 3
    per_line: frozenset[str] = frozenset()
    runs_on: bool = False
    voids: frozenset[str] = frozenset()
    how: Mapping[str, str] = field(default_factory=dict)
    unsure: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()

    @property
    def own(self) -> frozenset[str]:
        """Its own roles that are numbers."""
        return frozenset(self.roles) - BY_NAME.keys() - _NO_NUMBER - self.voids


KNOWN: Registry[KnownExport] = Registry("known export")
