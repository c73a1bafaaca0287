"""Cleaning: every line is kept, merged, netted or quarantined, and the ledger balances."""

from coterie.cleaning.clean import Cleaned, applicable_rules, clean
from coterie.cleaning.drawn import lines_of
from coterie.cleaning.earlier import ADDED_UP, Earlier
from coterie.cleaning.ledger import Entry, Ledger
from coterie.cleaning.rules import RULES, Rule

__all__ = ["ADDED_UP", "RULES", "Cleaned", "Earlier", "Entry", "Ledger", "Rule", "applicable_rules", "clean", "lines_of"]
