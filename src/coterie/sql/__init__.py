"""A model as SQL: features and assignment, in the dialect of a warehouse."""

from coterie.engines.dialects import DIALECTS, Dialect
from coterie.sql.script import model_sql

__all__ = ["DIALECTS", "Dialect", "model_sql"]
