"""Cleaning: every line is kept, merged, netted or quarantined, and the ledger balances."""

from coterie.cleaning.clean import Cleaned, applicable_rules, clean, lines_as_of
from coterie.cleaning.drawn import lines_of
from coterie.cleaning.ledger import Entry, Ledger
from coterie.cleaning.rules import RULES, Rule

__all__ = ["RULES", "Cleaned", "Entry", "Ledger", "Rule", "applicable_rules", "clean", "lines_as_of", "lines_of"]
