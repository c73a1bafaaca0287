"""The customers as a table of a database, replaced in one transaction or left as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from coterie.engines.address import masked
from coterie.errors import ExportError, RecipeError
from coterie.registry import Registry
from coterie.runs import Run

MARK = "Customers by Coterie"
"""How the comment of a table begins that may be replaced: nobody else's table ever is."""


@dataclass(frozen=True)
class Database:
    """A kind of database.

    Parameters
    ----------
    name : str
        Scheme of its URLs.
    meaning : str
        The product.
    write : callable
        ``(table, url, name, comment) -> None``: replace a table by a PyArrow table, whole or not at all.
    """

    name: str
    meaning: str
    write: Callable[[Any, str, str, str], None]


DATABASES: Registry[Database] = Registry("database")


def is_database(place: str) -> bool:
    """Return whether ``--to`` names a database by its URL rather than a format."""
    return "://" in place


def export_table(run: Run, url: str, table: str) -> dict[str, Any]:
    """Write a run's customers as a table of a database.

    The table is replaced in one transaction: readers see the old one or the new one, whole. A table that Coterie did not write is
    never replaced.

    Parameters
    ----------
    run : Run
        The run.
    url : str
        ``postgresql://user@host/database``, with the password there, in ``PGPASSWORD`` or in ``.pgpass``; or
        ``duckdb:///file.duckdb`` (``duckdb:////absolute/file.duckdb``).
    table : str
        Such as ``crm.customers``; its schema must be there.

    Returns
    -------
    dict
        ``database``, the URL without its password; ``table``; ``rows``.

    Raises
    ------
    ExportError
        If the database cannot be reached or refuses; what was there stays.
    RecipeError
        If there is no such kind of database, or the table's name is none.
    """
    # A registry of its own would load every driver's module for the command line; these two are light.
    from coterie.exports import duckdb_table, postgres_table  # noqa: F401  (each registers)

    database = DATABASES[urlsplit(url).scheme]
    if not table:
        raise RecipeError(
            "A database needs the name of a table.",
            found="no --table.",
            fix="--table customers, or --table crm.customers.",
            code="no_table",
        )
    customers = run.customers("arrow")
    database.write(customers, url, table, f"{MARK}, run {run.number}, as of {run.manifest['as_of']}")
    return {"database": masked(url), "table": table, "rows": customers.num_rows}


def foreign(table: str, comment: str | None) -> ExportError:
    """Return the refusal to replace a table that is somebody else's."""
    return ExportError(
        f"{table} is there already, and Coterie did not write it.",
        found=f"a comment {comment!r}." if comment else "a table without Coterie's comment.",
        fix="--table with another name; or drop that table first, if nobody needs it.",
        code="foreign_table",
    )
