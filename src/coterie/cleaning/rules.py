"""The cleaning rules: what a line must be to count, each with a meaning and a fix.

A line walks the rules in order and the first one it fails decides its fate. Rules that make a line readable at all always apply;
the others apply where the recipe names them, in the recipe's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from coterie.cleaning.returns import IS_CANCELLATION
from coterie.registry import Registry

Outcome = Literal["quarantined", "merged", "netted"]


@dataclass(frozen=True)
class Rule:
    """One reason why a line does not count as it stands.

    Parameters
    ----------
    name : str
        The reason, as it stands in the quarantine and the ledger.
    outcome : {"quarantined", "merged", "netted"}
        What becomes of a line that fails.
    meaning, fix : str
        One sentence each: what is wrong with such a line, and what a person can do.
    good : str, optional
        SQL condition that a good line meets; NULL counts as bad.
    bad : str, optional
        Instead of ``good``: SQL condition that a bad line meets, with window functions over the lines that passed every rule
        before. ``{source_columns}`` stands for the source's columns.
    suspects : str, optional
        A query for the ``key`` of the lines that are worth a look, for speed alone: whole partitions of the windows.
        ``{remaining}`` stands for the lines that passed every rule before.
    key : str
        Column of the lines.
    hashed : bool
        Whether only lines with another one's hash are worth a look: a table ``repeated`` has those hashes as ``row_hash``.
    needs : frozenset of str
        Columns the source must have for the rule to apply.
    always : bool
        Whether the rule applies whatever the recipe says.
    takes_returns : sequence of {"line", "order"}
        Levels of `coterie.sources.Lines` at which it takes every return, so that netting has to come before it.
    """

    name: str
    outcome: Outcome
    meaning: str
    fix: str
    good: str | None = None
    bad: str | None = None
    suspects: str | None = None
    key: str = "source_row"
    hashed: bool = False
    needs: frozenset[str] = frozenset()
    always: bool = False
    takes_returns: Sequence[Literal["line", "order"]] = ()

    @property
    def bad_rows(self) -> str | None:
        """Query for the ``source_row`` of the bad lines, from ``bad`` and ``suspects``.

        ``{remaining}`` stands for the lines that passed every rule before, ``{raw}`` for the source's rows of those.
        """
        if self.bad is None:
            return None
        over = "{raw}" if "{source_columns}" in self.bad else "{remaining}"
        if self.hashed:
            over = f"(SELECT *, {self.hash_sql} AS row_hash FROM {over}) AS hashed SEMI JOIN repeated USING (row_hash)"
        elif self.suspects:
            over += f" SEMI JOIN suspects USING ({self.key})"
        return f"SELECT source_row FROM (SELECT source_row, {self.bad} AS is_bad FROM {over}) AS judged WHERE is_bad"

    @property
    def hash_sql(self) -> str:
        """SQL of a line's hash: of ``{telling_columns}``, a few of the source's in which different rows are hardly ever alike."""
        return "hash({telling_columns})"


RULES: Registry[Rule] = Registry("rule")


def _unreadable(problem: str, meaning: str, fix: str) -> Rule:
    good = f"problem IS DISTINCT FROM '{problem}'"
    return RULES.add(Rule(problem, "quarantined", meaning, fix, good=good, always=True))


_unreadable(
    "ragged", "The record has more or fewer fields than the header.", "Look for stray separators or a cut last line."
)
_unreadable("field_limit", "The record is longer than 8 MB.", "Look for an unclosed quote, or drop the long column.")
_unreadable("control_character", "An id holds control or invisible characters.", "Export the ids again as plain text.")
RULES.add(
    Rule(
        "not_paid",
        "quarantined",
        "Its order or payment failed, was cancelled or voided, or is still open.",
        "Nothing to do: nothing was sold. An order that was paid since: export again.",
        good="problem IS DISTINCT FROM 'not_paid'",
        needs=frozenset({"status"}),
        always=True,
    )
)
RULES.add(
    Rule(
        "unknown_status",
        "quarantined",
        "Its status is none that the export is known to have: there is no telling whether it was paid.",
        "Give such orders a status of the platform's own in the file.",
        good="problem IS DISTINCT FROM 'unknown_status'",
        needs=frozenset({"status"}),
        always=True,
    )
)
RULES.add(
    Rule(
        "other_currency",
        "quarantined",
        "Its amount is in another currency than the one declared.",
        "Convert the amounts before, or run each currency apart.",
        good="problem IS DISTINCT FROM 'other_currency'",
        needs=frozenset({"currency"}),
        always=True,
    )
)
RULES.add(
    Rule(
        "missing_customer",
        "quarantined",
        "Nobody is known to have bought it.",
        "Guest checkouts: map an email or card column with --map customer_id=..., or accept the loss.",
        good="customer_id IS NOT NULL",
        always=True,
    )
)
_unreadable(
    "date", "The date is not in the column's format.", "--date-format names the format; mend the dates that differ."
)
_unreadable(
    "date_range",
    "No such day, or a day too early, too late or past --as-of.",
    "Mend the date, or choose another --as-of.",
)
_unreadable("not_a_number", "The quantity or the price is not a number.", "--decimal or --currency, or mend the cell.")
_unreadable(
    "non_finite", "The quantity or the price is NaN or infinite.", "Mend the cell; such values come from failed sums."
)
_unreadable(
    "range", "The quantity or the price is a billion or more.", "Mend the cell; likely a code in the wrong column."
)
RULES.add(
    Rule(
        "duplicate",
        "merged",
        "Every column equals an earlier line's.",
        "Leave 'duplicate' out of the recipe's cleaning.rules where the shop writes equal lines on purpose.",
        needs=frozenset({"invoice_no"}),
        bad="row_number() OVER (PARTITION BY {source_columns} ORDER BY source_row) > 1",
        hashed=True,
    )
)
RULES.add(
    Rule(
        "invoice_conflict",
        "quarantined",
        "Its invoice names two customers.",
        "Map a column that is unique per order with --map invoice_no=..., or mend the customer.",
        needs=frozenset({"invoice_no"}),
        bad="invoice_no IS NOT NULL AND min(customer_id) OVER (PARTITION BY invoice_no) "
        "<> max(customer_id) OVER (PARTITION BY invoice_no)",
        suspects="SELECT invoice_no FROM {remaining} GROUP BY invoice_no HAVING count(DISTINCT customer_id) > 1",
        key="invoice_no",
    )
)
RULES.add(
    Rule(
        "refunded",
        "netted",
        "It was refunded, in part or whole, as the export says beside the order.",
        "Nothing to do: the sale counts only for what was kept.",
        bad="refunded <> 0 AND transaction_value = 0",
        needs=frozenset({"refunded"}),
        always=True,
    )
)
RULES.add(
    Rule(
        "excluded_product",
        "quarantined",
        "Its product code is not a good: postage, a fee, a correction.",
        "The codes stand in the recipe's cleaning.exclude_products.",
        good="product_id IS NULL OR product_id NOT IN ({excluded})",
        needs=frozenset({"product_id"}),
    )
)
RULES.add(
    Rule(
        "cancellation",
        "quarantined",
        "It cancels a sale (its invoice number starts with C); the sale itself stays.",
        "The default recipe nets it against the sale instead.",
        good=f"NOT ({IS_CANCELLATION})",
        needs=frozenset({"invoice_no"}),
        takes_returns=("line", "order"),
    )
)
RULES.add(
    Rule(
        "returns_netted",
        "netted",
        "A return and the sale it cancels: same customer, product and price, latest earlier sale first.",
        "Nothing to do: the sale counts only for what was kept.",
        needs=frozenset({"invoice_no"}),
    )
)
RULES.add(
    Rule(
        "unmatched_return",
        "quarantined",
        "A return of more than this customer had bought at that price.",
        "Give the earlier months too, if the sale lies before the first line.",
        good="TRUE",
    )
)
RULES.add(
    Rule(
        "quantity_not_positive",
        "quarantined",
        "A quantity of zero or less that is not marked as a return.",
        "Stock corrections: leave them out. Returns: mark their invoice number with a C.",
        good="quantity > 0",
        needs=frozenset({"quantity"}),
        takes_returns=("line",),
    )
)
RULES.add(
    Rule(
        "price_not_positive",
        "quarantined",
        "It cost nothing, or less.",
        "Gifts and corrections: accept the loss, or mend the price.",
        good="coalesce(price, transaction_value) > 0",
        takes_returns=("order",),
    )
)
